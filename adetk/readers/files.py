"""Raw reading: nothing is unquoted, unescaped, stripped or translated; offsets count in the raw text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from adetk.errors import AdetkError


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The whole file as it is, line ends included.

    Raises:
        AdetkError: the file is missing or is not in this encoding.
    """
    try:
        return path.read_bytes().decode(encoding)
    except OSError as error:
        raise AdetkError(
            f"{path}: cannot be read ({error.strerror}); expected a file of the corpus"
        ) from error
    except UnicodeDecodeError as error:
        raise AdetkError(
            f"{path}: byte {error.start} is not {encoding.upper()}; "
            f"expected the corpus as published, in {encoding.upper()}"
        ) from error


def read_lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[str, str]]:
    """Each line that is not blank, after its place (`file:number`, for error messages)."""
    # Only a line feed ends a line: str.splitlines would also cut at U+2028 or a form feed inside a post.
    for number, line in enumerate(read_text(path, encoding).split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", line


def read_rows(path: Path, n_cells: int, encoding: str = "utf-8") -> Iterator[tuple[str, list[str]]]:
    """The cells of each line of a tab-separated file without quoting; tabs beyond stay in the last cell.

    Raises:
        AdetkError: a line has fewer cells than `n_cells`.
    """
    for where, line in read_lines(path, encoding):
        cells = line.split("\t", n_cells - 1)
        if len(cells) < n_cells:
            raise AdetkError(f"{where}: {len(cells)} tab-separated cells; expected {n_cells}")
        yield where, cells


def read_quoted_rows(path: Path, n_cells: int) -> Iterator[tuple[str, list[str]]]:
    """The cells of each row of a tab-separated file with quoting, after the row's last line.

    A cell that holds a tab, a quote or a line end stands in quotes, with its own quotes doubled.

    Raises:
        AdetkError: a row has another number of cells, or its quotes do not pair.
    """
    for where, cells in _quoted(path):
        if len(cells) != n_cells:
            raise AdetkError(f"{where}: {len(cells)} tab-separated cells; expected {n_cells}")
        yield where, cells


def read_columns(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """These cells of each row of a tab-separated file with quoting and a header, in the order asked for.

    Raises:
        AdetkError: a column is missing, a row has another number of cells, or its quotes do not pair.
    """
    rows = _quoted(path)
    _, header = next(rows, ("", []))
    missing = [column for column in columns if column not in header]
    if missing:
        raise AdetkError(f"{path}: no column {missing[0]!a}; expected it in the first row")
    places = [header.index(column) for column in columns]
    for where, cells in rows:
        if len(cells) != len(header):
            raise AdetkError(f"{where}: {len(cells)} tab-separated cells; expected {len(header)}")
        yield where, [cells[place] for place in places]


def _quoted(path: Path) -> Iterator[tuple[str, list[str]]]:
    # Without newline translation, or a line end inside quotes would change and shift the offsets after it.
    reader = csv.reader(io.StringIO(read_text(path), newline=""), delimiter="\t", strict=True)
    try:
        for cells in reader:
            if cells:
                yield f"{path}:{reader.line_num}", cells
    except csv.Error as error:
        raise AdetkError(
            f"{path}:{reader.line_num}: quotes do not pair ({error}); "
            "expected tab-separated cells, those with quotes inside quoted and their quotes doubled"
        ) from error
