"""Train taggers with several seeds and folds, and report on them: dictionaries, schemes, further corpora.

    python scripts/bench_spans.py train RECIPE... --corpora CORPORA --seeds 13 14 15 [--folds 5]
    python scripts/bench_spans.py keep RECIPE PART --corpora CORPORA
    python scripts/bench_spans.py report [RECIPE...] --corpora CORPORA

`train` trains one tagger after the other, each on the whole training split and, with `--folds`, on all but a fold, and
keeps the spans that each finds, as numbers, in results/runs/RECIPE/; what is there is not trained again, and what was
cut off goes on from its last checkpoint. `keep` takes a part that `adetk train` made for the whole run of its seed.
What is scored is of the recipe's first corpus: the held-out fold, or the development documents and the final split.
`report` reads the runs and writes results/spans.json: figures behind the oracle gate and without a gate, of the
tagger's own spans; of named recipes, it leaves what that file says of the others. Gold that is negated or hypothetical
counts like the rest (for flags see bench_assertion.py). A final split is shown only for a recipe that is committed, and
logged.
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
from kept_parts import span_run_of
from recipe_runs import recipes_for, recipes_with_runs, train_missing
from span_report import DISCONTINUOUS, spans_report
from span_runs import train_run
from span_samples import taggings_of
from trained_runs import WHOLE, Run, path_of, write_run

from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import DRAWS
from adetk.recipe import Recipe

SHOWN = ("strict_f1", "relaxed_f1", DISCONTINUOUS)


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
        print(f"bench_spans: {error}", file=sys.stderr)
        return 1
    return 0


def train(recipes: Sequence[Path], corpora: Path, runs: Path, seeds: Sequence[int], folds: int) -> None:
    """Train what is not there yet, whole runs of all recipes first.

    Raises:
        AdetkError: one fold, runs of another version of a recipe or of another number of folds, or bad data.
    """
    plans, command = recipes_for("extract", recipes), shown_command("bench_spans")

    def run(plan: Recipe, seed: int, fold: tuple[int, int], work: Path) -> Run[Any]:
        return train_run(plan, seed, fold, corpora, command, work)

    train_missing(plans, seeds, folds, runs, run)


def keep(recipe: Path, part: Path, corpora: Path, runs: Path) -> None:
    """Take a part that `adetk train` made for the whole run of its seed.

    Raises:
        AdetkError: the part is of another recipe or of another version of it.
    """
    (plan,) = recipes_for("extract", [recipe])
    path = path_of(runs, plan.path.stem, plan.training.seed, WHOLE)
    write_run(span_run_of(plan, part, corpora, shown_command("bench_spans")), path)


def report(options: argparse.Namespace) -> None:
    """Write the report of all recipes, log what it shows of final splits, and print it.

    Raises:
        AdetkError: as `report_on`.
    """
    paths = options.recipes or recipes_with_runs(ROOT / "recipes", options.runs, "extract")
    found = report_on(paths, options.corpora, options.runs, options.draws)
    write_report(
        with_kept(found, options.out) if options.recipes else found, shown_command("bench_spans"), options.out
    )
    log_final_scorings(options.log, "extract", found["recipes"])
    print("\n".join(shown_lines(found["recipes"], SHOWN)))


def report_on(recipes: Sequence[Path], corpora: Path, runs: Path, draws: int = DRAWS) -> dict[str, Any]:
    """The report of all recipes, see `spans_report`.

    Raises:
        AdetkError: no runs, runs of another version of a recipe, or other documents than those that were scored.
    """
    return spans_report([taggings_of(path, corpora, runs) for path in recipes], draws)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Train taggers with several seeds and folds; report on them."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    add_train(verbs)
    add_keep(verbs)
    add_report(verbs, "spans.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
