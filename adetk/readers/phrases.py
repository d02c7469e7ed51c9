"""Corpora of phrases: each phrase is a document that is one ADE mention from end to end."""

from __future__ import annotations

from collections.abc import Mapping

from adetk.document import ADE, Document, Mention


def phrase_document(id: str, phrase: str, code: str, meta: Mapping[str, str] | None = None) -> Document:
    """The document of a phrase whose concept has this code."""
    mention = Mention(((0, len(phrase)),), label=ADE, gold=(frozenset({code}),))
    return Document(id, phrase, label=ADE, mentions=(mention,), meta={} if meta is None else meta)


def fold_counts(part_to_counts: Mapping[str, tuple[int, ...]]) -> dict[str, dict[str, int]]:
    """Expected counts of folds: `{"train": (8, 9)}` says that `train-0` has 8 phrases and `train-1` has 9."""
    return {
        f"{part}-{fold}": {"documents": number, "ADE": number}
        for part, counts in part_to_counts.items()
        for fold, number in enumerate(counts)
    }
