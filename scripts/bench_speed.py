"""Measure speed: `adetk run` under each runtime, its stages, and what a user would write with transformers' pipelines.

    python scripts/bench_speed.py --posts FILE [--bundle FOLDER] [--parts parts/default] [--number 2000]
        [--sizes 1000 10000 100000]

All in one run on one machine, written to results/bench_speed.json. `adetk run` is a process of its own, its start taken
off. The pipelines of transformers have the size of the gate and the tagger that training left (PREFIX_classify,
PREFIX_extract), in float32: the one reads every post, the other those that adetk's gate lets through, and no term is
looked for. As posts grow in number they are the given ones again, each made different, so that no cache helps.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import numpy as np
from bench_options import ROOT, shown_command, write_report
from bench_serving import bare, part_of, read_posts, write_posts

from adetk.cache import CACHE_VARIABLE
from adetk.document import ADE, Document
from adetk.errors import AdetkError
from adetk.pipeline import Pipeline
from adetk.readers import read_jsonl
from adetk.runtime import RUNTIME_VARIABLE, cores, installed_runtimes, runtime_fingerprint, runtime_name

OUT = ROOT / "results" / "bench_speed.json"
WRITTEN = ROOT / "corpora" / "written"
COLD_STARTS = 3
ONE_BY_ONE = 300
"""So many posts are read one at a time."""
BATCH = 32
BASELINE = "transformers, one post at a time"
_LAUNCHER = (
    sys.executable,
    "-c",
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)",
)
"""Runs a command and prints its peak of memory. A child of this process would begin with this one's own peak."""

Row = dict[str, float | int | str]


def main() -> int:
    """Parse the command line, measure, write."""
    options = _parser().parse_args()
    try:
        posts = [replace(bare(post), id=str(n)) for n, post in enumerate(read_posts(options.posts))]
        report = {
            "cpus": cores(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "runtime": runtime_fingerprint(),
            **measured(posts, options.bundle, options.parts, options.number, options.sizes),
        }
    except AdetkError as error:
        print(f"bench_speed: {error}", file=sys.stderr)
        return 1
    write_report(report, shown_command("bench_speed"), options.out)
    print(options.out.read_text(encoding="utf-8"))
    return 0


def measured(
    posts: Sequence[Document], bundle: Path | None, parts: Path, number: int, sizes: Sequence[int]
) -> dict[str, object]:
    """All figures. `systems` are rows with their ratio to `BASELINE`, or to the slowest where torch is missing."""
    some = list(islice(posts, number))
    pipeline = Pipeline.from_pretrained(bundle)
    labelled = list(pipeline.classify(some))
    systems = [run_row(runtime, some, bundle) for runtime in installed_runtimes()]
    systems.append(tfidf_row(some))
    if importlib.util.find_spec("torch") is not None:
        systems += transformers_rows(parts, labelled)
    slowest = next((row for row in systems if row["system"] == BASELINE), systems[0])
    for row in systems:
        row["times_baseline"] = round(float(row["posts_per_second"]) / float(slowest["posts_per_second"]), 1)
    return {
        "bundle": pipeline.manifest.model_fingerprint[:12],
        "posts": len(some),
        "gated_ade": sum(d.label == ADE for d in labelled),
        "systems": systems,
        "stages": stages(pipeline, some),
        "latency": latency(pipeline, some[:ONE_BY_ONE]),
        "growth": [run_row(runtime_name(), grown(posts, size), bundle) for size in sizes],
    }


def run_row(runtime: str, posts: Sequence[Document], bundle: Path | None) -> Row:
    """`adetk run` as a process under a runtime: posts a second without the start, the start, the peak of its memory.

    The very first start fills the cache folder; those that are counted find it filled.
    """
    with tempfile.TemporaryDirectory() as folder:
        many, one = Path(folder) / "many.jsonl", Path(folder) / "one.jsonl"
        write_posts(many, posts)
        write_posts(one, posts[:1])
        environment = {**os.environ, RUNTIME_VARIABLE: runtime, CACHE_VARIABLE: str(Path(folder) / "cache")}
        first, _ = _run(one, bundle, environment)
        start = median(_run(one, bundle, environment)[0] for _ in range(COLD_STARTS))
        seconds, peak = _run(many, bundle, environment)
    return {
        "system": f"adetk run, {runtime}",
        "posts": len(posts),
        "posts_per_second": round((len(posts) - 1) / (seconds - start), 1),
        "cold_start_seconds": round(start, 2),
        "first_start_seconds": round(first, 2),
        "peak_memory_mib": round(peak),
    }


def tfidf_row(posts: Sequence[Document]) -> Row:
    """The gate's baseline alone, which learnt from our own posts."""
    from baselines import TfidfGate

    gate = TfidfGate.fit([d for path in sorted(WRITTEN.glob("*.jsonl")) for d in read_jsonl(path)])
    return {"system": "TF-IDF gate alone", "posts_per_second": _speed(gate, posts)}


def transformers_rows(parts: Path, labelled: Sequence[Document]) -> list[Row]:
    """The pipelines of transformers over the float32 networks, one post at a time and in batches.

    Raises:
        AdetkError: no float weights there.
    """
    from transformers_pipelines import opened

    gate, tagger = (opened(part_of(parts, kind), kind) for kind in ("classify", "extract"))

    def run(posts: Iterable[Document], batch_size: int) -> Iterator[Document]:
        found = list(posts)
        gate([d.text for d in found], batch_size=batch_size)
        passed = [d.text for d in found if d.label == ADE]
        if passed:
            tagger(passed, batch_size=batch_size)
        return iter(found)

    few = labelled[:ONE_BY_ONE]
    return [
        {"system": BASELINE, "posts_per_second": _speed(lambda posts: run(posts, 1), few)},
        {
            "system": "transformers, in batches",
            "posts_per_second": _speed(lambda posts: run(posts, BATCH), labelled),
        },
    ]


def stages(pipeline: Pipeline, posts: Sequence[Document]) -> list[Row]:
    """Seconds of each step over all posts, one step after the other."""
    rows: list[Row] = []
    documents = list(posts)
    for name in ("classify", "extract", "normalize"):
        step: Callable[[Iterable[Document]], Iterator[Document]] = getattr(pipeline, name)
        list(step(documents[:8]))  # opens what the step needs
        started = time.perf_counter()
        documents = list(step(documents))
        seconds = time.perf_counter() - started
        rows.append(
            {"stage": name, "seconds": round(seconds, 2), "posts_per_second": round(len(posts) / seconds)}
        )
    return rows


def latency(pipeline: Pipeline, posts: Sequence[Document]) -> dict[str, float]:
    """Milliseconds of one post, all opened: median and 99th percentile, for posts as they come and for ADE posts."""
    spent: dict[str, list[float]] = {"post": [], "ade_post": []}
    list(pipeline(posts[:8]))
    for post in posts:
        started = time.perf_counter()
        (document,) = pipeline([post])
        spent["post"].append(1000 * (time.perf_counter() - started))
        if document.label == ADE:
            spent["ade_post"].append(spent["post"][-1])
    return {
        f"{name}_{label}_ms": round(float(np.percentile(times, percent)), 1)
        for name, times in spent.items()
        if times
        for label, percent in (("p50", 50), ("p99", 99))
    }


def grown(posts: Sequence[Document], size: int) -> list[Document]:
    """So many posts: the given ones in turn, from the second turn on each with a number at its end."""
    turns = enumerate(islice(cycle(posts), size))
    return [replace(d, id=str(n), text=d.text if n < len(posts) else f"{d.text} {n}") for n, d in turns]


def _speed(step: Callable[[Iterable[Document]], Iterable[Document]], posts: Sequence[Document]) -> float:
    list(step(posts[:8]))  # the first call is slower
    started = time.perf_counter()
    list(step(posts))
    return round(len(posts) / (time.perf_counter() - started), 1)


def _run(posts: Path, bundle: Path | None, environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds and MiB of one `adetk run`."""
    where = [] if bundle is None else ["--bundle", str(bundle)]
    command = [
        sys.executable,
        "-m",
        "adetk",
        "run",
        str(posts),
        "-o",
        str(posts.with_suffix(".out.jsonl")),
        *where,
    ]
    started = time.perf_counter()
    done = subprocess.run([*_LAUNCHER, *command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise AdetkError(f"{shlex.join(command)}: {done.stderr.strip()}")
    peak = int(done.stdout.splitlines()[-1])
    return time.perf_counter() - started, peak / (2**20 if sys.platform == "darwin" else 2**10)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure speed and write results/bench_speed.json.")
    parser.add_argument("--posts", type=Path, help="posts; none: the demo's, repeated")
    parser.add_argument("--bundle", type=Path, help="bundle folder; none: the default bundle")
    parser.add_argument(
        "--parts", type=Path, default=ROOT / "parts" / "default", help="prefix of part folders"
    )
    parser.add_argument("--number", type=int, default=2000, help="posts to compare systems on")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000], help="of growing input"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    return parser


if __name__ == "__main__":
    sys.exit(main())
