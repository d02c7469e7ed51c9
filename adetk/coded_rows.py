"""The coded mentions of a file that adetk wrote, whichever of its formats it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, Document
from adetk.errors import AdetkError
from adetk.io import OUTPUT_FORMATS, BadRow, InputOptions, read_documents
from adetk.io.formats import format_of
from adetk.normalize.release_diff import CodedMention

CODE, NAME, TERMINOLOGY = "llt_code", "llt_name", "terminology"
NEEDED = ("start", "end", "label", CODE, NAME, TERMINOLOGY)
_NO_WORDS = "empty text"  # a post without mentions has a row without a verbatim


def read_coded(path: Path) -> Iterator[CodedMention]:
    """Yield the coded effects, in order, from what `adetk run` or `adetk normalize` wrote.

    A mention that joins several effects comes once for each. DRUG mentions have codes of another system and are
    left out.

    Args:
        path: `.jsonl`, `.tsv`, `.csv` (also `.gz`) or `.parquet`.

    Raises:
        AdetkError: no such file, another format, a table of something else, or a row that cannot be read.
    """
    name, _ = format_of(path, None, OUTPUT_FORMATS)
    is_table = name != "jsonl"
    options = InputOptions("id", "verbatim") if is_table else InputOptions()
    for row in read_documents(path, options):
        if isinstance(row, Document):
            yield from _of_row(row, path) if is_table else _of_document(row)
        elif not (is_table and row.reason == _NO_WORDS):
            raise _unreadable(path, row)


def _of_document(document: Document) -> Iterator[CodedMention]:
    for mention in document.labelled(ADE):
        words = mention.surface(document.text)
        for link in mention.answers:
            code = (link.concept_id, link.name, link.terminology)
            yield CodedMention(document.id, mention.start, mention.end, words, *code)


def _of_row(row: Document, path: Path) -> Iterator[CodedMention]:
    absent = [column for column in NEEDED if column not in row.meta]
    if absent:
        raise AdetkError(
            f"{path}: no column {', '.join(absent)}; expected a table that adetk run or adetk normalize wrote"
        )
    if row.meta["label"] == ADE and row.meta[CODE]:
        places = (row.meta["start"], row.meta["end"])
        if not all(place.isascii() and place.isdigit() for place in places):
            raise AdetkError(
                f"{path}: row of {row.id!a} has start and end {places}; expected character offsets"
            )
        code = (row.meta[CODE], row.meta[NAME], row.meta[TERMINOLOGY])
        yield CodedMention(row.id, int(places[0]), int(places[1]), row.text, *code)


def _unreadable(path: Path, row: BadRow) -> AdetkError:
    return AdetkError(f"{path}:{row.line}: {row.reason}; expected what adetk run or adetk normalize wrote")
