"""Reading and writing the plain tables that all dictionaries are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from adetk.errors import AdetkError

Row = tuple[str, ...]

_NOT_WORD = re.compile(r"[^\w]+|_", re.UNICODE)


def fold(text: str) -> str:
    """Lower-case words with one space between: two wordings with the same fold are one wording."""
    return " ".join(_NOT_WORD.sub(" ", text.casefold()).split())


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of an unquoted TSV file, cut to `columns`, which must be how its header starts.

    Raises:
        AdetkError: the file is absent, its header is another one, or a row is too short.
    """
    if not path.is_file():
        raise AdetkError(f"no file {path}; expected a TSV table with columns {', '.join(columns)}")
    with path.open(encoding="utf-8") as lines:
        header = next(lines, "").rstrip("\n").split("\t")
        if header[: len(columns)] != list(columns):
            raise AdetkError(f"{path}: found columns {header}, expected {list(columns)}")
        for number, line in enumerate(lines, 2):
            cells = line.rstrip("\n").split("\t")
            if len(cells) < len(columns):
                raise AdetkError(f"{path}:{number}: found {len(cells)} cells, expected {len(columns)}")
            yield tuple(cells[: len(columns)])


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a TSV file with header, rows sorted and unique.

    Readers split on tabs and newlines and know no quoting, so a cell with either is an error.

    Raises:
        AdetkError: a cell holds a tab or a line break, or a row has another length than the header.
    """
    kept = sorted(set(rows))
    for row in kept:
        if len(row) != len(columns) or any(c != " ".join(c.split()) for c in row):
            raise AdetkError(
                f"{path.name}: row {row!r} does not fit the columns {list(columns)} of plain cells"
            )
    lines = ["\t".join(columns), *("\t".join(row) for row in kept)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write one entry a line, sorted and unique, without a header."""
    path.write_text("".join(f"{line}\n" for line in sorted(set(lines))), encoding="utf-8", newline="\n")
