"""What `adetk terminology info` and `show` print: a terminology and a term as plain dicts."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

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
        fingerprint=terminology.fingerprint,
    )


def show(terminology: Terminology, concept_id: str) -> TermView:
    """Return all that the terminology knows of one code.

    `use_instead` is the code of the term that replaces a non-current one, empty otherwise.

    Raises:
        AdetkError: the terminology has no such code.
    """
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
