"""Train gates with several seeds and folds, and report on them: losses, calibration, ensembles, other streams.

    python scripts/bench_gates.py train RECIPE... --corpora CORPORA --seeds 13 14 15 [--folds 5]
    python scripts/bench_gates.py keep RECIPE PART --corpora CORPORA
    python scripts/bench_gates.py report [RECIPE...] --corpora CORPORA

`train` trains one gate after the other, each on the whole training split and, with `--folds`, on all but a fold, and
keeps numbers only, in results/runs/RECIPE/; what is there is not trained again. `keep` takes a part that `adetk train`
made for a run. `report` reads them and writes
results/gates.json. Everything is chosen on out-of-fold scores (or, without folds, on the development documents), never
on the split that is reported; that split is shown only for a recipe that is committed, and logged.
"""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gate_parts import run_of_part
from gate_report import gates_report
from gate_runs import WHOLE, folds_of, path_of, read_runs, train_run, write_run
from gate_samples import gate_of

from adetk import __version__
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import DRAWS
from adetk.evaluate.runner import LOG, log_scoring
from adetk.recipe import read_recipe

ROOT = Path(__file__).resolve().parents[1]
SHOWN = ("f1", "average_precision", "ece")
_log = logging.getLogger(__name__)


def main() -> int:
    """Parse the command line; train or report."""
    options = _parser().parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    _log.setLevel(logging.INFO)
    try:
        if options.verb == "train":
            train(options.recipes, options.corpora, options.runs, options.seeds, options.folds)
            return 0
        if options.verb == "keep":
            plan = read_recipe(options.recipe)
            path = path_of(options.runs, plan.path.stem, plan.training.seed, WHOLE)
            write_run(run_of_part(plan, options.part, options.corpora, _command()), path)
            return 0
        recipes = options.recipes or _recipes_with_runs(options.runs)
        report = {
            "date": datetime.now(UTC).date().isoformat(),
            "adetk": __version__,
            "command": _command(),
            **report_on(recipes, options.corpora, options.runs, options.draws),
        }
    except AdetkError as error:
        print(f"bench_gates: {error}", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    log_final_scorings(options.log, report["recipes"])
    _print(report["recipes"])
    return 0


def train(recipes: Sequence[Path], corpora: Path, runs: Path, seeds: Sequence[int], folds: int) -> None:
    """Train what is not there yet, whole runs of all recipes first.

    Raises:
        AdetkError: one fold, runs of another version of a recipe or of another number of folds, or bad data.
    """
    if folds == 1:
        raise AdetkError("1 fold; expected two at least, or none")
    plans = [read_recipe(path) for path in recipes]
    for plan in plans:
        if plan.kind != "classify":
            raise AdetkError(f"{plan.path}: is a recipe for {plan.kind}; expected one for classify")
        if folds and folds_of(read_runs(runs, plan.path)) not in (0, folds):
            raise AdetkError(
                f"{runs / plan.path.stem}: has runs of another number of folds than {folds}; remove them"
            )
    for fold in (WHOLE, *range(folds)):
        for plan in plans:
            for seed in seeds:
                path = path_of(runs, plan.path.stem, seed, fold)
                if not path.exists():
                    _log.info("training %s", path)
                    of = 0 if fold == WHOLE else folds
                    write_run(train_run(plan, seed, (fold, of), corpora, _command()), path)


def report_on(recipes: Sequence[Path], corpora: Path, runs: Path, draws: int = DRAWS) -> dict[str, Any]:
    """The report of all recipes, see `gates_report`.

    Raises:
        AdetkError: no runs, runs of another version of a recipe, or other documents than those that were scored.
    """
    return gates_report([gate_of(path, corpora, runs) for path in recipes], draws)


def log_final_scorings(log: Path, recipes: Mapping[str, Mapping[str, Any]]) -> None:
    """Append to the log what each recipe scored on its final split."""
    for name, found in recipes.items():
        if found["split"] in found:
            settings = {
                "task": "classify",
                "corpus": found["corpus"],
                "split": found["split"],
                "recipe": name,
                "recipe_sha256": found["sha256"],
            }
            systems = found[found["split"]].items()
            log_scoring(log, settings, {f"{s}_{k}": v for s, report in systems for k, v in report.items()})


def _recipes_with_runs(runs: Path) -> list[Path]:
    recipes = [ROOT / "recipes" / f"{folder.name}.toml" for folder in sorted(runs.glob("*"))]
    return [path for path in recipes if path.is_file()]


def _print(recipes: Mapping[str, Mapping[str, Any]]) -> None:
    """One line a recipe, sample and system."""
    for name, found in recipes.items():
        print(f"{name}: {len(found['seeds'])} seeds, choices on {found['chosen_on']}")
        for sample in (found["chosen_on"], found["split"]):
            for system, report in found.get(sample, {}).items():
                cells = (
                    f"{k} {report[k]:.3f} [{report[f'{k}_low']:.3f}, {report[f'{k}_high']:.3f}]"
                    for k in SHOWN
                )
                print(f"  {sample:12} {system:13} {'  '.join(cells)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train gates with several seeds and folds; report on them.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    train = verbs.add_parser("train", help="train what is not there yet")
    train.add_argument("recipes", nargs="+", type=Path, metavar="RECIPE")
    train.add_argument("--seeds", nargs="+", type=int, default=[13, 14, 15])
    train.add_argument("--folds", type=int, default=0, help="also leave out each of so many folds")
    keep = verbs.add_parser("keep", help="take a trained part for a run")
    keep.add_argument("recipe", type=Path, metavar="RECIPE")
    keep.add_argument("part", type=Path, metavar="PART")
    report = verbs.add_parser("report", help="write the tables of what was trained")
    report.add_argument("recipes", nargs="*", type=Path, metavar="RECIPE", help="none: all with runs")
    report.add_argument("--draws", type=int, default=DRAWS, help="of the bootstrap")
    report.add_argument("--out", type=Path, default=ROOT / "results" / "gates.json")
    report.add_argument("--log", type=Path, default=ROOT / LOG, help="where scorings of a final split go")
    for verb in (train, keep, report):
        verb.add_argument("--corpora", type=Path, required=True, help="folder of all corpora")
        verb.add_argument("--runs", type=Path, default=ROOT / "results" / "runs")
    return parser


def _command() -> str:
    """What was called, without the places of this machine."""
    shown = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return shlex.join(["python", "scripts/bench_gates.py", *shown])


if __name__ == "__main__":
    sys.exit(main())
