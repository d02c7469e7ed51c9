"""Small tables that people edit: written tab-separated in UTF-8, read as spreadsheets leave them."""

from __future__ import annotations

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

from adetk.errors import AdetkError
from adetk.io.formats import allow_long_fields
from adetk.io.outputs import new_file, write_errors

_FORMULA = ("=", "+", "-", "@")
"""What a formula begins with."""


def read_sheet(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a sheet: its number, as a spreadsheet counts, and the cells by column, without outer spaces.

    Args:
        path: UTF-8 with or without a byte order mark, or UTF-16 with one ("Unicode text"); tabs, semicolons or commas
            between the cells, whichever the first line has.
        needed: columns that must be there; their case does not matter. Blank rows are left out.

    Raises:
        AdetkError: no such file, another encoding, a column missing, or a row of another width.
    """
    allow_long_fields()
    try:
        content = path.read_bytes()
        encoding = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
        text = content.decode(encoding)
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except UnicodeDecodeError as error:
        raise AdetkError(f"{path}: not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except csv.Error as error:
        raise AdetkError(f"{path}: not tab-separated rows ({error}); save it as tab-separated text") from None
    except OSError as error:
        raise AdetkError(f"{path}: {error.strerror}; name a tab-separated file") from None
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    absent = [column for column in needed if column not in header]
    if absent:
        raise AdetkError(
            f"{path}: no column {', '.join(absent)}; expected the columns {', '.join(needed)}, between tabs"
        )
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and not any(cell.strip() for cell in cells[len(header) :]):
            cells = cells[: len(header)]
        if len(cells) != len(header):
            raise AdetkError(f"{path}: row {number} has {len(cells)} cells; expected {len(header)}")
        yield number, dict(zip(header, (_as_it_was(cell.strip()) for cell in cells), strict=True))


class SheetWriter:
    """Writes a sheet whole or not at all; a context manager. Line breaks and tabs inside a cell become spaces.

    A cell that a spreadsheet would take for a formula, which a post's words may be, stands behind an apostrophe;
    `read_sheet` takes that off.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Name the sheet; it is opened on entering, which raises AdetkError where it cannot be written."""
        self.path, self._columns = path, list(columns)

    def write(self, row: Mapping[str, str]) -> None:
        """Append a row of cells by column."""
        with write_errors(self.path):
            self._writer.writerow({name: _harmless(" ".join(cell.split())) for name, cell in row.items()})

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        file = self._stack.enter_context(new_file(self.path))
        self._writer = csv.DictWriter(file, self._columns, dialect="excel-tab", lineterminator="\n")
        with write_errors(self.path):
            self._writer.writeheader()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def write_sheet(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write a sheet of these rows; see `SheetWriter`."""
    with SheetWriter(path, columns) as sheet:
        for row in rows:
            sheet.write(row)


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return next((mark for mark in "\t;," if mark in header), "\t")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _as_it_was(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
