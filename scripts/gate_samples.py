"""From the runs of a recipe and the gold labels to the samples that `bench_gates.py` reports on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from gate_report import Gate
from gate_runs import GateRun, digest, gate_run
from gate_systems import Sample
from recipe_runs import runs_of, samples_of
from run_data import OUT_OF_FOLD, by_fold
from trained_runs import WHOLE, digest_of, is_committed, scored_in

from adetk.document import ADE, Document
from adetk.errors import AdetkError
from adetk.toml import read_toml

_log = logging.getLogger(__name__)
DEVELOPMENT_FOLDS = 5
"""Into so many parts the development documents are cut, where nothing else was held out."""
FoldToRun = Mapping[int, GateRun]


def gate_of(path: Path, corpora: Path, runs: Path, without_folds: bool = False) -> Gate:
    """The runs of a recipe, beside the gold labels; seeds that lack runs that others have are left out.

    Args:
        path: of the recipe.
        corpora: folder of all corpora.
        runs: folder of all runs.
        without_folds: see `runs_of`.

    Raises:
        AdetkError: no runs, runs of another version of the recipe, or other documents than those that were scored.
    """
    found = runs_of(path, runs, gate_run, without_folds)
    return samples_of(found, found.recipe, corpora, _out_of_fold, _of_whole)


def pools_of(path: Path, gates: Sequence[Gate]) -> list[Gate]:
    """The ensembles that a file names, of those gates that are there; one that lacks a recipe is left out.

    Args:
        path: TOML, a table of `recipes` by name of an ensemble; it need not be there.
        gates: of single recipes.

    Raises:
        AdetkError: no TOML, no `recipes`, a name that is taken, or gates that saw other documents than each other.
    """
    if not path.is_file():
        return []
    name_to_gate = {gate.name: gate for gate in gates}
    pools = []
    for name, table in read_toml(path).items():
        recipes = table.get("recipes", []) if isinstance(table, dict) else []
        if len(set(recipes)) < max(2, len(recipes)) or name in name_to_gate:
            raise AdetkError(
                f"{path}: {name} has recipes {recipes!r}; expected two or more, each once, and a name of its own"
            )
        absent = [recipe for recipe in recipes if recipe not in name_to_gate]
        if absent:
            _log.warning("%s: %s is left out, there is no run of %s", path, name, ", ".join(absent))
        else:
            pools.append(_pool(name, [name_to_gate[recipe] for recipe in recipes], path))
    return pools


def _pool(name: str, gates: Sequence[Gate], path: Path) -> Gate:
    """All members of some gates as one gate's; the final split counts if the ensemble was committed before."""
    first = gates[0]
    finals = [gate.final for gate in gates if gate.final is not None]
    if len({gate.selection.sha256 for gate in gates}) > 1 or len({final.sha256 for final in finals}) > 1:
        raise AdetkError(f"{path}: the recipes of {name} saw other documents; expected the same")
    about = {
        **first.about,
        "sha256": digest_of(path),
        "recipes": [gate.name for gate in gates],
        "seeds": [seed for gate in gates for seed in gate.about["seeds"]],
        "committed": is_committed(path),
        "training_seconds": sum(gate.about["training_seconds"] for gate in gates),
    }
    final = _joined(finals) if is_committed(path) and len(finals) == len(gates) else None
    selection = _joined([gate.selection for gate in gates])
    return Gate(name, about, first.chosen_on, selection, first.final_split, final)


def _joined(samples: Sequence[Sample]) -> Sample:
    margins = np.concatenate([sample.margins for sample in samples])
    priors = np.concatenate([sample.priors for sample in samples])
    return replace(samples[0], margins=margins, priors=priors)


def _out_of_fold(documents: Sequence[Document], by_seed: Sequence[FoldToRun], folds: int) -> Sample:
    """All training documents, fold by fold, each as scored by the gate that did not learn from its fold."""
    parts = by_fold(documents, folds)
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


def _margins(run: GateRun, name: str, documents: Sequence[Document]) -> tuple[float, ...]:
    return scored_in(run, name, digest(documents)).margins


def _labels(documents: Sequence[Document]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([d.label == ADE for d in documents], bool)
