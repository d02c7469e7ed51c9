"""From the gate's logits to a probability at the deployed prior, and a threshold. Arrays only, no torch.

Posterior calibration: Tian et al., NeurIPS 2020: p* = normalise(p * (target / source)^strength). With two
classes this is a shift of the logit by a constant, so it moves the threshold and nothing else: it cannot
change the order of posts (average precision stays as it was). What it is good for: a probability that
means what it says in a stream whose share of ADE posts differs from the training data's. That share can be
estimated from unlabelled posts (`estimate_prior`), and a recall can be promised (`recall_threshold`).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.errors import AdetkError

Floats = NDArray[np.float64]

PRIOR_TOLERANCE = 1e-6
"""A step of expectation-maximisation smaller than this is the last one."""


@dataclass(frozen=True)
class Decision:
    """What a caller says about the gate's decision; None = as the bundle has it.

    Attributes:
        threshold: a post with at least this probability is an ADE post.
        prior: share of ADE posts in the stream.
        min_recall: share of ADE posts to keep; sets the threshold.

    Raises:
        AdetkError: a number that is no share, or both a threshold and a recall.
    """

    threshold: float | None = None
    prior: float | None = None
    min_recall: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise AdetkError(f"threshold {self.threshold}: expected a probability, from 0 to 1")
        for name, share in (("prior", self.prior), ("min_recall", self.min_recall)):
            if share is not None and not 0 < share < 1:
                raise AdetkError(f"{name} {share}: expected a share, above 0 and below 1")
        if self.threshold is not None and self.min_recall is not None:
            raise AdetkError("threshold and min_recall were both given; each sets the threshold, give one")


AS_BUNDLED = Decision()


@dataclass(frozen=True)
class Calibration:
    """How the gate's logits become a probability and a decision.

    Attributes:
        slope: Platt scaling's factor on the logit difference, fitted on development documents.
        intercept: its shift.
        source_prior: share of ADE that the probabilities so far stand for.
        target_prior: share of ADE in the stream that the gate is for.
        strength: lambda of posterior calibration; 0 = leave as is, 1 = full change of prior.
        threshold: a post is an ADE post when its probability is at least this.
        is_fitted: whether the probabilities were fitted to labels, and so say themselves where F1 is best.
    """

    slope: float = 1.0
    intercept: float = 0.0
    source_prior: float = 0.5
    target_prior: float = 0.5
    strength: float = 1.0
    threshold: float = 0.5
    is_fitted: bool = True

    def probabilities(self, logits: NDArray[np.float32]) -> Floats:
        """Probability of ADE, shape (n,), from logits (n, 2) in the order noADE, ADE."""
        return self.of_margins(logits[:, 1].astype(np.float64) - logits[:, 0])

    def of_margins(self, margins: Floats) -> Floats:
        """Probability of ADE, shape (n,), from the differences of logits (ADE - noADE), shape (n,)."""
        positive = _sigmoid(self.slope * margins + self.intercept)
        classes = np.stack([1 - positive, positive], axis=1)
        source = np.array([1 - self.source_prior, self.source_prior])
        target = np.array([1 - self.target_prior, self.target_prior])
        return posterior(classes, source, target, self.strength)[:, 1]

    def at_prior(self, prior: float) -> Calibration:
        """The same calibration for a stream with another share of ADE posts; the threshold stays.

        The change of prior is whole (strength 1), whatever the strength was.
        """
        return replace(self, target_prior=prior, strength=1.0)

    def for_recall(self, recall: float, positives: Floats) -> Calibration:
        """The same calibration with the threshold that keeps `recall` of the ADE posts; see `recall_threshold`.

        Args:
            recall: share of ADE posts to keep.
            positives: logit differences of calibration posts that report an ADE, shape (n,).
        """
        return replace(self, threshold=recall_threshold(self.of_margins(positives), recall))

    def decided(self, decision: Decision, positives: Floats, others: Floats) -> Calibration:
        """The same calibration as the caller wants it.

        At another share of ADE posts another threshold has the best F1: it moves along, unless the caller sets it, or
        the gate has no calibration posts to find it by.

        Args:
            decision: the caller's.
            positives: logit differences of calibration posts that report an ADE, shape (n,).
            others: of those that do not, shape (m,).

        Raises:
            AdetkError: a recall that the calibration posts cannot promise.
        """
        calibration = self if decision.prior is None else self.at_prior(decision.prior)
        if decision.min_recall is not None:
            return calibration.for_recall(decision.min_recall, positives)
        if decision.threshold is not None:
            return replace(calibration, threshold=decision.threshold)
        if decision.prior is None or not len(positives) or not len(others):
            return calibration
        return calibration.with_best_threshold(
            np.concatenate([positives, others]), np.arange(len(positives) + len(others)) < len(positives)
        )

    def with_best_threshold(self, margins: Floats, labels: NDArray[np.bool_]) -> Calibration:
        """The same calibration with the threshold where F1 is best at its target prior.

        That is where the probabilities expect it to be best, or, where they were not fitted, where it is best by the
        labels.

        Args:
            margins: of calibration posts, shape (n,).
            labels: True = ADE, shape (n,), both kinds.
        """
        weights, probabilities = prior_weights(labels, self.target_prior), self.of_margins(margins)
        if self.is_fitted:
            return replace(self, threshold=expected_f1_threshold(probabilities, weights))
        return replace(self, threshold=best_threshold(probabilities, labels, weights)[0])

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


def posterior(probabilities: Floats, source: Floats, target: Floats, strength: float = 1.0) -> Floats:
    """Posterior calibration of `probabilities` (n, classes) from prior `source` to `target` (classes,)."""
    ratio = np.divide(target, source, out=np.zeros_like(source, dtype=np.float64), where=source > 0)
    shifted = probabilities * ratio**strength
    calibrated: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return calibrated


def estimate_prior(probabilities: Floats, prior: float, weights: NDArray[Any] | None = None) -> float:
    """The share of ADE posts in a stream, from the gate's probabilities on its unlabelled posts.

    Expectation-maximisation of Saerens, Latinne and Decaestecker (Neural Computation 2002): the share is the mean
    of the probabilities at that share. Right where ADE posts look alike in both places and only their share
    differs, and where the probabilities are calibrated at `prior`.

    Args:
        probabilities: of ADE, shape (n,).
        prior: the share that they stand for.
        weights: of the posts, shape (n,); None = 1 each.

    Raises:
        AdetkError: no post.
    """
    if not len(probabilities):
        raise AdetkError("0 posts to estimate a share from; expected some hundreds at least")
    if weights is not None:  # a post of no weight may be impossible at the share of the others: 0 / 0
        probabilities, weights = probabilities[weights > 0], weights[weights > 0]
    classes = np.stack([1 - probabilities, probabilities], axis=1)
    source = np.array([1 - prior, prior])
    share, before = prior, -1.0
    while abs(share - before) > PRIOR_TOLERANCE:
        before = share
        at_share = posterior(classes, source, np.array([1 - share, share]))[:, 1]
        share = float(np.average(at_share, weights=weights))
    return share


def recall_threshold(positives: Floats, recall: float) -> float:
    """The highest threshold that keeps a new ADE post with probability `recall` at least.

    Conformal risk control (Angelopoulos et al., ICLR 2024) of the share of ADE posts that are missed: with n
    calibration posts, the k-th smallest of their probabilities, k = floor((n + 1) (1 - recall)). It holds in the
    mean over draws of calibration posts, for posts that could have been drawn with them; not for another stream.

    Args:
        positives: probabilities of calibration posts that report an ADE, shape (n,).
        recall: share of ADE posts to keep, above 0 and below 1.

    Raises:
        AdetkError: a recall that is no share, or too few posts to promise it.
    """
    if not 0 < recall < 1:
        raise AdetkError(f"recall {recall:g}: expected a share above 0 and below 1")
    if not len(positives):
        raise AdetkError(
            f"recall {recall:g}: the bundle's gate does not hold the calibration posts that are needed to promise it; "
            "train a gate with this adetk, or give a threshold"
        )
    rank = math.floor((len(positives) + 1) * (1 - recall) + 1e-9)
    if rank < 1:
        raise AdetkError(
            f"recall {recall:g}: the bundle's gate was calibrated on {len(positives)} ADE posts; at least "
            f"{fewest_positives(recall)} are needed to promise it, ask for less"
        )
    return float(np.sort(positives)[rank - 1])


def fewest_positives(recall: float) -> int:
    """How many calibration posts it takes to promise `recall`; see `recall_threshold`."""
    return math.ceil(1 / (1 - recall) - 1e-9) - 1


def prior_weights(labels: NDArray[np.bool_], prior: float) -> Floats:
    """Weights (n,) under which `labels` have the share `prior` of positives; mean 1."""
    share = labels.mean()
    return np.where(labels, prior / share, (1 - prior) / (1 - share))


def best_threshold(probabilities: Floats, labels: NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """The threshold with the best weighted F1, and that F1.

    The threshold lies half-way between the two neighbouring probabilities, so that a last-bit difference
    does not flip a post.
    """
    order = np.argsort(-probabilities, kind="stable")
    sorted_p, hits = probabilities[order], labels[order]
    true_positive = np.cumsum(weights[order] * hits)
    predicted = np.cumsum(weights[order])
    f1 = 2 * true_positive / (predicted + (weights * labels).sum())
    f1[:-1][sorted_p[:-1] == sorted_p[1:]] = -1.0  # no threshold can fall between equal probabilities
    best = int(np.argmax(f1))
    below = sorted_p[best + 1] if best + 1 < len(sorted_p) else 0.0
    return float((sorted_p[best] + below) / 2), float(f1[best])


def expected_f1_threshold(probabilities: Floats, weights: Floats) -> float:
    """The threshold with the best F1 to be expected if `probabilities` are right; no label is looked at.

    Steadier than `best_threshold` where few positives are at hand (plug-in rule: Lipton, Elkan and Naryanaswamy, ECML
    2014).

    Args:
        probabilities: of ADE, calibrated, shape (n,).
        weights: of the documents, shape (n,).
    """
    order = np.argsort(-probabilities, kind="stable")
    p, weighed = probabilities[order], weights[order]
    expected = 2 * np.cumsum(weighed * p) / (np.cumsum(weighed) + (weighed * p).sum())
    best = int(np.argmax(expected))
    below = p[best + 1] if best + 1 < len(p) else 0.0
    return float((p[best] + below) / 2)


def _sigmoid(x: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -x))
