"""Train gates with several seeds and folds, and report on them: losses, calibration, ensembles, other streams.

    python scripts/bench_gates.py train RECIPE... --corpora CORPORA --seeds 13 14 15 [--folds 5]
    python scripts/bench_gates.py keep RECIPE PART --corpora CORPORA
    python scripts/bench_gates.py report [RECIPE...] --corpora CORPORA [--without-folds]

`train` trains one gate after the other, each on the whole training split and, with `--folds`, on all but a fold, and
keeps numbers only, in results/runs/RECIPE/; what is there is not trained again, and what was cut off goes on from its
last checkpoint. `keep` takes a part that `adetk train` made for a run. `report` reads them and writes
results/gates.json; of named recipes, it leaves what that file says of the others. Everything is chosen on out-of-fold
scores (or, without folds, on the development documents), never on the split that is reported; that split is shown only
for a recipe that is committed, and logged.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_options import (
    ROOT,
    add_keep,
    add_report,
    add_train,
    log_final_scorings,
    shown_command,
    shown_lines,
    with_kept,
    write_report,
)
from gate_report import gates_report
from gate_runs import train_run
from gate_samples import gate_of, pools_of
from kept_parts import gate_run_of
from recipe_runs import recipes_for, recipes_with_runs, train_missing
from trained_runs import WHOLE, Run, path_of, write_run

from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import DRAWS
from adetk.recipe import Recipe, read_recipe

POOLS = ROOT / "results" / "ensembles.toml"
SHOWN = ("f1", "average_precision", "ece")


def main() -> int:
    """Parse the command line; train or report."""
    options = _parser().parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("recipe_runs").setLevel(logging.INFO)
    try:
        if options.verb == "train":
            train(options.recipes, options.corpora, options.runs, options.seeds, options.folds)
        elif options.verb == "keep":
            keep(options.recipe, options.part, options.corpora, options.runs)
        else:
            report(options)
    except AdetkError as error:
        print(f"bench_gates: {error}", file=sys.stderr)
        return 1
    return 0


def train(recipes: Sequence[Path], corpora: Path, runs: Path, seeds: Sequence[int], folds: int) -> None:
    """Train what is not there yet, whole runs of all recipes first.

    Raises:
        AdetkError: one fold, runs of another version of a recipe or of another number of folds, or bad data.
    """
    plans, command = recipes_for("classify", recipes), _command()

    def run(plan: Recipe, seed: int, fold: tuple[int, int], work: Path) -> Run[Any]:
        return train_run(plan, seed, fold, corpora, command, work)

    train_missing(plans, seeds, folds, runs, run)


def keep(recipe: Path, part: Path, corpora: Path, runs: Path) -> None:
    """Take a part that `adetk train` made for the whole run of its seed.

    Raises:
        AdetkError: the part is of another recipe or of another version of it.
    """
    plan = read_recipe(recipe)
    path = path_of(runs, plan.path.stem, plan.training.seed, WHOLE)
    write_run(gate_run_of(plan, part, corpora, _command()), path)


def report(options: argparse.Namespace) -> None:
    """Write the report of all recipes, log what it shows of final splits, and print it.

    Raises:
        AdetkError: as `report_on`.
    """
    paths = options.recipes or recipes_with_runs(ROOT / "recipes", options.runs, "classify")
    found = report_on(
        paths, options.corpora, options.runs, options.draws, without_folds=options.without_folds
    )
    write_report(with_kept(found, options.out) if options.recipes else found, _command(), options.out)
    log_final_scorings(options.log, "classify", found["recipes"])
    print("\n".join(shown_lines(found["recipes"], SHOWN)))


def report_on(
    recipes: Sequence[Path],
    corpora: Path,
    runs: Path,
    draws: int = DRAWS,
    pools: Path = POOLS,
    without_folds: bool = False,
) -> dict[str, Any]:
    """The report of all recipes, and of the ensembles over them, see `gates_report`.

    Raises:
        AdetkError: no runs, runs of another version of a recipe, or other documents than those that were scored.
    """
    gates = [gate_of(path, corpora, runs, without_folds) for path in recipes]
    return gates_report([*gates, *pools_of(pools, gates)], draws)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train gates with several seeds and folds; report on them.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    add_train(verbs)
    add_keep(verbs)
    report = add_report(verbs, "gates.json")
    report.add_argument(
        "--without-folds",
        action="store_true",
        help="choose on development posts though there are folds, so that seeds without folds count, too",
    )
    return parser


def _command() -> str:
    return shown_command("bench_gates")


if __name__ == "__main__":
    sys.exit(main())
