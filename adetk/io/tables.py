"""Documents from tables: TSV as the shared tasks write it, CSV by RFC 4180, Parquet."""

from __future__ import annotations

import csv
import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io.formats import STANDARD_STREAM, Location, allow_long_fields
from adetk.io.parquet import require_pyarrow
from adetk.io.rows import (
    ID_NAMES,
    TEXT_NAMES,
    BadRow,
    InputOptions,
    NumberedLines,
    bad_bytes,
    bad_row,
    column_of,
    decoded,
    missing_column,
    problem_of,
)
from adetk.record import TABLE_COLUMNS

PARQUET_BATCH = 1024
_DECLARED = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
"""What spreadsheets may write above the header."""

Row = tuple[int, list[str]] | BadRow
"""The line and the cells, or why there are none."""


def documents_from_tsv(
    lines: NumberedLines, options: InputOptions, where: str
) -> Iterator[Document | BadRow]:
    """Documents from tab-separated lines without quoting: `"` is a character like any other.

    Two columns without a header are id and text, the shared tasks' layout, unless a column is asked for.
    Tabs beyond the last column belong to it when it is the text.
    """
    rows: Iterator[Row] = (
        (number, decoded(line).split("\t")) for number, line in lines if line.strip(b"\r\n") != b""
    )
    number, header = _header(rows, where)
    asked = options.id_column is not None or options.text_column is not None
    known = {name.strip().lower() for name in header} & {*ID_NAMES, *TEXT_NAMES}
    if len(header) == 2 and not known and not asked:
        header, rows = ["id", "text"], chain([(number, header)], rows)
    return _documents(header, rows, options, where, tail="\t")


def documents_from_csv(
    lines: NumberedLines, options: InputOptions, where: str
) -> Iterator[Document | BadRow]:
    """Documents from comma- or semicolon-separated lines with a header; quoted fields may hold line breaks."""
    rows = _csv_rows(lines)
    return _documents(_header(rows, where)[1], rows, options, where)


def documents_from_parquet(source: Location, options: InputOptions) -> Iterator[Document | BadRow]:
    """Documents from a Parquet file, read in batches; null cells are empty.

    Raises:
        AdetkError: pyarrow is not installed, the source is a stream, or the file is damaged.
    """
    if source == STANDARD_STREAM:
        raise AdetkError("standard input: Parquet cannot be streamed; name a file")
    require_pyarrow(str(source))
    from pyarrow import ArrowException, parquet

    try:
        with parquet.ParquetFile(source) as table:
            names = table.schema_arrow.names
            batches = table.iter_batches(batch_size=PARQUET_BATCH)
            id_column = column_of(names, options.id_column, ID_NAMES, str(source))
            cells = (
                [_id_cell(cell) if name == id_column else _cell(cell) for name, cell in row.items()]
                for batch in batches
                for row in batch.to_pylist()
            )
            yield from _documents(names, iter(enumerate(cells, start=1)), options, str(source))
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise AdetkError(f"{source}: cannot be read as Parquet: {reason}") from error


def _cell(value: object) -> str:
    """A cell of Parquet as text; bytes that are not UTF-8 become lone surrogates."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return "" if value is None else str(value)


def _id_cell(value: object) -> str:
    """An id: whole numbers are floats to pandas as soon as one of the column is missing."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.0f}" if value.is_integer() else str(value)
    return _cell(value)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of a table; `id` is None where ids are row numbers."""

    columns: tuple[str, ...]
    id: int | None
    text: int


def _documents(
    header: Sequence[str], rows: Iterator[Row], options: InputOptions, where: str, tail: str | None = None
) -> Iterator[Document | BadRow]:
    """Documents of rows; `tail` joins the cells beyond the last column when that is the text."""
    layout = _layout(header, options, where)
    width = len(layout.columns)
    for n_row, row in enumerate(rows, start=1):
        if isinstance(row, BadRow):
            yield row
            continue
        line, cells = row
        content = (tail or ",").join(cells)
        if tail is not None and layout.text == width - 1:
            cells = [*cells[: width - 1], tail.join(cells[width - 1 :])] if len(cells) > width else cells
        document = _document(cells, layout, n_row)
        yield bad_row(line, document, content) if isinstance(document, str) else document


def _document(cells: Sequence[str], layout: _Layout, n_row: int) -> Document | str:
    """The document of a row, or what is wrong with it."""
    if len(cells) != len(layout.columns):
        return f"{len(cells)} fields; expected {len(layout.columns)}: {', '.join(layout.columns)}"
    problem = next(filter(None, map(bad_bytes, cells)), None)
    identifier = str(n_row) if layout.id is None else cells[layout.id]
    text = cells[layout.text]
    problem = problem or problem_of(identifier, text)
    if problem is not None:
        return problem
    meta = {
        name: cell
        for position, (name, cell) in enumerate(zip(layout.columns, cells, strict=True))
        if position not in (layout.id, layout.text)
    }
    return Document(identifier, text, meta=meta)


def _layout(header: Sequence[str], options: InputOptions, where: str) -> _Layout:
    columns = [name.strip() or f"column_{number}" for number, name in enumerate(header, start=1)]
    twice = {name for name in columns if columns.count(name) > 1}
    if twice:
        raise AdetkError(f"{where}: column {min(twice)!r} is there twice; expected each once: rename one")
    if tuple(columns[: len(TABLE_COLUMNS)]) == TABLE_COLUMNS and options.text_column is None:
        raise AdetkError(
            f"{where}: is a table that adetk wrote, one row a mention; expected one row a post: "
            "pass JSON lines between steps, or name a column with --text-column"
        )
    id_column = column_of(columns, options.id_column, ID_NAMES, where)
    text_column = column_of(columns, options.text_column, TEXT_NAMES, where)
    if text_column is None:
        raise missing_column(columns, "text", where)
    position = None if id_column is None else columns.index(id_column)
    return _Layout(tuple(columns), position, columns.index(text_column))


def _header(rows: Iterator[Row], where: str) -> tuple[int, list[str]]:
    row = next(rows, None)
    if row is None:
        raise AdetkError(f"{where}: holds only blank lines; expected a header and rows")
    problem = row.reason if isinstance(row, BadRow) else bad_bytes("".join(row[1]))
    if isinstance(row, BadRow) or problem is not None:
        raise AdetkError(f"{where}: the first line is damaged ({problem}); expected a header")
    return row


def _delimiter(header: str) -> str:
    """A semicolon where spreadsheets write one in a comma's place, since a comma is in their numbers."""
    return ";" if ";" in header and "," not in header else ","


def _csv_rows(lines: NumberedLines) -> Iterator[Row]:
    """Rows of CSV. A quote that is never closed damages its own line only: those after it are read again."""
    allow_long_fields()
    texts = (line.decode("utf-8", "surrogateescape") for _, line in lines)
    header, start = next(texts, ""), 1
    delimiter = _delimiter(header)
    if declared := _DECLARED.fullmatch(header):
        delimiter, header, start = declared[1], next(texts, ""), 2
    waiting = deque([header])
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while line := waiting.popleft() if waiting else next(texts, ""):
            taken.append(line)
            yield line

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(taken) > 1 and "expected after" not in str(error):
                reason = f"not CSV: a quote is never closed ({error}); the next lines were read as rows of their own"
                yield bad_row(start, reason, taken[0])
                waiting.extendleft(reversed(taken[1:]))
                reader = csv.reader(feed(), delimiter=delimiter, strict=True)
                del taken[1:]
            else:
                where = f"in lines {start} to {start + len(taken) - 1}"
                yield bad_row(start, f"not CSV ({error}) {where}", "".join(taken))
            cells = []
        if cells:
            yield start, cells
        start += len(taken)
        taken.clear()
