import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

from adetk.classify.calibration import Calibration
from adetk.classify.fitting import calibrate, fit_cascade
from adetk.classify.losses import ClassificationLoss, LossConfig
from adetk.classify.options import ClassifyOptions

DRAW = np.random.default_rng(0)
LABELS = DRAW.random(400) < 0.25
MARGINS = DRAW.normal(size=400) + 2 * LABELS


def test_platt_moves_the_prior_and_the_prior_is_corrected_once():
    calibration = calibrate(MARGINS, LABELS, prior=0.9, options=ClassifyOptions())
    assert calibration.source_prior == calibration.target_prior == LABELS.mean()
    assert calibration.of_margins(MARGINS).mean() == pytest.approx(LABELS.mean(), abs=2e-3)
    rare = calibrate(MARGINS, LABELS, prior=0.9, options=ClassifyOptions(target_prior=0.07))
    weights = np.where(LABELS, 0.07 / LABELS.mean(), 0.93 / (1 - LABELS.mean()))
    assert np.average(rare.of_margins(MARGINS), weights=weights) == pytest.approx(0.07, abs=5e-3)


def test_without_platt_the_prior_is_the_one_that_training_made():
    options = ClassifyOptions(platt=False, target_prior=0.07, strength=0.5)
    calibration = calibrate(MARGINS, LABELS, prior=0.4, options=options)
    assert (calibration.slope, calibration.intercept) == (1.0, 0.0)
    assert (calibration.source_prior, calibration.target_prior, calibration.strength) == (0.4, 0.07, 0.5)


def test_platt_does_not_depend_on_the_scale_of_the_logits():
    small, large = (calibrate(MARGINS * scale, LABELS, 0.5, ClassifyOptions()) for scale in (0.01, 100))
    assert small.slope * 0.01 == pytest.approx(large.slope * 100, rel=1e-3)
    assert small.threshold == pytest.approx(large.threshold, rel=1e-3)


def test_over_sampling_and_calibration_do_not_correct_twice():
    """The prior that calibration starts from is the sampled one: at a balanced one, nothing is moved."""
    counts = [50, 50]  # what over-sampling made of 90 and 10
    loss = ClassificationLoss(LossConfig(), counts)
    prior = loss.effective_prior(counts)
    logits = np.array([[0.0, 1.5], [2.0, 0.0]], np.float32)
    calibrated = Calibration(source_prior=prior, target_prior=0.5).probabilities(logits)
    assert calibrated == pytest.approx(Calibration().probabilities(logits))
    weighted = ClassificationLoss(LossConfig(reweight="inverse_frequency"), [90, 10])
    assert weighted.effective_prior([90, 10]) == pytest.approx(0.5)


def test_a_cascade_lets_through_what_the_gate_keeps():
    draw = np.random.default_rng(0)
    linear, found = draw.normal(size=20_000), []
    network = linear + draw.normal(size=len(linear))
    joint = network + 0.5 * linear
    is_kept = joint >= 3.0
    for start in range(0, len(linear), 1000):
        held = np.arange(start, start + 1000)
        cascade = fit_cascade(network[held], linear[held], joint[held], int(is_kept[held].sum()))
        alone = linear < cascade.below
        found.append((np.mean(~alone[is_kept]), np.mean(alone)))
        assert cascade.absent == pytest.approx(network[held][alone[held]].mean())
    through, saved = np.mean(found, axis=0)
    assert through >= 0.995
    assert saved > 0.2
    assert fit_cascade(network[:150], linear[:150], joint[:150], 10) is None
