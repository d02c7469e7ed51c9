"""The command `pretrain`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from adetk.cli_options import Corpora, print_numbers
from adetk.errors import AdetkError


def pretrain(
    recipe: Path, out: Annotated[Path, typer.Option("-o", "--out", help="encoder folder to write")],
    corpora: Corpora = Path("corpora"),
) -> None:  # fmt: skip
    """Go on with an encoder's pretraining on unlabelled posts; recipes can then name its folder."""
    logging.getLogger("adetk").setLevel(logging.INFO)
    try:
        from adetk.pretrain import pretrain_by_recipe
    except ImportError as error:
        raise AdetkError(
            f"training needs {error.name}, not installed here; pip install 'adetk[train]'"
        ) from error
    print_numbers(pretrain_by_recipe(recipe, corpora, out), as_json=True)
