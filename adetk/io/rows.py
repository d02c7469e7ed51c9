"""What every input format shares: options, the bad row, and which columns are id and text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adetk.errors import AdetkError

ID_NAMES = ("id", "tweet_id", "post_id")
TEXT_NAMES = ("text", "tweet", "post", "verbatim")

SHOWN_COLUMNS = 20
SHOWN_CHARACTERS = 40
"""Of the columns that an error lists."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")

NumberedLines = Iterator[tuple[int, bytes]]
"""Line numbers, from 1, and lines with their ends."""


@dataclass(frozen=True, slots=True)
class InputOptions:
    """How to read posts.

    Attributes:
        id_column: name of the id column; None: the first of `ID_NAMES` that is there, else row numbers.
        text_column: name of the text column; None: the first of `TEXT_NAMES` that is there.
        format: one of `INPUT_FORMATS`, also with `.gz`; None: by the file's name.
        verbatims: rows that no step has tagged are verbatims: their whole text is one ADE mention. A JSON line
            with `mentions`, be they none, was tagged.
    """

    id_column: str | None = None
    text_column: str | None = None
    format: str | None = None
    verbatims: bool = False


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no post.

    Attributes:
        line: where it starts, from 1 (for Parquet: the row).
        reason: what was wrong with it.
        raw: its content, what is not UTF-8 replaced.
    """

    line: int
    reason: str
    raw: str


def column_of(columns: Sequence[str], wanted: str | None, names: Sequence[str], where: str) -> str | None:
    """The column that the caller wants, or the first of the usual names; case does not matter.

    Raises:
        AdetkError: the wanted column is not there; lists those that are.
    """
    candidates = names if wanted is None else (wanted,)
    for name in candidates:
        if name in columns:
            return name
        for column in columns:
            if column.lower() == name.lower():
                return column
    if wanted is not None:
        raise missing_column(columns, wanted, where)
    return None


def missing_column(columns: Sequence[str], wanted: str, where: str) -> AdetkError:
    """The error for a column that is not there, with those that are."""
    found = [
        repr(name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}...") for name in columns
    ]
    if len(found) > SHOWN_COLUMNS:
        found[SHOWN_COLUMNS:] = [f"and {len(found) - SHOWN_COLUMNS} more"]
    return AdetkError(
        f"{where}: no column {wanted!r}; found {', '.join(found)}: name one with --text-column or --id-column"
    )


def decoded(line: bytes) -> str:
    """The text of a line, its end cut off; bytes that are not UTF-8 become lone surrogates."""
    return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")


def bad_bytes(content: str) -> str | None:
    """The reason when some byte of decoded text was not UTF-8, else None."""
    found = _ESCAPED_BYTE.search(content)
    if found is None:
        return None
    return f"not UTF-8: byte 0x{ord(found[0]) - 0xDC00:02x} after {found.start()} characters"


def bad_row(line: int, reason: str, content: str) -> BadRow:
    """A bad row whose raw content can be written to a file."""
    return BadRow(line, reason, _SURROGATE.sub("\ufffd", content))


def problem_of(identifier: str, text: str) -> str | None:
    """What makes a row useless, or None."""
    if "\0" in identifier or "\0" in text:
        return "NUL character"
    if identifier == "":
        return "empty id"
    return "empty text" if text.strip() == "" else None
