"""A terminology: the terms that a mention may be coded to, and where each stands in its hierarchy.

MedDRA codes at LLT level and reports PTs; every PT is also an LLT of the same code and name. A code is
therefore looked up as an LLT first, and PTs are kept in a mapping of their own. CTCAE has one level under
its SOCs. The terms of a plain table (see `adetk.normalize.table`) have one level and no SOCs.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypedDict, Unpack

from adetk.document import Concept, Link
from adetk.errors import AdetkError
from adetk.normalize.search import Wordings
from adetk.normalize.smq import Smq
from adetk.normalize.surface import new_wordings

MEDDRA = "MedDRA"
TERM = "TERM"
CODABLE_LEVELS = frozenset({"LLT", "CTCAE", TERM})
ROLLED_UP_LEVELS = frozenset({"LLT", TERM})
UPPER_LEVELS = frozenset({"HLT", "HLGT", "SOC"})

HierarchyPath = tuple[str, str, str, str]  # codes of PT, HLT, HLGT and SOC; empty where unknown


class LinkFields(TypedDict, total=False):
    """What a linker adds to the fields of `Link` that a terminology knows."""

    score: float
    calibrated: bool
    distance: float | None
    method: str
    in_set: bool | None


def open_terminology(where: str | Path) -> Terminology:
    """Open CTCAE (`"ctcae"`), the MedDRA that lies in a folder, or a table of one's own.

    Args:
        where: `ctcae` for the packaged dictionaries; otherwise a MedAscii folder, an `llt.asc` file, or a
            `.tsv` file with the columns `code` and `name` (see `adetk.normalize.table`).

    Raises:
        AdetkError: nothing is there, or what is there cannot be read.
    """
    # Imported here because the readers build the class below.
    from adetk.normalize.ctcae import read_ctcae
    from adetk.normalize.meddra import read_meddra
    from adetk.normalize.table import SUFFIX, read_table

    if str(where) == "ctcae":
        return read_ctcae()
    place = Path(where)
    if not place.exists():
        raise AdetkError(f"no terminology at {place}: expected `ctcae`, a MedDRA folder or a {SUFFIX} table")
    if place.is_file() and place.suffix.lower() == SUFFIX:
        return read_table(place)
    return read_meddra(place)


@dataclass(frozen=True, eq=False)
class Terminology:
    """Terms with their codes, names, synonyms and places in the hierarchy. Compare two by `fingerprint`.

    Attributes:
        name: `MedDRA`, `CTCAE`, or a table's file name.
        version: as its publisher writes it; empty when unknown.
        language: as its publisher writes it; empty when unknown.
        concepts: code -> LLT, HLT, HLGT, CTCAE term or term of a table.
        socs: code -> name, in the order in which they are reported.
        pts: code -> PT, whose `parent_id` is the primary SOC; empty for CTCAE.
        pt_to_paths: code of a PT -> its paths, primary first.
        codes: code system of its codes, as a corpus names the one of its gold; empty when unknown.
        smqs: code -> standardised query of MedDRA.
    """

    name: str
    version: str
    language: str
    concepts: Mapping[str, Concept]
    socs: Mapping[str, str] = field(default_factory=dict)
    pts: Mapping[str, Concept] = field(default_factory=dict)
    pt_to_paths: Mapping[str, tuple[HierarchyPath, ...]] = field(default_factory=dict)
    codes: str = MEDDRA
    smqs: Mapping[str, Smq] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name and version, as stamped on every link."""
        return f"{self.name} {self.version}" if self.version else f"{self.name} (version unknown)"

    def __contains__(self, concept_id: object) -> bool:
        return concept_id in self.concepts or concept_id in self.pts or concept_id in self.socs

    def concept(self, concept_id: str) -> Concept:
        """Return the term of a code; a code that is both LLT and PT gives the LLT.

        Raises:
            AdetkError: this terminology has no such code.
        """
        found = self.concepts.get(concept_id, self.pts.get(concept_id))
        if found is not None:
            return found
        if concept_id in self.socs:
            return Concept(concept_id, self.socs[concept_id], "SOC")
        raise AdetkError(f"code {concept_id!r} is not in {self.label}: check the code or the terminology")

    def pt_of(self, concept_id: str) -> str:
        """Roll an LLT, or a table's term, up to its PT; any other code, and one of an unknown PT, stays as it is."""
        concept = self.concepts.get(concept_id)
        if concept is None or concept.level not in ROLLED_UP_LEVELS:
            return concept_id
        return concept.parent_id or concept_id

    def soc_of(self, concept_id: str) -> tuple[str, str]:
        """Return code and name of the (primary) SOC; two empty strings when unknown."""
        term = self._reported(concept_id)
        if term is not None and term.level in {"PT", "CTCAE"}:
            return term.parent_id, self.socs.get(term.parent_id, "")
        return (concept_id, self.socs[concept_id]) if concept_id in self.socs else ("", "")

    def paths(self, concept_id: str) -> list[HierarchyPath]:
        """Return every path from a term's PT up to a SOC, primary first; none for upper levels and unknown codes.

        Without hierarchy files there is one path of what is known: the PT and its primary SOC.
        """
        pt_id = self.pt_of(concept_id)
        if pt_id in self.pt_to_paths:
            return list(self.pt_to_paths[pt_id])
        if concept_id not in self or self.concept(concept_id).level in UPPER_LEVELS:
            return []
        return [(pt_id, "", "", self.soc_of(concept_id)[0])]

    def offered(self) -> list[Concept]:
        """Return the current terms that one may code to (LLTs, CTCAE or table terms), by code."""
        return [concept for concept in self._codable if concept.is_current]

    def current(self, concept_id: str) -> Concept:
        """Return the term to use today: for a non-current LLT its PT's own LLT.

        Where that one is missing or not current either, the term itself: which sibling means the same is for a coder.

        Raises:
            AdetkError: this terminology has no such code.
        """
        concept = self.concept(concept_id)
        if concept.is_current:
            return concept
        sibling = self.concepts.get(concept.parent_id)
        return sibling if sibling is not None and sibling.is_current else concept

    def rows(self) -> list[tuple[str, str]]:
        """Return `(surface, code)` for the name and the synonyms of every offered term, by code.

        After them come the wordings of non-current LLTs, with the code of the term to use today.
        """
        terms = ((c, self.current(c.id)) for c in sorted(self._codable, key=lambda c: not c.is_current))
        return [(surface, now.id) for c, now in terms if now.is_current for surface in (c.name, *c.synonyms)]

    def search(self, text: str, limit: int = 20) -> list[Concept]:
        """Find offered terms by name or synonym: exact first, then prefixes, then similar ones.

        Case does not matter. The wording of a non-current LLT leads to the term to use today.
        """
        found: dict[str, Concept] = {}
        for concept_id in self._wordings.matching(text):
            concept = self.current(concept_id)
            if concept.is_current:
                found.setdefault(concept.id, concept)
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def link(self, concept_id: str, **fields: Unpack[LinkFields]) -> Link:
        """Make a link to a term, with its names, PT, SOC and the terminology filled in.

        Raises:
            AdetkError: this terminology has no such code.
        """
        concept = self.concept(concept_id)
        pt_id = "" if concept.level in UPPER_LEVELS else self.pt_of(concept_id)
        pt = self._reported(concept_id)
        soc_id, soc_name = self.soc_of(concept_id)
        return Link(
            concept_id=concept.id,
            name=concept.name,
            level=concept.level,
            pt_id=pt_id,
            pt_name=pt.name if pt is not None else "",
            soc_id=soc_id,
            soc_name=soc_name,
            terminology=self.label,
            **fields,
        )

    def with_synonyms(self, rows: Iterable[tuple[str, str]]) -> Terminology:
        """Return a copy with more synonyms, from rows of `(code, synonym)`.

        Left out: wordings that a term has already, in any case, and codes that `missing` names.
        """
        id_to_added: dict[str, list[str]] = defaultdict(list)
        for concept_id, synonym in rows:
            id_to_added[concept_id].append(synonym)
        changed = {}
        for concept_id, added in id_to_added.items():
            if concept_id in self.concepts:
                c = self.concepts[concept_id]
                new = new_wordings(added, (c.name, *c.synonyms))
                changed[concept_id] = replace(c, synonyms=(*c.synonyms, *new))
        return replace(self, concepts={**self.concepts, **changed})

    def missing(self, concept_ids: Iterable[str]) -> list[str]:
        """Return the codes, once each and in order, that have no term here."""
        return [concept_id for concept_id in dict.fromkeys(concept_ids) if concept_id not in self.concepts]

    def everything(self) -> Iterator[Concept]:
        """Yield every term of every level; a code that is both LLT and PT comes as both."""
        yield from self.concepts.values()
        yield from self.pts.values()
        yield from (Concept(soc_id, name, "SOC") for soc_id, name in self.socs.items())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over codes, names, levels, parents, currency and synonyms, in no file's order."""
        lines = sorted(
            "\x1f".join((c.id, c.name, c.level, c.parent_id, "NY"[c.is_current], *sorted(c.synonyms)))
            for c in self.everything()
        )
        return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()

    def _reported(self, concept_id: str) -> Concept | None:
        """The PT of an LLT or PT, or the CTCAE term itself; None where there is none."""
        pt_id = self.pt_of(concept_id)
        term = self.pts.get(pt_id, self.concepts.get(pt_id))
        return term if term is not None and term.level not in UPPER_LEVELS else None

    @cached_property
    def _codable(self) -> list[Concept]:
        return sorted((c for c in self.concepts.values() if c.level in CODABLE_LEVELS), key=lambda c: c.id)

    @cached_property
    def _wordings(self) -> Wordings:
        """Of every codable term, non-current ones too."""
        return Wordings((surface, c.id) for c in self._codable for surface in (c.name, *c.synonyms))
