"""Score baselines, the default bundle and the recipes' bundles side by side; write results/quality/*.json.

    python scripts/bench_quality.py --corpora CORPORA --bundles BUNDLES --terminology MEDASCII [NAME ...]

A benchmark is one split of one corpus (`benchmarks.py` has the table). All its systems are scored in one run, each
figure with a 95 % interval, each system with its paired difference to the first one. Every scoring is appended to
`results/valid_log.jsonl`. `python scripts/make_results.py` then rewrites the tables of RESULTS.md and README.md.

BUNDLES holds a folder for each recipe's bundle, by the name that `benchmarks.py` gives it, and `labels/CORPUS.tsv` of
`write_labels.py` for the corpora that are linked to their own labels. A bundle that is not there is not scored: what
the results file says of it stays, if the same documents were scored.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import BENCHMARKS, Benchmark, Round, pooled, pooled_apart, rounds_of
from psytar_pts import PSYTAR_BY_PT, coverage

from adetk import __version__
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.evaluate.compare import FiguresOf, compare
from adetk.evaluate.figures import classify_figures, extract_figures, normalize_figures, run_figures
from adetk.evaluate.report import Fold, Report, report_fold_slices
from adetk.evaluate.runner import LOG, log_scoring, report_on, slices_on, without_shared
from adetk.normalize.terminology import Terminology
from adetk.record import record_from_document

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "results" / "quality"
TASK_TO_FIGURE = {
    "classify": "f1",
    "extract": "strict_f1",
    "normalize": "accuracy_at_1",
    "run": "end_to_end_relaxed_f1",
}
"""What two systems are compared by."""
_log = logging.getLogger(__name__)

Result = dict[str, Any]
"""What a results file holds."""


def main() -> int:
    """Parse the command line; score what was named, or everything."""
    parser = argparse.ArgumentParser(description="Score all systems side by side, with intervals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks; none: all")
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--bundles", type=Path, default=ROOT / "bundles", help="the recipes' bundles")
    parser.add_argument("--terminology", type=Path, required=True, help="a MedDRA folder")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--log", type=Path, default=ROOT / LOG)
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    _log.setLevel(logging.INFO)
    name_to_benchmark = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    unknown = [name for name in options.names if name not in name_to_benchmark]
    if unknown:
        parser.error(f"{unknown[0]!r} is no benchmark; expected some of {', '.join(name_to_benchmark)}")
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for name in options.names or name_to_benchmark:
            benchmark = name_to_benchmark[name]
            rounds = rounds_of(benchmark, options.corpora, options.bundles, options.terminology)
            place = options.out / f"{name}.json"
            before = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
            result = with_kept(measured(benchmark, rounds, options.log), before)
            place.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    except AdetkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measured(benchmark: Benchmark, rounds: Sequence[Round], log: Path) -> Result:
    """Score a benchmark's systems, log each scoring, and return what its results file holds."""
    gold, train = pooled([r.gold for r in rounds]), pooled([r.train for r in rounds])
    terminology = rounds[0].terminology
    system_to_answers = _answers(rounds)
    first = next(iter(system_to_answers.values()))
    entries = []
    for system, answers in system_to_answers.items():
        report = report_on(benchmark.task, gold, answers, terminology)
        report |= _slices(benchmark.task, rounds, answers, terminology)
        bundle = ", ".join(filter(None, (r.fingerprint(system) for r in rounds)))
        log_scoring(log, {**_settings(benchmark, system, terminology), "bundle": bundle}, report)
        figure = TASK_TO_FIGURE[benchmark.task]
        _log.info("%s, %s: %s %.3f", benchmark.name, system, figure, report[figure])
        report |= _beside_first(benchmark, gold, (answers, first), terminology)
        report |= _unshared(benchmark, gold, answers, train, terminology)
        entries.append({"system": system, "bundle": bundle, **report})
    return {
        "benchmark": benchmark.name,
        **_settings(benchmark, "", terminology),
        "compared_by": TASK_TO_FIGURE[benchmark.task],
        "first": next(iter(system_to_answers)),
        **({"coded": str(coverage(gold))} if benchmark.corpus == PSYTAR_BY_PT else {}),
        "documents": len(gold),
        "sha256": _digest(gold),
        "train_sha256": _digest(train),
        "command": shlex.join(["python", "scripts/bench_quality.py", benchmark.name]),
        "date": datetime.now(UTC).date().isoformat(),
        "adetk": __version__,
        "systems": entries,
    }


def with_kept(result: Result, before: Result) -> Result:
    """`result`, and the rows of bundles that it lacks from what was measured before on the same documents."""
    documents = ("sha256", "train_sha256", "terminology")
    if any(before.get(key) != result.get(key) for key in documents):
        return result
    system_to_row = {
        row["system"]: {"date": before["date"], **row} for row in before["systems"] if row["bundle"]
    }
    system_to_row |= {row["system"]: row for row in result["systems"]}
    order = [row["system"] for row in (*result["systems"], *before["systems"])]
    return {
        **result,
        "systems": [system_to_row[name] for name in dict.fromkeys(order) if name in system_to_row],
    }


def _answers(rounds: Sequence[Round]) -> dict[str, list[Document]]:
    """System -> predicted documents of all rounds; a system that a round lacks is left out."""
    per_round = [r.systems() for r in rounds]
    names = [name for name in per_round[0] if all(name in systems for systems in per_round)]
    return {
        name: pooled([systems[name](r.gold) for systems, r in zip(per_round, rounds, strict=True)])
        for name in names
    }


def _slices(
    task: str, rounds: Sequence[Round], answers: Sequence[Document], terminology: Terminology
) -> Report:
    """What stands in training, or not, is a matter of each fold: one fold's test is another's training."""
    folds: list[Fold] = []
    rest = iter(answers)
    for gold, one in zip(pooled_apart([r.gold for r in rounds]), rounds, strict=True):
        folds.append((gold, list(islice(rest, len(gold))), one.train))
    if task == "normalize":
        return report_fold_slices(folds, terminology.pt_of)
    return slices_on(task, *folds[0], terminology) if task == "extract" and len(folds) == 1 else {}


def _settings(benchmark: Benchmark, system: str, terminology: Terminology) -> dict[str, str]:
    folds = f" (folds {', '.join(map(str, benchmark.folds))})" if benchmark.folds else ""
    settings = {
        "task": benchmark.task,
        "corpus": benchmark.corpus,
        "split": benchmark.scored.removesuffix("-{fold}") + folds,
    }
    if system:
        settings["bundle_name"] = system
    if benchmark.task in ("extract", "run"):
        settings["gate"] = benchmark.gate
    return settings | ({"terminology": terminology.label} if benchmark.task in ("normalize", "run") else {})


def _beside_first(
    benchmark: Benchmark,
    gold: Sequence[Document],
    both: tuple[Sequence[Document], Sequence[Document]],
    terminology: Terminology,
) -> Report:
    """How much more the system has than the first one, with the interval of the difference."""
    answers, first = both
    if answers is first:
        return {}
    code_to_pt = terminology.pt_of
    task_to_figures: dict[str, FiguresOf] = {
        "classify": classify_figures,
        "extract": extract_figures,
        "normalize": partial(normalize_figures, code_to_pt=code_to_pt),
        "run": partial(run_figures, code_to_pt=code_to_pt),
    }
    differences = compare(task_to_figures[benchmark.task], gold, answers, first)
    found = differences[TASK_TO_FIGURE[benchmark.task]]
    return {"difference": found.value, "difference_low": found.low, "difference_high": found.high}


def _unshared(
    benchmark: Benchmark,
    gold: Sequence[Document],
    answers: Sequence[Document],
    train: Sequence[Document],
    terminology: Terminology,
) -> Report:
    """The compared figure again without the documents whose text stands in training; phrases have slices for that."""
    if benchmark.task == "normalize":
        return {}
    kept = without_shared(gold, train)
    if not kept:
        return {"unshared_n": 0}
    id_to_answer = {document.id: document for document in answers}
    name = TASK_TO_FIGURE[benchmark.task]
    report = report_on(benchmark.task, kept, [id_to_answer[d.id] for d in kept], terminology)
    return {f"unshared_{key}": report[key] for key in (name, f"{name}_low", f"{name}_high", "n")}


def _digest(documents: Sequence[Document]) -> str:
    """Of the documents as they were read, so that two runs are known to have scored the same."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(record_from_document(document), sort_keys=True).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
