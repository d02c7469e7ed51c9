"""CTCAE terms and system organ classes, checked against the files that NCI published."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook

from adetk.errors import AdetkError
from dictionaries.tables import Row, read_rows

CONCEPT_COLUMNS = ("id", "name", "soc_id", "soc_name", "versions", "definition")
SOC_COLUMNS = ("id", "name")
_MERGED_COLUMNS = ("code", "term", "soc_code", "soc", "ctcae_versions", "definition")
_OTHER = "Other, specify"
_V6_SHEET = "CTCAE v6.0 Clean Copy"


@dataclass(frozen=True)
class Ctcae:
    """The rows of the two CTCAE tables."""

    concepts: tuple[Row, ...]
    socs: tuple[Row, ...]

    @property
    def id_to_name(self) -> dict[str, str]:
        """Code -> term."""
        return {row[0]: row[1] for row in self.concepts}


def read_ctcae(folder: Path) -> Ctcae:
    """Read the merged table, and check per version how many terms the originals hold.

    The "Other, specify" rows of the originals are no concepts; their code is the code of the SOC, which is
    where the table of SOCs comes from.

    Raises:
        AdetkError: a version has another number of terms than the file that NCI published.
    """
    concepts = tuple(
        tuple(" ".join(cell.split()) for cell in row)
        for row in read_rows(folder / "ctcae_concepts.tsv", _MERGED_COLUMNS)
    )
    originals = {
        "4.03": _read_csv(folder / "CTCAE_4.03_KohSoonho.csv"),
        "5.0": _read_sheet(folder / "CTCAE_v5.0_2017-11-27.xlsx", None),
        "6.0": _read_sheet(folder / "ctcae-v6.0.xlsx", _V6_SHEET),
    }
    merged = Counter(version for row in concepts for version in row[4].split(","))
    for version, rows in originals.items():
        expected = sum(not term.endswith(_OTHER) for _, _, term in rows)
        if merged[version] != expected:
            raise AdetkError(
                f"CTCAE {version}: found {merged[version]} terms in the merged table, "
                f"expected {expected} as in NCI's file; rebuild ctcae_concepts.tsv"
            )
    socs = tuple((code, soc) for code, soc, term in originals["6.0"] if term.endswith(_OTHER))
    unknown = {(row[2], row[3]) for row in concepts} - set(socs)
    if unknown:
        raise AdetkError(f"concepts name the SOCs {sorted(unknown)}, expected only those of CTCAE v6.0")
    return Ctcae(concepts, socs)


def _read_csv(path: Path) -> list[Row]:
    """Code, SOC and term of each row of a CSV export."""
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        return [
            (r[0].strip(), r[1].strip(), r[2].strip()) for r in csv.reader(lines) if r[0].strip().isdigit()
        ]


def _read_sheet(path: Path, sheet: str | None) -> list[Row]:
    """Code, SOC and term of each row of a workbook's sheet (None: the first)."""
    book = load_workbook(path, read_only=True)
    pages = book.worksheets[0] if sheet is None else book[sheet]
    rows = pages.iter_rows(values_only=True, max_col=3)
    cells = [tuple("" if cell is None else str(cell).strip() for cell in row) for row in rows]
    return [row for row in cells if row[0].isdigit()]
