"""What it is worth to read a stream's posts at its own share of ADE posts, or at those of the drugs that they name.

    python scripts/bench_priors.py --corpora CORPORA [--bundles BUNDLES]

smm4h2022's valid is scored and logged. Shares are estimated by each gate itself, from the unlabelled tweets of the test
split and, by the default bundle, which did not learn from them, from the training split's without their labels: these
are of valid's own stream, the first need not be. How much a drug's own posts count (`PSEUDO_POSTS`) was chosen by the
default bundle on the training split; these rows are there too. Writes results/priors.json; a recipe whose bundle is not
there keeps what that file says of it.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench_options import ROOT, shown_command, write_report

from adetk.classify.drug_priors import PSEUDO_POSTS, DrugPriors, estimate_drug_priors
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.evaluate.compare import compare
from adetk.evaluate.figures import classify_figures
from adetk.evaluate.report import report_classify
from adetk.evaluate.runner import LOG, log_scoring
from adetk.pipeline import Pipeline
from adetk.readers import read_corpus

CORPUS = "smm4h2022"
RECIPES = ("smm4h2022",)
TRIED = (3.0, PSEUDO_POSTS, 30.0, 100.0, 300.0)
COMPARED = ("f1", "average_precision")
Report = dict[str, Any]


def main() -> int:
    """Parse the command line; estimate, score, log and write."""
    parser = argparse.ArgumentParser(
        description="Score gates at the shares of a stream, overall and by drug."
    )
    parser.add_argument("--corpora", type=Path, required=True, help="folder of all corpora")
    parser.add_argument("--bundles", type=Path, default=ROOT / "bundles", help="the recipes' bundles")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "priors.json")
    parser.add_argument("--log", type=Path, default=ROOT / LOG, help="where scorings are appended")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    name_to_bundle = {"default bundle": None} | {
        f"recipe {name}": options.bundles / name for name in RECIPES if (options.bundles / name).is_dir()
    }
    try:
        train, valid, test = (
            read_corpus(CORPUS, name, options.corpora) for name in ("train", "valid", "test")
        )
        found = {}
        for name, bundle in name_to_bundle.items():
            name_to_posts = {"test": test, "train": train} if bundle is None else {"test": test}
            found[name] = report_of(name, bundle, valid, name_to_posts, options.log)
        tried = tries(None, train)
    except AdetkError as error:
        print(f"bench_priors: {error}", file=sys.stderr)
        return 1
    before = json.loads(options.out.read_text(encoding="utf-8"))["gates"] if options.out.is_file() else {}
    report = {"corpus": CORPUS, "gates": {**before, **found}, "chosen_on_train": tried}
    write_report(report, shown_command("bench_priors"), options.out)
    return 0


def report_of(
    name: str,
    bundle: Path | None,
    gold: Sequence[Document],
    name_to_posts: Mapping[str, Sequence[Document]],
    log: Path,
) -> Report:
    """A gate's figures at its bundle's share, and at each stream's, overall and by drug, each logged."""
    system_to_prior: dict[str, float | DrugPriors | None] = {"bundle's share": None}
    streams: Report = {}
    for stream, posts in name_to_posts.items():
        priors = estimate_drug_priors(Pipeline.from_pretrained(bundle).stream(bare(posts)))
        system_to_prior |= {f"share of {stream}": priors.overall, f"shares by drug, {stream}": priors}
        streams[stream] = {
            "posts": len(posts),
            "prior": priors.overall,
            "drugs": len(priors.id_to_prior),
        }
    answers = {
        system: list(Pipeline.from_pretrained(bundle, prior=prior).classify(bare(gold)))
        for system, prior in system_to_prior.items()
    }
    systems = compared(gold, answers)
    for system, figures in systems.items():
        settings = {"task": "classify", "corpus": CORPUS, "split": "valid", "system": f"{name}, {system}"}
        log_scoring(log, settings, figures)
    return {"streams": streams, "systems": systems}


def tries(bundle: Path | None, gold: Sequence[Document]) -> Report:
    """Figures on posts whose own shares are estimated without their labels, by how much a drug's posts count."""
    stream = Pipeline.from_pretrained(bundle).stream(bare(gold))
    pseudo_to_priors = {pseudo: estimate_drug_priors(stream, pseudo) for pseudo in TRIED}
    pipeline = Pipeline.from_pretrained(bundle, prior=pseudo_to_priors[PSEUDO_POSTS].overall)
    read, threshold = list(pipeline.classify(bare(gold))), pipeline.classifier.calibration.threshold
    answers = {"stream's share": read} | {
        f"{pseudo:g} posts": [priors.read(d, ids, threshold) for d, ids in zip(read, stream.ids, strict=True)]
        for pseudo, priors in pseudo_to_priors.items()
    }
    return compared(gold, answers)


def compared(gold: Sequence[Document], answers: Mapping[str, Sequence[Document]]) -> Report:
    """Each system's figures, and how much more it has than the first one."""
    first = next(iter(answers.values()))
    report: Report = {}
    for system, predicted in answers.items():
        report[system] = dict(report_classify(gold, predicted))
        if predicted is not first:
            differences = compare(classify_figures, gold, predicted, first)
            for figure in COMPARED:
                found = differences[figure]
                bounds = {"": found.value, "_low": found.low, "_high": found.high}
                report[system] |= {f"{figure}_difference{bound}": value for bound, value in bounds.items()}
    return report


def bare(documents: Sequence[Document]) -> list[Document]:
    """Without anything that is to be found out."""
    return [replace(d, label=None, score=None, mentions=()) for d in documents]


if __name__ == "__main__":
    sys.exit(main())
