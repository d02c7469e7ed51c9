"""What is known about a corpus: where it lies, how it is split, what it must contain, on what terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adetk.document import ADE, Document


@dataclass(frozen=True)
class Corpus:
    """One corpus and its reader.

    Attributes:
        name: as given on the command line.
        splits: names of its parts, in the order in which they are shown.
        read: folder of the corpus and name of a split -> its documents, lazily.
        expected: split -> counts of the right content, with the keys of `count`; a key that is not there
            is not compared.
        folder: of the corpus, below the folder of all corpora.
        licence: terms in a few words.
        licence_class: `A` open; `B` research only or no licence stated; `C` tweets under platform terms.
        codes: code system of the gold: `MedDRA`, `UMLS`, `CTCAE`, or empty when nothing is coded.
        bundled: the folder stands in this repository, so that it need not be below the given root.
    """

    name: str
    splits: tuple[str, ...]
    read: Callable[[Path, str], Iterator[Document]]
    expected: Mapping[str, Mapping[str, int]]
    folder: str
    licence: str
    licence_class: str
    codes: str
    bundled: bool = False


def count(documents: Iterable[Document]) -> Counter[str]:
    """Counts to compare a reading with: `documents`, `ADE documents`, and mentions under their own label."""
    counts: Counter[str] = Counter()
    for document in documents:
        counts["documents"] += 1
        counts["ADE documents"] += document.label == ADE
        counts.update(mention.label for mention in document.mentions)
    return counts
