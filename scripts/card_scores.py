"""Add to a bundle's model card what it scored on public corpora, from results/quality.

    python scripts/card_scores.py bundle

The bundle is scored first, by `bench_quality.py`. Nothing but the card, its sum and the date changes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import SHORT, parts_asked
from gate_tables import figure, markdown
from make_results import ROOT, TASK_TO_FIGURES, TASK_TO_TITLE, where

from adetk.bundle import CARD, Manifest, read_manifest, write_manifest
from adetk.errors import AdetkError

TITLE = "\n## Scores on public corpora\n"
Report = Mapping[str, Any]


def main() -> int:
    """Parse the command line; write the card."""
    parser = argparse.ArgumentParser(description="Write a bundle's scores on public corpora into its card.")
    parser.add_argument("bundle", type=Path, help="a bundle that bench_quality.py has scored")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args()
    try:
        write_scores(options.bundle, options.results)
    except AdetkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_scores(bundle: Path, results: Path) -> None:
    """Write the card with its scores, and the manifest anew.

    Raises:
        AdetkError: no bundle there, or nothing in the results is of it.
    """
    manifest = read_manifest(bundle, "bundle")
    card = (bundle / CARD).read_text(encoding="utf-8").partition(TITLE)[0]
    made_of = manifest.model_fingerprint[:SHORT]
    reports = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("quality/*.json"))
    ]
    tables = [table for task in TASK_TO_TITLE if (table := task_table(task, reports, manifest))]
    if not tables:
        raise AdetkError(
            f"{results}: no system there is this bundle ({made_of}); score it first, with scripts/bench_quality.py"
        )
    made = f"Measured by `scripts/bench_quality.py`, with 95 % intervals; nothing was chosen by them ({made_of}).\n"
    (bundle / CARD).write_text("\n".join([card + TITLE, made, *tables]), encoding="utf-8")
    write_manifest(bundle, "bundle", dict(manifest.settings))


def task_table(task: str, reports: Sequence[Report], manifest: Manifest) -> str:
    """The figures of a bundle's parts in a task; empty where there are none."""
    found = [
        (report, system)
        for report in reports
        if report["task"] == task
        for system in report["systems"]
        if set(system.get("bundle", "").split(", ")) == {scored_as(report, manifest)}
    ]
    figures = {key: name for key, name in TASK_TO_FIGURES[task].items() if any(key in s for _, s in found)}
    rows = [
        [where(report), *(figure(system, key) for key in figures), str(system["n"])]
        for report, system in found
    ]
    title = f"**{TASK_TO_TITLE[task]}**\n\n"
    return title + markdown(["scored", *figures.values(), "n"], rows) if rows else ""


def scored_as(report: Report, manifest: Manifest) -> str:
    """How results name a bundle whose parts they were made by."""
    return manifest.fingerprint_of(*parts_asked(report["task"], report.get("gate", "")))[:SHORT]


if __name__ == "__main__":
    sys.exit(main())
