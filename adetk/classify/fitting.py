"""What is fitted on held-out documents once a gate's network is trained: its n-grams' share, calibration, threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from adetk.classify.calibration import (
    Calibration,
    best_threshold,
    fewest_positives,
    recall_threshold,
)
from adetk.classify.classifier import Classifier
from adetk.classify.ensemble import fit_stack
from adetk.classify.ngrams import Cascade, NgramStack, fit_ngrams, held_out_margins
from adetk.classify.options import ClassifyOptions
from adetk.document import ADE, Document
from adetk.evaluate.ranking import average_precision
from adetk.language import language_of
from adetk.recipe import TrainingData
from adetk.text import clean

Floats = NDArray[np.float64]

KEPT = 0.995
"""Share of the posts that the gate keeps which the cascade must let through to the network."""


@dataclass(frozen=True)
class Fitted:
    """What stands around a trained network.

    Attributes:
        ngrams: None where the recipe asks for none.
        calibration: from margins to probability and decision.
        margins: of the development documents as they will be served, shape (n,).
    """

    ngrams: NgramStack | None
    calibration: Calibration
    margins: Floats


def fit(classifier: Classifier, data: TrainingData, prior: float, options: ClassifyOptions) -> Fitted:
    """Fit all that is fitted on held-out documents; the network is asked about each document once.

    Calibration and the n-grams' share are fitted on the development documents. The cascade promises something of the
    few posts that a gate keeps, so it takes the training documents too, with n-grams that did not learn them.

    Args:
        classifier: the network as it is served, nothing around it.
        data: n-grams learn from the training documents, without those that carry a score: their label is a teacher's.
        prior: share of ADE that the network's logits stand for.
        options: of the recipe.
    """
    labels, network = labels_of(data.development), margins_of(classifier, data.development)
    if not options.ngrams:
        return Fitted(None, calibrate(network, labels, prior, options), network)
    labelled = [d for d in data.train if d.score is None]
    texts, learnt = _cleaned(labelled), labels_of(labelled)
    model = fit_ngrams(texts, learnt)
    linear = model.margins(_cleaned(data.development))
    stack = fit_stack(np.stack([network, linear]), labels)
    joint = stack.margin(np.stack([network, linear]))
    calibration = calibrate(joint, labels, float(labels.mean()), options)

    cascade = None
    if labels.sum() + learnt.sum() >= fewest_positives(KEPT):
        _, once = np.unique(texts, return_index=True)
        of_network = np.concatenate([network, margins_of(classifier, [labelled[row] for row in once])])
        of_ngrams = np.concatenate([linear, held_out_margins(texts, learnt)[once]])
        probabilities = calibration.of_margins(stack.margin(np.stack([of_network, of_ngrams])))
        cascade = fit_cascade(of_network, of_ngrams, probabilities >= calibration.threshold)
    if cascade is not None:
        network = np.where(linear < cascade.below, cascade.absent, network)
    return Fitted(NgramStack(model, stack, cascade), calibration, stack.margin(np.stack([network, linear])))


def fit_cascade(network: Floats, linear: Floats, is_kept: NDArray[np.bool_]) -> Cascade | None:
    """Which posts the n-grams answer alone: those that a post which the gate keeps is unlikely to be among.

    The threshold lets a new kept post through with probability `KEPT` at least (see `recall_threshold`).

    Args:
        network: margins of posts, shape (n,).
        linear: margins of the same by n-grams that did not learn them, shape (n,).
        is_kept: whether the gate, network and n-grams together, keeps the post, shape (n,).

    Returns:
        None where too few posts are kept to promise that, or nothing is gained.
    """
    if is_kept.sum() < fewest_positives(KEPT):
        return None
    below = recall_threshold(linear[is_kept], KEPT)
    alone = linear < below
    return Cascade(below, float(network[alone].mean())) if alone.any() else None


def calibrate(
    margins: Floats, labels: NDArray[np.bool_], prior: float, options: ClassifyOptions
) -> Calibration:
    """Calibration and threshold on development documents.

    Args:
        margins: as they will be served, shape (n,).
        labels: True = ADE, shape (n,).
        prior: share of ADE that the margins stand for.
        options: of the recipe.
    """
    share = float(labels.mean())
    calibration = Calibration(source_prior=prior)
    if options.platt:
        platt = fit_stack(margins[None], labels)
        calibration = Calibration(platt.weights[0], platt.intercept, source_prior=share)
    target = options.target_prior if options.target_prior > 0 else share
    is_fitted = options.platt or options.ngrams
    calibration = replace(calibration, target_prior=target, strength=options.strength, is_fitted=is_fitted)
    return calibration.with_best_threshold(margins, labels)


def scores_of(scores: Floats, labels: NDArray[np.bool_]) -> dict[str, float]:
    """Average precision, and the best F1 that any threshold has."""
    _, f1 = best_threshold(scores, labels, np.ones(len(labels)))
    return {"average_precision": average_precision(labels, scores), "f1": f1}


def margins_of(classifier: Classifier, documents: Sequence[Document]) -> Floats:
    """Difference of the logits of each document, ADE less noADE, shape (n,)."""
    logits = classifier.logits(documents).astype(np.float64)
    return logits[:, 1] - logits[:, 0]


def labels_of(documents: Sequence[Document]) -> NDArray[np.bool_]:
    """Whether each document is an ADE post, shape (n,)."""
    return np.array([d.label == ADE for d in documents], bool)


def _cleaned(documents: Sequence[Document]) -> list[str]:
    return [clean(d.text, language_of(d)).text for d in documents]
