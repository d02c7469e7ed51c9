"""Has a new default bundle lost something? Score the posts that no recipe learns from, against the last release.

    python scripts/check_kept_apart.py            exit status 1 when a figure has fallen by more than .02
    python scripts/check_kept_apart.py --write    the figures of this bundle are what the next one is held to

The posts (corpora/written/pass_b) were written like the training posts: what they tell is whether something broke, not
how good adetk is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bench_options import ROOT, shown_command, write_report

from adetk.bundle import read_manifest
from adetk.data import default_bundle_folder
from adetk.errors import AdetkError
from adetk.evaluate.runner import evaluate
from adetk.pipeline import Pipeline
from adetk.readers import read_jsonl

POSTS = ROOT / "corpora" / "written" / "pass_b.jsonl"
GATE_TASK_AND_FIGURE = (
    ("model", "classify", "average_precision"),
    ("oracle", "extract", "strict_f1"),
    ("oracle", "extract", "relaxed_f1"),
    ("model", "normalize", "accuracy_at_1"),
    ("oracle", "run", "end_to_end_relaxed_f1"),
)
"""None of them depends on a threshold of the gate: the posts hold more ADE than the stream that it is for."""
TOLERANCE = 0.02


def main() -> int:
    """Parse the command line; score, compare, or write."""
    parser = argparse.ArgumentParser(description="Score the posts that no recipe learns from.")
    parser.add_argument(
        "--bundle", type=Path, default=default_bundle_folder(), help="none: the default bundle"
    )
    parser.add_argument("--write", action="store_true", help="hold the next bundle to these figures")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "kept_apart.json")
    options = parser.parse_args()
    try:
        found = scored(options.bundle)
        made_of = read_manifest(options.bundle, "bundle").model_fingerprint[:12]
    except AdetkError as error:
        print(error, file=sys.stderr)
        return 1
    before = json.loads(options.out.read_text(encoding="utf-8")) if options.out.is_file() else {}
    for name, value in found.items():
        was = f" (was {before[name]:.3f})" if name in before else ""
        print(f"{name} {value:.3f}{was}")
    if options.write:
        write_report({"bundle": made_of, **found}, shown_command("check_kept_apart"), options.out)
        return 0
    return report_lost(lost(before, found))


def scored(bundle: Path) -> dict[str, float]:
    """The figures of a bundle, in CTCAE.

    Raises:
        AdetkError: no bundle there, or a damaged one.
    """
    gold = list(read_jsonl(POSTS))
    gates = dict.fromkeys(gate for gate, _, _ in GATE_TASK_AND_FIGURE)
    pipelines = {gate: Pipeline.from_pretrained(bundle, "ctcae", gate) for gate in gates}
    asked = dict.fromkeys((gate, task) for gate, task, _ in GATE_TASK_AND_FIGURE)
    reports = {(gate, task): evaluate(task, pipelines[gate], gold) for gate, task in asked}
    return {f"{task}_{figure}": reports[gate, task][figure] for gate, task, figure in GATE_TASK_AND_FIGURE}


def lost(before: Mapping[str, float], found: Mapping[str, float]) -> list[str]:
    """The figures that have fallen by more than `TOLERANCE`."""
    return [name for name, value in found.items() if name in before and value < before[name] - TOLERANCE]


def report_lost(names: list[str]) -> int:
    """The exit status; names what has fallen."""
    if names:
        print(f"fallen by more than {TOLERANCE}: {', '.join(names)}", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
