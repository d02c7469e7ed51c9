"""A part that `adetk train` made, as a whole run of its recipe: no second training."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from gate_runs import GateRun, scored_by
from run_data import documents_of
from trained_runs import WHOLE, digest_of, how_made

from adetk.bundle import read_manifest
from adetk.classify.options import read_options
from adetk.errors import AdetkError
from adetk.recipe import Recipe


def run_of_part(recipe: Recipe, part: Path, corpora: Path, command: str) -> GateRun:
    """The whole run of a recipe by a part that `adetk train` made of it, trained nowhere again.

    Raises:
        AdetkError: the part is of another recipe or of another version of it.
    """
    settings = read_manifest(part, "classify").settings
    results = json.loads((part / "training" / "results.json").read_text(encoding="utf-8"))
    options = json.loads(json.dumps(asdict(read_options(recipe))))
    trained = {"recipe": settings["recipe"], "base": settings["base"], "training": results["training"]}
    wanted = {"recipe": recipe.path.name, "base": recipe.encoder, "training": asdict(recipe.training)}
    # an option that came later is not in the part; it was not there to be chosen
    if trained != wanted or any(options.get(name) != value for name, value in settings["options"].items()):
        raise AdetkError(f"{part}: was not trained by {recipe.path} as it is now; train it again")
    scored, prior = scored_by(part, documents_of(recipe, corpora, (WHOLE, 0)))
    made = how_made(command, round(results["seconds"]))
    return GateRun(
        recipe.path.stem, digest_of(recipe.path), recipe.training.seed, WHOLE, 0, scored, made, prior
    )
