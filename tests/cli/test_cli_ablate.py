"""`adetk ablate` as a user has it, in a process of its own."""

import json
import re
import subprocess
import sys

import pytest

from adetk.evaluate.arms import TAUS


def command(*arguments):
    """What `adetk ARGUMENTS` gave."""
    return subprocess.run(
        [sys.executable, "-m", "adetk", *map(str, arguments)], capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def places(tiny_bundle, tmp_path_factory):
    """Options of the command, and the log that they name."""
    log = tmp_path_factory.mktemp("ablate") / "log" / "scorings.jsonl"
    return ("--corpus", "demo", "--split", "all", "--bundle", tiny_bundle, "--log", log), log


@pytest.fixture(scope="module")
def as_json(places):
    """The rows, and the log after this one run."""
    options, log = places
    done = command("ablate", *options, "--json")
    assert done.returncode == 0, done.stderr
    logged = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in done.stdout.splitlines()], logged


def test_one_object_a_variant(as_json):
    rows, _ = as_json
    variants = [(row["ablation"], row["variant"]) for row in rows]
    assert variants == [
        *(("gate", gate) for gate in ("none", "model", "oracle")),
        *(("linking", arm) for arm in ("exact", "exact_or_synonym", "similarity", "classifier")),
        *(("linking", arm) for arm in ("nearest_or_classifier", "fused", "wording_or_rule")),
        *(("linking", arm) for arm in ("wording_or_fused", "all")),
        *(("tau", f"{tau:.2f}") for tau in TAUS),
        ("tau", "own"),
        ("features", "on_gate_oracle"),
        ("features", "off_gate_oracle"),
    ]
    for row in rows:
        figures = [name for name in row if f"{name}_low" in row and not name.endswith("_difference")]
        assert figures
        for name in figures:
            assert 0 <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1
            is_full = row["variant"] in ("model", "all", "own", "on_gate_oracle")
            assert (f"{name}_difference" in row) is not is_full


def test_each_set_of_rows_is_logged_once(as_json, places, tiny_bundle):
    rows, logged = as_json
    assert [entry["task"] for entry in logged] == [
        "ablate gate",
        "ablate linking",
        "ablate tau",
        "ablate features",
    ]
    for entry in logged:
        assert (entry["corpus"], entry["split"]) == ("demo", "all")
        assert entry["bundle_name"] == tiny_bundle.name
        for row in rows:
            if entry["task"] == f"ablate {row['ablation']}":
                figures = {k: v for k, v in row.items() if k not in ("ablation", "variant")}
                assert {k: entry[f"{row['variant']}_{k}"] for k in figures} == figures


def test_the_table_has_a_line_a_variant_with_the_same_figures(as_json, places):
    rows, _ = as_json
    done = command("ablate", *places[0])
    assert done.returncode == 0, done.stderr
    blocks = [block.splitlines() for block in done.stdout.strip().split("\n\n")]
    assert [re.match(r"\w+", block[0])[0] for block in blocks] == [
        "gate",
        "gate",
        "linking",
        "tau",
        "features",
    ]
    assert [len(block) - 1 for block in blocks] == [3, 3, 9, len(TAUS) + 1, 2]
    by_name = {(row["ablation"], row["variant"]): row for row in rows}
    exact = next(line for line in blocks[2] if line.startswith("  exact "))
    row = by_name["linking", "exact"]
    assert f"{row['accuracy_at_1']:.3f} [{row['accuracy_at_1_low']:.3f}, " in exact
    assert f"{row['accuracy_at_1_difference']:+.3f} [" in exact
    full = next(line for line in blocks[0] if line.startswith("  model "))
    assert full.split().count("full") == 2
    assert f"n {row['n']}, coverage {row['coverage']:.3f}" in blocks[2][0]


def test_what_cannot_be_done_is_one_line(places, tmp_path):
    for change in (("--corpus", "no"), ("--split", "no")):
        done = command("ablate", *places[0], *change, "--log", tmp_path / "log.jsonl")
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("adetk: ")
        assert done.stdout == ""
    assert not (tmp_path / "log.jsonl").exists()


def test_help_loads_no_library():
    code = (
        "import sys, adetk.cli;"
        "print(sorted({'numpy', 'onnxruntime', 'faiss', 'adetk.pipeline', 'adetk.evaluate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert "--split" in command("ablate", "--help").stdout
