"""Print how long it takes to open and use a terminology: seconds, best of three.

python scripts/bench_terminology.py              80,000 invented LLTs
python scripts/bench_terminology.py MEDASCII     one's own MedDRA
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from make_synthetic_meddra import write_synthetic_meddra

from adetk.normalize.terminology import open_terminology

ROUNDS = 3


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description="Measure opening, fingerprint, rows and search.")
    parser.add_argument("folder", type=Path, nargs="?", help="a MedAscii folder; none: invented terms")
    parser.add_argument("--llts", type=int, default=80_000, help="how many to invent")
    options = parser.parse_args()
    if options.folder is not None:
        measure(options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(write_synthetic_meddra(Path(folder), options.llts))


def measure(folder: Path) -> None:
    """Print one line an operation."""
    rounds = [one_round(folder) for _ in range(ROUNDS)]
    for what in rounds[0]:
        print(f"{what:<14}{min(seconds[what] for seconds in rounds):8.3f} s")


def one_round(folder: Path) -> dict[str, float]:
    """Operation -> seconds. Opens anew, so that nothing is cached from the round before."""
    start = time.perf_counter()
    terminology = open_terminology(folder)
    what_to_seconds = {"open": time.perf_counter() - start}
    name = terminology.offered()[-1].name
    calls: dict[str, Callable[[], object]] = {
        "fingerprint": lambda: terminology.fingerprint,
        "rows": terminology.rows,
        "first search": lambda: terminology.search(name),
        "later search": lambda: terminology.search(name[1:]),
    }
    for what, call in calls.items():
        start = time.perf_counter()
        call()
        what_to_seconds[what] = time.perf_counter() - start
    return what_to_seconds


if __name__ == "__main__":
    main()
