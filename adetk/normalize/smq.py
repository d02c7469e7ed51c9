"""Standardised MedDRA Queries: groups of PTs and LLTs around one safety question.

A narrow search takes the terms that are likely to be cases, a broad search those and the others. An algorithmic
query asks for combinations of its categories in one case: its terms and its rule are read, the rule is not
evaluated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adetk.normalize.asc import AscFolder

LIST, CONTENT = "smq_list.asc", "smq_content.asc"
NARROW, BROAD = "narrow", "broad"

_SCOPES = {"1": BROAD, "2": NARROW}
_CHILD = "0"
_STATUS = 7  # column of smq_list.asc
_ALGORITHM = 8


@dataclass(frozen=True, slots=True)
class SmqTerm:
    """A PT or LLT of a query.

    Attributes:
        id: its code; a PT stands for its LLTs too.
        scope: `narrow` or `broad`.
        category: letter that an algorithm combines; `A` in the others.
    """

    id: str
    scope: str
    category: str = "A"


@dataclass(frozen=True, slots=True)
class Smq:
    """A query.

    Attributes:
        id: its code.
        name: its name.
        level: 1 (widest) to 5.
        algorithm: the rule that combines categories, as published; empty where there is none.
        is_active: False for queries that were withdrawn.
        children: codes of the queries that belong to it.
        terms: its own active terms, without those of its children.
    """

    id: str
    name: str
    level: int
    algorithm: str = ""
    is_active: bool = True
    children: tuple[str, ...] = ()
    terms: tuple[SmqTerm, ...] = ()


def read_smqs(folder: AscFolder) -> dict[str, Smq]:
    """Code -> query, in the file's order; none where the release has no SMQ files. Inactive terms are left out.

    Raises:
        AdetkError: a malformed line.
    """
    if LIST not in folder:
        return {}
    id_to_children, id_to_terms = _contents(folder) if CONTENT in folder else ({}, {})
    smqs = {}
    for number, fields in folder.lines(LIST, n_fields=3, code_columns=(0,)):
        algorithm = fields[_ALGORITHM].strip() if len(fields) > _ALGORITHM else ""
        smqs[fields[0]] = Smq(
            fields[0],
            fields[1].strip(),
            folder.number(fields[2], LIST, number, "the level of an SMQ, 1 to 5"),
            "" if algorithm == "N" else algorithm,
            len(fields) <= _STATUS or fields[_STATUS].strip().upper() != "I",
            tuple(id_to_children.get(fields[0], ())),
            tuple(id_to_terms.get(fields[0], ())),
        )
    return smqs


def terms_of(smqs: Mapping[str, Smq], smq_id: str, scope: str = BROAD) -> list[str]:
    """Codes of the PTs and LLTs that a search finds by a query and its active children, once each and in order.

    Args:
        smqs: as `read_smqs` gives them.
        smq_id: one of them.
        scope: `narrow`, or `broad` = broad and narrow terms.
    """
    return list(
        dict.fromkeys(
            term.id
            for smq in _with_children(smqs, smq_id, set())
            for term in smq.terms
            if scope == BROAD or term.scope == NARROW
        )
    )


def smqs_with(smqs: Mapping[str, Smq], term_ids: set[str]) -> list[tuple[Smq, str]]:
    """The active queries that name one of the terms themselves, each with the scope in which they do so."""
    return [
        (smq, NARROW if NARROW in scopes else BROAD)
        for smq in smqs.values()
        if smq.is_active and (scopes := {term.scope for term in smq.terms if term.id in term_ids})
    ]


def _contents(folder: AscFolder) -> tuple[dict[str, list[str]], dict[str, list[SmqTerm]]]:
    """Children and active terms of each query."""
    id_to_children: dict[str, list[str]] = defaultdict(list)
    id_to_terms: dict[str, list[SmqTerm]] = defaultdict(list)
    for _, fields in folder.lines(CONTENT, n_fields=7, code_columns=(0, 1)):
        smq_id, term_id, level, scope, category, _, status = (cell.strip() for cell in fields[:7])
        if status.upper() == "I":
            continue
        if level == _CHILD:
            id_to_children[smq_id].append(term_id)
        elif scope in _SCOPES:
            id_to_terms[smq_id].append(SmqTerm(term_id, _SCOPES[scope], category))
    return id_to_children, id_to_terms


def _with_children(smqs: Mapping[str, Smq], smq_id: str, seen: set[str]) -> Iterator[Smq]:
    smq = smqs.get(smq_id)
    if smq is None or not smq.is_active or smq_id in seen:
        return
    seen.add(smq_id)
    yield smq
    for child in smq.children:
        yield from _with_children(smqs, child, seen)
