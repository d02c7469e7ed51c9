"""What a linker is taught beside its network: the index, the classifier, and which wording stands for what."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from adetk.normalize.embedder import Embedder
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.lessons import Rows
from adetk.normalize.linker import NO_MENTIONS, Linker
from adetk.normalize.options import NormalizeOptions
from adetk.normalize.part import INDEX, MENTIONS, ctcae_wordings, open_index, write_mentions
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology

logger = logging.getLogger(__name__)

RowToTimes = Mapping[tuple[str, str], int]
"""`(wording, concept)` of mentions to how often each stands there."""


def taught(
    embedder: Embedder,
    terminology: Terminology,
    row_to_times: RowToTimes,
    options: NormalizeOptions,
    part: Path,
) -> Linker:
    """A linker of this encoder that has learnt these mentions; nothing of it is tuned.

    Args:
        embedder: the encoder.
        terminology: where the terms come from.
        row_to_times: the mentions.
        options: what is made of them.
        part: where the network lies; an index of the same rows there is taken as it is.
    """
    wordings = further_wordings(row_to_times, terminology, options)
    index = open_index(terminology, wordings, embedder, part / INDEX)
    classifier = None
    if options.classifier:
        trained = {concept for _, concept in row_to_times}
        names = [row for row in index.rows if row[1] in trained]
        classifier = _fit_classifier(embedder, list(dict.fromkeys([*names, *row_to_times])))
    known = row_to_times if options.index_mentions else NO_MENTIONS
    return Linker(terminology, embedder, index, classifier, LinkerSettings(), known)


def write_taught(linker: Linker, options: NormalizeOptions, part: Path) -> None:
    """Write what `taught` made into a part."""
    write_mentions(part / MENTIONS, linker.row_to_times)
    if linker.classifier is not None:
        linker.classifier.save(part)
    if options.terminology == "ctcae":  # a licensed terminology's index stays in the cache
        linker.index.save(part / INDEX)


def further_wordings(row_to_times: RowToTimes, terminology: Terminology, options: NormalizeOptions) -> Rows:
    """Rows of the index beside the terminology's own."""
    lay = ctcae_wordings(options.ctcae_wordings, terminology, options.patient_phrases)
    return [*(row_to_times if options.index_mentions else ()), *lay]


def together(first: RowToTimes, second: RowToTimes) -> dict[tuple[str, str], int]:
    """The mentions of both, those of the first before the others."""
    return dict(Counter(first) + Counter(second))


def _fit_classifier(embedder: Embedder, rows: Rows) -> ConceptClassifier:
    """Softmax regression over the concepts that training mentions have, on their wordings' vectors."""
    vectors = embedder([surface for surface, _ in rows])
    model = LogisticRegression(C=20.0, max_iter=200).fit(vectors, [concept for _, concept in rows])
    return ConceptClassifier(
        model.classes_.tolist(), model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    )
