"""What `adetk terminology info` and `show` print: a terminology, a term or a query as plain dicts."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

from adetk.normalize.smq import BROAD, NARROW, Smq, smqs_with, terms_of
from adetk.normalize.terminology import CODABLE_LEVELS, Terminology


class Description(TypedDict):
    """A terminology in numbers."""

    name: str
    version: str
    language: str
    label: str
    levels: dict[str, int]
    current: int
    non_current: int
    synonyms: int
    smqs: int
    fingerprint: str


class PathView(TypedDict):
    """One way up from a PT, as code and name of each level; unknown levels are empty."""

    pt: tuple[str, str]
    hlt: tuple[str, str]
    hlgt: tuple[str, str]
    soc: tuple[str, str]
    primary: bool


class TermView(TypedDict):
    """A term with its place in the hierarchy."""

    id: str
    name: str
    level: str
    is_current: bool
    use_instead: str
    synonyms: list[str]
    pt_id: str
    pt_name: str
    soc_id: str
    soc_name: str
    paths: list[PathView]
    smqs: list[tuple[str, str, str]]
    terminology: str


class SmqView(TypedDict):
    """A standardised query with what a search by it finds, children included, as code and name."""

    id: str
    name: str
    level: str
    is_active: bool
    algorithm: str
    children: list[tuple[str, str]]
    narrow: list[tuple[str, str]]
    broad: list[tuple[str, str]]
    terminology: str


def describe(terminology: Terminology) -> Description:
    """Count the terms of every level; `current` and `non_current` count what one may code to.

    A code that is both PT and LLT counts at both levels.
    """
    levels = Counter(concept.level for concept in terminology.everything())
    offered = len(terminology.offered())
    codable = sum(levels[level] for level in CODABLE_LEVELS)
    return Description(
        name=terminology.name,
        version=terminology.version,
        language=terminology.language,
        label=terminology.label,
        levels={level: n for level, n in levels.items() if n},
        current=offered,
        non_current=codable - offered,
        synonyms=sum(len(concept.synonyms) for concept in terminology.concepts.values()),
        smqs=sum(smq.is_active for smq in terminology.smqs.values()),
        fingerprint=terminology.fingerprint,
    )


def show(terminology: Terminology, concept_id: str) -> TermView | SmqView:
    """Return all that the terminology knows of one code, be it a term's or a query's.

    `use_instead` is the code of the term that replaces a non-current one, empty otherwise; `smqs` are code, name and
    scope of the queries that name the term or its PT; `broad` holds the narrow terms too. A query's `algorithm` is
    quoted, not evaluated.

    Raises:
        AdetkError: the terminology has no such code.
    """
    if concept_id in terminology.smqs:
        return _smq_view(terminology, terminology.smqs[concept_id])
    concept = terminology.concept(concept_id)
    link = terminology.link(concept_id)
    today = terminology.current(concept_id)
    return TermView(
        id=concept.id,
        name=concept.name,
        level=concept.level,
        is_current=concept.is_current,
        use_instead=today.id if today.id != concept.id else "",
        synonyms=list(concept.synonyms),
        pt_id=link.pt_id,
        pt_name=link.pt_name,
        soc_id=link.soc_id,
        soc_name=link.soc_name,
        paths=_paths(terminology, concept_id),
        smqs=[
            (smq.id, smq.name, scope)
            for smq, scope in smqs_with(terminology.smqs, {concept_id, terminology.pt_of(concept_id)})
        ],
        terminology=terminology.label,
    )


def _smq_view(terminology: Terminology, smq: Smq) -> SmqView:
    smqs = terminology.smqs
    scope_to_terms = {
        scope: [_named(terminology, code) for code in terms_of(smqs, smq.id, scope)]
        for scope in (NARROW, BROAD)
    }
    return SmqView(
        id=smq.id,
        name=smq.name,
        level=f"SMQ {smq.level}",
        is_active=smq.is_active,
        algorithm=smq.algorithm,
        children=[(code, smqs[code].name if code in smqs else "") for code in smq.children],
        narrow=scope_to_terms[NARROW],
        broad=scope_to_terms[BROAD],
        terminology=terminology.label,
    )


def _paths(terminology: Terminology, concept_id: str) -> list[PathView]:
    views = []
    for position, path in enumerate(terminology.paths(concept_id)):
        pt, hlt, hlgt, soc = (_named(terminology, code) for code in path)
        views.append(PathView(pt=pt, hlt=hlt, hlgt=hlgt, soc=soc, primary=position == 0))
    return views


def _named(terminology: Terminology, code: str) -> tuple[str, str]:
    return code, terminology.concept(code).name if code in terminology else ""
