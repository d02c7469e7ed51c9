"""Posts in: TSV, CSV, JSON lines, plain text and Parquet as a stream of documents, in constant memory.

A row that cannot be used is handed on as a `BadRow` and never stops the stream; what is wrong with the whole
file raises.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from adetk.document import ADE, NO_ADE, Document, as_verbatim
from adetk.errors import AdetkError
from adetk.io.formats import INPUT_FORMATS, STANDARD_STREAM, Location, format_of
from adetk.io.lines import byte_lines, check_readable
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
    problem_of,
)
from adetk.io.tables import documents_from_csv, documents_from_parquet, documents_from_tsv
from adetk.record import document_from_record


def read_documents(source: Location, options: InputOptions | None = None) -> Iterator[Document | BadRow]:
    """The posts of a file, one at a time, in order.

    Formats: `.tsv` (raw: no quoting), `.csv` (RFC 4180), `.jsonl` (also what adetk wrote: labels and mentions
    are kept), `.txt` (a post a line), each also `.gz`; `.parquet`; `-` is standard input, JSON lines when it
    starts with `{`, plain text otherwise, unless `options.format` says more. Columns that are neither id nor
    text go to `Document.meta`. Without an id column ids are row numbers, from 1. Blank lines are passed over,
    but for `.txt`, where a line without words is a post without text: a bad row.

    Raises:
        AdetkError: at once when the file is missing, a folder or of an unknown format; on the first row when
            it is empty or a column is missing; after the rows before when it cannot be read on.
    """
    options = InputOptions() if options is None else options
    check_readable(source)
    name, compressed = format_of(source, options.format, INPUT_FORMATS)
    if name == "parquet":
        return _as_asked(documents_from_parquet(source, options), options)
    return _documents(source, name, compressed, options)


def _documents(
    source: Location, name: str | None, compressed: bool, options: InputOptions
) -> Iterator[Document | BadRow]:
    lines = byte_lines(source, compressed)
    first = next(lines)
    if name is None:
        name = "jsonl" if first.lstrip().startswith(b"{") else "txt"
    readers = {
        "tsv": documents_from_tsv,
        "csv": documents_from_csv,
        "jsonl": _documents_from_jsonl,
        "txt": _documents_from_txt,
    }
    where = "standard input" if source == STANDARD_STREAM else str(source)
    rows = readers[name](enumerate(chain([first], lines), start=1), options, where)
    yield from rows if name == "jsonl" else _as_asked(rows, options)


def _as_asked(rows: Iterator[Document | BadRow], options: InputOptions) -> Iterator[Document | BadRow]:
    """Rows of a format that holds no mentions."""
    for row in rows:
        yield as_verbatim(row) if options.verbatims and isinstance(row, Document) else row


def _documents_from_txt(
    lines: NumberedLines, options: InputOptions, where: str
) -> Iterator[Document | BadRow]:
    for number, line in lines:
        text = decoded(line)
        problem = bad_bytes(text) or problem_of(str(number), text)
        yield Document(str(number), text) if problem is None else bad_row(number, problem, text)


def _documents_from_jsonl(
    lines: NumberedLines, options: InputOptions, where: str
) -> Iterator[Document | BadRow]:
    is_first = True
    for number, line in lines:
        content = decoded(line)
        if content.strip() == "":
            continue
        record = _parsed(content)
        if isinstance(record, str):
            yield bad_row(number, record, content)
            continue
        if is_first:
            # A wrong --text-column would otherwise turn every row into a bad one.
            column_of(list(record), options.id_column, (), where)
            column_of(list(record), options.text_column, (), where)
            is_first = False
        document = _document(record, number, options)
        if isinstance(document, str):
            yield bad_row(number, document, content)
        else:
            yield as_verbatim(document) if options.verbatims and "mentions" not in record else document


def _document(record: Mapping[str, Any], number: int, options: InputOptions) -> Document | str:
    """The document of a JSON object, or what is wrong with it."""
    try:
        id_key = column_of(list(record), options.id_column, ID_NAMES, "row")
        text_key = column_of(list(record), options.text_column, TEXT_NAMES, "row")
        if text_key is None:
            return f"no text; expected one of the keys {', '.join(TEXT_NAMES)}"
        others = {key: value for key, value in record.items() if key not in (id_key, text_key)}
        post = {"id": str(number) if id_key is None else record[id_key], "text": record[text_key]}
        document = document_from_record(post | _kept(others, text_key), "row")
    except AdetkError as error:
        return str(error)
    problem = problem_of(document.id, document.text)
    return document if problem is None else problem


def _kept(others: Mapping[str, Any], text_key: str) -> dict[str, Any]:
    """Keys beside id and text: adetk's own stay, another program's go to `meta` whatever their names are."""
    ours = text_key == "text" and ("mentions" in others or others.get("label") in (ADE, NO_ADE))
    meta = others.get("meta") if isinstance(others.get("meta"), dict) else None
    names = ("label", "score", "mentions", "meta") if ours else () if meta is None else ("meta",)
    kept = {key: others[key] for key in names if key in others}
    foreign = {key: value for key, value in others.items() if key not in kept and value is not None}
    if not foreign or kept.get("meta") not in (None, meta):  # what is no object is refused with the row
        return kept
    return kept | {"meta": foreign | (meta or {})}


def _parsed(content: str) -> dict[str, Any] | str:
    """The JSON object of a line, or what is wrong with it."""
    problem = bad_bytes(content)
    if problem is not None:
        return problem
    try:
        record = json.loads(content)
    except RecursionError:
        return "invalid JSON: nested too deep"
    except ValueError as error:
        return f"invalid JSON: {error}"
    return record if isinstance(record, dict) else "expected a JSON object"
