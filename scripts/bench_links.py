"""What each arm of the linker is worth, alone and by the published rule, and how much hangs on tau; gold spans given.

    python scripts/bench_links.py --corpora CORPORA --bundles BUNDLES --terminology MEDASCII

Each recipe's bundle (BUNDLES as for `bench_quality.py`) is scored once on the split of its corpus that it is reported
on, all arms on the same draws, and logged; results/links.json holds the figures. No bundle's tau was chosen here: each
brings its own, from development mentions.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from bench_options import ROOT, shown_command, write_report

from adetk.errors import AdetkError
from adetk.evaluate.ablation import ablate_linker
from adetk.evaluate.runner import LOG, log_scoring
from adetk.pipeline import Pipeline
from adetk.readers import read_corpus


@dataclass(frozen=True)
class Scored:
    """A bundle, and what its linker is looked at on."""

    bundle: str
    corpus: str
    split: str


SCORED = (
    Scored("smm4h2022", "smm4h2022", "valid"),
    Scored("smm4h2017_large", "smm4h2017", "refined"),
    Scored("cadec", "cadec", "test"),
    Scored("tac2017", "tac2017", "test"),
)


def main() -> int:
    """Parse the command line; score, log and write."""
    parser = argparse.ArgumentParser(description="Score each arm of the linker, and the curve over tau.")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of all corpora")
    parser.add_argument("--bundles", type=Path, default=ROOT / "bundles", help="the recipes' bundles")
    parser.add_argument("--terminology", type=Path, required=True, help="a MedDRA folder")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "links.json")
    parser.add_argument("--log", type=Path, default=ROOT / LOG, help="where scorings are appended")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        there = [scored for scored in SCORED if (options.bundles / scored.bundle).is_dir()]
        for scored in SCORED:
            if there and scored not in there:
                print(f"no bundle {options.bundles / scored.bundle}, it is left out", file=sys.stderr)
        found = [report_of(scored, options) for scored in there]
        if not found:
            raise AdetkError(
                f"{options.bundles}: none of {', '.join(s.bundle for s in SCORED)}; name the bundles' folder"
            )
    except AdetkError as error:
        print(f"bench_links: {error}", file=sys.stderr)
        return 1
    write_report({"linkers": found}, shown_command("bench_links"), options.out)
    return 0


def report_of(scored: Scored, options: argparse.Namespace) -> dict[str, Any]:
    """The rows of one bundle, by ablation and variant."""
    pipeline = Pipeline.from_pretrained(options.bundles / scored.bundle, options.terminology)
    gold = sorted(read_corpus(scored.corpus, scored.split, options.corpora), key=lambda d: d.id)
    rows = ablate_linker(pipeline, gold)
    settings = {
        "corpus": scored.corpus,
        "split": scored.split,
        "bundle_name": scored.bundle,
        "bundle": pipeline.manifest.fingerprint,
        "terminology": pipeline.terminology.label,
    }
    own = pipeline.linker.settings
    report: dict[str, Any] = {**settings, "tau_of_bundle": own.tau, "is_fused": own.is_fused}
    for ablation, variants in groupby(rows, lambda row: row.ablation):
        report[ablation] = {row.variant: row.report for row in variants}
        figures = {f"{v}_{k}": value for v, shown in report[ablation].items() for k, value in shown.items()}
        log_scoring(options.log, {"task": f"ablate {ablation}", **settings}, figures)
        for variant, shown in report[ablation].items():
            print(f"{scored.bundle} {ablation} {variant}: accuracy_at_1 {shown['accuracy_at_1']:.3f}")
    return report


if __name__ == "__main__":
    sys.exit(main())
