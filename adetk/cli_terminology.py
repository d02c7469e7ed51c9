"""The commands under `adetk terminology`: look into a terminology, compare two releases of one."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from adetk.normalize.release_diff import Change, CodedMention, Touched
    from adetk.normalize.terminology import Terminology

app = typer.Typer(help="Look into CTCAE or your MedDRA folder; compare two releases.", no_args_is_help=True)

Where = Annotated[str, typer.Argument(help="ctcae, your MedDRA folder, or a .tsv with code and name")]


@app.command()
def info(where: Where) -> None:
    """Name, version and counts."""
    from adetk.normalize.terminology import open_terminology
    from adetk.normalize.terminology_view import describe

    print(json.dumps(describe(open_terminology(where)), indent=1, ensure_ascii=False))


@app.command()
def search(
    where: Where, text: str, limit: Annotated[int, typer.Option(min=1, help="terms to list")] = 20
) -> None:
    """Terms by their wording, one a line: code, level, name."""
    from adetk.normalize.terminology import open_terminology

    for concept in open_terminology(where).search(text, limit):
        print(f"{concept.id}\t{concept.level}\t{concept.name}")


@app.command()
def show(where: Where, code: str) -> None:
    """One term with its synonyms, its place in the hierarchy and its history, or one SMQ with its terms."""
    from adetk.normalize.meddra import read_history
    from adetk.normalize.terminology import open_terminology
    from adetk.normalize.terminology_view import show as view

    terminology = open_terminology(where)
    shown: dict[str, Any] = dict(view(terminology, code))
    if terminology.name == "MedDRA":
        shown["history"] = [asdict(entry) for entry in read_history(Path(where), code)]
    print(json.dumps(shown, indent=1, ensure_ascii=False))


@app.command()
def diff(
    old: Where, new: Where,
    coded: Annotated[Path | None, typer.Option(help="what adetk run or normalize wrote, coded in OLD")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="all of it as one JSON object")] = None,
) -> None:  # fmt: skip
    """What NEW changes against OLD, and which coded rows that touches, with proposals."""
    from adetk.coded_rows import read_coded
    from adetk.io.outputs import new_file, write_errors
    from adetk.io.places import check_places
    from adetk.normalize.release_diff import diff as compare
    from adetk.normalize.release_diff import touched
    from adetk.normalize.terminology import open_terminology

    check_places({"old terminology": old, "new terminology": new, "coded rows": coded}, {"output": out})
    before, after = open_terminology(old), open_terminology(new)
    changes = compare(before, after)
    mentions = [] if coded is None else list(read_coded(coded))
    rows = list(touched(mentions, before, after, changes))
    if out is not None:
        with new_file(out) as file, write_errors(out):
            file.write(json.dumps(_report(before, after, changes, rows), ensure_ascii=False))
    for line in _change_lines(changes):
        print(line)
    for line in _row_lines(rows, len(mentions)) if coded is not None else ():
        print(line)
    foreign = sum(mention.terminology != before.label for mention in mentions)
    if foreign:
        print(
            f"adetk: {coded}: {foreign} of {len(mentions)} mentions were not coded in {before.label}; proposals "
            "for them may miss changes of other releases",
            file=sys.stderr,
        )


def _report(
    old: Terminology, new: Terminology, changes: Sequence[Change], rows: Sequence[Touched]
) -> dict[str, Any]:
    return {
        "old": old.label,
        "new": new.label,
        "changes": [asdict(change) for change in changes],
        "touched": [_touched(row) for row in rows],
    }


def _touched(row: Touched) -> dict[str, Any]:
    link = row.proposal
    keys = ("concept_id", "name", "level", "pt_id", "pt_name", "soc_id", "soc_name", "terminology")
    proposal = None if link is None else {key: getattr(link, key) for key in keys}
    changes = [asdict(change) for change in row.changes]
    return {**asdict(row.mention), "changes": changes, "proposal": proposal}


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """How many of each, then one line each."""
    for (level, kind), n in Counter((change.level, change.kind) for change in changes).items():
        yield f"{n:>6}  {level} {kind}"
    if not changes:
        yield "no change"
    for c in changes:
        way = f"  ({c.before} -> {c.after})" if c.before or c.after else ""
        yield f"{c.level:<5} {c.kind:<16}  {c.id}  {c.name}{way}"


def _row_lines(rows: Sequence[Touched], total: int) -> Iterator[str]:
    """One line for all mentions of one term that are touched alike."""
    yield f"{len(rows)} of {total} coded mentions are touched"
    for (code, name, why, instead), n in Counter(map(_kind_of_row, rows)).most_common():
        yield f"{n:>6}  {code}  {name}: {why}; {instead}"


def _kind_of_row(row: Touched) -> tuple[str, str, str, str]:
    mention: CodedMention = row.mention
    why = ", ".join(f"{c.level} {c.name if c.id != mention.code else ''} {c.kind}" for c in row.changes)
    link = row.proposal
    instead = "choose anew" if link is None else f"use {link.concept_id} {link.name} (PT {link.pt_name})"
    return mention.code, mention.name, " ".join(why.split()), instead
