"""The commands that bring a coder's decisions back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from adetk.cli_options import Terms

app = typer.Typer(help="A coder's decisions on what was not sure.", no_args_is_help=True)


@app.callback()
def _review() -> None:
    """A coder's decisions on what was not sure."""


@app.command()
def apply(
    sheet: Annotated[Path, typer.Argument(help="what --review wrote, with decisions filled in")],
    to: Annotated[Path, typer.Option(help="the .jsonl output of that run; rewritten")],
    terminology: Terms = "ctcae",
    synonyms: Annotated[
        Path | None, typer.Option(help="also keep decided wordings in this sheet, for run --synonyms")
    ] = None,
    audit: Annotated[
        Path | None, typer.Option(help="log that every change is appended to [default: OUTPUT.audit.jsonl]")
    ] = None,
) -> None:  # fmt: skip
    """Put accepted and corrected codes into the output; what was rejected has none."""
    from adetk.normalize.terminology import open_terminology
    from adetk.review_apply import ReviewPlaces, apply_review

    log = to.with_name(f"{to.name}.audit.jsonl") if audit is None else audit
    counts = apply_review(ReviewPlaces(sheet, to, log, synonyms), open_terminology(terminology))
    print(", ".join(f"{number} {name}" for name, number in counts.items()), file=sys.stderr)
