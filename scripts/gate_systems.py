"""From margins to answers: what `bench_gates.py` makes of runs, and how well that does. Arrays only.

A system learns on one sample (out-of-fold or development documents) how to read margins, and then reads those of
another. Members are the seeds of one recipe; a margin is a logit difference, ADE less noADE.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from seed_figures import Report

from adetk.classify.calibration import Calibration, best_threshold, expected_f1_threshold
from adetk.classify.ensemble import (
    fit_stack,
    majority,
    mean_probabilities,
    stacked_out_of_fold,
    vote_shares,
)
from adetk.evaluate.bootstrap import Weights
from adetk.evaluate.ranking import average_precision, ece

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STRENGTHS = np.linspace(0.0, 2.0, 41)
"""Values of lambda that posterior calibration chooses from; the best published ones lie between .3 and 1.3."""
STACK_PARTS = 5
"""A stack's threshold is chosen on probabilities of stacks that were fitted on the other parts."""
FIGURES = ("f1", "precision", "recall", "average_precision", "ece")


@dataclass(frozen=True)
class Sample:
    """Documents as all members saw them.

    Attributes:
        labels: True = ADE, shape (n,).
        folds: of each document, shape (n,); members did not learn from a fold that they scored.
        margins: shape (members, n).
        priors: share of ADE that each member's training showed it, shape (members,).
        sha256: of the documents.
    """

    labels: Bools
    folds: NDArray[np.int64]
    margins: Floats
    priors: Floats
    sha256: str = ""

    def where(self, kept: Bools) -> Sample:
        """The sample of some documents, by a mask (n,)."""
        return Sample(self.labels[kept], self.folds[kept], self.margins[:, kept], self.priors, self.sha256)


@dataclass(frozen=True)
class Answers:
    """What a system says: `probabilities` and `decisions`, shape (members, n); one member for an ensemble."""

    probabilities: Floats
    decisions: Bools


Predict = Callable[[Floats], Answers]
"""From margins (members, n) to answers."""
Fit = Callable[[Sample], Predict]


def plain(sample: Sample) -> Predict:
    """The softmax's own probability, ADE from .5 on."""
    return _each_by([Calibration()] * len(sample.margins))


def posterior_calibrated(sample: Sample) -> Predict:
    """Posterior calibration to even classes, ADE from .5 on; lambda has the best F1 on the sample."""
    return _each_by(posterior_calibrations(sample))


def posterior_calibrations(sample: Sample) -> list[Calibration]:
    """One a member; the smallest lambda of those with the best F1."""
    found = []
    for margins, prior in zip(sample.margins, sample.priors, strict=True):
        options = [Calibration(source_prior=float(prior), strength=float(s)) for s in STRENGTHS]
        scores = [f1_of(c.of_margins(margins) >= c.threshold, sample.labels) for c in options]
        found.append(options[int(np.argmax(scores))])
    return found


def tuned(sample: Sample) -> Predict:
    """Platt scaling, and the threshold where F1 is expected to be best by it: how a part is served."""
    return _each_by(platt_calibrations(sample))


def platt_calibrations(sample: Sample) -> list[Calibration]:
    """One a member; probabilities stand for the sample's share of ADE."""
    share = float(sample.labels.mean())
    found = []
    for margins in sample.margins:
        stack = fit_stack(margins[None], sample.labels)
        threshold = _threshold(stack.probabilities(margins[None]))
        found.append(Calibration(stack.weights[0], stack.intercept, share, share, threshold=threshold))
    return found


def vote_at_half(sample: Sample) -> Predict:
    """More than half of the members say ADE, each by its own .5 (Sakhovskiy et al. 2021)."""
    return _vote_of(plain(sample))


def vote(sample: Sample) -> Predict:
    """More than half of the members say ADE, each by its tuned threshold."""
    return _vote_of(tuned(sample))


def mean(sample: Sample) -> Predict:
    """Mean of the members' Platt probabilities (which is not calibrated), and the threshold with the best F1."""
    members = tuned(sample)

    def probabilities(margins: Floats) -> Floats:
        return mean_probabilities(members(margins).probabilities)

    of_sample = probabilities(sample.margins)
    threshold, _ = best_threshold(of_sample, sample.labels, np.ones(len(of_sample)))
    return _one_by(probabilities, threshold)


def stacked(sample: Sample) -> Predict:
    """Logistic regression on the members' margins; the threshold is chosen on what other parts' stacks say."""
    parts = np.arange(len(sample.labels)) % STACK_PARTS  # the margins are of held-out documents already
    held_out = stacked_out_of_fold(sample.margins, sample.labels, parts)
    stack = fit_stack(sample.margins, sample.labels)
    return _one_by(stack.probabilities, _threshold(held_out))


PER_SEED: dict[str, Fit] = {"plain": plain, "posterior": posterior_calibrated, "tuned": tuned}
ENSEMBLES: dict[str, Fit] = {
    "vote_at_half": vote_at_half,
    "vote": vote,
    "mean": mean,
    "stack": stacked,
}


def cross_fitted(fit: Fit, sample: Sample) -> Answers:
    """Answers on the sample itself: each fold's by a system that was fitted on the other folds."""
    parts: list[tuple[Bools, Answers]] = []
    for number in np.unique(sample.folds):
        held = sample.folds == number
        parts.append((held, fit(sample.where(~held))(sample.margins[:, held])))
    members = len(parts[0][1].probabilities)
    whole = Answers(np.empty((members, len(sample.labels))), np.empty((members, len(sample.labels)), bool))
    for held, answers in parts:
        whole.probabilities[:, held] = answers.probabilities
        whole.decisions[:, held] = answers.decisions
    return whole


def f1_of(decisions: Bools, labels: Bools, weights: Floats | Weights | None = None) -> float:
    """F1 of one member's decisions (n,); 0 where nothing is right."""
    weighed = np.ones(len(labels)) if weights is None else weights
    hits, taken, wanted = (float(weighed @ x) for x in (decisions & labels, decisions, labels))
    return 2 * hits / (taken + wanted) if hits else 0.0


def member_figures(answers: Answers, labels: Bools) -> Callable[[Weights], list[Report]]:
    """`FIGURES` of each member, as a function of the documents' weights (n,)."""
    orders = [np.argsort(-p, kind="stable") for p in answers.probabilities]  # sorting a sorted one is cheap

    def figures(weights: Weights) -> list[Report]:
        found = []
        for order, p, decisions in zip(orders, answers.probabilities, answers.decisions, strict=True):
            hits, taken, wanted = (float(weights @ x) for x in (decisions & labels, decisions, labels))
            truth, scores, weighed = labels[order], p[order], weights[order]
            found.append(
                {
                    "f1": 2 * hits / (taken + wanted) if hits else 0.0,
                    "precision": hits / taken if taken else 0.0,
                    "recall": hits / wanted if wanted else 0.0,
                    "average_precision": average_precision(truth, scores, weighed),
                    "ece": ece(truth, scores, weighed),
                }
            )
        return found

    return figures


def _each_by(calibrations: Sequence[Calibration]) -> Predict:
    def predict(margins: Floats) -> Answers:
        p = np.stack([c.of_margins(m) for c, m in zip(calibrations, margins, strict=True)])
        thresholds = np.array([c.threshold for c in calibrations])
        return Answers(p, p >= thresholds[:, None])

    return predict


def _vote_of(members: Predict) -> Predict:
    def predict(margins: Floats) -> Answers:
        decisions = members(margins).decisions
        return Answers(vote_shares(decisions)[None], majority(decisions)[None])

    return predict


def _one_by(probabilities: Callable[[Floats], Floats], threshold: float) -> Predict:
    def predict(margins: Floats) -> Answers:
        p = probabilities(margins)[None]
        return Answers(p, p >= threshold)

    return predict


def _threshold(probabilities: Floats) -> float:
    return expected_f1_threshold(probabilities, np.ones(len(probabilities)))
