"""One training of a gate, kept as numbers: logit differences (ADE less noADE) of what it did not learn from.

So votes, stacking, calibration and tables need no training.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from run_data import OUT_OF_FOLD, documents_of, plan_of
from trained_runs import Run, Scored, digest_of, how_made

from adetk.bundle import read_manifest
from adetk.classify.classifier import Classifier
from adetk.document import Document
from adetk.recipe import Recipe

DIGITS = 4


@dataclass(frozen=True)
class Margins(Scored):
    """Documents as one gate saw them; `margins`: one a document."""

    margins: tuple[float, ...]


@dataclass(frozen=True)
class GateRun(Run[Margins]):
    """One training of a gate; `source_prior`: share of ADE that sampling and weights showed to the network."""

    source_prior: float


def gate_run(table: dict[str, Any]) -> GateRun:
    """The run that a JSON file holds.

    Raises:
        ValueError, KeyError, TypeError: it holds none.
    """
    scored = {k: Margins(s["sha256"], tuple(s["margins"])) for k, s in table.pop("scored").items()}
    return GateRun(**table, scored=scored)


def train_run(
    recipe: Recipe, seed: int, fold: tuple[int, int], corpora: Path, command: str, work: Path
) -> GateRun:
    """Train a recipe's gate once and score what it did not learn from, as it is served.

    Args:
        recipe: for a gate.
        seed: in place of the recipe's.
        fold: number of the fold to leave out, or `WHOLE`; and how many folds there are.
        corpora: folder of all corpora.
        command: what was called, for the record.
        work: folder to train in; a training that was cut off there goes on.

    Raises:
        AdetkError: data that cannot be read, or too few posts to train on.
    """
    from adetk.classify.train import train_classifier

    started = time.monotonic()
    to_score = documents_of(recipe, corpora, fold)
    plan = plan_of(recipe, seed, to_score.get(OUT_OF_FOLD), corpora, work)
    # the prior is then the one that training made
    plan = replace(plan, options={**recipe.options, "platt": False})
    train_classifier(plan, corpora, work / "part")
    scored, prior = scored_by(work / "part", to_score)
    made = how_made(command, round(time.monotonic() - started))
    return GateRun(recipe.path.stem, digest_of(recipe.path), seed, *fold, scored, made, prior)


def scored_by(
    part: Path, name_to_documents: Mapping[str, Sequence[Document]]
) -> tuple[dict[str, Margins], float]:
    """What a part says of the documents, and the share of ADE that its margins stand for."""
    settings = read_manifest(part, "classify").settings
    gate = Classifier.load(part, settings)
    scored = {name: _scored(gate, documents) for name, documents in name_to_documents.items()}
    return scored, settings["calibration"]["source_prior"]


def digest(documents: Sequence[Document]) -> str:
    """Sum over ids and labels: equal sums, equal documents in the same order with the same answers."""
    return hashlib.sha256(json.dumps([[d.id, d.label] for d in documents]).encode()).hexdigest()


def _scored(gate: Classifier, documents: Sequence[Document]) -> Margins:
    logits = gate.logits(documents).astype(np.float64)
    margins = np.round(logits[:, 1] - logits[:, 0], DIGITS)
    return Margins(digest(documents), tuple(margins.tolist()))
