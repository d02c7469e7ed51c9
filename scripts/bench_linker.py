"""Measure the linker over a large terminology: start, index, mentions a second, memory.

    python scripts/bench_linker.py [--terms 80000] [--embedded 1500] [--mentions 512] [--bundle FOLDER]

Written to results/bench_linker.json. The terminology is invented (`make_synthetic_meddra.py`). Of its wordings
`--embedded` are really embedded; the others get random vectors, which cost as much to keep and to search, and the
seconds of a whole build follow from the measured rows a second. Each figure is given in seconds of the clock and of the
processors. Where other programs share the machine only the second is the linker's own, and of one thread only: more of
them wait for each other and spin. `mentions_per_two_cpu_seconds` is then what two processes on two processors do that
share the posts. Linking is measured on three streams:
`new` (no wording comes twice or is known), `names` (a coder's column of verbatims that are terms' own names) and
`stream` (wordings come again, by Zipf's law).
The baseline, the nearest name by character TF-IDF, links the first stream in the same run; without scikit-learn it
is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import platform
import random
import resource
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeVar

import faiss
import numpy as np
from make_synthetic_meddra import write_synthetic_meddra

from adetk import __version__
from adetk.batches import batched
from adetk.bundle import MODEL, TOKENIZER, read_manifest
from adetk.data import default_bundle_folder
from adetk.encoder import Tokenizer, run_windows
from adetk.normalize.embedder import Embedder
from adetk.normalize.index import ConceptIndex, Vectors
from adetk.normalize.linker import Linker
from adetk.normalize.part import index_rows
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.runtime import open_graph

OUT = Path(__file__).resolve().parents[1] / "results" / "bench_linker.json"
POSTS_AT_ONCE = 256  # as `Linker.__call__` takes them
BASELINE_MENTIONS = 128
QUALITIES = [
    "numb", "itchy", "swollen", "burning", "heavy", "frozen", "twitchy", "sore", "tight", "buzzing", "cramped",
    "bruised", "shaky", "wobbly", "prickly", "blotchy", "throbbing", "stinging", "puffy", "stiff",
]  # fmt: skip
PLACES = [
    "foot", "jaw", "elbow", "tummy", "scalp", "throat", "hands", "eyelids", "ribs", "shoulder", "tongue", "ankles",
    "chest", "nose", "wrist", "back", "ears", "calves", "knee", "lips",
]  # fmt: skip
TIMES = ["", "at night", "all day", "again", "so bad"]
"""Wordings of these have about as many pieces as those of annotated posts: six and a half."""

Figures = dict[str, float | int]
T = TypeVar("T")


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description="Measure the linker and write results/bench_linker.json.")
    parser.add_argument("--terms", type=int, default=80_000, help="LLTs to invent")
    parser.add_argument("--embedded", type=int, default=1500, help="wordings to embed; the rest is estimated")
    parser.add_argument("--mentions", type=int, default=512, help="of each stream")
    parser.add_argument("--threads", type=int, default=1, help="of the network and of the search")
    parser.add_argument("--bundle", type=Path, help="bundle folder; none: the default bundle")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    faiss.omp_set_num_threads(options.threads)
    report: dict[str, object] = {
        "date": datetime.now(UTC).date().isoformat(),
        "adetk": __version__,
        "command": shlex.join(["python", "scripts/bench_linker.py", *sys.argv[1:]]),
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "threads": options.threads,
        "load_average_before": round(os.getloadavg()[0], 1),
    }
    bundle = default_bundle_folder() if options.bundle is None else options.bundle
    with tempfile.TemporaryDirectory() as folder:
        release = write_synthetic_meddra(Path(folder) / "release", options.terms)
        terminology, report["terminology"] = measured_terminology(release)
        embedder = opened_embedder(bundle, options.threads)
        linker, report["index"] = measured_index(
            terminology, embedder, options.embedded, Path(folder) / "index"
        )
    new = new_wordings(options.mentions)
    streams = {
        "new": new,
        "names": [term.name for term in random.Random(0).sample(terminology.offered(), len(new))],
        "stream": repeated(new_wordings(2 * len(new))[len(new) :], len(new)),
    }
    report["linking"] = {name: linked(linker, surfaces) for name, surfaces in streams.items()}
    report["encoder"] = encoder_bound(bundle, options.threads, new)
    report["peak_memory_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _A_MIB)
    if importlib.util.find_spec("sklearn") is not None:
        report["baseline"] = baseline(terminology, new[:BASELINE_MENTIONS])
    report["load_average_after"] = round(os.getloadavg()[0], 1)
    text = json.dumps(report, indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


_A_MIB = 2**20 if sys.platform == "darwin" else 2**10


def timed(call: Callable[[], T]) -> tuple[T, float, float]:
    """What a call gives, and its seconds by the clock and by the processors."""
    clock, processors = time.perf_counter(), time.process_time()
    result = call()
    return result, time.perf_counter() - clock, time.process_time() - processors


def measured_terminology(release: Path) -> tuple[Terminology, Figures]:
    """Read it: no cache is needed where this is quick."""
    terminology, seconds, cpu = timed(lambda: open_terminology(release))
    terms = len(terminology.concepts)
    return terminology, {"terms": terms, "open_seconds": round(seconds, 2), "open_cpu_seconds": round(cpu, 2)}


def opened_embedder(bundle: Path, threads: int) -> Embedder:
    """The encoder of a bundle's linker."""
    part = bundle / "normalize"
    settings = read_manifest(bundle, "bundle", verify=False).settings["normalize"]
    tokenizer = Tokenizer.from_file(part / TOKENIZER, settings["max_length"])
    return Embedder(tokenizer, open_graph(part / MODEL, threads), settings["encoder"])


def measured_index(
    terminology: Terminology, embedder: Embedder, n_embedded: int, folder: Path
) -> tuple[Linker, Figures]:
    """Build it with random vectors but for `n_embedded` wordings, keep it, read it, make a linker over it."""
    rows = index_rows(terminology, [])
    surfaces = list(dict.fromkeys(surface for surface, _ in rows))
    chosen = random.Random(0).sample(surfaces, min(n_embedded, len(surfaces)))
    vectors, seconds, cpu = timed(lambda: embedder.in_bulk(chosen))
    known = _drawn(surfaces, vectors.shape[1])
    known.update(zip(chosen, vectors.astype(np.float16), strict=True))
    built, rest, rest_cpu = timed(lambda: ConceptIndex.build(rows, embedder.in_bulk, "bench", "bench", known))
    built.save(folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    del built
    index, load, load_cpu = timed(lambda: ConceptIndex.load(folder))
    embedder.know(index.surface_to_vector)
    linker, start, start_cpu = timed(lambda: Linker(terminology, embedder, index, None, LinkerSettings()))
    per_row, per_row_cpu = seconds / len(chosen), cpu / len(chosen)
    return linker, {
        "rows": len(rows),
        "embedded_rows": len(chosen),
        "rows_per_second": round(1 / per_row),
        "rows_per_cpu_second": round(1 / per_row_cpu),
        "build_seconds_estimated": round(per_row * len(surfaces) + rest),
        "build_cpu_seconds_estimated": round(per_row_cpu * len(surfaces) + rest_cpu),
        "size_on_disk_mib": round(size / 2**20, 1),
        "load_seconds": round(load, 2),
        "load_cpu_seconds": round(load_cpu, 2),
        "linker_start_seconds": round(start, 2),
        "linker_start_cpu_seconds": round(start_cpu, 2),
    }


def _drawn(surfaces: Sequence[str], width: int) -> dict[str, Vectors]:
    """A random unit vector for each wording."""
    drawn = np.random.default_rng(0).standard_normal((len(surfaces), width), np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return dict(zip(surfaces, drawn.astype(np.float16), strict=True))


def new_wordings(n: int) -> list[str]:
    """Different wordings such as people write, in an order that is drawn."""
    ways = product(QUALITIES, PLACES, TIMES)
    return random.Random(0).sample([" ".join(filter(None, way)) for way in ways], n)


def repeated(wordings: Sequence[str], n: int) -> list[str]:
    """Draw `n` of the wordings, the r-th one as often as 1 / r."""
    weights = [1 / rank for rank in range(1, len(wordings) + 1)]
    return random.Random(0).choices(wordings, weights, k=n)


def linked(linker: Linker, surfaces: Sequence[str]) -> Figures:
    """Link them as a run does, so many at once; a few others go before, so that all is warm."""
    linker.link_all(["warm"])
    _, seconds, cpu = timed(lambda: [linker.link_all(some) for some in batched(surfaces, POSTS_AT_ONCE)])
    return {"distinct": len(set(surfaces)), **_rates(len(surfaces), seconds, cpu)}


def encoder_bound(bundle: Path, threads: int, surfaces: Sequence[str]) -> Figures:
    """The network alone, by the size of its batches: no linker of new wordings can be faster."""
    tokenizer = opened_embedder(bundle, threads).tokenizer
    network = open_graph(bundle / "normalize" / MODEL, threads)
    windows = [ways[0] for ways in tokenizer.windows(surfaces)]
    figures: Figures = {"mean_pieces": round(sum(len(w.ids) for w in windows) / len(windows), 1)}
    for size in (1, 16, 64, 256):
        _, _, cpu = timed(partial(run_windows, network, windows, tokenizer.pad_id, size))
        figures[f"batch_{size}_mentions_per_two_cpu_seconds"] = round(2 * len(windows) / cpu)
    return figures


def baseline(terminology: Terminology, surfaces: Sequence[str]) -> dict[str, object]:
    """The nearest name by character TF-IDF over the same terminology."""
    from baselines import NearestNeighbourLinker

    system, seconds, cpu = timed(lambda: NearestNeighbourLinker.fit([], terminology.rows()))
    _, linking, linking_cpu = timed(lambda: system.link_all(surfaces))
    figures = {"fit_seconds": round(seconds, 2), "fit_cpu_seconds": round(cpu, 2)}
    return {"name": "TF-IDF, nearest", **figures, **_rates(len(surfaces), linking, linking_cpu)}


def _rates(n: int, seconds: float, cpu: float) -> Figures:
    return {
        "mentions": n,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "mentions_per_second": round(n / seconds),
        "mentions_per_two_cpu_seconds": round(2 * n / cpu),
    }


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main()
