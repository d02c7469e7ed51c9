"""The command that refits a part of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adetk.cli_options import Terms, print_numbers
from adetk.errors import AdetkError

app = typer.Typer(help="Refit what was tuned, without training.", no_args_is_help=True)


@app.callback()
def _calibrate() -> None:
    """Refit what was tuned, without training."""


@app.command()
def normalize(
    data: Annotated[Path, typer.Argument(help="JSON lines whose ADE mentions have gold codes of the terminology")],
    out: Annotated[Path, typer.Option("-o", "--out", help="folder to write")],
    bundle: Annotated[
        Path | None, typer.Option(help="bundle, or linker part [default: the bundle that travels with adetk]")
    ] = None,
    terminology: Terms = "ctcae",
) -> None:  # fmt: skip
    """Refit a linker's tau, scores, abstention and candidate sets for a terminology; writes a new folder."""
    from adetk.data import default_bundle_folder
    from adetk.readers import read_jsonl

    try:
        from adetk.normalize.calibrate import calibrate
    except ImportError as error:
        raise AdetkError(
            f"fitting needs {error.name}, not installed here; pip install 'adetk[train]'"
        ) from error
    folder = default_bundle_folder() if bundle is None else bundle
    print_numbers(calibrate(folder, terminology, list(read_jsonl(data)), out), as_json=True)
