"""What is fitted on held-out documents once a gate's network is trained: its n-grams' share, calibration, threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from adetk.classify.calibration import (
    Calibration,
    best_threshold,
    expected_f1_threshold,
    prior_weights,
    recall_threshold,
)
from adetk.classify.classifier import Classifier
from adetk.classify.ensemble import fit_stack
from adetk.classify.ngrams import Cascade, NgramStack, fit_ngrams
from adetk.classify.options import ClassifyOptions
from adetk.document import ADE, Document
from adetk.evaluate.ranking import average_precision
from adetk.recipe import TrainingData
from adetk.text import clean

KEPT = 0.995
"""Share of the posts that the gate keeps which the cascade must let through to the network."""


def stack_ngrams(classifier: Classifier, data: TrainingData) -> NgramStack:
    """Fit n-grams on the training documents, and their share beside the network on the development documents.

    Documents whose label is a teacher's, which carry its score, teach the network only.
    """
    labelled = [d for d in data.train if d.score is None]
    model = fit_ngrams(_cleaned(labelled), labels_of(labelled))
    margins = margins_of(classifier, data.development), model.margins(_cleaned(data.development))
    return NgramStack(model, fit_stack(np.stack(margins), labels_of(data.development)))


def fit_cascade(classifier: Classifier, documents: Sequence[Document]) -> Cascade | None:
    """Which posts the n-grams answer alone: those that a post which the gate keeps is unlikely to be among.

    The threshold keeps a new kept post with probability `KEPT` at least (see `recall_threshold`). Where the gate keeps
    too few of the documents to promise that, the most ADE-like ones are taken for kept too, which asks for more.

    Args:
        classifier: with n-grams and its calibration, without a cascade.
        documents: that neither learnt from.

    Returns:
        None where even all documents are too few.
    """
    assert classifier.ngrams is not None
    fewest = math.ceil(1 / (1 - KEPT) - 1e-9) - 1
    if len(documents) < fewest:
        return None
    both, linear = margins_of(classifier, documents), classifier.ngrams.model.margins(_cleaned(documents))
    kept = max(
        fewest, int((classifier.calibration.of_margins(both) >= classifier.calibration.threshold).sum())
    )
    below = recall_threshold(linear[np.argsort(-both, kind="stable")[:kept]], KEPT)
    alone = linear < below
    first, second = classifier.ngrams.stack.weights
    network = (both - second * linear - classifier.ngrams.stack.intercept) / first
    return Cascade(below, float(network[alone].mean())) if alone.any() else None


def calibrate(
    classifier: Classifier, documents: Sequence[Document], prior: float, options: ClassifyOptions
) -> Calibration:
    """Calibration and threshold on development documents.

    Args:
        classifier: as it is served.
        documents: for development.
        prior: share of ADE that its logits stand for.
        options: of the recipe.
    """
    labels = labels_of(documents)
    margins = margins_of(classifier, documents)
    share = float(labels.mean())
    calibration = Calibration(source_prior=prior)
    if options.platt:
        slope, intercept = _platt(margins, labels)
        calibration = Calibration(slope, intercept, source_prior=share)
    target = options.target_prior if options.target_prior > 0 else share
    calibration = replace(calibration, target_prior=target, strength=options.strength)
    probabilities = calibration.of_margins(margins)
    weights = prior_weights(labels, target)
    if options.platt or options.ngrams:  # the probabilities were fitted, so they say where F1 is best
        return replace(calibration, threshold=expected_f1_threshold(probabilities, weights))
    threshold, _ = best_threshold(probabilities, labels, weights)
    return replace(calibration, threshold=threshold)


def scores_of(classifier: Classifier, documents: Sequence[Document]) -> dict[str, float]:
    """Average precision, and the best F1 that any threshold has."""
    labels = labels_of(documents)
    scores = classifier.scores(documents)
    _, f1 = best_threshold(scores, labels, np.ones(len(labels)))
    return {"average_precision": average_precision(labels, scores), "f1": f1}


def margins_of(classifier: Classifier, documents: Sequence[Document]) -> NDArray[np.float64]:
    """Difference of the logits of each document, ADE less noADE, shape (n,)."""
    logits = classifier.logits(documents).astype(np.float64)
    return logits[:, 1] - logits[:, 0]


def labels_of(documents: Sequence[Document]) -> NDArray[np.bool_]:
    """Whether each document is an ADE post, shape (n,)."""
    return np.array([d.label == ADE for d in documents], bool)


def _platt(margins: NDArray[np.float64], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of a logistic regression on the logit difference."""
    scale = float(np.std(margins))  # the regression's mild penalty should not depend on the logits' scale
    model = LogisticRegression(C=100.0).fit((margins / scale).reshape(-1, 1), labels)
    return float(model.coef_[0, 0]) / scale, float(model.intercept_[0])


def _cleaned(documents: Sequence[Document]) -> list[str]:
    return [clean(d.text, d.meta.get("lang", "en")).text for d in documents]
