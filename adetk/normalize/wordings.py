"""Wordings that need no model: which concepts they stand for, by ever looser comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from adetk.normalize.surface import fold, normalise
from adetk.normalize.terminology import Terminology

KeyOf = Callable[[str], str]
"""A wording to what is compared of it."""


class Table(NamedTuple):
    """What one comparison knows.

    Attributes:
        key_of: the comparison.
        method: of the links.
        key_to_ids: comparable wording -> concepts, the most used first.
        is_sure: a person has said so: the score is 1.
    """

    key_of: KeyOf
    method: str
    key_to_ids: Mapping[str, list[str]]
    is_sure: bool = False


def wording_tables(
    terminology: Terminology, rows: Sequence[tuple[str, str]], row_to_times: Mapping[tuple[str, str], int]
) -> list[Table]:
    """All that is known of wordings, the strictest comparison first.

    Within one comparison: training mentions, the concept with the most of them first; then terms' own names
    (`exact`); then all other rows, in their order.

    Args:
        terminology: whose concepts count.
        rows: `(wording, concept)` of its index.
        row_to_times: `(wording, concept)` of training mentions to how often each stood there; 0 = not known.
    """
    concept_to_name = {concept.id: concept.name for concept in terminology.offered()}
    seen = {row: times for row, times in row_to_times.items() if times and row[1] in concept_to_name}
    names = {row: 1 for row in rows if row[0] == concept_to_name.get(row[1])}
    others = {row: 1 for row in rows if row not in names}
    return [
        Table(key_of, method, _by_use(known, key_of))
        for key_of in (fold, normalise)
        for method, known in (("synonym", seen), ("exact", names), ("synonym", others))
    ]


def with_lay(tables: Sequence[Table], phrase_to_id: Mapping[str, str]) -> list[Table]:
    """The tables of `wording_tables`, each comparison's behind what usual wordings mean."""
    strict, loose = (Table(key_of, "synonym", _last(phrase_to_id, key_of)) for key_of in (fold, normalise))
    folded = [table for table in tables if table.key_of is fold]
    return [strict, *folded, loose, *tables[len(folded) :]]


def with_own(tables: Sequence[Table], phrase_to_id: Mapping[str, str]) -> list[Table]:
    """The tables of `wording_tables` behind a list of one's own.

    The very phrases, in any spelling that `fold` passes over, stand before all else; those less their degree words
    only before what other wordings are less theirs, for a term may be named as the rest is.
    """
    strict, loose = (Table(k, "synonym", _last(phrase_to_id, k), k is fold) for k in (fold, normalise))
    folded = [table for table in tables if table.key_of is fold]
    return [strict, *folded, loose, *tables[len(folded) :]]


def matched(surface: str, key_of: KeyOf, wordings: Iterable[str]) -> str:
    """The wording that is the same as `surface` by this comparison; empty where none is."""
    return next((wording for wording in wordings if key_of(wording) == key_of(surface)), "")


def _last(phrase_to_id: Mapping[str, str], key_of: KeyOf) -> dict[str, list[str]]:
    """Comparable phrase -> its concept, of two the later."""
    return {key: [concept] for phrase, concept in phrase_to_id.items() if (key := key_of(phrase))}


def _by_use(row_to_times: Mapping[tuple[str, str], int], key_of: KeyOf) -> dict[str, list[str]]:
    """Comparable wording -> concepts, the most used first; of equally used ones the first."""
    key_to_uses: dict[str, dict[str, int]] = {}
    for (surface, concept), times in row_to_times.items():
        if key := key_of(surface):
            uses = key_to_uses.setdefault(key, {})
            uses[concept] = uses.get(concept, 0) + times
    return {key: sorted(uses, key=uses.__getitem__, reverse=True) for key, uses in key_to_uses.items()}
