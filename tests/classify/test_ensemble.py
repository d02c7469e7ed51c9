import numpy as np
import pytest

from adetk.classify.ensemble import (
    SeedSummary,
    Stack,
    fit_stack,
    majority,
    mean_probabilities,
    stacked_out_of_fold,
    summarise,
    vote_shares,
)
from adetk.errors import AdetkError

VOTES = np.array([[1, 1, 0, 0], [1, 0, 0, 1], [1, 1, 0, 0]], bool)

DRAW = np.random.default_rng(5)
LABELS = DRAW.random(600) < 0.3
GOOD, POOR, USELESS = (DRAW.normal(size=600) + lead * LABELS for lead in (2.5, 1.0, 0.0))
MARGINS = np.stack([GOOD, 30 * POOR, USELESS])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_loss(p):
    return -np.mean(np.where(LABELS, np.log(p), np.log(1 - p)))


def test_more_than_half_of_the_members_decide():
    np.testing.assert_allclose(vote_shares(VOTES), [1, 2 / 3, 0, 1 / 3])
    assert majority(VOTES).tolist() == [True, True, False, False]
    assert majority(VOTES[:2]).tolist() == [True, False, False, False]  # a tie is a no
    assert majority(VOTES[1:2]).tolist() == VOTES[1].tolist()


def test_the_mean_is_over_members():
    np.testing.assert_allclose(mean_probabilities(np.array([[0.2, 1.0], [0.4, 0.0]])), [0.3, 0.5])


def test_a_stack_is_a_weighted_sum_behind_a_sigmoid():
    stack = Stack((2.0, -1.0), 0.5)
    margins = np.array([[1.0, 0.0, 400.0], [3.0, 0.5, -400.0]])
    np.testing.assert_allclose(stack.probabilities(margins), [sigmoid(-0.5), 0.5, 1.0])
    assert Stack(**{**stack.as_dict(), "weights": tuple(stack.as_dict()["weights"])}) == stack
    with pytest.raises(AdetkError, match="3 members; the stack was fitted on 2"):
        stack.probabilities(np.zeros((3, 4)))


def test_a_stack_is_calibrated_and_no_worse_than_its_best_member():
    stack = fit_stack(MARGINS, LABELS)
    p = stack.probabilities(MARGINS)
    assert p.mean() == pytest.approx(LABELS.mean(), abs=1e-3)  # what a logistic regression's intercept does
    assert log_loss(p) < log_loss(fit_stack(MARGINS[:1], LABELS).probabilities(MARGINS[:1]))
    spread = np.array(stack.weights) * MARGINS.std(axis=1)
    assert spread[0] > spread[1] > abs(spread[2])


def test_a_stack_does_not_depend_on_the_scale_of_a_members_margins():
    scaled = fit_stack(MARGINS * [[1], [1e-3], [50]], LABELS)
    np.testing.assert_allclose(
        np.array(scaled.weights) * [1, 1e-3, 50], fit_stack(MARGINS, LABELS).weights, rtol=1e-3
    )


def test_a_member_that_answers_all_alike_gets_no_weight():
    stack = fit_stack(np.stack([GOOD, np.zeros(600)]), LABELS)
    assert stack.weights[1] == 0.0
    assert stack.weights[0] == pytest.approx(fit_stack(GOOD[None], LABELS).weights[0], rel=1e-3)


def test_documents_of_one_kind_or_of_another_number_are_refused():
    with pytest.raises(AdetkError, match="0 ADE posts of 3; a stack is fitted on both kinds"):
        fit_stack(np.ones((2, 3)), np.zeros(3, bool))
    with pytest.raises(AdetkError, match=r"margins of shape \(2, 3\) and labels of \(4,\)"):
        fit_stack(np.ones((2, 3)), np.zeros(4, bool))


def test_out_of_fold_nobody_sees_its_own_label():
    folds = np.arange(600) % 3
    p = stacked_out_of_fold(MARGINS, LABELS, folds)
    np.testing.assert_allclose(
        p[folds == 1],
        fit_stack(MARGINS[:, folds != 1], LABELS[folds != 1]).probabilities(MARGINS[:, folds == 1]),
    )
    changed = np.where(folds == 1, ~LABELS, LABELS)
    np.testing.assert_array_equal(stacked_out_of_fold(MARGINS, changed, folds)[folds == 1], p[folds == 1])
    with pytest.raises(AdetkError, match="1 folds; expected two at least"):
        stacked_out_of_fold(MARGINS, LABELS, np.zeros(600, int))


def test_seeds_are_summed_up_by_their_median():
    assert summarise([0.6, 0.7, 0.62, 0.64]) == SeedSummary(
        pytest.approx(0.63), pytest.approx(0.0432049), 0.6, 0.7, 4
    )
    assert summarise([0.5]) == SeedSummary(0.5, 0.0, 0.5, 0.5, 1)
    with pytest.raises(AdetkError, match="0 seeds"):
        summarise([])
