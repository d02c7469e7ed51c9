"""From the gate's logits to a probability at the deployed prior, and a threshold. Arrays only, no torch.

Posterior calibration: Tian et al., NeurIPS 2020: p* = normalise(p * (target / source)^strength). With two
classes this is a shift of the logit by a constant, so it moves the threshold and nothing else: it cannot
change the order of posts (average precision stays as it was). What it is good for: a probability that
means what it says in a stream whose share of ADE posts differs from the training data's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
    """

    slope: float = 1.0
    intercept: float = 0.0
    source_prior: float = 0.5
    target_prior: float = 0.5
    strength: float = 1.0
    threshold: float = 0.5

    def probabilities(self, logits: NDArray[np.float32]) -> Floats:
        """Probability of ADE, shape (n,), from logits (n, 2) in the order noADE, ADE."""
        margins = logits[:, 1].astype(np.float64) - logits[:, 0]
        positive = _sigmoid(self.slope * margins + self.intercept)
        classes = np.stack([1 - positive, positive], axis=1)
        source = np.array([1 - self.source_prior, self.source_prior])
        target = np.array([1 - self.target_prior, self.target_prior])
        return posterior(classes, source, target, self.strength)[:, 1]

    def at_prior(self, prior: float) -> Calibration:
        """The same calibration for a stream with another share of ADE posts; the threshold stays."""
        return replace(self, target_prior=prior)

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


def posterior(probabilities: Floats, source: Floats, target: Floats, strength: float = 1.0) -> Floats:
    """Posterior calibration of `probabilities` (n, classes) from prior `source` to `target` (classes,)."""
    ratio = np.divide(target, source, out=np.zeros_like(source, dtype=np.float64), where=source > 0)
    shifted = probabilities * ratio**strength
    calibrated: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return calibrated


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


def _sigmoid(x: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -x))
