"""Raw reading: nothing is unquoted, unescaped, stripped or translated; offsets count in the raw text."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from adetk.errors import AdetkError

DELIMITER_TO_KIND = {"\t": "tab", ",": "comma"}
_log = logging.getLogger(__name__)


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The whole file as it is, line ends included; unpacked where its name ends in `.gz`.

    Raises:
        AdetkError: the file is missing or is not in this encoding.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode(encoding)
    except (OSError, EOFError, zlib.error) as error:
        raise AdetkError(
            f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); expected a file of the corpus"
        ) from error
    except UnicodeDecodeError as error:
        raise AdetkError(
            f"{path}: byte {error.start} is not {encoding.upper()}; "
            f"expected the corpus as published, in {encoding.upper()}"
        ) from error


def read_lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[str, str]]:
    """Each line that is not blank, after its place (`file:number`, for error messages); no byte order mark."""
    # Only a line feed ends a line: str.splitlines would also cut at U+2028 or a form feed inside a post.
    for number, line in enumerate(read_text(path, encoding).removeprefix("\ufeff").split("\n"), start=1):
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


def read_columns(
    path: Path, columns: Sequence[str], delimiter: str = "\t"
) -> Iterator[tuple[str, list[str]]]:
    """These cells of each row of a file with quoting and a header, in the order asked for.

    Raises:
        AdetkError: a column is missing, a row has another number of cells, or its quotes do not pair.
    """
    rows = _quoted(path, delimiter)
    _, header = next(rows, ("", []))
    missing = [column for column in columns if column not in header]
    if missing:
        raise AdetkError(f"{path}: no column {missing[0]!a}; expected it in the first row")
    places = [header.index(column) for column in columns]
    for where, cells in rows:
        if len(cells) != len(header):
            kind = DELIMITER_TO_KIND[delimiter]
            raise AdetkError(f"{where}: {len(cells)} {kind}-separated cells; expected {len(header)}")
        yield where, [cells[place] for place in places]


def distinct(rows: Iterable[tuple[str, list[str]]], path: Path) -> Iterator[tuple[str, list[str]]]:
    """The rows whose cells have not stood before; how many have is logged in one line, at the end."""
    seen: set[tuple[str, ...]] = set()
    n_repeats = 0
    for where, cells in rows:
        if tuple(cells) in seen:
            n_repeats += 1
            continue
        seen.add(tuple(cells))
        yield where, cells
    if n_repeats:
        _log.warning("%s: %d rows that repeat another were left out", path, n_repeats)


def _quoted(path: Path, delimiter: str = "\t") -> Iterator[tuple[str, list[str]]]:
    # A byte order mark is the file's, not the first column's.
    text = read_text(path).removeprefix("\ufeff")
    # Without newline translation, or a line end inside quotes would change and shift the offsets after it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if cells:
                yield f"{path}:{reader.line_num}", cells
    except csv.Error as error:
        raise AdetkError(
            f"{path}:{reader.line_num}: quotes do not pair ({error}); "
            f"expected {DELIMITER_TO_KIND[delimiter]}-separated cells, those with quotes inside quoted and "
            "their quotes doubled"
        ) from error
