"""Numbers of a classifier's scores: how well they rank posts, and how well they tell a probability.

Every function takes `labels` (bool, True = ADE), `scores` (float, higher = more likely) and optional
`weights` (1 when left out; whole numbers mean "this many times"), one per document: all of shape `(n,)`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adetk.errors import AdetkError

Floats = NDArray[np.float64]


def average_precision(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Average precision: the sum of (R_i - R_{i-1}) P_i over distinct scores, without interpolation.

    Equal scores are one threshold, so the order of ties plays no part. 0.0 where nothing is positive.

    Raises:
        AdetkError: if the arrays differ in length.
    """
    true_positives, false_positives = _cumulated(labels, scores, weights)
    if not true_positives.size or true_positives[-1] == 0:
        return 0.0
    taken = true_positives + false_positives
    # A threshold that takes only documents of weight 0 adds no recall: its precision is never used.
    precision = np.divide(true_positives, taken, out=np.zeros_like(taken), where=taken > 0)
    return float(np.diff(true_positives, prepend=0.0) @ precision / true_positives[-1])


def roc_auc(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Probability that a positive outranks a negative, ties counted one half; 0.0 where one class is missing.

    Raises:
        AdetkError: if the arrays differ in length.
    """
    true_positives, false_positives = _cumulated(labels, scores, weights)
    if not true_positives.size or true_positives[-1] == 0 or false_positives[-1] == 0:
        return 0.0
    heights = true_positives - np.diff(true_positives, prepend=0.0) / 2
    area = np.diff(false_positives, prepend=0.0) @ heights
    return float(area / (true_positives[-1] * false_positives[-1]))


def ece(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None, bins: int = 15) -> float:
    """Expected calibration error of the probability of ADE, over `bins` bins of equal width.

    The mean over documents of |mean score - share of positives| of their bin; bins are closed on the right,
    the first on both sides (Guo et al. 2017, for the positive class instead of the predicted one). 0.0 for
    no document.

    Raises:
        AdetkError: if the arrays differ in length, or a score is no probability.
    """
    truth, probabilities, weight = _checked(labels, scores, weights)
    _refuse_improbable(probabilities)
    if weight.sum() == 0:
        return 0.0
    bin_of = np.digitize(probabilities, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    # weight of bin * |mean score - share| = |weighted sum of (score - truth) in the bin|
    gaps = np.bincount(bin_of, weights=weight * (probabilities - truth), minlength=bins)
    return float(np.abs(gaps).sum() / weight.sum())


def brier(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean squared difference between the probability of ADE and the truth (1 or 0); 0.0 for no document.

    Raises:
        AdetkError: if the arrays differ in length, or a score is no probability.
    """
    truth, probabilities, weight = _checked(labels, scores, weights)
    _refuse_improbable(probabilities)
    return float(weight @ (probabilities - truth) ** 2 / weight.sum()) if weight.sum() > 0 else 0.0


def _cumulated(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Weight of the positives and of the negatives at or above each distinct score, highest score first."""
    truth, values, weight = _checked(labels, scores, weights)
    order = np.argsort(-values, kind="stable")
    truth, values, weight = truth[order], values[order], weight[order]
    is_last_of_ties = np.append(values[1:] != values[:-1], True)[: len(values)]
    positives = np.cumsum(weight * truth)[is_last_of_ties]
    negatives = np.cumsum(weight * (1 - truth))[is_last_of_ties]
    return positives, negatives


def _checked(
    labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    truth = np.asarray(labels, dtype=bool).astype(np.float64)
    values = np.asarray(scores, dtype=np.float64)
    weight = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not truth.shape == values.shape == weight.shape or truth.ndim != 1:
        raise AdetkError(
            f"labels of shape {truth.shape}, scores of {values.shape} and weights of {weight.shape}; "
            "expected one of each per document"
        )
    if np.isnan(values).any():
        raise AdetkError(
            f"{int(np.isnan(values).sum())} of {len(values)} scores are not a number; cannot rank them"
        )
    return truth, values, weight


def _refuse_improbable(values: Floats) -> None:
    outside = values[(values < 0) | (values > 1)]
    if outside.size:
        raise AdetkError(
            f"{outside.size} of {values.size} scores are outside [0, 1], first {outside[0]:g}; "
            "expected probabilities: calibrate the scores first"
        )
