"""Rows of the shared tasks' tab-separated files, and what the official scorers make of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adetk.errors import AdetkError

HEADER = "tweet_id"  # a row whose first cell is this is a header, wherever it stands


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its number from 1, its stripped content, and its cells, each stripped too."""

    line: int
    content: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line that the official scorer drops, or reads otherwise than it was meant.

    Attributes:
        line: number from 1; 0 where the file as a whole is meant.
        reason: what was found, and what the scorer makes of it.
        aborts: the official scorer stops at it without any score.
    """

    line: int
    reason: str
    aborts: bool = False


def rows_of(lines: Iterable[str]) -> list[Row]:
    """Split lines into cells at tabs; blank lines are rows of one empty cell."""
    return [
        Row(number, line.strip(), tuple(cell.strip() for cell in line.split("\t")))
        for number, line in enumerate(lines, start=1)
    ]


def distinct(rows: Iterable[Row]) -> tuple[list[Row], list[Dropped]]:
    """The rows whose content did not stand in the file before, and the others as dropped."""
    content_to_line: dict[str, int] = {}
    kept, dropped = [], []
    for row in rows:
        first = content_to_line.setdefault(row.content, row.line)
        if first == row.line:
            kept.append(row)
        elif row.content:
            dropped.append(Dropped(row.line, f"repeats line {first}: dropped"))
    return kept, dropped


def refuse_aborts(dropped: Sequence[Dropped], path: Path) -> None:
    """Refuse a file at which the official scorer would stop.

    Raises:
        AdetkError: there is such a line.
    """
    aborts = [drop for drop in dropped if drop.aborts]
    if aborts:
        raise AdetkError(
            f"{path}:{aborts[0].line}: {aborts[0].reason}; the official scorer gives no score for a file with "
            f"such lines ({len(aborts)} here): mend or remove them"
        )


def refuse_strangers(ids: Iterable[str], known: Collection[str], path: Path) -> None:
    """Refuse a file that is about other posts altogether.

    Raises:
        AdetkError: the file names ids, and none of them is known.
    """
    named = dict.fromkeys(ids)
    if named and not any(id in known for id in named):
        raise AdetkError(
            f"{path}: 0 of its {len(named)} ids, first {next(iter(named))[:60]!r}, are among the {len(known)} of "
            "the gold; expected rows about these posts: predict for the split that is scored"
        )


def ids_of(rows: Iterable[Row]) -> list[str]:
    """The first cell of each row that is neither blank nor a header."""
    return [row.cells[0] for row in rows if row.content and row.cells[0] != HEADER]


def shown(text: str) -> str:
    """A cell as it is quoted in a reason: one short line."""
    return ascii(text[:40])
