import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")

from adetk.classify.losses import (  # noqa: E402
    ClassificationLoss,
    LossConfig,
    WithSpans,
    effective_number_weights,
    hard_margins,
    inverse_frequency_weights,
    ldam_margins,
)
from adetk.errors import AdetkError  # noqa: E402

COUNTS = (16146, 1239)  # the worked example: noADE and ADE posts of a shared task's training set
DRAW = np.random.default_rng(0)
LOGITS = DRAW.normal(size=(12, 2)) * 5
COSINES = DRAW.uniform(-1, 1, size=(12, 2))
LABELS = np.array([0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])


def loss_of(config, output, counts=COUNTS, progress=0.0):
    loss = ClassificationLoss(config, counts)
    loss.set_progress(progress)
    return float(loss(torch.tensor(output), torch.tensor(LABELS)))


def reference(logits, weights):
    """Weighted mean of -log softmax, in numpy."""
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    own = weights[LABELS]
    return -(own * log_p[np.arange(len(LABELS)), LABELS]).sum() / own.sum()


def test_margins_of_the_worked_example():
    np.testing.assert_allclose(ldam_margins(COUNTS, 0.5), [0.2632, 0.5], atol=5e-5)
    np.testing.assert_allclose(ldam_margins((16, 1), 0.5), [0.25, 0.5], rtol=1e-6)


def test_effective_number_weights_of_the_worked_example():
    np.testing.assert_allclose(effective_number_weights(COUNTS, 0.9999), [0.2540, 1.7460], atol=5e-5)
    np.testing.assert_allclose(effective_number_weights(COUNTS, 0.0), [1, 1])
    np.testing.assert_allclose(effective_number_weights(COUNTS, 0.99), [1, 1], atol=1e-4)


def test_cross_entropy_is_the_plain_mean():
    assert loss_of(LossConfig(), LOGITS) == pytest.approx(reference(LOGITS, np.ones(2)), rel=1e-6)


def test_ldam_takes_the_margin_off_the_gold_cosine_and_scales():
    shifted = COSINES.copy()
    margins = 0.5 * (1239 / np.array(COUNTS)) ** 0.25
    shifted[np.arange(len(LABELS)), LABELS] -= margins[LABELS]
    expected = reference(30 * shifted, np.ones(2))
    assert loss_of(LossConfig("ldam"), 30 * COSINES) == pytest.approx(expected, rel=1e-5)


def test_ldam_without_a_margin_is_cross_entropy():
    assert loss_of(LossConfig("ldam", max_margin=0.0), LOGITS) == pytest.approx(loss_of(LossConfig(), LOGITS))


@pytest.mark.parametrize(("progress", "is_weighted"), [(0.0, False), (0.79, False), (0.8, True), (1.0, True)])
def test_deferred_weights_set_in_at_drw_start(progress, is_weighted):
    weights = np.array([0.2540, 1.7460]) if is_weighted else np.ones(2)
    found = loss_of(LossConfig(reweight="deferred", drw_start=0.8), LOGITS, progress=progress)
    assert found == pytest.approx(reference(LOGITS, weights), rel=2e-4)


def test_effective_number_weights_hold_from_the_start():
    found = loss_of(LossConfig(reweight="effective_number"), LOGITS, progress=0.0)
    assert found == pytest.approx(reference(LOGITS, np.array([0.2540, 1.7460])), rel=2e-4)


def test_the_prior_is_the_one_that_the_weights_made():
    share = 1239 / (16146 + 1239)
    plain, deferred = (ClassificationLoss(LossConfig(reweight=r), COUNTS) for r in ("none", "deferred"))
    assert plain.effective_prior(COUNTS) == pytest.approx(share)
    expected = 1.7460 * 1239 / (1.7460 * 1239 + 0.2540 * 16146)
    for progress in (0.0, 1.0):  # a gate that is fitted anew is not trained anew
        deferred.set_progress(progress)
        assert deferred.effective_prior(COUNTS) == pytest.approx(expected, rel=1e-3)
    never = ClassificationLoss(LossConfig(reweight="deferred", drw_start=1.0), COUNTS)
    assert never.effective_prior(COUNTS) == pytest.approx(share)


@pytest.mark.parametrize("settings", [{"beta": 1.0}, {"beta": -0.1}, {"drw_start": 80.0}])
def test_what_no_weights_can_be_made_of_is_refused(settings):
    with pytest.raises(AdetkError, match=r"(beta|drw_start) is .*; expected a"):
        LossConfig(**settings)


@pytest.mark.parametrize("settings", [{"name": "hinge"}, {"reweight": "always"}])
def test_an_unknown_loss_lists_the_known_ones(settings):
    with pytest.raises(AdetkError, match="known are"):
        LossConfig(**settings)


def test_inverse_frequency_weights_balance_the_classes():
    weights = inverse_frequency_weights((30, 10))
    np.testing.assert_allclose(weights, [0.5, 1.5])
    loss = ClassificationLoss(LossConfig(reweight="inverse_frequency"), COUNTS)
    assert loss.effective_prior(COUNTS) == pytest.approx(0.5)
    plain = inverse_frequency_weights(COUNTS).numpy()
    found = loss_of(LossConfig(reweight="inverse_frequency"), LOGITS)
    assert found == pytest.approx(reference(LOGITS, plain), rel=1e-5)


def test_focal_turns_down_what_is_right_already():
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    ce = -log_p[np.arange(len(LABELS)), LABELS]
    for gamma in (0.0, 1.0, 2.0):
        expected = ((1 - np.exp(-ce)) ** gamma * ce).mean()
        assert loss_of(LossConfig("focal", gamma=gamma), LOGITS) == pytest.approx(expected, rel=1e-6)


def test_weighted_focal_takes_its_probability_from_the_weighted_loss():
    weights = inverse_frequency_weights(COUNTS).numpy().astype(float)
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    ce = -weights[LABELS] * log_p[np.arange(len(LABELS)), LABELS]
    expected = ((1 - np.exp(-ce)) * ce).mean()
    found = loss_of(LossConfig("focal", reweight="inverse_frequency"), LOGITS)
    assert found == pytest.approx(expected, rel=1e-5)


def test_hard_margins_by_hand():
    cosines = torch.tensor([[0.6, 0.1], [0.6, 0.1], [-0.5, -0.2], [0.3, 0.3]])
    labels = torch.tensor([0, 1, 0, 1])
    base = torch.tensor([1.0, 0.5])
    expected = [
        np.exp(-0.5 - 1.5 * 1.0),  # right by .5
        np.exp(-0.5 - 0.5),  # wrong by .5
        np.exp(-0.3 - 1.0),  # wrong by .3; masking with 0 instead of -inf would say by .5
        0.0,  # on the border
    ]
    np.testing.assert_allclose(hard_margins(cosines, labels, base, 1.5), expected, rtol=1e-6)


def test_mm_ldam_against_numpy():
    config = LossConfig("mm_ldam", scale=26.0)
    rows = np.arange(len(LABELS))
    lead = COSINES[rows, LABELS] - COSINES[rows, 1 - LABELS]
    margin = (1.29 - 0.5 * (1239 / np.array(COUNTS)) ** 0.25)[LABELS]
    taken = np.where(lead > 0, np.exp(-lead - 1.528 * margin), np.exp(-np.abs(lead) - margin))
    shifted = COSINES.copy()
    shifted[rows, LABELS] -= taken
    expected = reference(26 * shifted, np.ones(2))
    assert loss_of(config, 26 * COSINES) == pytest.approx(expected, rel=1e-5)


def test_only_losses_on_cosines_have_a_cosine_head():
    assert [LossConfig(name, scale=26.0).cosine_scale for name in ("cross_entropy", "focal")] == [0.0, 0.0]
    assert [LossConfig(name, scale=26.0).cosine_scale for name in ("ldam", "mm_ldam")] == [26.0, 26.0]


def test_pieces_count_beside_the_post_by_their_weight_and_padding_not_at_all():
    post = ClassificationLoss(LossConfig(), (3, 1))
    output = torch.tensor([[[0.0, 0.0], [np.log(3), 0.0], [9.0, 0.0]]])
    labels = torch.tensor([[1, 0, -100]])
    expected = np.log(2) + 0.5 * np.log(4 / 3)  # the piece is right with probability 3/4
    loss = WithSpans(post, 0.5)
    assert float(loss(output, labels)) == pytest.approx(expected, rel=1e-6)
    assert float(loss(output, labels.double())) == pytest.approx(
        expected, rel=1e-6
    )  # post's label a probability


def test_of_a_probability_the_loss_is_the_cross_entropy_between_both():
    post = ClassificationLoss(LossConfig(), (3, 1))
    output = torch.tensor([[0.0, np.log(3)]])  # 3/4
    expected = -(0.6 * np.log(0.75) + 0.4 * np.log(0.25))
    assert float(post(output, torch.tensor([0.6], dtype=torch.float64))) == pytest.approx(expected, rel=1e-6)
