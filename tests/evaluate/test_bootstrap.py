import random

import numpy as np
import pytest

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import (
    groups_of,
    interval,
    interval_of,
    intervals_of,
    paired_difference,
    weighted_sum,
)
from adetk.evaluate.links import LinkCounts, RankCounts
from adetk.evaluate.scores import Counts


def random_counts(n, seed):
    rng = random.Random(seed)
    counts = []
    for _ in range(n):
        n_pred, n_gold = rng.randint(0, 3), rng.randint(0, 3)
        counts.append(Counts(rng.randint(0, min(n_pred, n_gold)), n_pred, n_gold))
    return counts


def f1(counts):
    return counts.f1


def drawn_by_loop(per_document, statistic, draws, seed):
    """The slow way: pick documents one by one and add up their counts."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        total = Counts()
        for i in rng.integers(len(per_document), size=len(per_document)):
            total = total + per_document[i]
        values.append(statistic(total))
    return values


@pytest.mark.parametrize("statistic", [f1, lambda c: c.precision, lambda c: c.recall])
def test_interval_equals_a_slow_loop(statistic):
    counts = random_counts(40, seed=0)
    expected = np.percentile(drawn_by_loop(counts, statistic, 200, seed=7), [2.5, 97.5])
    assert interval(counts, statistic, draws=200, seed=7) == pytest.approx(tuple(expected))


def test_interval_is_seeded():
    counts = random_counts(40, seed=0)
    assert interval(counts, f1) == interval(counts, f1, draws=1000, seed=0)
    assert interval(counts, f1) != interval(counts, f1, seed=1)


@pytest.mark.parametrize("seed", range(5))
def test_interval_contains_the_point_estimate(seed):
    counts = random_counts(60, seed)
    low, high = interval(counts, f1)
    assert low < sum(counts, Counts()).f1 < high


def test_interval_of_a_share_is_as_wide_as_theory_says():
    counts = [Counts(i % 2, 1, 1) for i in range(400)]
    low, high = interval(counts, lambda c: c.recall, draws=4000)
    assert high - low == pytest.approx(2 * 1.96 * (0.25 / 400) ** 0.5, rel=0.06)
    assert (low + high) / 2 == pytest.approx(0.5, abs=0.005)


def test_interval_of_a_perfect_system_is_a_point():
    assert interval([Counts(2, 2, 2)] * 9, f1) == (1.0, 1.0)


def test_undefined_draws_do_not_crash():
    assert interval([Counts()] * 3, f1) == (0.0, 0.0)
    low, high = interval([Counts(1, 1, 1), Counts()], f1)
    assert (low, high) == (0.0, 1.0)


def test_link_counts_have_intervals_too():
    counts = [LinkCounts(hits=i % 2, total=1) for i in range(100)]
    low, high = interval(counts, lambda c: c.accuracy)
    assert 0.35 < low < 0.5 < high < 0.65


def test_rank_counts_keep_their_fractions():
    total = weighted_sum([RankCounts(0.5, 1), RankCounts(0.25, 2)])
    assert total(np.array([3, 2])) == RankCounts(2.0, 7)
    assert interval([RankCounts(0.25, 1)] * 9, lambda c: c.mean) == (0.25, 0.25)


def test_interval_of_hands_out_one_weight_per_document():
    seen = []
    interval_of(7, lambda weights: seen.append(weights) or 0.0, draws=50)
    assert len(seen) == 50
    assert all(weights.shape == (7,) and weights.sum() == 7 and weights.min() >= 0 for weights in seen)
    assert np.mean(seen, axis=0) == pytest.approx(np.ones(7), abs=0.5)


def test_intervals_of_uses_the_same_draws_for_all():
    values = np.arange(30.0)
    together = intervals_of(
        30, lambda weights: [weights @ values / 30, (weights**2).sum()], draws=100, seed=3
    )
    assert together[0] == interval_of(30, lambda weights: weights @ values / 30, draws=100, seed=3)
    assert together[1] == interval_of(30, lambda weights: (weights**2).sum(), draws=100, seed=3)


def test_paired_difference_equals_a_slow_loop():
    first, second = random_counts(40, seed=1), random_counts(40, seed=2)
    values = np.subtract(drawn_by_loop(first, f1, 200, seed=5), drawn_by_loop(second, f1, 200, seed=5))
    expected = tuple(np.percentile(values, [2.5, 97.5]))
    assert paired_difference(first, second, f1, draws=200, seed=5) == pytest.approx(expected)


def test_paired_difference_cancels_what_both_share():
    first = random_counts(60, seed=4)
    assert paired_difference(first, first, f1) == (0.0, 0.0)
    # Some more right answers: better on nearly every draw, though the two intervals overlap.
    second = [
        Counts(min(c.n_pred, c.n_gold), c.n_pred, c.n_gold) if i % 3 == 0 else c for i, c in enumerate(first)
    ]
    low, high = paired_difference(second, first, f1)
    assert 0 < low < sum(second, Counts()).f1 - sum(first, Counts()).f1 < high
    assert interval(first, f1)[1] > interval(second, f1)[0]


def test_weighted_sum_by_hand():
    total = weighted_sum([Counts(1, 1, 2), Counts(1, 1, 2), Counts(0, 3, 1)])
    assert total(np.array([1, 1, 1])) == Counts(2, 5, 5)
    assert total(np.array([0, 2, 1])) == Counts(2, 5, 5)
    assert total(np.array([3, 0, 0])) == Counts(3, 3, 6)


def test_nothing_to_draw_is_refused():
    with pytest.raises(AdetkError, match="0 documents and 1000 draws"):
        interval([], f1)
    with pytest.raises(AdetkError, match="1 documents and 0 draws"):
        interval([Counts()], f1, draws=0)
    with pytest.raises(AdetkError, match="1 and 2 documents"):
        paired_difference([Counts()], [Counts()] * 2, f1)


def test_a_group_is_drawn_whole():
    seen = []
    groups = np.array([0, 0, 1, 2, 2, 2])
    intervals_of(6, lambda weights: seen.append(weights.copy()) or [0.0], draws=50, groups=groups)
    drawn = np.array(seen)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 3] == drawn[:, 5]).all()
    assert (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert len({tuple(weights) for weights in drawn.tolist()}) > 5


def test_without_repeats_groups_change_nothing_and_equal_ones_widen_the_interval():
    counts = [Counts(i % 2, 1, 1) for i in range(40)]
    total = weighted_sum(counts)

    def statistics(weights):
        return [total(weights).f1]

    (alone,) = intervals_of(40, statistics)
    assert intervals_of(40, statistics, groups=np.arange(40)) == [alone]
    (twins,) = intervals_of(40, statistics, groups=np.arange(40) // 4 * 2 + np.arange(40) % 2)
    assert twins[1] - twins[0] > alone[1] - alone[0]


def test_sentences_of_a_post_and_equal_texts_are_one_group():
    documents = [
        Document("1", "made me sick", meta={"drug": "zoloft", "post": "7"}),
        Document("2", "Sick!"),
        Document("3", "so tired", meta={"drug": "zoloft", "post": "7"}),
        Document("4", "@ann sick"),
        Document("5", "so tired", meta={"drug": "paxil", "post": "7"}),
    ]
    assert groups_of(documents).tolist() == [0, 1, 0, 1, 2]
