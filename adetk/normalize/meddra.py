"""MedDRA from a MedAscii folder on the user's disk.

The files hold fields separated by `$`, no header, no quoting, often a trailing `$`, CRLF or LF, in UTF-8 or
cp1252. Only the columns read here are checked: subsets and old releases differ in the others. Layout after
the MedDRA Distribution File Format Document (ICH/MSSO).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.terminology import HierarchyPath, Terminology

LLT_CURRENCY = 9  # column of llt.asc
PRIMARY_FLAG = 11  # column of mdhier.asc
JOINS = ("hlt_pt.asc", "hlgt_hlt.asc", "soc_hlgt.asc")


def read_meddra(folder: Path) -> Terminology:
    """Read a MedDRA release, or the part of it that is there; a lone `llt.asc` is enough.

    File names match in any case, in the folder itself or in its `MedAscii` subfolder. Files that are absent
    cost what only they tell: version, SOCs, upper levels, secondary paths.

    Args:
        folder: the MedAscii folder, or the path of `llt.asc`.

    Raises:
        AdetkError: no llt.asc; a malformed line; an LLT whose PT is not in pt.asc; two lines that disagree.
    """
    files = _files(folder)
    llts = _read_llts(files["llt.asc"])
    named = _names_by_level(files)
    pt_to_paths, pt_to_soc = _read_mdhier(files["mdhier.asc"]) if "mdhier.asc" in files else ({}, {})
    if "pt.asc" in files:
        pts = _read_pts(files["pt.asc"], pt_to_soc)
        _check_parents(llts, pts, files["llt.asc"])
    else:
        pts = _derived_pts(llts, pt_to_soc)
    if "mdhier.asc" not in files and all(name in files for name in JOINS):
        pt_to_paths = _joined_paths(files, pts)
    version, language = _read_release(files.get("meddra_release.asc"))
    upper = {code: Concept(code, name, lv) for lv in ("HLT", "HLGT") for code, name in named[lv].items()}
    socs = _in_reporting_order(named["SOC"], files.get("intl_ord.asc"))
    return Terminology("MedDRA", version, language, {**upper, **llts}, socs, pts, pt_to_paths)


def _files(where: Path) -> dict[str, Path]:
    """Lower-case name -> path of every file beside llt.asc."""
    if where.is_file():
        return {**_listing(where.parent), "llt.asc": where}
    if not where.is_dir():
        raise AdetkError(f"no MedDRA at {where}: expected a MedAscii folder or an llt.asc file")
    subfolders = sorted(place for place in where.iterdir() if place.is_dir())
    for place in (where, *(sub for sub in subfolders if sub.name.lower() == "medascii")):
        files = _listing(place)
        if "llt.asc" in files:
            return files
    there = sorted(place.name for place in where.iterdir())
    shown = ", ".join(there[:12]) + (f" and {len(there) - 12} more" if len(there) > 12 else "")
    raise AdetkError(
        f"no llt.asc in {where}: found {shown if there else 'nothing'}; name the MedAscii folder"
    )


def _listing(folder: Path) -> dict[str, Path]:
    return {place.name.lower(): place for place in sorted(folder.iterdir()) if place.is_file()}


def _read_llts(path: Path) -> dict[str, Concept]:
    llts: dict[str, Concept] = {}
    for number, fields in _lines(path, n_fields=3, code_columns=(0, 2)):
        # Only an explicit N retires an LLT: subsets leave the column empty or out.
        is_current = len(fields) <= LLT_CURRENCY or fields[LLT_CURRENCY].strip().upper() != "N"
        llt = Concept(fields[0], fields[1].strip(), "LLT", parent_id=fields[2], is_current=is_current)
        _add(llts, llt, path, number)
    if not llts:
        raise AdetkError(f"{path}: no line in it; expected one LLT a line")
    return llts


def _read_pts(path: Path, pt_to_soc: Mapping[str, str]) -> dict[str, Concept]:
    pts: dict[str, Concept] = {}
    for number, fields in _lines(path, n_fields=2, code_columns=(0,)):
        soc_id = fields[3].strip() if len(fields) > 3 else ""
        if soc_id:
            _check_code(soc_id, path, number)
        parent = soc_id if soc_id else pt_to_soc.get(fields[0], "")
        _add(pts, Concept(fields[0], fields[1].strip(), "PT", parent_id=parent), path, number)
    return pts


def _derived_pts(llts: Mapping[str, Concept], pt_to_soc: Mapping[str, str]) -> dict[str, Concept]:
    """PTs without a pt.asc: every PT is also an LLT of the same code and name."""
    codes = dict.fromkeys(llt.parent_id for llt in llts.values())
    return {
        code: Concept(code, llts[code].name, "PT", parent_id=pt_to_soc.get(code, ""))
        for code in codes
        if code in llts
    }


def _check_parents(llts: Mapping[str, Concept], pts: Mapping[str, Concept], path: Path) -> None:
    for llt in llts.values():
        if llt.parent_id not in pts:
            fault = f"LLT {llt.id} has PT {llt.parent_id}, which pt.asc lacks"
            raise AdetkError(f"{path}: {fault}; take both files from one release")


def _names_by_level(files: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Level -> code -> name for HLT, HLGT and SOC; mdhier.asc stands in for a level's missing file."""
    columns = {"HLT": (1, 5), "HLGT": (2, 6), "SOC": (3, 7)}
    named: dict[str, dict[str, str]] = {}
    for level, (code_column, name_column) in columns.items():
        path = files.get(f"{level.lower()}.asc")
        concepts: dict[str, Concept] = {}
        if path is not None:
            for number, fields in _lines(path, n_fields=2, code_columns=(0,)):
                _add(concepts, Concept(fields[0], fields[1].strip(), level), path, number)
        elif "mdhier.asc" in files:
            for number, fields in _lines(files["mdhier.asc"], n_fields=12, code_columns=(0, 1, 2, 3)):
                concept = Concept(fields[code_column], fields[name_column].strip(), level)
                _add(concepts, concept, files["mdhier.asc"], number)
        named[level] = {code: concept.name for code, concept in concepts.items()}
    return named


def _read_mdhier(path: Path) -> tuple[dict[str, tuple[HierarchyPath, ...]], dict[str, str]]:
    """Paths of every PT, primary first, and its primary SOC."""
    primary: dict[str, HierarchyPath] = {}
    secondary: dict[str, list[HierarchyPath]] = defaultdict(list)
    for number, fields in _lines(path, n_fields=12, code_columns=(0, 1, 2, 3)):
        pt_id, hlt_id, hlgt_id, soc_id = fields[:4]
        way = (pt_id, hlt_id, hlgt_id, soc_id)
        if fields[PRIMARY_FLAG].strip().upper() != "Y":
            secondary[pt_id].append(way)
        elif primary.setdefault(pt_id, way) != way:
            raise AdetkError(f"{path}:{number}: a second primary path of PT {pt_id}; expected one a PT")
    codes = dict.fromkeys((*primary, *secondary))
    pt_to_paths = {
        code: (*((primary[code],) if code in primary else ()), *secondary.get(code, ())) for code in codes
    }
    return pt_to_paths, {code: way[3] for code, way in primary.items()}


def _joined_paths(
    files: Mapping[str, Path], pts: Mapping[str, Concept]
) -> dict[str, tuple[HierarchyPath, ...]]:
    """Paths put together from the join files; the one to the PT's primary SOC comes first."""
    pt_to_hlts, hlt_to_hlgts, hlgt_to_socs = (_read_joins(files[name]) for name in JOINS)
    pt_to_paths = {}
    for pt_id, pt in pts.items():
        ways = [
            (pt_id, hlt_id, hlgt_id, soc_id)
            for hlt_id in pt_to_hlts.get(pt_id, ())
            for hlgt_id in hlt_to_hlgts.get(hlt_id, ())
            for soc_id in hlgt_to_socs.get(hlgt_id, ())
        ]
        if ways:
            pt_to_paths[pt_id] = _primary_first(ways, pt.parent_id)
    return pt_to_paths


def _primary_first(ways: list[HierarchyPath], soc_id: str) -> tuple[HierarchyPath, ...]:
    return tuple(sorted(ways, key=lambda way: way[3] != soc_id))


def _read_joins(path: Path) -> dict[str, list[str]]:
    """Lower code -> upper codes; the files name the upper one first."""
    lower_to_uppers: dict[str, list[str]] = defaultdict(list)
    for _, fields in _lines(path, n_fields=2, code_columns=(0, 1)):
        lower_to_uppers[fields[1]].append(fields[0])
    return lower_to_uppers


def _in_reporting_order(socs: dict[str, str], intl_ord: Path | None) -> dict[str, str]:
    """SOCs in international order; those that it does not name follow as they came."""
    if intl_ord is None:
        return socs
    positions = {}
    for number, fields in _lines(intl_ord, n_fields=2, code_columns=(1,)):
        if not fields[0].strip().isdecimal():
            raise AdetkError(
                f"{intl_ord}:{number}: found {fields[0]!r}; expected the number of a SOC's place"
            )
        positions[fields[1]] = int(fields[0])
    last = max(positions.values(), default=0) + 1
    return dict(sorted(socs.items(), key=lambda item: positions.get(item[0], last)))


def _read_release(path: Path | None) -> tuple[str, str]:
    for _, fields in _lines(path, n_fields=2, code_columns=()) if path is not None else ():
        return fields[0].strip(), fields[1].strip()
    return "", ""


def _lines(path: Path, n_fields: int, code_columns: tuple[int, ...]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields, of which there are at least `n_fields`; codes have been checked."""
    # Not `splitlines`: it also splits at characters that a term may hold.
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        fields = line.rstrip("\r").split("$")
        if len(fields) < n_fields:
            raise AdetkError(f"{path}:{number}: {len(fields)} fields between $; expected {n_fields} or more")
        for column in code_columns:
            _check_code(fields[column], path, number)
        yield number, fields


def _check_code(code: str, path: Path, number: int) -> None:
    if not (len(code) == 8 and code.isascii() and code.isdigit()):
        raise AdetkError(f"{path}:{number}: found {code!r} as a code; expected 8 digits")


def _add(code_to_concept: dict[str, Concept], concept: Concept, path: Path, number: int) -> None:
    if not concept.name:
        raise AdetkError(
            f"{path}:{number}: {concept.level} {concept.id} has no name; expected one after its code"
        )
    if code_to_concept.setdefault(concept.id, concept) != concept:
        raise AdetkError(
            f"{path}:{number}: {concept.level} {concept.id} stands there twice with different content"
        )


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AdetkError(f"{path}: neither UTF-8 nor cp1252 text; convert it to UTF-8")
