"""The decisions in a review sheet, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adetk.io.sheet import read_sheet
from adetk.review import ACCEPT, COLUMNS, CORRECT, JOINED, REJECT


@dataclass(frozen=True)
class Decision:
    """One row that a coder has decided.

    Attributes:
        row: its number in the sheet.
        mention: its key, see `MentionKeys`.
        shown: what the row says of it: words, spans and id of the post.
        kind: `accept`, `correct` or `reject`.
        proposed: codes that the linker proposed, one an effect.
        codes: codes that are right: the proposed, the corrected, or none.
        comment: the coder's.
        reviewer: who decided.
    """

    row: int
    mention: str
    shown: str
    kind: str
    proposed: tuple[str, ...]
    codes: tuple[str, ...]
    comment: str
    reviewer: str


def read_decisions(sheet: Path) -> tuple[list[Decision], int, list[str]]:
    """The decided rows, how many are undecided, and what is wrong with which row.

    Raises:
        AdetkError: the sheet cannot be read, or lacks a column.
    """
    decisions: dict[str, Decision] = {}
    problems = []
    n_open = 0
    for number, row in read_sheet(sheet, COLUMNS):
        kind = row["decision"].casefold()
        problem = _problem(row, kind)
        if problem is None and not kind:
            n_open += 1
            continue
        decision = _decision(number, row, kind)
        if problem is None and decision.mention in decisions:
            problem = f"is the mention of row {decisions[decision.mention].row} once more"
        if problem is not None:
            problems.append(f"row {number}: {problem}")
        else:
            decisions[decision.mention] = decision
    return list(decisions.values()), n_open, problems


def _decision(number: int, row: Mapping[str, str], kind: str) -> Decision:
    proposed, corrected = _codes(row["proposed_code"]), _codes(row["code"])
    kind_to_codes = {ACCEPT: proposed, CORRECT: corrected}
    return Decision(
        row=number,
        mention=row["mention"],
        shown=f"{row['verbatim']!a} at {row['spans']} of post {row['id']!a}",
        kind=kind,
        proposed=proposed,
        codes=kind_to_codes.get(kind, ()),
        comment=row["comment"],
        reviewer=row["reviewer"],
    )


def _codes(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code.strip() for code in cell.split(JOINED.strip()) if code.strip()))


def _problem(row: Mapping[str, str], kind: str) -> str | None:
    """What is wrong with a row by itself."""
    proposed, corrected = _codes(row["proposed_code"]), _codes(row["code"])
    if not kind:
        return f"code {row['code']!a} without a decision" if corrected else None
    if kind not in (ACCEPT, CORRECT, REJECT):
        return f"decision {row['decision']!a}; expected {ACCEPT}, {CORRECT}, {REJECT} or nothing"
    if not row["reviewer"]:
        return "no reviewer; expected who decided"
    if kind == CORRECT and not corrected:
        return f"decision {CORRECT} without a code"
    if kind == ACCEPT and corrected not in ((), proposed):
        return f"decision {ACCEPT}, but code {row['code']!a} is not the proposed {row['proposed_code']!a}"
    if kind == ACCEPT and not proposed:
        return f"decision {ACCEPT} without a proposed code"
    if kind == REJECT and corrected:
        return f"decision {REJECT}, but code {row['code']!a}; expected none"
    return None
