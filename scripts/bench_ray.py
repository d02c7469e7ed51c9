"""Measure `adetk run --engine ray` on this machine against one process: posts a second, and the same documents or not.

    python scripts/bench_ray.py --posts FILE [--bundle FOLDER] [--workers 2] [--shards 8] [--number 20000]

All in one run, written to results/bench_ray.json. Each row is `adetk run` as processes of its own: alone on all cores;
alone on one core; with so many workers of one thread each; and the same with a worker killed as soon as one shard is
done and another begun. The start (of the process; of Ray and its workers) is measured with one post a worker and taken
off. The file has the given posts again and again, from the second turn on each made different. It is cut into shards of
whole batches, so that the same wordings are looked up together: a post's own score depends on no other post, but many
wordings at once are multiplied in another order than few, which may change the last digit of a distance.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from types import MappingProxyType
from typing import Any

from bench_options import ROOT, shown_command, write_report
from bench_serving import bare, read_posts, write_posts
from bench_speed import grown

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io.shards import STATE
from adetk.pipeline import BATCH
from adetk.runtime import THREADS_VARIABLE, cores, runtime_name

OUT = ROOT / "results" / "bench_ray.json"
COLD_STARTS = 3
NOTHING: Mapping[str, str] = MappingProxyType({})

Row = dict[str, float | int | str | bool]


def main() -> int:
    """Parse the command line, measure, write."""
    options = _parser().parse_args()
    try:
        posts = grown([bare(post) for post in read_posts(options.posts)], options.number)
        report = {
            "cpus": cores(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "runtime": runtime_name(),
            **measured(posts, options.bundle, options.workers, options.shards),
        }
    except AdetkError as error:
        print(f"bench_ray: {error}", file=sys.stderr)
        return 1
    write_report(report, shown_command("bench_ray"), options.out)
    print(options.out.read_text(encoding="utf-8"))
    return 0


def measured(posts: Sequence[Document], bundle: Path | None, workers: int, shards: int) -> dict[str, object]:
    """All rows; those of Ray say whether their documents are the ones of a process alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_posts(folder / "posts.jsonl", posts)
        write_posts(folder / "post.jsonl", posts[:1])
        n_shards = write_shards(folder / "shards", posts, shards)
        write_shards(folder / "starts", posts[:workers], workers, 1)
        where = [] if bundle is None else ["--bundle", str(bundle)]
        alone = alone_row(folder, len(posts), where, None)
        expected = documents_of([folder / "posts.out.jsonl"])
        on_one_core = alone_row(folder, len(posts), where, 1)
        rows = [{"system": "one process", **alone}, {"system": "one process, one core", **on_one_core}]
        options = [*where, "--engine", "ray", "--workers", str(workers)]
        start = median(
            _seconds([str(folder / "starts"), *options], folder / f"start-{n}") for n in range(COLD_STARTS)
        )
        for kill in (False, True):
            coded = folder / f"coded-{kill}"
            seconds = _seconds([str(folder / "shards"), *options], coded, kill=kill)
            row: Row = {"system": f"{workers} workers, one killed" if kill else f"{workers} workers"}
            row |= figures(len(posts) - workers, start, seconds)
            for name, other in (("times_one_process", alone), ("times_one_core", on_one_core)):
                row[name] = round(float(row["posts_per_second"]) / float(other["posts_per_second"]), 2)
            rows.append(row | comparison(expected, documents_of(sorted(coded.glob("*.jsonl")))))
    return {"posts": len(posts), "shards": n_shards, "workers": workers, "systems": rows}


def write_shards(folder: Path, posts: Sequence[Document], number: int, multiple: int = BATCH) -> int:
    """Cut posts into at most so many files, each but the last of a multiple of posts; how many they are."""
    folder.mkdir()
    size = -(-len(posts) // (number * multiple)) * multiple
    for shard, at in enumerate(range(0, len(posts), size)):
        write_posts(folder / f"part-{shard:04}.jsonl", posts[at : at + size])
    return len(list(folder.iterdir()))


def alone_row(folder: Path, number: int, where: Sequence[str], threads: int | None) -> Row:
    """One process over the whole file, on all cores or so many."""
    environment = {} if threads is None else {THREADS_VARIABLE: str(threads)}

    def run(name: str) -> float:
        return _seconds([str(folder / f"{name}.jsonl"), *where], folder / f"{name}.out.jsonl", environment)

    start = median(run("post") for _ in range(COLD_STARTS))
    return figures(number - 1, start, run("posts"))


def figures(number: int, start: float, seconds: float) -> Row:
    """Of so many posts beyond those of the start."""
    return {
        "posts_per_second": round(number / (seconds - start), 1),
        "cold_start_seconds": round(start, 2),
        "seconds": round(seconds, 2),
    }


def documents_of(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """All records of files, in the order of their ids."""
    records = [
        json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line
    ]
    return sorted(records, key=lambda record: int(record["id"]))


def comparison(expected: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> Row:
    """Whether two lists of records are the same, and whether they are but for their scores."""
    return {
        "same_documents": _unscored(list(expected)) == _unscored(list(found)),
        "same_scores": expected == found,
    }


def _unscored(value: Any) -> Any:
    """A value of JSON without its numbers that are no integers."""
    if isinstance(value, dict):
        return {key: _unscored(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unscored(inner) for inner in value]
    return None if isinstance(value, float) else value


def _seconds(
    arguments: Sequence[str], out: Path, environment: Mapping[str, str] = NOTHING, kill: bool = False
) -> float:
    """Seconds of one `adetk run`."""
    command = [sys.executable, "-m", "adetk", "run", *arguments, "-o", str(out)]
    started = time.perf_counter()
    with Popen(command, stderr=PIPE, text=True, env={**os.environ, **environment}) as process:
        if kill:
            _kill_one(process, out)
        _, said = process.communicate()
    if process.returncode != 0:
        raise AdetkError(f"{shlex.join(command)}: {said.strip()}")
    return time.perf_counter() - started


def _kill_one(process: Popen[str], out: Path) -> None:
    """Kill a worker that has begun a shard, once another shard is done."""
    while process.poll() is None:
        begun = list(out.glob(f"{STATE}/*/*.partial"))
        if begun and any(out.glob("*.jsonl")):
            os.kill(int(begun[0].parent.name.split("-")[0]), signal.SIGKILL)
            return
        time.sleep(0.01)
    raise AdetkError("no worker could be killed: the run was over before; expected more posts or shards")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure runs on Ray and write results/bench_ray.json.")
    parser.add_argument("--posts", type=Path, help="posts; none: the demo's")
    parser.add_argument("--bundle", type=Path, help="bundle folder; none: the default bundle")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--number", type=int, default=20_000, help="posts to code")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser


if __name__ == "__main__":
    sys.exit(main())
