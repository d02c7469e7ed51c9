from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

from adetk.classify.calibration import Calibration, Decision, best_threshold, prior_weights
from adetk.classify.fitting import calibrate, fit, fit_cascade, labels_of
from adetk.classify.losses import ClassificationLoss, LossConfig
from adetk.classify.ngrams import held_out_margins
from adetk.classify.options import ClassifyOptions
from adetk.document import ADE, NO_ADE, Document
from adetk.recipe import TrainingData

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


def test_without_platt_the_labels_say_where_f1_is_best_at_any_share():
    options = ClassifyOptions(platt=False, target_prior=0.07)
    sharp = 8 * MARGINS  # no probabilities: almost all are 0 or 1
    calibration = calibrate(sharp, LABELS, prior=0.4, options=options)
    told = sharp[LABELS], sharp[~LABELS]
    assert calibration.decided(Decision(prior=0.07), *told) == calibration
    weights = prior_weights(LABELS, 0.3)
    moved = calibration.decided(Decision(prior=0.3), *told)
    best, _ = best_threshold(moved.of_margins(sharp), LABELS, weights)
    assert moved.threshold == pytest.approx(best)
    assert not moved.is_fitted
    assert calibrate(sharp, LABELS, 0.4, ClassifyOptions()).is_fitted


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
    linear, found = draw.normal(size=80_000), []
    network = linear + draw.normal(size=len(linear))
    is_kept = network + 0.5 * linear >= 2.0
    for start in range(0, len(linear), 4000):
        held = np.arange(start, start + 4000)
        cascade = fit_cascade(network[held], linear[held], is_kept[held])
        alone = linear < cascade.below
        found.append((np.mean(~alone[is_kept]), np.mean(alone)))
        assert cascade.absent == pytest.approx(network[held][alone[held]].mean())
    through, saved = np.mean(found, axis=0)
    assert through >= 0.995
    assert saved > 0.2
    few = np.flatnonzero(is_kept)[:198]
    assert fit_cascade(network[few], linear[few], is_kept[few]) is None


class Reading:
    """A gate that knows each post's margin: its text is a number and a word."""

    def logits(self, documents):
        return np.array([[0, float(d.text.split()[0])] for d in documents], np.float32)


def posts(name, size, draw):
    """Half of them ADE; nine of ten of these say dizzy, and each has a number of its own."""
    found = []
    for number in range(size):
        ade = number % 2 == 0
        word = "dizzy" if ade and draw.random() < 0.9 else "refill"
        margin = draw.normal() + (4 if ade else -4)
        text = f"{margin:.3f} {word} {name}{number}"
        found.append(Document(f"{name}-{number}", text, label=ADE if ade else NO_ADE))
    return found


def test_the_cascade_is_fitted_on_training_posts_by_ngrams_that_did_not_learn_them():
    """Development posts alone are too few, and n-grams that learnt a post know it by its number."""
    draw = np.random.default_rng(0)
    data = TrainingData(train=posts("t", 1200, draw) * 2, development=posts("d", 60, draw))
    fitted = fit(Reading(), data, 0.5, ClassifyOptions(ngrams=True))
    model, cascade = fitted.ngrams.model, fitted.ngrams.cascade
    new = posts("n", 2000, draw)
    network = np.array([float(d.text.split()[0]) for d in new])
    linear = model.margins([d.text for d in new])
    kept = (
        fitted.calibration.of_margins(fitted.ngrams.stack.margin(np.stack([network, linear])))
        >= fitted.calibration.threshold
    )
    assert kept.mean() == pytest.approx(0.5, abs=0.05)
    assert np.mean(linear[kept] >= cascade.below) > 0.98
    once = [d.text for d in data.train[:1200]]
    learnt, held = model.margins(once), held_out_margins(once, labels_of(data.train[:1200]))
    ade = labels_of(data.train[:1200])
    assert np.quantile(learnt[ade], 0.005) > np.quantile(held[ade], 0.005) + 1
    assert (
        fit(
            Reading(), replace(data, train=data.train[:100]), 0.5, ClassifyOptions(ngrams=True)
        ).ngrams.cascade
        is None
    )


def test_a_text_that_stands_twice_is_in_one_fold():
    """Else the other copy would say what the label is."""
    draw = np.random.default_rng(0)
    texts = [f"x{draw.integers(10**9)}" for _ in range(60)]
    labels = draw.random(60) < 0.5
    margins = held_out_margins(texts * 2, np.tile(labels, 2))
    np.testing.assert_array_equal(*np.split(margins, 2))
    assert abs(np.corrcoef(margins[:60], labels)[0, 1]) < 0.5
