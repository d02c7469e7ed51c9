"""Write the tables of README.md from what was measured: the log of scorings and the serving bench.

    python scripts/make_results.py           rewrites README.md between its two marks
    python scripts/make_results.py --check   says whether that would change it (exit status 1)

The log keeps every scoring of a split; a table shows the latest one of each bundle, corpus, gate and terms.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"

Scoring = Mapping[str, Any]


@dataclass(frozen=True)
class TaskTable:
    """How the scorings of one task are shown.

    Attributes:
        title: above the table.
        settings: key of the log -> heading; these tell one row from another.
        figures: key of the log -> heading.
    """

    title: str
    settings: Mapping[str, str]
    figures: Mapping[str, str]


_WHERE = {"bundle_name": "bundle", "corpus": "corpus", "split": "split"}
_GATE, _TERMS = {"gate": "gate"}, {"terminology": "terms"}
TABLES = {
    "classify": TaskTable(
        "Does the post report an adverse drug event?",
        _WHERE,
        {"f1": "F1", "precision": "precision", "recall": "recall", "average_precision": "average precision"},
    ),
    "extract": TaskTable(
        "Which words say it?",
        _WHERE | _GATE,
        {"strict_f1": "F1, same borders", "relaxed_f1": "F1, overlapping"},
    ),
    "normalize": TaskTable(
        "Which term is it? (words given)",
        _WHERE | _TERMS,
        {
            "accuracy_at_1": "accuracy at 1",
            "accuracy_at_5": "at 5",
            "codable_accuracy_at_1": "at 1, codable only",
            "coverage": "codable",
        },
    ),
    "run": TaskTable(
        "All three, from the bare post",
        _WHERE | _GATE | _TERMS,
        {
            "gate_f1": "gate F1",
            "strict_f1": "words F1, same borders",
            "relaxed_f1": "overlapping",
            "end_to_end_strict_f1": "codes F1, same borders",
            "end_to_end_relaxed_f1": "overlapping",
            "codable_end_to_end_relaxed_f1": "overlapping, codable only",
            "coverage": "codable",
        },
    ),
}
SERVING = {
    "posts_per_second": "posts a second, start included",
    "cold_start_seconds": "seconds for one post, start included",
    "peak_memory_mib": "peak memory, MiB",
    "same_gate_label": "same gate label in int8 and float32",
    "same_spans": "same spans",
    "same_first_link": "same first term",
    "int8_gate_average_precision": "gate, average precision in int8",
    "float32_gate_average_precision": "gate, average precision in float32",
    "gate_float32_batched_times_baseline": "gate's speed, float32 torch in batches (one by one = 1)",
    "gate_int8_one_by_one_times_baseline": "gate's speed, int8 one by one",
    "gate_int8_batched_times_baseline": "gate's speed, int8 in batches",
}


def main() -> None:
    """Parse the command line; write, or compare."""
    parser = argparse.ArgumentParser(description="Write the tables of README.md from results/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when README.md is behind")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--log", type=Path, default=ROOT / "results" / "valid_log.jsonl")
    parser.add_argument("--bench", type=Path, default=ROOT / "results" / "bench_serving.json")
    options = parser.parse_args()
    before = options.readme.read_text(encoding="utf-8")
    after = rewritten(before, section(options.log, options.bench))
    if options.check and after != before:
        sys.exit(
            f"{options.readme}: its tables are not those of results/; run python scripts/make_results.py"
        )
    if not options.check:
        options.readme.write_text(after, encoding="utf-8")


def rewritten(readme: str, section: str) -> str:
    """The page with `section` between its two marks."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        sys.exit(f"README.md: no {BEGIN} and {END}; expected both marks, in this order")
    return f"{head}{BEGIN}\n{section}{END}{tail}"


def section(log: Path, bench: Path) -> str:
    """All tables, Markdown."""
    scorings: list[Scoring] = []
    if log.is_file():
        scorings = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    parts = [table for task in TABLES if (table := task_table(task, scorings))]
    if parts:
        parts.append(
            f"The latest of {len(scorings)} scorings in `results/valid_log.jsonl`; in brackets 95 % intervals "
            "by bootstrap over posts. Made by `python scripts/make_results.py`.\n"
        )
    if bench.is_file():
        parts.append(bench_table(json.loads(bench.read_text(encoding="utf-8"))))
    return "\n".join(parts)


def task_table(task: str, scorings: Sequence[Scoring]) -> str:
    """The latest scorings of one task; empty when there is none."""
    table = TABLES[task]
    latest: dict[tuple[str, ...], Scoring] = {}
    for scoring in scorings:  # in the order of the log, so that the last one stays
        if scoring["task"] == task:
            latest[tuple(_setting(scoring, key) for key in table.settings)] = scoring
    if not latest:
        return ""
    figures = {key: name for key, name in table.figures.items() if any(key in s for s in latest.values())}
    rows = [
        [*settings, *(_figure(scoring, key) for key in figures), str(scoring["n"]), scoring["date"][:10]]
        for settings, scoring in sorted(latest.items())
    ]
    return f"**{table.title}**\n\n" + _markdown(
        [*table.settings.values(), *figures.values(), "n", "scored"], rows
    )


def bench_table(report: Mapping[str, Any]) -> str:
    """What serving costs."""
    serving, both = report["serving"], report.get("int8_and_float32", {})
    compared = f"; int8 and float32 on {both['posts']}" if both else ""
    title = (
        f"**Serving** ({serving['posts']} posts{compared}; {report['cpus']} CPUs, {report['date']}, "
        f"`{report['command']}`)"
    )
    figures = {**both, **serving}
    rows = [[name, f"{figures[key]:g}"] for key, name in SERVING.items() if key in figures]
    return f"{title}\n\n" + _markdown(["", ""], rows)


def _setting(scoring: Scoring, key: str) -> str:
    if key == "bundle_name" and key not in scoring:
        return str(scoring["bundle"][:8])
    return str(scoring[key])


def _figure(scoring: Scoring, key: str) -> str:
    if key not in scoring:
        return ""
    if f"{key}_low" not in scoring:
        return f"{scoring[key]:.3f}"
    return f"{scoring[key]:.3f} [{scoring[f'{key}_low']:.3f}, {scoring[f'{key}_high']:.3f}]"


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    main()
