"""What training and scored documents share: texts, mentions, and the posts or abstracts behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adetk.document import ADE, Document
from adetk.evaluate.duplicates import shared_texts


@dataclass(frozen=True, slots=True)
class Leak:
    """Counts of the scored documents, and of those of them that training has too.

    Attributes:
        scored_texts: documents.
        n_texts: of them, those whose text stands in training.
        scored_mentions: mentions with the label looked at.
        n_mentions: of them, those whose words are a mention with this label in training.
        scored_surfaces: different words among the mentions.
        n_surfaces: of them, those that are a mention in training.
        scored_groups: posts, abstracts or whatever documents were grouped by; 0 without grouping.
        n_groups: of them, those of which training holds another part.
    """

    scored_texts: int
    n_texts: int
    scored_mentions: int
    n_mentions: int
    scored_surfaces: int
    n_surfaces: int
    scored_groups: int = 0
    n_groups: int = 0


def shared(
    train: Sequence[Document],
    scored: Sequence[Document],
    label: str = ADE,
    group_of: Callable[[Document], str] | None = None,
) -> Leak:
    """What a scored split shares with training, in one corpus or across two.

    Texts are compared as in `adetk.evaluate.duplicates.shared_texts`; words of mentions without case and kind
    of white space, fragments joined by one space.

    Args:
        train: documents that a model may learn from.
        scored: documents that it is scored on.
        label: the mentions that are compared.
        group_of: names what a document is a part of; documents that it gives "" belong to none.
    """
    known = set(_surfaces(train, label))
    surfaces = _surfaces(scored, label)
    groups, train_groups = _groups(scored, group_of), _groups(train, group_of)
    return Leak(
        scored_texts=len(scored),
        n_texts=len(shared_texts(train, scored)),
        scored_mentions=len(surfaces),
        n_mentions=sum(surface in known for surface in surfaces),
        scored_surfaces=len(set(surfaces)),
        n_surfaces=len(set(surfaces) & known),
        scored_groups=len(groups),
        n_groups=len(groups & train_groups),
    )


def _surfaces(documents: Sequence[Document], label: str) -> list[str]:
    return [
        " ".join(mention.surface(document.text).casefold().split())
        for document in documents
        for mention in document.labelled(label)
    ]


def _groups(documents: Sequence[Document], group_of: Callable[[Document], str] | None) -> set[str]:
    return set() if group_of is None else {group_of(document) for document in documents} - {""}
