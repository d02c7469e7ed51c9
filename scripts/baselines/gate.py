"""The gate's baseline: logistic regression over words and characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union

from adetk.batches import batched
from adetk.classify.calibration import Calibration
from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.language import language_of
from adetk.text import clean

FOLDS = 5
STRENGTHS = tuple(round(0.1 * i, 1) for i in range(11))
"""What posterior calibration's lambda is chosen from."""
BATCH = 256


@dataclass(frozen=True)
class TfidfGate:
    """Sets `label` and `score` of documents, by the words and characters of their cleaned text.

    Attributes:
        model: texts to log-odds of ADE, by `decision_function`.
        calibration: from log-odds to probability and decision.
    """

    model: Any
    calibration: Calibration = field(default_factory=Calibration)

    @classmethod
    def fit(cls, documents: Sequence[Document], calibrated: bool = False) -> TfidfGate:
        """Learn from labelled posts.

        Args:
            documents: posts with a label, some of them ADE.
            calibrated: False leaves the probabilities as the regression gives them. True calibrates them
                to as many ADE posts as others, with the strength whose F1 at .5 is best on predictions for
                posts that the predicting model was not trained on. The model is the same one.

        Raises:
            AdetkError: a post has no label, or there are fewer than five different ADE posts or others.
        """
        _check(documents)
        texts, labels = _texts(documents), np.array([d.label == ADE for d in documents])
        calibration = _chosen(texts, labels) if calibrated else Calibration()
        return cls(_model().fit(texts, labels), calibration)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Classify documents lazily, in order."""
        for group in batched(documents, BATCH):
            margins = self.model.decision_function(_texts(group))
            scores = self.calibration.probabilities(_logits(margins))
            for document, score in zip(group, scores, strict=True):
                label = ADE if score >= self.calibration.threshold else NO_ADE
                yield replace(document, label=label, score=float(score))


def _model() -> Any:
    """The features and the penalty with the best average precision out of fold on smm4h2022's training posts."""
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
    )
    return make_pipeline(features, LogisticRegression(C=16.0, solver="liblinear"))


def _chosen(texts: Sequence[str], labels: NDArray[np.bool_]) -> Calibration:
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    # Grouped by text, so that no repost of a predicted post is among those that its model has seen.
    margins = cross_val_predict(_model(), texts, labels, groups=texts, cv=folds, method="decision_function")
    share = float(labels.mean())

    def f1(calibration: Calibration) -> float:
        decisions = calibration.probabilities(_logits(margins)) >= calibration.threshold
        return float(f1_score(labels, decisions, zero_division=0.0))

    return max((Calibration(source_prior=share, strength=strength) for strength in STRENGTHS), key=f1)


def _check(documents: Sequence[Document]) -> None:
    unlabelled = [d.id for d in documents if d.label not in (ADE, NO_ADE)]
    if unlabelled:
        raise AdetkError(
            f"{len(unlabelled)} of {len(documents)} training posts are labelled neither {ADE} nor {NO_ADE}, "
            f"first {unlabelled[0]!r}; label them or leave them out"
        )
    counts = [len({d.text for d in documents if d.label == label}) for label in (ADE, NO_ADE)]
    if min(counts) < FOLDS:
        raise AdetkError(
            f"{counts[0]} different ADE posts and {counts[1]} others to train a gate on; expected {FOLDS} "
            "of each at least: name more data"
        )


def _texts(documents: Iterable[Document]) -> list[str]:
    return [clean(d.text, language_of(d)).text for d in documents]


def _logits(margins: NDArray[np.float64]) -> NDArray[np.float32]:
    """Log-odds as the logits (n, 2) that `Calibration` takes."""
    return np.stack([np.zeros_like(margins), margins], axis=1)
