"""All runs of a recipe together: train those that are not there, read those of the seeds that have all."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from run_data import DEVELOPMENT, OUT_OF_FOLD, documents_of, final_split
from trained_runs import (
    WHOLE,
    OfTable,
    Run,
    SomeRun,
    any_run,
    digest_of,
    folds_of,
    is_committed,
    path_of,
    read_runs,
    write_run,
)

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.recipe import Recipe, read_recipe, read_source

TrainRun = Callable[[Recipe, int, tuple[int, int], Path], Run[Any]]
WORK = ".work"
"""Ends the name of the folder that a run is trained in; git ignores it, as it can hold texts of a corpus."""
"""From a recipe, a seed, and the fold to leave out of how many (`WHOLE`, 0 = none) to the run."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecipeRuns(Generic[SomeRun]):
    """The runs of one recipe.

    Attributes:
        recipe: as it now is.
        seed_to_runs: seed -> fold -> run; every seed has the same folds.
        folds: how many; 0 = nothing was held out but the development documents.
        split: name of the split that is scored in the end.
        is_committed: whether the recipe's file is; if not, that split stays out of sight.
    """

    recipe: Recipe
    seed_to_runs: Mapping[int, Mapping[int, SomeRun]]
    folds: int
    split: str
    is_committed: bool

    @property
    def by_seed(self) -> list[Mapping[int, SomeRun]]:
        """The runs of each seed, by fold."""
        return list(self.seed_to_runs.values())

    @property
    def has_whole(self) -> bool:
        """Whether there are runs that learnt from the whole training split."""
        return all(WHOLE in runs for runs in self.by_seed)

    @property
    def chosen_on(self) -> str:
        """`out_of_fold`, or `development` where no fold was trained."""
        return OUT_OF_FOLD if self.folds else DEVELOPMENT

    def about(self) -> dict[str, Any]:
        """What a report says of the recipe beside its figures."""
        return {
            "sha256": digest_of(self.recipe.path),
            "seeds": list(self.seed_to_runs),
            "folds": self.folds,
            "corpus": self.recipe.data[0].corpus,
            "split": self.split,
            "committed": self.is_committed,
            "training_seconds": sum(run.made["seconds"] for runs in self.by_seed for run in runs.values()),
        }


SomeSample = TypeVar("SomeSample")


@dataclass(frozen=True)
class Samples(Generic[SomeSample]):
    """The documents that the runs of one recipe scored, as its trainings saw them.

    Attributes:
        name: of the recipe.
        about: what else the report says of it.
        chosen_on: `out_of_fold`, or `development` where no fold was trained.
        selection: the documents that choices are made on.
        final_split: name of the split that is scored in the end.
        final: its documents; None = not trained on the whole, or the recipe is not committed.
        development: the development documents where choices are made out of fold, to compare with recipes that have no
            folds; else None.
    """

    name: str
    about: Mapping[str, Any]
    chosen_on: str
    selection: SomeSample
    final_split: str
    final: SomeSample | None
    development: SomeSample | None = None


def samples_of(
    found: RecipeRuns[SomeRun],
    recipe: Recipe,
    corpora: Path,
    out_of_fold: Callable[[Sequence[Document], Sequence[Mapping[int, SomeRun]], int], SomeSample],
    of_whole: Callable[[Sequence[Document], str, Sequence[Mapping[int, SomeRun]]], SomeSample],
) -> Samples[SomeSample]:
    """The runs of a recipe beside its gold documents.

    Args:
        found: the runs.
        recipe: what is read of the corpora; `found.recipe`, or what is scored of it.
        corpora: folder of all corpora.
        out_of_fold: from all training documents, the runs and the number of folds to a sample.
        of_whole: from documents, the name that they were scored under, and the runs to a sample.

    Raises:
        AdetkError: other documents than those that were scored.
    """
    name_to_documents = documents_of(recipe, corpora, (WHOLE, 0)) if found.has_whole else {}

    def whole(name: str) -> SomeSample:
        return of_whole(name_to_documents[name], name, found.by_seed)

    if found.folds:
        documents = read_source(recipe.data[0], recipe, corpora)
        selection = out_of_fold(documents, found.by_seed, found.folds)
    else:
        selection = whole(DEVELOPMENT)
    final = whole(found.split) if found.is_committed and found.has_whole else None
    development = whole(DEVELOPMENT) if found.folds and DEVELOPMENT in name_to_documents else None
    about = found.about()
    return Samples(recipe.path.stem, about, found.chosen_on, selection, found.split, final, development)


def runs_of(
    path: Path, runs: Path, of_table: OfTable[SomeRun], without_folds: bool = False
) -> RecipeRuns[SomeRun]:
    """The runs of a recipe; seeds that lack runs that others have are left out.

    Args:
        path: of the recipe.
        runs: folder of all runs.
        of_table: from JSON to a run.
        without_folds: whole runs only, so that seeds without folds count and choices are made on development documents.

    Raises:
        AdetkError: no runs, or runs of another version of the recipe.
    """
    recipe = read_recipe(path)
    found = [run for run in read_runs(runs, path, of_table) if run.fold == WHOLE or not without_folds]
    folds, split = folds_of(found), final_split(recipe)
    has_whole = any(run.fold == WHOLE for run in found)
    complete = _complete(runs / path.stem, found, {*range(folds), *([WHOLE] if has_whole else [])})
    committed = is_committed(path)
    if not committed:
        _log.warning("%s: not as committed, so its %s is left out; commit it first", path.name, split)
    return RecipeRuns(recipe, complete, folds, split, committed)


def recipes_with_runs(recipes: Path, runs: Path, kind: str) -> list[Path]:
    """The recipes for `kind` that have a folder of runs, by name."""
    paths = (recipes / f"{folder.name}.toml" for folder in sorted(runs.glob("*")))
    return [path for path in paths if path.is_file() and read_recipe(path).kind == kind]


def recipes_for(kind: str, paths: Sequence[Path]) -> list[Recipe]:
    """Read recipes.

    Raises:
        AdetkError: one is for something else than `kind`.
    """
    recipes = [read_recipe(path) for path in paths]
    for recipe in recipes:
        if recipe.kind != kind:
            raise AdetkError(f"{recipe.path}: is a recipe for {recipe.kind}; expected one for {kind}")
    return recipes


def train_missing(
    recipes: Sequence[Recipe], seeds: Sequence[int], folds: int, runs: Path, train_run: TrainRun
) -> None:
    """Train what is not there yet, whole runs of all recipes first.

    A run is trained in a folder beside its file, which stays if it is cut off: the next call goes on from its last
    checkpoint.

    Raises:
        AdetkError: one fold, runs of another version of a recipe or of another number of folds, or bad data.
    """
    if folds == 1:
        raise AdetkError("1 fold; expected two at least, or none")
    for recipe in recipes:
        if folds and folds_of(read_runs(runs, recipe.path, any_run)) not in (0, folds):
            raise AdetkError(
                f"{runs / recipe.path.stem}: has runs of another number of folds than {folds}; remove them"
            )
    for fold in (WHOLE, *range(folds)):
        for recipe in recipes:
            for seed in seeds:
                path = path_of(runs, recipe.path.stem, seed, fold)
                if not path.exists():
                    _log.info("training %s", path)
                    work = path.with_suffix(WORK)
                    work.mkdir(parents=True, exist_ok=True)
                    write_run(train_run(recipe, seed, (fold, 0 if fold == WHOLE else folds), work), path)
                    shutil.rmtree(work)


def _complete(
    folder: Path, found: Sequence[SomeRun], wanted: set[int]
) -> Mapping[int, Mapping[int, SomeRun]]:
    """Seed -> fold -> run, of the seeds that have all the wanted folds."""
    seed_to_runs = {run.seed: {r.fold: r for r in found if r.seed == run.seed} for run in found}
    complete = {seed: of for seed, of in sorted(seed_to_runs.items()) if wanted <= set(of)}
    if not complete:
        raise AdetkError(f"{folder}: no seed has all of {max(1, len(wanted))} runs; train the recipe first")
    left_out = sorted(set(seed_to_runs) - set(complete))
    if left_out:
        _log.warning("%s: seeds %s lack runs and are left out", folder.name, ", ".join(map(str, left_out)))
    return complete
