"""Which phrases of patients may be shipped: those of training posts that no held-out post has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from adetk.document import ADE
from adetk.readers import read_corpus
from dictionaries.tables import Row, fold

_SOURCE_TO_CORPUS = {
    "PsyTAR": ("psytar", ("train",), ("dev", "test")),
    "TwADR-L": ("twadrl", ("train-0",), ("validation-0", "test-0")),
}


def phrases_to_keep(rows: Iterable[Row], corpora: Path) -> list[Row]:
    """The rows whose phrase is an ADE mention in the training part of its corpus and held out in neither.

    Args:
        rows: columns as SYNONYM_COLUMNS, sources PsyTAR and TwADR-L.
        corpora: the folder of all corpora.
    """
    train = {
        source: _mentioned(name, splits, corpora) for source, (name, splits, _) in _SOURCE_TO_CORPUS.items()
    }
    held_out = set[str]().union(
        *(_mentioned(name, splits, corpora) for name, _, splits in _SOURCE_TO_CORPUS.values())
    )
    return [row for row in rows if fold(row[1]) in train[row[2]] - held_out]


def _mentioned(corpus: str, splits: Iterable[str], corpora: Path) -> set[str]:
    """The folded words of every ADE mention in these splits.

    TwADR-L also lists the names of its concepts as phrases. They are a vocabulary's wording, no patient's, so
    they are left out.
    """
    return {
        fold(mention.surface(document.text))
        for split in splits
        for document in read_corpus(corpus, split, corpora)
        for mention in document.labelled(ADE)
        if fold(document.text) != fold(document.meta.get("concept", ""))
    }
