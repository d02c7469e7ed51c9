"""MedDRA from a MedAscii folder on the user's disk.

Only the columns read here are checked: subsets and old releases differ in the others (see `adetk.normalize.asc`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.asc import LLT, AscFolder
from adetk.normalize.smq import read_smqs
from adetk.normalize.terminology import HierarchyPath, Terminology

LLT_CURRENCY = 9  # column of llt.asc
PRIMARY_FLAG = 11  # column of mdhier.asc
PT, HIERARCHY, ORDER = "pt.asc", "mdhier.asc", "intl_ord.asc"
JOINS = ("hlt_pt.asc", "hlgt_hlt.asc", "soc_hlgt.asc")
JAPANESE = {"llt_j.asc": 2, "llt_syn.asc": 2}
"""File of Japanese wordings -> column of their currency."""


def read_meddra(where: Path) -> Terminology:
    """Read a MedDRA release, or the part of it that is there; a lone `llt.asc` is enough.

    File names match in any case, in the folder itself or in its `MedAscii` subfolder. Files that are absent
    cost what only they tell: version, SOCs, upper levels, secondary paths, SMQs. The Japanese wordings of a
    Japanese release become synonyms of its LLTs.

    Args:
        where: the MedAscii folder, or the path of `llt.asc`.

    Raises:
        AdetkError: no llt.asc; a malformed line; an LLT whose PT is not in pt.asc; two lines that disagree.
    """
    folder = AscFolder(where)
    llts = _read_llts(folder)
    named = _names_by_level(folder)
    pt_to_paths, pt_to_soc = _read_mdhier(folder) if HIERARCHY in folder else ({}, {})
    if PT in folder:
        pts = _read_pts(folder, pt_to_soc)
        _check_parents(llts, pts, folder)
    else:
        pts = _derived_pts(llts, pt_to_soc)
    if HIERARCHY not in folder and all(name in folder for name in JOINS):
        pt_to_paths = _joined_paths(folder, pts)
    upper = {code: Concept(code, name, lv) for lv in ("HLT", "HLGT") for code, name in named[lv].items()}
    meddra = Terminology(
        "MedDRA",
        folder.version,
        folder.language,
        {**upper, **llts},
        _in_reporting_order(named["SOC"], folder),
        pts,
        pt_to_paths,
        smqs=read_smqs(folder),
    )
    return meddra.with_synonyms(_japanese(folder)) if any(name in folder for name in JAPANESE) else meddra


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What became of a term in one release: its wording and level there, and the publisher's word for the change."""

    id: str
    name: str
    version: str
    level: str
    is_current: bool
    action: str


def read_history(where: Path, concept_id: str) -> list[HistoryEntry]:
    """What the release's history says of one code, in the file's order; nothing where it has no history file.

    Raises:
        AdetkError: no MedDRA there, or a malformed line.
    """
    folder = AscFolder(where)
    name = folder.first_named("meddra_history")
    return [
        HistoryEntry(code, term, version, level, currency != "N", action)
        for _, fields in (folder.lines(name, n_fields=6) if name is not None else ())
        for code, term, version, level, currency, action in [[cell.strip() for cell in fields[:6]]]
        if code == concept_id
    ]


def _read_llts(folder: AscFolder) -> dict[str, Concept]:
    llts: dict[str, Concept] = {}
    for number, fields in folder.lines(LLT, n_fields=3, code_columns=(0, 2)):
        # Only an explicit N retires an LLT: subsets leave the column empty or out.
        is_current = len(fields) <= LLT_CURRENCY or fields[LLT_CURRENCY].strip().upper() != "N"
        llt = Concept(fields[0], fields[1].strip(), "LLT", parent_id=fields[2], is_current=is_current)
        _add(llts, llt, folder.path(LLT), number)
    if not llts:
        raise AdetkError(f"{folder.path(LLT)}: no line in it; expected one LLT a line")
    return llts


def _read_pts(folder: AscFolder, pt_to_soc: Mapping[str, str]) -> dict[str, Concept]:
    pts: dict[str, Concept] = {}
    for number, fields in folder.lines(PT, n_fields=2, code_columns=(0,)):
        soc_id = fields[3].strip() if len(fields) > 3 else ""
        if soc_id:
            folder.check_code(soc_id, PT, number)
        parent = soc_id if soc_id else pt_to_soc.get(fields[0], "")
        _add(pts, Concept(fields[0], fields[1].strip(), "PT", parent_id=parent), folder.path(PT), number)
    return pts


def _derived_pts(llts: Mapping[str, Concept], pt_to_soc: Mapping[str, str]) -> dict[str, Concept]:
    """PTs without a pt.asc: every PT is also an LLT of the same code and name."""
    codes = dict.fromkeys(llt.parent_id for llt in llts.values())
    return {
        code: Concept(code, llts[code].name, "PT", parent_id=pt_to_soc.get(code, ""))
        for code in codes
        if code in llts
    }


def _check_parents(llts: Mapping[str, Concept], pts: Mapping[str, Concept], folder: AscFolder) -> None:
    for llt in llts.values():
        if llt.parent_id not in pts:
            fault = f"LLT {llt.id} has PT {llt.parent_id}, which pt.asc lacks"
            raise AdetkError(f"{folder.path(LLT)}: {fault}; take both files from one release")


def _names_by_level(folder: AscFolder) -> dict[str, dict[str, str]]:
    """Level -> code -> name for HLT, HLGT and SOC; mdhier.asc stands in for a level's missing file."""
    columns = {"HLT": (1, 5), "HLGT": (2, 6), "SOC": (3, 7)}
    named: dict[str, dict[str, str]] = {}
    for level, (code_column, name_column) in columns.items():
        own = f"{level.lower()}.asc"
        concepts: dict[str, Concept] = {}
        if own in folder:
            for number, fields in folder.lines(own, n_fields=2, code_columns=(0,)):
                _add(concepts, Concept(fields[0], fields[1].strip(), level), folder.path(own), number)
        elif HIERARCHY in folder:
            for number, fields in folder.lines(HIERARCHY, n_fields=12, code_columns=(0, 1, 2, 3)):
                concept = Concept(fields[code_column], fields[name_column].strip(), level)
                _add(concepts, concept, folder.path(HIERARCHY), number)
        named[level] = {code: concept.name for code, concept in concepts.items()}
    return named


def _read_mdhier(folder: AscFolder) -> tuple[dict[str, tuple[HierarchyPath, ...]], dict[str, str]]:
    """Paths of every PT, primary first, and its primary SOC."""
    primary: dict[str, HierarchyPath] = {}
    secondary: dict[str, list[HierarchyPath]] = defaultdict(list)
    for number, fields in folder.lines(HIERARCHY, n_fields=12, code_columns=(0, 1, 2, 3)):
        pt_id, hlt_id, hlgt_id, soc_id = fields[:4]
        way = (pt_id, hlt_id, hlgt_id, soc_id)
        if fields[PRIMARY_FLAG].strip().upper() != "Y":
            secondary[pt_id].append(way)
        elif primary.setdefault(pt_id, way) != way:
            place = f"{folder.path(HIERARCHY)}:{number}"
            raise AdetkError(f"{place}: a second primary path of PT {pt_id}; expected one a PT")
    codes = dict.fromkeys((*primary, *secondary))
    pt_to_paths = {
        code: (*((primary[code],) if code in primary else ()), *secondary.get(code, ())) for code in codes
    }
    return pt_to_paths, {code: way[3] for code, way in primary.items()}


def _joined_paths(folder: AscFolder, pts: Mapping[str, Concept]) -> dict[str, tuple[HierarchyPath, ...]]:
    """Paths put together from the join files; the one to the PT's primary SOC comes first."""
    pt_to_hlts, hlt_to_hlgts, hlgt_to_socs = (_read_joins(folder, name) for name in JOINS)
    pt_to_paths = {}
    for pt_id, pt in pts.items():
        ways = [
            (pt_id, hlt_id, hlgt_id, soc_id)
            for hlt_id in pt_to_hlts.get(pt_id, ())
            for hlgt_id in hlt_to_hlgts.get(hlt_id, ())
            for soc_id in hlgt_to_socs.get(hlgt_id, ())
        ]
        if ways:
            pt_to_paths[pt_id] = tuple(sorted(ways, key=lambda way: way[3] != pt.parent_id))
    return pt_to_paths


def _read_joins(folder: AscFolder, name: str) -> dict[str, list[str]]:
    """Lower code -> upper codes; the files name the upper one first."""
    lower_to_uppers: dict[str, list[str]] = defaultdict(list)
    for _, fields in folder.lines(name, n_fields=2, code_columns=(0, 1)):
        lower_to_uppers[fields[1]].append(fields[0])
    return lower_to_uppers


def _in_reporting_order(socs: dict[str, str], folder: AscFolder) -> dict[str, str]:
    """SOCs in international order; those that it does not name follow as they came."""
    positions = {}
    for number, fields in folder.lines(ORDER, n_fields=2, code_columns=(1,)) if ORDER in folder else ():
        positions[fields[1]] = folder.number(fields[0], ORDER, number, "the number of a SOC's place")
    last = max(positions.values(), default=0) + 1
    return dict(sorted(socs.items(), key=lambda item: positions.get(item[0], last)))


def _japanese(folder: AscFolder) -> Iterator[tuple[str, str]]:
    """Codes and current Japanese wordings."""
    for name, currency in JAPANESE.items():
        for _, fields in folder.lines(name, n_fields=3, code_columns=(0,)) if name in folder else ():
            if fields[currency].strip().upper() != "N":
                yield fields[0], fields[1]


def _add(code_to_concept: dict[str, Concept], concept: Concept, path: Path, number: int) -> None:
    if not concept.name:
        raise AdetkError(
            f"{path}:{number}: {concept.level} {concept.id} has no name; expected one after its code"
        )
    if code_to_concept.setdefault(concept.id, concept) != concept:
        raise AdetkError(
            f"{path}:{number}: {concept.level} {concept.id} stands there twice with different content"
        )
