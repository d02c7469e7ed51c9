"""What the command lines of `bench_gates.py` and `bench_spans.py` have in common: options, logs, lines."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adetk import __version__
from adetk.evaluate.bootstrap import DRAWS
from adetk.evaluate.runner import LOG, log_scoring

ROOT = Path(__file__).resolve().parents[1]
Recipes = Mapping[str, Mapping[str, Any]]
"""Name of a recipe -> what a report holds of it."""


def add_train(verbs: Any) -> None:
    """`train RECIPE... --seeds SEED... [--folds N]`."""
    train = verbs.add_parser("train", help="train what is not there yet")
    train.add_argument("recipes", nargs="+", type=Path, metavar="RECIPE")
    train.add_argument("--seeds", nargs="+", type=int, default=[13, 14, 15])
    train.add_argument("--folds", type=int, default=0, help="also leave out each of so many folds")
    add_places(train)


def add_keep(verbs: Any) -> None:
    """`keep RECIPE PART`."""
    keep = verbs.add_parser("keep", help="take a trained part for a run")
    keep.add_argument("recipe", type=Path, metavar="RECIPE")
    keep.add_argument("part", type=Path, metavar="PART")
    add_places(keep)


def add_report(verbs: Any, out: str) -> argparse.ArgumentParser:
    """`report [RECIPE...]`, and its parser; `out`: name of the file in results/ that it writes."""
    report = verbs.add_parser("report", help="write the tables of what was trained")
    report.add_argument("recipes", nargs="*", type=Path, metavar="RECIPE", help="none: all with runs")
    report.add_argument("--draws", type=int, default=DRAWS, help="of the bootstrap")
    report.add_argument("--out", type=Path, default=ROOT / "results" / out)
    report.add_argument("--log", type=Path, default=ROOT / LOG, help="where scorings of a final split go")
    add_places(report)
    return report


def add_places(verb: argparse.ArgumentParser) -> None:
    """`--corpora` and `--runs`."""
    verb.add_argument("--corpora", type=Path, required=True, help="folder of all corpora")
    verb.add_argument("--runs", type=Path, default=ROOT / "results" / "runs")


def shown_command(script: str) -> str:
    """What was called, without the places of this machine."""
    shown = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return shlex.join(["python", f"scripts/{script}.py", *shown])


def with_kept(found: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """A report of some recipes, and what `out` holds of the others and of their pairs."""
    before = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {"recipes": {}, "pairs": []}
    new = set(found["recipes"])
    pairs = [pair for pair in before["pairs"] if not {pair["first"], pair["second"]} <= new]
    return {
        "recipes": {**before["recipes"], **found["recipes"]},
        "pairs": [*pairs, *found["pairs"]],
    }


def write_report(report: Mapping[str, Any], command: str, out: Path) -> None:
    """Write a report, with when and by what it was made."""
    made = {"date": datetime.now(UTC).date().isoformat(), "adetk": __version__, "command": command}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({**made, **report}, indent=1) + "\n", encoding="utf-8")


def log_final_scorings(log: Path, task: str, recipes: Recipes) -> None:
    """Append to the log what each recipe scored on its final split."""
    for name, found in recipes.items():
        if found["split"] in found:
            settings = {
                "task": task,
                "corpus": found["corpus"],
                "split": found["split"],
                "recipe": name,
                "recipe_sha256": found["sha256"],
            }
            systems = found[found["split"]].items()
            log_scoring(log, settings, {f"{s}_{k}": v for s, report in systems for k, v in report.items()})


def shown_lines(recipes: Recipes, figures: Sequence[str]) -> Iterator[str]:
    """One line a recipe, and one for each of its samples and systems."""
    for name, found in recipes.items():
        yield f"{name}: {len(found['seeds'])} seeds, choices on {found['chosen_on']}"
        for sample in (found["chosen_on"], found["split"]):
            for system, report in found.get(sample, {}).items():
                cells = (
                    f"{k} {report[k]:.3f} [{report[f'{k}_low']:.3f}, {report[f'{k}_high']:.3f}]"
                    for k in figures
                    if k in report
                )
                yield f"  {sample:12} {system:13} {'  '.join(cells)}"
