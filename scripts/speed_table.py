"""Tables of results/bench_speed.json, as `bench_speed.py` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate_tables import markdown

Report = Mapping[str, Any]

SYSTEM_HEADINGS = {
    "system": "system",
    "posts": "posts",
    "posts_per_second": "posts a second, start taken off",
    "times_baseline": "times",
    "cold_start_seconds": "seconds for one post, start included",
    "first_start_seconds": "the very first time",
    "peak_memory_mib": "peak memory, MiB",
}


def speed_tables(report: Report, processor: str) -> list[str]:
    """The whole way against what else a user would run, and over more and more posts; below it one post alone.

    Args:
        report: of `bench_speed.py`.
        processor: what it could do where that was run.
    """
    ms = report["latency"]
    measured_on = [
        f"{report['cpus']} CPUs",
        *(f"{word} {report[word]}" for word in ("runtime", "bundle") if word in report),
        report["date"],
    ]
    title = (
        f"**Speed, on a processor with {processor}** ({report['posts']} tweets, {report['gated_ade']} of them past the "
        "gate; times: of transformers' pipelines with the same networks in float32, one post at a time; "
        f"{', '.join(measured_on)}, `{report['command']}`)"
    )
    alone = (
        f"One post alone, all opened: median {ms['post_p50_ms']:g} ms, 99th percentile {ms['post_p99_ms']:g} ms; one "
        f"past the gate {ms['ade_post_p50_ms']:g} and {ms['ade_post_p99_ms']:g} ms."
    )
    rows = [
        [_cell(row.get(key, "")) for key in SYSTEM_HEADINGS]
        for row in (*report["systems"], *report["growth"])
    ]
    return [f"{title}\n\n{markdown(list(SYSTEM_HEADINGS.values()), rows)}\n{alone}\n"]


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"
