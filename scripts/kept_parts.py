"""A part that `adetk train` made, as a whole run of its recipe: no second training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gate_runs import GateRun, scored_by
from run_data import documents_of
from span_runs import Mentions, scored_part_of, tagged_by
from trained_runs import WHOLE, Run, digest_of, how_made

from adetk.bundle import read_manifest
from adetk.classify.options import read_options
from adetk.errors import AdetkError
from adetk.recipe import Recipe, from_table


def gate_run_of(recipe: Recipe, part: Path, corpora: Path, command: str) -> GateRun:
    """The whole run of a gate's recipe by a part that `adetk train` made of it.

    Raises:
        AdetkError: the part is of another recipe or of another version of it.
    """
    seconds = _training_seconds(recipe, part, asdict(read_options(recipe)))
    scored, prior = scored_by(part, documents_of(recipe, corpora, (WHOLE, 0)))
    made = how_made(command, seconds)
    seed = recipe.training.seed
    return GateRun(recipe.path.stem, digest_of(recipe.path), seed, WHOLE, 0, scored, made, prior)


def span_run_of(recipe: Recipe, part: Path, corpora: Path, command: str) -> Run[Mentions]:
    """The whole run of a tagger's recipe by a part that `adetk train` made of it.

    Raises:
        AdetkError: the part is of another recipe or of another version of it.
    """
    from adetk.extract.train import ExtractOptions

    options = from_table(ExtractOptions, recipe.options, f"{recipe.path} [options]")
    seconds = _training_seconds(recipe, part, asdict(options))
    scored = tagged_by(part, documents_of(scored_part_of(recipe), corpora, (WHOLE, 0)))
    made = how_made(command, seconds)
    return Run(recipe.path.stem, digest_of(recipe.path), recipe.training.seed, WHOLE, 0, scored, made)


def _training_seconds(recipe: Recipe, part: Path, options: Mapping[str, Any]) -> int:
    """How long it took to train a part, once it is sure that this recipe made it."""
    settings = read_manifest(part, recipe.kind).settings
    results = json.loads((part / "training" / "results.json").read_text(encoding="utf-8"))
    trained = (settings["recipe"], settings["base"], settings["max_length"])
    wanted = (recipe.path.name, recipe.encoder, recipe.max_length)
    # an option that came later is not in the part; it was not there to be chosen
    is_own = _agrees(results["training"], asdict(recipe.training)) and _agrees(settings["options"], options)
    if trained != wanted or not is_own:
        raise AdetkError(f"{part}: was not trained by {recipe.path} as it is now; train it again")
    return round(results["seconds"])


def _agrees(trained: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    as_written = json.loads(json.dumps(wanted))
    return all(as_written.get(name) == value for name, value in trained.items())
