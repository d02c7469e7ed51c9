import json
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_links  # noqa: E402
from bench_links import Scored  # noqa: E402
from link_tables import ARM_HEADINGS, arm_rows, curve_row, links_tables  # noqa: E402


def called(monkeypatch, tmp_path, bundles):
    words = ["--corpora", tmp_path, "--bundles", bundles, "--terminology", "ctcae"]
    words += ["--out", tmp_path / "links.json", "--log", tmp_path / "log.jsonl"]
    monkeypatch.setattr(sys, "argv", ["bench_links.py", *map(str, words)])
    return bench_links.main()


def test_each_linker_is_scored_by_its_arms_and_logged(tiny_bundle, monkeypatch, tmp_path, capsys):
    absent, there = Scored("absent", "demo", "all"), Scored(tiny_bundle.name, "demo", "all")
    monkeypatch.setattr(bench_links, "SCORED", (absent, there))
    assert called(monkeypatch, tmp_path, tiny_bundle.parent) == 0
    report = json.loads((tmp_path / "links.json").read_text(encoding="utf-8"))
    (linker,) = report["linkers"]
    assert (linker["bundle_name"], linker["corpus"], linker["split"]) == (tiny_bundle.name, "demo", "all")
    arms = linker["linking"]
    assert arms["all"]["accuracy_at_1"] == arms["wording_or_rule"]["accuracy_at_1"]
    assert arms["all"]["n"] > 10
    assert linker["tau"]["own"]["accuracy_at_1"] == arms["all"]["accuracy_at_1"]
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["task"] for line in logged] == ["ablate linking", "ablate tau"]
    assert logged[0]["all_accuracy_at_1"] == arms["all"]["accuracy_at_1"]
    assert str(tmp_path) not in report["command"]
    assert "linking all: accuracy_at_1" in capsys.readouterr().out

    first, second = links_tables(report)
    assert first.count(f"| {tiny_bundle.name}, demo all |") == len(list(arm_rows(linker))) == len(arms) - 1
    assert f"{arms['similarity']['accuracy_at_1']:.3f} [" in first
    assert all(len(row) == len(ARM_HEADINGS) for row in arm_rows(linker))
    assert "| 0.00 | 0.10 |" in second
    assert curve_row(linker, ["0.00"])[1] == f"{linker['tau']['0.00']['accuracy_at_1']:.3f}"


def test_without_a_classifier_there_is_no_curve():
    arm = {"accuracy_at_1": 0.5, "answered": 1.0}
    about = {"bundle_name": "b", "corpus": "c", "split": "s", "tau_of_bundle": 1.0, "is_fused": True}
    linker = {**about, "linking": {"exact": arm}}
    report = {"date": "today", "command": "this", "linkers": [linker]}
    (table,) = links_tables(report)
    assert "| b, c s | the term's own name | 0.500 | 1.000 |  |" in table
    assert "but of b the fusion" in table


def test_no_bundle_is_one_line(monkeypatch, tmp_path, capsys):
    assert called(monkeypatch, tmp_path, tmp_path) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"bench_links: {tmp_path}: none of smm4h2022")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("scored", bench_links.SCORED, ids=lambda scored: scored.bundle)
def test_the_recipes_of_what_is_scored_are_there(scored):
    assert (SCRIPTS.parent / "recipes" / f"{scored.bundle}_normalize.toml").is_file()
