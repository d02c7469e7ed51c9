"""Write what was measured (results/) into two pages: all tables into RESULTS.md, the head figures into README.md.

python scripts/make_results.py           rewrites both pages between their marks
python scripts/make_results.py --check   says whether that would change them (exit status 1)
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gate_tables import curve_table, figure, gates_tables, markdown
from link_tables import links_tables
from prior_table import priors_tables
from span_tables import spans_tables
from speed_table import speed_tables

ROOT = Path(__file__).resolve().parents[1]
RESULTS, HEADLINES = "results", "headlines"
"""The marks of a page: `<!-- NAME:begin -->` and `<!-- NAME:end -->`."""

Report = Mapping[str, Any]

TASK_TO_TITLE = {
    "classify": "Does the post report an adverse drug event?",
    "extract": "Which words say it?",
    "normalize": "Which term is it? (words given)",
    "run": "All three, from the bare post",
}
TASK_TO_FIGURES = {
    "classify": {
        "f1": "F1",
        "precision": "precision",
        "recall": "recall",
        "average_precision": "average precision",
        "unshared_f1": "F1 without texts of training",
    },
    "extract": {
        "strict_f1": "F1, same borders",
        "relaxed_f1": "F1, overlapping",
        "unshared_strict_f1": "same borders, without texts of training",
    },
    "normalize": {
        "accuracy_at_1": "accuracy at 1",
        "accuracy_at_5": "at 5",
        "unseen_mention_accuracy_at_1": "at 1, wording not in training",
        "unseen_concept_accuracy_at_1": "at 1, concept not in training",
        "codable_accuracy_at_1": "at 1, codable only",
    },
    "run": {
        "gate_f1": "gate F1",
        "relaxed_f1": "words F1, overlapping",
        "end_to_end_strict_f1": "codes F1, same borders",
        "end_to_end_relaxed_f1": "codes F1, overlapping",
        "codable_end_to_end_relaxed_f1": "overlapping, codable only",
    },
}
TASK_TO_HEADLINE = {
    "classify": {"f1": "F1"},
    "extract": {"strict_f1": "F1, same borders", "relaxed_f1": "F1, overlapping"},
    "normalize": {"accuracy_at_1": "accuracy at 1"},
    "run": {"end_to_end_relaxed_f1": "codes F1, overlapping"},
}
OURS, DEFAULT = "adetk, ", "adetk, default bundle"
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
    parser = argparse.ArgumentParser(description="Write RESULTS.md and the head figures of README.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is behind")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--page", type=Path, default=ROOT / "RESULTS.md")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args()
    page_to_texts = {
        options.page: (RESULTS, section(options.results)),
        options.readme: (HEADLINES, headlines(options.results)),
    }
    page_to_before = {page: page.read_text(encoding="utf-8") for page in page_to_texts}
    page_to_after = {
        page: rewritten(page, page_to_before[page], *texts) for page, texts in page_to_texts.items()
    }
    for page, after in page_to_after.items():
        if options.check and after != page_to_before[page]:
            sys.exit(f"{page}: its tables are not those of results/; run python scripts/make_results.py")
        if not options.check:
            page.write_text(after, encoding="utf-8")


def rewritten(page: Path, text: str, name: str, section: str) -> str:
    """The text of a page with `section` between its two marks."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, has_begin, rest = text.partition(begin)
    _, has_end, tail = rest.partition(end)
    if not (has_begin and has_end):
        sys.exit(f"{page}: no {begin} and {end}; expected both marks, in this order")
    return f"{head}{begin}\n{section}{end}{tail}"


def headlines(results: Path) -> str:
    """One row a benchmark: the best baseline, the default bundle, the best recipe, the best published."""
    published = read_published(results / "published.tsv")
    rows = []
    for task, figures in TASK_TO_HEADLINE.items():
        for report in read_benchmarks(results):
            if report["task"] == task:
                rows += [_headline(report, key, name, published) for key, name in figures.items()]
    return markdown(["scored", "figure", "baseline", "default bundle", "recipe", "published"], rows)


def _headline(report: Report, key: str, name: str, published: Sequence[Mapping[str, str]]) -> list[str]:
    kind_to_systems: dict[str, list[Report]] = {"baseline": [], "default": [], "recipe": []}
    for system in report["systems"]:
        of_recipe = "recipe" if system["system"].startswith(OURS) else "baseline"
        kind_to_systems["default" if system["system"] == DEFAULT else of_recipe].append(system)
    cells = []
    for systems in kind_to_systems.values():
        best = max((s for s in systems if key in s), key=lambda s: float(s[key]), default=None)
        cells.append("" if best is None else figure(best, key))
    others = [p for p in published if p["benchmark"] == report["benchmark"] and p["figure"] == key]
    best_other = max(others, key=lambda p: float(p["value"]), default=None)
    cells.append("" if best_other is None else f"{best_other['value']} ({best_other['on']})")
    return [where(report), name, *cells]


def section(results: Path) -> str:
    """All tables, Markdown."""
    benchmarks = read_benchmarks(results)
    published = read_published(results / "published.tsv")
    parts = []
    for task in TASK_TO_TITLE:
        of_task = [report for report in benchmarks if report["task"] == task]
        if of_task:
            parts.append(task_table(task, of_task, published))
    for name, tables in NAME_TO_TABLES.items():
        path = results / f"{name}.json"
        if path.is_file():
            parts += tables(json.loads(path.read_text(encoding="utf-8")))
    return "\n".join(parts)


def read_benchmarks(results: Path) -> list[Report]:
    """What `bench_quality.py` wrote, by name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("quality/*.json"))]


def read_published(path: Path) -> list[dict[str, str]]:
    """Figures of others: `benchmark system figure value on source`, one a row; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def task_table(task: str, benchmarks: Sequence[Report], published: Sequence[Mapping[str, str]]) -> str:
    """The systems of one task's benchmarks, ours and published ones."""
    shown = TASK_TO_FIGURES[task]
    figures = {
        key: name for key, name in shown.items() if any(key in s for b in benchmarks for s in b["systems"])
    }
    rows = []
    for report in benchmarks:
        place = where(report)
        for system in report["systems"]:
            cells = [figure(system, key) for key in figures]
            rows.append([place, system["system"], *cells, _difference(system), str(system["n"])])
        rows += _published_rows(report, published, list(figures))
    return f"**{TASK_TO_TITLE[task]}**\n\n" + markdown(
        ["scored", "system", *figures.values(), "more than the first row", "n"], rows
    )


def leaks_table(report: Report) -> list[str]:
    """What scored splits share with what one could train on."""
    counted = {"texts": "texts", "mentions": "mentions", "groups": "posts or abstracts"}
    rows = [
        [pair["train"], pair["scored"], *(_share(pair, kind) for kind in counted)] for pair in report["pairs"]
    ]
    title = f"**What splits share** ({report['date']}, `{report['command']}`)"
    return [f"{title}\n\n" + markdown(["training", "scored", *counted.values()], rows)]


def _share(pair: Report, kind: str) -> str:
    scored = pair[f"scored_{kind}"]
    return f"{pair[f'n_{kind}']} of {scored}" if scored else ""


def where(report: Report) -> str:
    """What a benchmark scores on, in a few words."""
    parts = [f"{report['corpus']} {report['split']}"]
    if "gate" in report:
        parts.append({"model": "own gate", "none": "no gate", "oracle": "oracle gate"}[report["gate"]])
    parts += [report[key] for key in ("terminology", "coded") if key in report]
    return ", ".join(parts)


def _published_rows(
    report: Report, published: Sequence[Mapping[str, str]], figures: Sequence[str]
) -> list[list[str]]:
    """A row for each published system, its figures in their columns."""
    system_to_figures: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in published:
        if row["benchmark"] == report["benchmark"]:
            key = row["system"], row["on"], row["source"]
            system_to_figures.setdefault(key, {})[row["figure"]] = row["value"]
    return [
        [
            f"{report['corpus']} {on}",
            f"published: {system} ({source})",
            *(own.get(f, "") for f in figures),
            "",
            "",
        ]
        for (system, on, source), own in system_to_figures.items()
    ]


def _difference(system: Report) -> str:
    if "difference" not in system:
        return ""
    return f"{system['difference']:+.3f} [{system['difference_low']:+.3f}, {system['difference_high']:+.3f}]"


def bench_table(report: Report) -> list[str]:
    """What serving costs."""
    serving, both = report["serving"], report.get("int8_and_float32", {})
    compared = f"; int8 and float32 on {both['posts']}" if both else ""
    title = (
        f"**Serving** ({serving['posts']} posts{compared}; {report['cpus']} CPUs, {report['date']}, "
        f"`{report['command']}`)"
    )
    figures = {**both, **serving}
    rows = [[name, f"{figures[key]:g}"] for key, name in SERVING.items() if key in figures]
    return [f"{title}\n\n" + markdown(["", ""], rows)]


NAME_TO_TABLES: Mapping[str, Callable[[Report], list[str]]] = {
    "leaks": leaks_table,
    "gates": gates_tables,
    "gates_out_of_fold": gates_tables,
    "curve": curve_table,
    "priors": priors_tables,
    "spans": spans_tables,
    "links": links_tables,
    "bench_serving": bench_table,
    "bench_speed": partial(speed_tables, processor="AVX512 and VNNI"),
    "bench_speed_avx2": partial(speed_tables, processor="AVX2 alone"),
}
"""File of results/ -> its tables, in the page's order."""


if __name__ == "__main__":
    main()
