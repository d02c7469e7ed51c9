"""A trained gate as served against the same weights in float32 torch, and with and without its cascade.

    python scripts/bench_gate.py PART RECIPE --corpora CORPORA [--posts FILE] [--number 1000]

Scores are over the recipe's development documents, which the gate did not learn from. Speed is over FILE (any input of
adetk; none: the same documents), in posts a second of processor time on one thread, so that other work on the machine
counts little; torch has the batches and the order by length that serving has. Written to results/bench_gate.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from float_parts import gates

from adetk import __version__
from adetk.bundle import MODEL
from adetk.classify.classifier import Classifier
from adetk.classify.fitting import labels_of
from adetk.classify.ngrams import NgramStack
from adetk.document import Document
from adetk.encoder import Network
from adetk.errors import AdetkError
from adetk.evaluate.ranking import average_precision
from adetk.evaluate.report import report_classify
from adetk.io import read_documents
from adetk.recipe import read_recipe, read_training_data
from adetk.runtime import installed_runtimes, open_graph, runtime_name

ROOT = Path(__file__).resolve().parents[1]
Figures = dict[str, float]


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", type=Path)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--posts", type=Path, help="for speed")
    parser.add_argument("--number", type=int, default=1000, help="posts for speed")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench_gate.json")
    options = parser.parse_args()
    try:
        held_out = read_training_data(read_recipe(options.recipe), options.corpora).development
        posts = held_out
        if options.posts is not None:
            posts = [d for d in read_documents(options.posts) if isinstance(d, Document)]
        report = measure(options.part, held_out, posts[: options.number])
    except AdetkError as error:
        sys.exit(f"bench_gate: {error}")
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "adetk": __version__,
        "recipe": options.recipe.name,
        "n": len(held_out),
        "posts": min(len(posts), options.number),
    }
    options.out.write_text(json.dumps(about | report, indent=1) + "\n", encoding="utf-8")
    for name, value in report.items():
        print(f"{name:44} {value:g}")


def measure(part: Path, held_out: Sequence[Document], posts: Sequence[Document]) -> Figures:
    """All figures of a part: under each runtime as it is served, and `float32`, the same weights on torch."""
    served, in_torch = gates(part)
    name_to_network: dict[str, Network] = {
        name: open_graph(part / MODEL, 1, name) for name in installed_runtimes()
    }
    name_to_network["float32"] = in_torch.network
    name_to_gate = {name: _with(served, network, served.ngrams) for name, network in name_to_network.items()}
    if served.ngrams is not None and served.ngrams.cascade is not None:
        whole = replace(served.ngrams, cascade=None)
        name_to_gate |= {
            f"{n}_without_cascade": _with(served, net, whole) for n, net in name_to_network.items()
        }
    report: Figures = {}
    labels, name_to_answers = labels_of(held_out), {}
    for name, gate in name_to_gate.items():
        found = list(gate(held_out))
        name_to_answers[name] = [d.label for d in found]
        scores = np.array([d.score for d in found])
        report[f"{name}_average_precision"] = average_precision(labels, scores)
        report[f"{name}_f1"] = report_classify(held_out, found)["f1"]
        report[f"{name}_posts_per_cpu_second"] = _speed(gate, posts)
    for name, answers in name_to_answers.items():
        pairs = zip(answers, name_to_answers[runtime_name()], strict=True)
        report[f"{name}_same_label_as_served"] = float(np.mean([a == b for a, b in pairs]))
        baseline = report["float32_posts_per_cpu_second"]
        report[f"{name}_times_float32"] = report[f"{name}_posts_per_cpu_second"] / baseline
    return report


def _with(gate: Classifier, network: Network, ngrams: NgramStack | None) -> Classifier:
    return Classifier(gate.tokenizer, network, gate.calibration, gate.structures, ngrams)


def _speed(gate: Classifier, posts: Sequence[Document]) -> float:
    list(gate(posts[:64]))
    started = time.process_time()
    list(gate(posts))
    return len(posts) / (time.process_time() - started)


if __name__ == "__main__":
    main()
