"""Measure serving: posts a second, memory, cold start; and what int8 costs and saves against float32 torch.

    python scripts/bench_serving.py [--posts FILE] [--bundle FOLDER] [--parts parts/default] [--number 300]

All in one run on one machine, written to results/bench_serving.json. `adetk run` is measured as a process of
its own. The comparison needs torch and the part folders that training left (PREFIX_classify, PREFIX_extract,
PREFIX_normalize); without them it is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from adetk import __version__
from adetk.document import ADE, Document
from adetk.errors import AdetkError
from adetk.evaluate.report import report_classify, report_extract, report_normalize
from adetk.evaluate.runner import coverage
from adetk.io import read_documents
from adetk.normalize.terminology import open_terminology
from adetk.readers import read_jsonl
from adetk.record import record_from_document

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "corpora" / "demo" / "posts.jsonl"
OUT = ROOT / "results" / "bench_serving.json"
N_POSTS = 2000
COLD_STARTS = 3
KINDS = ("classify", "extract", "normalize")

Figures = dict[str, float | int | str]
Step = Callable[[Iterable[Document]], Iterable[Document]]


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description="Measure serving and write results/bench_serving.json.")
    parser.add_argument("--posts", type=Path, help=f"posts; none: the demo posts, repeated to {N_POSTS}")
    parser.add_argument("--bundle", type=Path, help="bundle folder; none: the default bundle")
    parser.add_argument(
        "--parts", type=Path, default=ROOT / "parts" / "default", help="prefix of part folders"
    )
    parser.add_argument("--number", type=int, default=300, help="posts to compare int8 and float32 on")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    try:
        posts = read_posts(options.posts)
        report: dict[str, object] = {
            "date": datetime.now(UTC).date().isoformat(),
            "adetk": __version__,
            "command": _command(),
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "serving": serving(posts, options.bundle),
        }
        if can_compare(options.parts):
            report["int8_and_float32"] = comparison(options.parts, _distinct(posts)[: options.number])
    except AdetkError as error:
        sys.exit(f"bench_serving: {error}")
    text = json.dumps(report, indent=1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


def read_posts(path: Path | None) -> list[Document]:
    """The posts of a file, or the demo's under new ids until there are `N_POSTS`."""
    if path is not None:
        return [row for row in read_documents(path) if isinstance(row, Document)]
    demo = islice(cycle(read_jsonl(DEMO)), N_POSTS)
    return [replace(post, id=str(number)) for number, post in enumerate(demo)]


def serving(posts: Sequence[Document], bundle: Path | None) -> Figures:
    """`adetk run` as a process: whole seconds, the start alone, the peak of its memory."""
    with tempfile.TemporaryDirectory() as folder:
        many, one = Path(folder) / "many.jsonl", Path(folder) / "one.jsonl"
        write_posts(many, posts)
        write_posts(one, posts[:1])
        start = statistics.median(_seconds_of_run(one, bundle) for _ in range(COLD_STARTS))
        seconds = _seconds_of_run(many, bundle)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "posts": len(posts),
        "distinct_posts": len(_distinct(posts)),
        "seconds": round(seconds, 1),
        "posts_per_second": round(len(posts) / seconds, 1),
        "cold_start_seconds": round(start, 2),
        "posts_per_second_without_start": round((len(posts) - 1) / (seconds - start), 1),
        "peak_memory_mib": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
    }


def can_compare(prefix: Path) -> bool:
    """Whether torch and the float weights are here; says what is missing."""
    missing = [f"{prefix.name}_{kind}" for kind in KINDS if not (part_of(prefix, kind) / "torch").is_dir()]
    if importlib.util.find_spec("torch") is None:
        missing.append("torch")
    if missing:
        print(f"int8 is not compared with float32: no {', '.join(missing)}", file=sys.stderr)
    return not missing


def comparison(prefix: Path, posts: Sequence[Document]) -> Figures:
    """How often the served int8 parts and float32 torch give the same, what each scores, how fast each gate is."""
    from float_parts import gates, linkers, taggers

    gate, float_gate = gates(part_of(prefix, "classify"))
    tagger, float_tagger = taggers(part_of(prefix, "extract"))
    terminology = open_terminology("ctcae")
    linker, float_linker = linkers(part_of(prefix, "normalize"), terminology)
    unread = [bare(post) for post in posts]
    labelled, float_labelled = list(gate(unread)), list(float_gate(unread))
    tagged, float_tagged = list(tagger(unread)), list(float_tagger(unread))
    surfaces = sorted({m.surface(d.text) for d in (*tagged, *posts) for m in d.labelled(ADE)})
    firsts = [[c[0].concept_id for c in way.link_all(surfaces)] for way in (linker, float_linker)]
    figures: Figures = {
        "posts": len(posts),
        "same_gate_label": _share_same([d.label for d in labelled], [d.label for d in float_labelled]),
        "same_spans": _share_same(_spans(tagged), _spans(float_tagged)),
        "wordings": len(surfaces),
        "same_first_link": _share_same(*firsts),
    }
    if all(post.label is not None for post in posts):
        for name, way, tags in (("int8", labelled, tagged), ("float32", float_labelled, float_tagged)):
            gate_report, span_report = report_classify(posts, way), report_extract(posts, tags)
            figures[f"{name}_gate_average_precision"] = round(gate_report["average_precision"], 4)
            figures[f"{name}_gate_f1"] = round(gate_report["f1"], 4)
            figures[f"{name}_spans_strict_f1"] = round(span_report["strict_f1"], 4)
    if coverage(posts, terminology) > 0:  # else the posts are coded in another system, or not at all
        for name, step in (("int8", linker), ("float32", float_linker)):
            link_report = report_normalize(posts, list(step(_unlinked(posts))), terminology.pt_of)
            figures[f"{name}_links_accuracy_at_1"] = round(link_report["accuracy_at_1"], 4)
    return figures | gate_speed(gate, float_gate, unread)


def gate_speed(gate: Step, float_gate: Step, posts: Sequence[Document]) -> Figures:
    """Posts a second of the gate alone, one post at a time and in batches."""
    one_by_one = [[post] for post in posts]
    speeds = {
        "gate_float32_one_by_one": _posts_per_second(float_gate, one_by_one),
        "gate_float32_batched": _posts_per_second(float_gate, [posts]),
        "gate_int8_one_by_one": _posts_per_second(gate, one_by_one),
        "gate_int8_batched": _posts_per_second(gate, [posts]),
    }
    baseline = speeds["gate_float32_one_by_one"]
    ratios = {
        f"{name}_times_baseline": round(speed / baseline, 1)
        for name, speed in speeds.items()
        if speed != baseline
    }
    return {**{name: round(speed, 1) for name, speed in speeds.items()}, **ratios}


def _posts_per_second(gate: Step, groups: Sequence[Sequence[Document]]) -> float:
    list(gate(groups[0][:8]))  # the first call is slower
    started = time.perf_counter()
    for group in groups:
        list(gate(group))
    return sum(map(len, groups)) / (time.perf_counter() - started)


def _seconds_of_run(posts: Path, bundle: Path | None) -> float:
    where = [] if bundle is None else ["--bundle", str(bundle)]
    command = [sys.executable, "-m", "adetk", "run", str(posts), "-o", str(posts.with_suffix(".out.jsonl"))]
    started = time.perf_counter()
    done = subprocess.run([*command, *where], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_serving: {done.stderr.strip()}")
    return time.perf_counter() - started


def write_posts(path: Path, posts: Iterable[Document]) -> None:
    """Write posts as JSON lines, without what is known of them."""
    records = (record_from_document(bare(post)) for post in posts)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def bare(post: Document) -> Document:
    """The post without label, score and mentions."""
    return replace(post, mentions=(), label=None, score=None)


def _distinct(posts: Iterable[Document]) -> list[Document]:
    return list({post.text: post for post in posts}.values())


def part_of(prefix: Path, kind: str) -> Path:
    """The folder PREFIX_KIND."""
    return prefix.with_name(f"{prefix.name}_{kind}")


def _spans(documents: Iterable[Document]) -> list[object]:
    return [[(m.spans, m.label) for m in d.mentions] for d in documents]


def _unlinked(documents: Iterable[Document]) -> list[Document]:
    return [
        replace(
            d, mentions=tuple(replace(m, links=(), status="none", assertion="present") for m in d.mentions)
        )
        for d in documents
    ]


def _share_same(left: Sequence[object], right: Sequence[object]) -> float:
    return round(sum(a == b for a, b in zip(left, right, strict=True)) / max(1, len(left)), 4)


def _command() -> str:
    shown = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return shlex.join(["python", "scripts/bench_serving.py", *shown])


if __name__ == "__main__":
    main()
