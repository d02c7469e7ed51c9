"""Which documents are learnt from and which are held out to choose by: one text, and one post, on one side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adetk.document import ADE, Document

_MASK = re.compile(r"https?://\S+|HTTPURL_*|@\w+|\W")  # one \W: more would eat the @


@dataclass(frozen=True)
class Taken:
    """What was taken of one training source.

    Attributes:
        train: documents to learn from, each counted once.
        ade: how many of them are ADE posts.
        mentions: that they hold.
        development: documents to choose by.
    """

    train: int
    ade: int
    mentions: int
    development: int


@dataclass(frozen=True)
class TrainingData:
    """Documents to learn from and documents to choose by.

    Attributes:
        train: to learn from.
        development: to choose by.
        taken: of each source in order, how many were taken.
        carved: those of `development` that were carved out of a source that is learnt from, as often as `train` would
            have them. A source that is for choosing as a whole, as a corpus's own validation part, has none here.
    """

    train: list[Document]
    development: list[Document]
    taken: tuple[Taken, ...] = ()
    carved: tuple[Document, ...] = ()


def split_development(documents: Sequence[Document], share: float) -> TrainingData:
    """Carve out about `share` of the documents, by a hash of their post or text, so that posts stay whole."""
    data = TrainingData([], [])
    for document in documents:
        is_held = _hash(group_of(document)) < share
        (data.development if is_held else data.train).append(document)
    return data


def taken(data: TrainingData) -> Taken:
    """Count what is in one source's documents."""
    return Taken(
        len(data.train),
        sum(d.label == ADE for d in data.train),
        sum(len(d.mentions) for d in data.train),
        len(data.development),
    )


def fold_of(document: Document, folds: int) -> int:
    """The number of a document's fold, from 0; a post stays whole, and so do repeated texts.

    Another hash than `split_development`'s, so that every fold leaves development documents to the others.
    """
    return int(_hash(f"fold {group_of(document)}") * folds)


def without_seen(documents: Sequence[Document], seen: set[str]) -> list[Document]:
    """The documents whose text is not `seen` yet; repeats among themselves stay. All are seen from then on."""
    kept = [document for document in documents if same_text_key(document.text) not in seen]
    seen.update(same_text_key(document.text) for document in documents)
    return kept


def without_repeats(documents: Iterable[Document], seen: set[str]) -> list[Document]:
    """The documents whose text is not `seen` yet; it is from then on."""
    kept = []
    for document in documents:
        key = same_text_key(document.text)
        if key not in seen:
            seen.add(key)
            kept.append(document)
    return kept


def with_few_empty(documents: list[Document], max_empty: int) -> list[Document]:
    """The documents, of those without a mention at most `max_empty` (the first by hash); -1 = all."""
    if max_empty < 0:
        return documents
    empty = sorted((d for d in documents if not d.mentions), key=lambda d: _hash(d.id))
    kept = {id(d) for d in empty[:max_empty]}
    return [d for d in documents if d.mentions or id(d) in kept]


def same_text_key(text: str) -> str:
    """Two texts with the same key are one text: case, links, handles, punctuation and spaces do not count."""
    return " ".join(_MASK.sub(" ", text).casefold().split())


def group_of(document: Document) -> str:
    """What a document belongs to: its post, where the corpus cuts posts into sentences, else its text."""
    post = document.meta.get("post")
    return f"{document.meta.get('drug', '')}/{post}" if post else same_text_key(document.text)


def _hash(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
