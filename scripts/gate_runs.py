"""One training of a gate, kept as numbers: what `bench_gates.py` trains and reads.

A run is a JSON file of logit differences (ADE less noADE) in the order of the corpus, without ids and without text;
a sum over ids and labels says which documents they belong to. So votes, stacking, calibration and tables need
no training.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from adetk import __version__
from adetk.bundle import read_manifest
from adetk.classify.classifier import Classifier
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.held_out import fold_of, same_text_key
from adetk.readers import CORPORA
from adetk.recipe import Recipe, Source, read_source, read_training_data
from adetk.record import record_from_document

WHOLE = -1
"""The fold of a run that learnt from the whole training split."""
DEVELOPMENT = "development"
OUT_OF_FOLD = "out_of_fold"
FINAL_SPLITS = ("valid", "test")
"""The first of them that a corpus has is what a recipe is scored on in the end."""
DIGITS = 4
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scored:
    """Documents as one gate saw them.

    Attributes:
        sha256: over their ids and labels, see `digest`.
        margins: one a document.
    """

    sha256: str
    margins: tuple[float, ...]


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        recipe: the recipe's name.
        sha256: of the recipe's file.
        seed: of the training.
        fold: the one that was left out; `WHOLE` = none.
        folds: how many there are; 0 for a whole run.
        source_prior: share of ADE that sampling and weights showed to the network.
        scored: what was scored -> margins. Of a fold: `out_of_fold`; of a whole run: `development`, and the final
            split by its own name.
        made: date, command, version and seconds.
    """

    recipe: str
    sha256: str
    seed: int
    fold: int
    folds: int
    source_prior: float
    scored: Mapping[str, Scored]
    made: Mapping[str, Any]


def path_of(runs: Path, recipe: str, seed: int, fold: int) -> Path:
    """Where a run lies."""
    return runs / recipe / f"seed-{seed}-{'whole' if fold == WHOLE else f'fold-{fold}'}.json"


def write_run(run: Run, path: Path) -> None:
    """Write a run; it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(run)) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_runs(runs: Path, recipe: Path) -> list[Run]:
    """The runs of a recipe, all of the recipe as it now is.

    Raises:
        AdetkError: a file that is no run, or a run of another version of the recipe.
    """
    found = [_read_run(path) for path in sorted((runs / recipe.stem).glob("seed-*.json"))]
    for run in found:
        if run.sha256 != digest_of(recipe):
            raise AdetkError(
                f"{path_of(runs, run.recipe, run.seed, run.fold)}: is of another version of {recipe.name}; remove "
                f"{runs / recipe.stem} and train again, or take the recipe back to what it was"
            )
    return found


def _read_run(path: Path) -> Run:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        scored = {k: Scored(s["sha256"], tuple(s["margins"])) for k, s in table.pop("scored").items()}
        return Run(**table, scored=scored)
    except (ValueError, KeyError, TypeError) as error:
        raise AdetkError(f"{path}: not a run ({error}); remove it and train again") from error


def folds_of(runs: Sequence[Run]) -> int:
    """Into how many folds the runs cut the training split; 0 where none leaves one out.

    Raises:
        AdetkError: there are two answers.
    """
    numbers = sorted({run.folds for run in runs if run.fold != WHOLE})
    if len(numbers) > 1:
        raise AdetkError(
            f"{runs[0].recipe}: has runs of {numbers[0]} and of {numbers[1]} folds; remove one kind"
        )
    return numbers[0] if numbers else 0


def train_run(recipe: Recipe, seed: int, fold: tuple[int, int], corpora: Path, command: str) -> Run:
    """Train a recipe's gate once and score what it did not learn from, by the served int8 network.

    Args:
        recipe: for a gate.
        seed: in place of the recipe's.
        fold: number of the fold to leave out, or `WHOLE`; and how many folds there are.
        corpora: folder of all corpora.
        command: what was called, for the record.

    Raises:
        AdetkError: data that cannot be read, or too few posts to train on.
    """
    from adetk.classify.train import train_classifier

    started = time.monotonic()
    to_score = documents_of(recipe, corpora, fold)
    with TemporaryDirectory() as folder:
        plan = replace(
            recipe,
            training=replace(recipe.training, seed=seed),
            options={**recipe.options, "platt": False},  # the prior is then the one that training made
        )
        if fold[0] != WHOLE:
            plan = replace(plan, data=_sources_without(recipe, corpora, to_score[OUT_OF_FOLD], Path(folder)))
        part = Path(folder) / "part"
        train_classifier(plan, corpora, part)
        scored, prior = scored_by(part, to_score)
    seconds = round(time.monotonic() - started)
    return Run(
        recipe.path.stem, digest_of(recipe.path), seed, *fold, prior, scored, how_made(command, seconds)
    )


def scored_by(
    part: Path, name_to_documents: Mapping[str, Sequence[Document]]
) -> tuple[dict[str, Scored], float]:
    """What a part says of the documents, and the share of ADE that its margins stand for."""
    settings = read_manifest(part, "classify").settings
    gate = Classifier.load(part, settings)
    scored = {name: _scored(gate, documents) for name, documents in name_to_documents.items()}
    return scored, settings["calibration"]["source_prior"]


def how_made(command: str, seconds: int) -> dict[str, Any]:
    """What `Run.made` holds."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "adetk": __version__,
        "seconds": seconds,
    }


def documents_of(recipe: Recipe, corpora: Path, fold: tuple[int, int]) -> dict[str, list[Document]]:
    """What the run of a fold scores: name -> documents, in the order of the corpus.

    Folds are of the first source: it is the task, the others only help.
    """
    target = recipe.data[0]
    if fold[0] != WHOLE:
        documents = read_source(target, recipe, corpora)
        return {OUT_OF_FOLD: [d for d in documents if fold_of(d, fold[1]) == fold[0]]}
    split = final_split(recipe)
    return {
        DEVELOPMENT: read_training_data(recipe, corpora).development,
        split: read_source(replace(target, split=split), recipe, corpora),
    }


def final_split(recipe: Recipe) -> str:
    """The split that a recipe is scored on in the end.

    Raises:
        AdetkError: the recipe's first source is no corpus, or has no such split.
    """
    corpus = recipe.data[0].corpus
    splits = CORPORA[corpus].splits if corpus in CORPORA else ()
    split = next((split for split in FINAL_SPLITS if split in splits), None)
    if split is None:
        raise AdetkError(
            f"{recipe.path}: its first source has no split {' or '.join(FINAL_SPLITS)}; expected a corpus with one"
        )
    return split


def digest(documents: Sequence[Document]) -> str:
    """Sum over ids and labels: equal sums, equal documents in the same order with the same answers."""
    return hashlib.sha256(json.dumps([[d.id, d.label] for d in documents]).encode()).hexdigest()


def digest_of(path: Path) -> str:
    """Sum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sources_without(
    recipe: Recipe, corpora: Path, held: Sequence[Document], folder: Path
) -> tuple[Source, ...]:
    """The recipe's sources, written to `folder` without the held-out documents and without copies of them."""
    held_ids, held_texts = {d.id for d in held}, {same_text_key(d.text) for d in held}
    sources = []
    for number, source in enumerate(recipe.data):
        path = folder / f"{number}.jsonl"
        is_target = number == 0
        with path.open("w", encoding="utf-8") as file:
            for document in read_source(source, recipe, corpora):
                is_held = is_target and document.id in held_ids
                if not is_held and same_text_key(document.text) not in held_texts:
                    file.write(json.dumps(record_from_document(document)) + "\n")
        codes = CORPORA[source.corpus].codes if source.corpus else source.codes
        # labels are as the source wants them already
        as_written = replace(source, corpus="", path=str(path), codes=codes, labels={}, positive=(), flag="")
        sources.append(as_written)
    return tuple(sources)


def _scored(gate: Classifier, documents: Sequence[Document]) -> Scored:
    logits = gate.logits(documents).astype(np.float64)
    margins = np.round(logits[:, 1] - logits[:, 0], DIGITS)
    return Scored(digest(documents), tuple(margins.tolist()))
