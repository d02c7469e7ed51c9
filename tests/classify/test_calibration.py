import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.classify.calibration import (
    Calibration,
    Decision,
    best_threshold,
    estimate_prior,
    expected_f1_threshold,
    posterior,
    prior_weights,
    recall_threshold,
)
from adetk.errors import AdetkError

DRAW = np.random.default_rng(3)
P = DRAW.dirichlet([1, 1, 1], size=20)
SOURCE, TARGET = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])


NOTHING = np.empty(0)


def test_strength_zero_changes_nothing():
    np.testing.assert_allclose(posterior(P, SOURCE, TARGET, 0.0), P, atol=1e-15)


def test_strength_one_is_the_change_of_prior():
    # p = (.8, .2) from prior (.9, .1) to (.5, .5): .8/9 to .2, that is .3077 to .6923
    changed = posterior(np.array([[0.8, 0.2]]), np.array([0.9, 0.1]), np.array([0.5, 0.5]))
    np.testing.assert_allclose(changed, [[4 / 13, 9 / 13]], rtol=1e-12)
    weighted = P * TARGET / SOURCE
    np.testing.assert_allclose(posterior(P, SOURCE, TARGET), weighted / weighted.sum(1, keepdims=True))


@pytest.mark.parametrize("strength", [0.3, 1.0, 1.3])
def test_it_is_a_shift_of_the_logits(strength):
    logits = np.log(P) + strength * np.log(TARGET / SOURCE)
    shifted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(posterior(P, SOURCE, TARGET, strength), shifted, atol=1e-12)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_it_lies_between_both_priors_as_powers(strength):
    full = posterior(P, SOURCE, TARGET)
    mixed = P ** (1 - strength) * full**strength
    np.testing.assert_allclose(
        posterior(P, SOURCE, TARGET, strength), mixed / mixed.sum(1, keepdims=True), atol=1e-12
    )


def test_scaled_priors_are_the_same_priors():
    np.testing.assert_allclose(posterior(P, 7 * SOURCE, 0.1 * TARGET, 0.8), posterior(P, SOURCE, TARGET, 0.8))


def test_a_class_that_training_never_saw_gets_nothing():
    changed = posterior(np.array([[0.5, 0.5]]), np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    np.testing.assert_array_equal(changed, [[1.0, 0.0]])


def logits_of(probabilities):
    p = np.asarray(probabilities)
    return np.stack([np.zeros(len(p)), np.log(p / (1 - p))], axis=1).astype(np.float32)


def test_probabilities_are_the_softmax_where_nothing_is_corrected():
    found = Calibration().probabilities(logits_of([0.1, 0.5, 0.93]))
    np.testing.assert_allclose(found, [0.1, 0.5, 0.93], rtol=1e-6)


def test_probabilities_never_change_the_order():
    calibration = Calibration(slope=0.4, intercept=1.0, source_prior=0.3, target_prior=0.07, strength=1.2)
    scores = calibration.probabilities(np.array([[0, m] for m in np.linspace(-40, 40, 200)], np.float32))
    assert np.all(np.diff(scores) > 0)
    assert np.all((scores >= 0) & (scores <= 1))


def test_the_threshold_of_a_change_of_prior_is_the_published_one():
    source = 0.0713
    calibration = Calibration(source_prior=source, target_prior=0.5, strength=0.7)
    threshold = source**0.7 / (source**0.7 + (1 - source) ** 0.7)
    assert calibration.probabilities(logits_of([threshold]))[0] == pytest.approx(0.5, abs=1e-6)


def test_a_prior_is_corrected_once_after_platt():
    # Platt's probabilities stand for the development share, .25: at that target nothing more may change.
    platt = Calibration(slope=2.0, intercept=-1.0, source_prior=0.25, target_prior=0.25)
    margins = np.array([-1.0, 0.0, 2.0])
    logits = np.stack([np.zeros(3), margins], axis=1).astype(np.float32)
    own = 1 / (1 + np.exp(-(2 * margins - 1)))
    np.testing.assert_allclose(platt.probabilities(logits), own)
    # at .07 it is one change of prior, from .25
    moved = own * 0.07 / 0.25 / (own * 0.07 / 0.25 + (1 - own) * 0.93 / 0.75)
    np.testing.assert_allclose(platt.at_prior(0.07).probabilities(logits), moved)
    assert platt.at_prior(0.07).threshold == platt.threshold


def test_a_calibration_is_kept_as_plain_numbers():
    calibration = Calibration(1.5, -0.2, 0.3, 0.07, 1.0, 0.41)
    assert Calibration(**calibration.as_dict()) == calibration


def test_prior_weights_give_the_share_and_mean_one():
    labels = np.array([True, False, False, False])
    weights = prior_weights(labels, 0.07)
    np.testing.assert_allclose(weights, [0.28, 0.93 / 0.75, 0.93 / 0.75, 0.93 / 0.75])
    assert (weights * labels).sum() / weights.sum() == pytest.approx(0.07)
    assert weights.mean() == pytest.approx(1.0)


def test_the_best_threshold_of_a_worked_case():
    p = np.array([0.9, 0.8, 0.6, 0.4, 0.2])
    labels = np.array([True, True, False, True, False])
    # at 4 posts: 3 of 4 right, all found: 6/7; at 2: 2*2/(2+3) = .8
    assert best_threshold(p, labels, np.ones(5)) == (pytest.approx(0.3), pytest.approx(6 / 7))


def f1_at(threshold, p, labels, weights):
    chosen = p >= threshold
    return 2 * (weights * chosen * labels).sum() / ((weights * chosen).sum() + (weights * labels).sum())


@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(1, 5)), min_size=1, max_size=12).filter(
        lambda rows: any(hit for _, hit, _ in rows)
    )
)
def test_the_best_threshold_agrees_with_trying_all(rows):
    p = np.array([tenth / 10 + 0.05 for tenth, _, _ in rows])  # ties are common
    labels, weights = np.array([hit for _, hit, _ in rows]), np.array([w for _, _, w in rows], float)
    threshold, f1 = best_threshold(p, labels, weights)
    best = max(f1_at(t, p, labels, weights) for t in np.arange(0, 1, 0.025))
    assert f1 == pytest.approx(best)
    assert f1_at(threshold, p, labels, weights) == pytest.approx(best)
    assert np.abs(p - threshold).min() > 0.02  # no post lies on the threshold


def simulated(prior, n, rng):
    """Labels and calibrated probabilities at prior .5 of a Gaussian score: N(1, 1) for ADE, N(-1, 1) else."""
    labels = rng.random(n) < prior
    scores = rng.normal(np.where(labels, 1.0, -1.0), 1.0)
    return labels, 1 / (1 + np.exp(-2 * scores))  # the log-likelihood ratio is 2 x


@pytest.mark.parametrize("prior", [0.01, 0.07, 0.3, 0.6])
def test_the_prior_of_a_stream_is_found(prior):
    labels, p = simulated(prior, 20_000, np.random.default_rng(5))
    assert estimate_prior(p, 0.5) == pytest.approx(labels.mean(), abs=0.012)
    # the same posts, their probabilities standing for another prior
    at_tenth = posterior(np.stack([1 - p, p], 1), np.array([0.5, 0.5]), np.array([0.9, 0.1]))[:, 1]
    assert estimate_prior(at_tenth, 0.1) == pytest.approx(estimate_prior(p, 0.5), abs=1e-4)


def test_the_prior_of_a_worked_case():
    # p = .8 or .2 at even priors: the likelihood of x posts of the first kind among n is greatest where
    # share * .8 + (1 - share) * .2 = x / n; for 3 of 8: share = (.375 - .2) / .6
    p = np.array([0.8] * 3 + [0.2] * 5)
    assert estimate_prior(p, 0.5) == pytest.approx(0.175 / 0.6, abs=1e-4)
    assert estimate_prior(np.array([0.8, 0.2]), 0.5, np.array([3.0, 5.0])) == pytest.approx(
        0.175 / 0.6, abs=1e-4
    )
    with pytest.raises(AdetkError, match="0 posts"):
        estimate_prior(np.array([]), 0.5)


def test_a_post_that_was_not_drawn_plays_no_part():
    # at the share 0 of the drawn posts the other one is impossible
    assert estimate_prior(np.array([1.0, 0.0, 0.0]), 0.07, np.array([0, 2, 1])) == 0.0
    assert estimate_prior(np.array([1.0, 0.0, 1.0]), 0.07, np.array([2, 0, 1])) == 1.0


def test_a_recall_needs_calibration_posts():
    with pytest.raises(AdetkError, match="does not hold the calibration posts"):
        recall_threshold(np.array([]), 0.9)


def test_the_recall_threshold_of_a_worked_case():
    positives = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.6, 0.8, 0.4, 0.2])
    # (9 + 1) * (1 - .8) = 2: the second smallest
    assert recall_threshold(positives, 0.8) == 0.2
    assert recall_threshold(positives, 0.9) == 0.1
    with pytest.raises(AdetkError, match="at least 19 are needed"):
        recall_threshold(positives, 0.95)
    with pytest.raises(AdetkError, match="above 0 and below 1"):
        recall_threshold(positives, 1.0)


@pytest.mark.parametrize("recall", [0.8, 0.95])
def test_the_promised_recall_holds_in_the_mean(recall):
    rng = np.random.default_rng(11)
    kept = []
    for _ in range(2_000):
        draw = rng.normal(size=40)
        kept.append(rng.normal() >= recall_threshold(draw, recall))
    assert recall - 0.02 < np.mean(kept)


def test_a_caller_decides():
    calibration = Calibration(slope=2.0, source_prior=0.2, target_prior=0.1, strength=0.5, threshold=0.4)
    margins = np.linspace(-2, 2, 30)
    assert calibration.decided(Decision(), margins, NOTHING) == calibration
    assert calibration.decided(Decision(threshold=0.0), margins, NOTHING).threshold == 0.0
    moved = calibration.decided(Decision(prior=0.3), margins, NOTHING)
    assert (moved.target_prior, moved.strength, moved.threshold) == (0.3, 1.0, 0.4)
    kept = calibration.decided(Decision(prior=0.3, min_recall=0.9), margins, NOTHING)
    # (30 + 1) * .1 = 3.1: the third smallest, as it is scored at that prior
    assert kept.threshold == moved.of_margins(margins)[2]
    assert (moved.of_margins(margins) >= kept.threshold).sum() == 28


@pytest.mark.parametrize(
    "settings",
    [{"threshold": 1.5}, {"prior": 0.0}, {"min_recall": 1.0}, {"threshold": 0.5, "min_recall": 0.9}],
)
def test_a_decision_that_makes_no_sense_is_refused(settings):
    with pytest.raises(AdetkError):
        Decision(**settings)


def test_the_threshold_of_the_best_expected_f1_by_hand():
    # 1 post taken: 2*.9/(1+1.6) = .692; 2: 2*1.5/(2+1.6) = .833; 3: 2*1.6/(3+1.6) = .696
    assert expected_f1_threshold(np.array([0.1, 0.9, 0.6]), np.ones(3)) == pytest.approx(0.35)
    # the post of .6 weighs little: alone the first has 2*.9/(1+1.06) = .874, with it 2*.96/(1.1+1.06) = .889
    assert expected_f1_threshold(np.array([0.1, 0.9, 0.6]), np.array([1.0, 1.0, 0.1])) == pytest.approx(0.35)
    assert expected_f1_threshold(np.array([0.1, 0.9, 0.1]), np.array([1.0, 1.0, 1.0])) == pytest.approx(0.5)
    assert expected_f1_threshold(np.array([0.2]), np.ones(1)) == pytest.approx(0.1)


def test_of_many_calibrated_posts_both_thresholds_are_the_same():
    draw = np.random.default_rng(0)
    probabilities = draw.beta(0.3, 3, 200_000)
    labels = draw.random(200_000) < probabilities
    threshold, _ = best_threshold(probabilities, labels, np.ones(len(labels)))
    assert expected_f1_threshold(probabilities, np.ones(len(labels))) == pytest.approx(threshold, abs=0.03)


def test_at_another_share_the_threshold_moves_to_where_f1_is_best_there():
    draw = np.random.default_rng(0)
    labels = draw.random(20_000) < 0.1
    margins = draw.normal(size=len(labels)) + 2 * labels
    at_share = Calibration(2.0, -2.0 + np.log(0.1 / 0.9), 0.1, 0.1).with_best_threshold(margins, labels)
    told = margins[labels], margins[~labels]
    for share in (0.01, 0.4):
        moved = at_share.decided(Decision(prior=share), *told)
        weights = prior_weights(labels, share)
        probabilities = moved.of_margins(margins)
        best, f1 = best_threshold(probabilities, labels, weights)
        assert moved.threshold == pytest.approx(best, abs=0.05)
        stayed = at_share.at_prior(share)
        taken = stayed.of_margins(margins) >= stayed.threshold
        hits = weights @ (taken & labels)
        assert f1 > 2 * hits / (weights @ taken + weights @ labels)
        assert at_share.decided(Decision(prior=share, threshold=0.3), *told).threshold == 0.3
    assert at_share.decided(Decision(), *told) == at_share
