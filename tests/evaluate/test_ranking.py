from itertools import pairwise

import numpy as np
import pytest

from adetk.errors import AdetkError
from adetk.evaluate.ranking import average_precision, brier, ece, roc_auc

ALL = [average_precision, roc_auc, ece, brier]


def random_cases(n_cases, seed):
    """Labels, scores with many ties, whole weights of which some are 0."""
    rng = np.random.default_rng(seed)
    for _ in range(n_cases):
        n = int(rng.integers(4, 60))
        labels = rng.random(n) < 0.3
        labels[:2] = [True, False]
        scores = np.round(rng.random(n), int(rng.integers(1, 4)))
        weights = rng.integers(0, 4, size=n)
        weights[:2] = 1
        yield labels, scores, weights


def test_average_precision_by_hand():
    # Ranked: ADE (P 1/1), no, ADE (P 2/3), no.
    assert average_precision([True, False, True, False], [0.9, 0.8, 0.7, 0.1]) == pytest.approx(
        0.5 + 0.5 * 2 / 3
    )


def test_ties_are_one_threshold():
    assert average_precision([True, False], [0.5, 0.5]) == average_precision([False, True], [0.5, 0.5]) == 0.5
    assert roc_auc([True, False], [0.5, 0.5]) == 0.5


def test_roc_auc_by_hand():
    # Of the four pairs, 0.9 wins both and 0.7 loses to 0.8.
    assert roc_auc([True, False, True, False], [0.9, 0.8, 0.7, 0.1]) == 0.75


def test_ece_by_hand():
    # Bins of 1/15: .90 and .92 share (13/15, 14/15], .10 is alone.
    labels, scores = [True, False, False], [0.90, 0.92, 0.10]
    assert ece(labels, scores) == pytest.approx((2 * abs(0.91 - 0.5) + 0.10) / 3)


def test_ece_bins_are_closed_on_the_right():
    # 0.5 and 0.4 share the first of two bins; 0.51 is in the second.
    labels, scores = [True, False, True], [0.5, 0.4, 0.51]
    assert ece(labels, scores, bins=2) == pytest.approx((2 * abs(0.45 - 0.5) + 0.49) / 3)
    assert ece([False, True], [0.0, 1.0]) == 0.0


def ece_by_loop(labels, scores, bins):
    edges = np.linspace(0, 1, bins + 1)
    gap = 0.0
    for i, (low, high) in enumerate(pairwise(edges)):
        inside = [k for k, s in enumerate(scores) if low < s <= high or (i == 0 and s == 0)]
        if inside:
            share = sum(labels[k] for k in inside) / len(inside)
            gap += len(inside) * abs(sum(scores[k] for k in inside) / len(inside) - share)
    return gap / len(scores)


def test_ece_equals_a_loop():
    for labels, scores, _ in random_cases(100, seed=1):
        for bins in (1, 10, 15):
            assert ece(labels, scores, bins=bins) == pytest.approx(ece_by_loop(labels, scores, bins))


def test_brier_by_hand():
    assert brier([True, False], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)


def test_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    for labels, scores, weights in random_cases(200, seed=0):
        for weight in (None, weights):
            given = {"sample_weight": weight}
            assert average_precision(labels, scores, weight) == pytest.approx(
                metrics.average_precision_score(labels, scores, **given)
            )
            assert roc_auc(labels, scores, weight) == pytest.approx(
                metrics.roc_auc_score(labels, scores, **given)
            )
            assert brier(labels, scores, weight) == pytest.approx(
                metrics.brier_score_loss(labels, scores, **given)
            )


@pytest.mark.parametrize("measure", ALL)
def test_a_weight_is_a_number_of_copies(measure):
    for labels, scores, weights in random_cases(50, seed=2):
        copies = np.repeat(labels, weights), np.repeat(scores, weights)
        assert measure(labels, scores, weights) == pytest.approx(measure(*copies))


@pytest.mark.parametrize("measure", ALL)
def test_order_plays_no_part(measure):
    for labels, scores, weights in random_cases(20, seed=3):
        assert measure(labels, scores, weights) == pytest.approx(
            measure(labels[::-1], scores[::-1], weights[::-1])
        )


def test_perfect_scores():
    labels, scores = [True, False, True], [1.0, 0.0, 1.0]
    assert [measure(labels, scores) for measure in ALL] == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("measure", ALL)
def test_nothing_to_score_is_zero(measure):
    assert measure([], []) == 0.0
    assert measure([True, False], [0.3, 0.6], [0, 0]) == 0.0


def test_one_class_only_is_zero():
    assert average_precision([False, False], [0.1, 0.9]) == 0.0
    assert roc_auc([False, False], [0.1, 0.9]) == roc_auc([True, True], [0.1, 0.9]) == 0.0


@pytest.mark.parametrize("measure", ALL)
def test_arrays_of_unequal_length_are_refused(measure):
    with pytest.raises(AdetkError, match=r"labels of shape \(2,\), scores of \(3,\)"):
        measure([True, False], [0.1, 0.2, 0.3])


@pytest.mark.parametrize("measure", ALL)
def test_nan_is_refused(measure):
    with pytest.raises(AdetkError, match="1 of 2 scores are not a number"):
        measure([True, False], [0.1, float("nan")])


@pytest.mark.parametrize("measure", [ece, brier])
def test_what_is_no_probability_is_refused(measure):
    with pytest.raises(AdetkError, match=r"1 of 2 scores are outside \[0, 1\], first 1.5"):
        measure([True, False], [0.1, 1.5])
