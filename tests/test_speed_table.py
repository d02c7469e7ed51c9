"""The speed tables of RESULTS.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from speed_table import speed_tables

REPORT = {
    "date": "2026-01-02",
    "command": "python scripts/bench_speed.py",
    "cpus": 2,
    "posts": 20,
    "gated_ade": 3,
    "systems": [
        {
            "system": "adetk run, openvino",
            "posts": 20,
            "posts_per_second": 1500.5,
            "cold_start_seconds": 2.5,
            "first_start_seconds": 4.25,
            "peak_memory_mib": 700,
            "times_baseline": 12.0,
        },
        {"system": "TF-IDF gate alone", "posts_per_second": 3000.0, "times_baseline": 24.0},
    ],
    "latency": {"post_p50_ms": 9.5, "post_p99_ms": 20.0, "ade_post_p50_ms": 19.0, "ade_post_p99_ms": 30.25},
    "growth": [{"system": "adetk run, openvino", "posts": 10000, "posts_per_second": 1400.0}],
}


def test_a_row_a_system_and_size_and_what_was_not_measured_stays_empty():
    (text,) = speed_tables(REPORT, "VNNI")
    title, _, *lines = text.splitlines()
    assert title.startswith("**Speed, on a processor with VNNI** ")
    assert "(20 tweets, 3 of them past the gate;" in title
    assert "; 2 CPUs, 2026-01-02, `python" in title
    (where,) = speed_tables({**REPORT, "runtime": "openvino, int8", "bundle": "12ab"}, "VNNI")
    assert "; 2 CPUs, runtime openvino, int8, bundle 12ab, 2026-01-02, `python" in where
    assert lines[2:5] == [
        "| adetk run, openvino | 20 | 1,500.5 | 12.0 | 2.5 | 4.25 | 700 |",
        "| TF-IDF gate alone |  | 3,000.0 | 24.0 |  |  |  |",
        "| adetk run, openvino | 10,000 | 1,400.0 |  |  |  |  |",
    ]
    assert "median 9.5 ms, 99th percentile 20 ms; one past the gate 19 and 30.25 ms." in lines[-1]
