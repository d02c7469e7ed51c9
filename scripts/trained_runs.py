"""Trainings of a recipe, kept as numbers: what `bench_gates.py` and `bench_spans.py` train and read.

A run is a JSON file of what one training says of documents, in the order of the corpus, without ids and without
text; a sum over ids and answers says which documents they are. So tables, and whatever else is made of several
trainings, need no training.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from adetk import __version__
from adetk.errors import AdetkError
from adetk.runtime import runtime_name

WHOLE = -1
"""The fold of a run that learnt from the whole training split."""


@dataclass(frozen=True)
class Scored:
    """Documents as one training saw them; `sha256` is a sum over them and their answers."""

    sha256: str


SomeScored = TypeVar("SomeScored", bound=Scored)


@dataclass(frozen=True)
class Run(Generic[SomeScored]):
    """One training.

    Attributes:
        recipe: the recipe's name.
        sha256: of the recipe's file.
        seed: of the training.
        fold: the one that was left out; `WHOLE` = none.
        folds: how many there are; 0 for a whole run.
        scored: what was scored -> what was said. Of a fold: `out_of_fold`; of a whole run: `development`, and the
            final split by its own name.
        made: date, command, version, what the network ran in, and seconds.
    """

    recipe: str
    sha256: str
    seed: int
    fold: int
    folds: int
    scored: Mapping[str, SomeScored]
    made: Mapping[str, Any]


SomeRun = TypeVar("SomeRun", bound=Run[Any])
OfTable = Callable[[dict[str, Any]], SomeRun]
"""From what the JSON file holds to the run; raises ValueError, KeyError or TypeError where it holds no run."""


def path_of(runs: Path, recipe: str, seed: int, fold: int) -> Path:
    """Where a run lies."""
    return runs / recipe / f"seed-{seed}-{'whole' if fold == WHOLE else f'fold-{fold}'}.json"


def write_run(run: Run[Any], path: Path) -> None:
    """Write a run; it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(run)) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_runs(runs: Path, recipe: Path, of_table: OfTable[SomeRun]) -> list[SomeRun]:
    """The runs of a recipe, all of the recipe as it now is.

    Raises:
        AdetkError: a file that is no run, or a run of another version of the recipe.
    """
    found = [_read_run(path, of_table) for path in sorted((runs / recipe.stem).glob("seed-*.json"))]
    for run in found:
        if run.sha256 != digest_of(recipe):
            raise AdetkError(
                f"{path_of(runs, run.recipe, run.seed, run.fold)}: is of another version of {recipe.name}; remove "
                f"{runs / recipe.stem} and train again, or take the recipe back to what it was"
            )
    return found


def any_run(table: Mapping[str, Any]) -> Run[Any]:
    """A run by what all kinds of runs have: an `OfTable`."""
    return Run(**{field.name: table[field.name] for field in fields(Run)})


def _read_run(path: Path, of_table: OfTable[SomeRun]) -> SomeRun:
    try:
        return of_table(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise AdetkError(f"{path}: not a run ({error}); remove it and train again") from error


def folds_of(runs: Sequence[Run[Any]]) -> int:
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


def scored_in(run: Run[SomeScored], name: str, sha256: str) -> SomeScored:
    """What a run says of the documents under `name`.

    Raises:
        AdetkError: they are not the documents of this sum.
    """
    if run.scored[name].sha256 != sha256:
        raise AdetkError(
            f"{run.recipe}, seed {run.seed}: scored other {name} documents than those that are read now; "
            "read the corpora that it was trained on, or train it again"
        )
    return run.scored[name]


def how_made(command: str, seconds: int) -> dict[str, Any]:
    """What `Run.made` holds."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "adetk": __version__,
        "runtime": runtime_name(),
        "seconds": seconds,
    }


def digest_of(path: Path) -> str:
    """Sum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_committed(path: Path) -> bool:
    """Whether a file is what its repository's last commit holds."""
    command = ["git", "-C", str(path.resolve().parent), "show", f"HEAD:./{path.name}"]
    try:
        shown = subprocess.run(command, capture_output=True)
    except FileNotFoundError:  # no git here
        return False
    return shown.returncode == 0 and shown.stdout == path.read_bytes()
