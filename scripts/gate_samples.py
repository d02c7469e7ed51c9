"""From the runs of a recipe and the gold labels to the samples that `bench_gates.py` reports on."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from gate_report import Gate
from gate_runs import (
    DEVELOPMENT,
    OUT_OF_FOLD,
    WHOLE,
    Run,
    digest,
    documents_of,
    final_split,
    folds_of,
    read_runs,
)
from gate_systems import Sample

from adetk.document import ADE, Document
from adetk.errors import AdetkError
from adetk.held_out import fold_of
from adetk.recipe import read_recipe, read_source

DEVELOPMENT_FOLDS = 5
"""Into so many parts the development documents are cut, where nothing else was held out."""
FoldToRun = Mapping[int, Run]
_log = logging.getLogger(__name__)


def gate_of(path: Path, corpora: Path, runs: Path) -> Gate:
    """The runs of a recipe, beside the gold labels; seeds that lack runs that others have are left out.

    Raises:
        AdetkError: no runs, runs of another version of the recipe, or other documents than those that were scored.
    """
    recipe, found = read_recipe(path), read_runs(runs, path)
    folds, split = folds_of(found), final_split(recipe)
    has_whole = any(run.fold == WHOLE for run in found)
    seed_to_runs = _complete(runs / path.stem, found, {*range(folds), *([WHOLE] if has_whole else [])})
    by_seed = list(seed_to_runs.values())
    committed = is_committed(path)
    if not committed:
        _log.warning("%s: not as committed, so its %s is left out; commit it first", path.name, split)
    about = {
        "sha256": found[0].sha256,
        "seeds": list(seed_to_runs),
        "folds": folds,
        "corpus": recipe.data[0].corpus,
        "split": split,
        "committed": committed,
        "training_seconds": sum(run.made["seconds"] for of_seed in by_seed for run in of_seed.values()),
    }
    of_whole = documents_of(recipe, corpora, (WHOLE, 0)) if has_whole else {}
    if folds:
        selection = _out_of_fold(read_source(recipe.data[0], recipe, corpora), by_seed, folds)
    else:
        selection = _of_whole(of_whole[DEVELOPMENT], DEVELOPMENT, by_seed)
    final = _of_whole(of_whole[split], split, by_seed) if committed and has_whole else None
    return Gate(path.stem, about, OUT_OF_FOLD if folds else DEVELOPMENT, selection, split, final)


def is_committed(path: Path) -> bool:
    """Whether a file is what its repository's last commit holds."""
    command = ["git", "-C", str(path.resolve().parent), "show", f"HEAD:./{path.name}"]
    try:
        shown = subprocess.run(command, capture_output=True)
    except FileNotFoundError:  # no git here
        return False
    return shown.returncode == 0 and shown.stdout == path.read_bytes()


def _complete(folder: Path, found: Sequence[Run], wanted: set[int]) -> Mapping[int, FoldToRun]:
    """Seed -> fold -> run, of the seeds that have all the wanted folds."""
    seed_to_runs = {run.seed: {r.fold: r for r in found if r.seed == run.seed} for run in found}
    complete = {seed: of for seed, of in sorted(seed_to_runs.items()) if wanted <= set(of)}
    if not complete:
        raise AdetkError(f"{folder}: no seed has all of {max(1, len(wanted))} runs; train the recipe first")
    left_out = sorted(set(seed_to_runs) - set(complete))
    if left_out:
        _log.warning("%s: seeds %s lack runs and are left out", folder.name, ", ".join(map(str, left_out)))
    return complete


def _out_of_fold(documents: Sequence[Document], by_seed: Sequence[FoldToRun], folds: int) -> Sample:
    """All training documents, fold by fold, each as scored by the gate that did not learn from its fold."""
    parts = [[d for d in documents if fold_of(d, folds) == number] for number in range(folds)]
    margins = [
        [m for number, part in enumerate(parts) for m in _margins(of_seed[number], OUT_OF_FOLD, part)]
        for of_seed in by_seed
    ]
    priors = [np.mean([of_seed[number].source_prior for number in range(folds)]) for of_seed in by_seed]
    in_order = [d for part in parts for d in part]
    numbers = np.repeat(np.arange(folds), [len(part) for part in parts])
    return Sample(_labels(in_order), numbers, np.array(margins), np.array(priors), digest(in_order))


def _of_whole(documents: Sequence[Document], name: str, by_seed: Sequence[FoldToRun]) -> Sample:
    margins = [_margins(of_seed[WHOLE], name, documents) for of_seed in by_seed]
    priors = [of_seed[WHOLE].source_prior for of_seed in by_seed]
    parts = np.arange(len(documents)) % DEVELOPMENT_FOLDS
    return Sample(_labels(documents), parts, np.array(margins), np.array(priors), digest(documents))


def _margins(run: Run, name: str, documents: Sequence[Document]) -> tuple[float, ...]:
    if run.scored[name].sha256 != digest(documents):
        raise AdetkError(
            f"{run.recipe}, seed {run.seed}: scored other {name} documents than those that are read now; "
            "read the corpora that it was trained on, or train it again"
        )
    return run.scored[name].margins


def _labels(documents: Sequence[Document]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([d.label == ADE for d in documents], bool)
