"""A terminology from a plain table: a company's dictionary, a subset of SNOMED CT, a corpus's own labels.

A `.tsv` file, tab-separated in UTF-8, with a header and without quoting:

    code    name            pt      system
    A1      Knee hum        A1      House list
    A1      humming knee    A1      House list
    A2      Loud knee hum   A1      House list

`code` and `name` are needed. A code's first row gives its name, its further rows are synonyms. `pt`: the code
that it is reported as; empty or absent = itself. `system`: the code system, the same in every row. It stands
in the table, not in a recipe, so that the codes are known for what they are wherever the table is opened:
without it no linker can be trained over the table, and what a linker learnt about other codes is not used.
Other columns are not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.terminology import MEDDRA, TERM, Terminology

SUFFIX = ".tsv"
NEEDED = ("code", "name")


@dataclass(frozen=True)
class _Row:
    """One row; `where` is file and line, `pt` and `system` are empty where they are not said."""

    where: str
    code: str
    name: str
    pt: str
    system: str


def read_table(path: Path) -> Terminology:
    """Read a table. Its label is the file's name and the first 8 digits of its sha256.

    Raises:
        AdetkError: not UTF-8, a column missing, no row, a malformed row, an empty code or name, two code
            systems, or a `pt` that is not a reported code of the table.
    """
    content = path.read_bytes()
    rows = list(_rows(path, content))
    if not rows:
        raise AdetkError(f"{path}: no row; expected a header and under it a code and a name a line")
    code_to_pt = _code_to_pt(rows)
    concepts: dict[str, Concept] = {}
    for row in rows:
        parent = code_to_pt.get(row.code, row.code)
        concepts.setdefault(row.code, Concept(row.code, row.name, TERM, parent_id=parent))
    version = hashlib.sha256(content).hexdigest()[:8]
    table = Terminology(path.name, version, "", concepts, codes=code_system(_system(rows)))
    return table.with_synonyms((row.code, row.name) for row in rows)


def code_system(name: str) -> str:
    """The code system that a corpus or a table names; CTCAE's terms carry MedDRA's codes."""
    return MEDDRA if name == "CTCAE" else name


def _rows(path: Path, content: bytes) -> Iterator[_Row]:
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise AdetkError(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from None
    header = [_tidy(cell).casefold() for cell in lines[0].split("\t")]
    absent = [column for column in NEEDED if column not in header]
    if absent:
        raise AdetkError(
            f"{path}:1: no column {', '.join(absent)}; found {', '.join(header)!a}; expected a header with "
            "code, name and, if need be, pt and system, between tabs"
        )
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise AdetkError(f"{path}:{number}: {len(cells)} cells; expected {len(header)}, as in line 1")
        named = dict(zip(header, map(_tidy, cells), strict=True))
        for column in NEEDED:
            if not named[column]:
                raise AdetkError(
                    f"{path}:{number}: {column} is empty; expected a code and a name in each row"
                )
        optional = (named.get("pt", ""), named.get("system", ""))
        yield _Row(f"{path}:{number}", named["code"], named["name"], *optional)


def _tidy(cell: str) -> str:
    """One space between words: an index on disk has one row a line."""
    return " ".join(cell.split())


def _code_to_pt(rows: Sequence[_Row]) -> dict[str, str]:
    """The codes that say what they are reported as; a reported code stands for itself."""
    code_to_pt: dict[str, str] = {}
    for row in rows:
        if row.pt and code_to_pt.setdefault(row.code, row.pt) != row.pt:
            raise AdetkError(
                f"{row.where}: pt of {row.code} is {row.pt}, above {code_to_pt[row.code]}; expected one a code"
            )
    codes = {row.code for row in rows}
    for row in rows:
        if row.pt and row.pt not in codes:
            raise AdetkError(f"{row.where}: pt {row.pt} has no row; add one with {row.pt} as its code")
        if row.pt and code_to_pt.get(row.pt, row.pt) != row.pt:
            raise AdetkError(
                f"{row.where}: pt {row.pt} has {code_to_pt[row.pt]} as its own pt; expected the last code of the way"
            )
    return code_to_pt


def _system(rows: Sequence[_Row]) -> str:
    for row in rows:
        if row.system != rows[0].system:
            raise AdetkError(
                f"{row.where}: system is {row.system!a}, in the first row {rows[0].system!a}; expected one a table"
            )
    return rows[0].system
