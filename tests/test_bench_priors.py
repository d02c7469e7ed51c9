import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_priors  # noqa: E402
from prior_table import priors_tables  # noqa: E402

from adetk.errors import AdetkError  # noqa: E402


@pytest.fixture
def called(tiny_bundle, easy_posts, monkeypatch, tmp_path):
    """Calls the bench with posts of the tiny gate in the place of the corpus, and itself as the default gate."""
    seen = []

    def read(corpus, split, folder):
        seen.append(split)
        return (
            [replace(post, label=None, mentions=()) for post in easy_posts] if split == "test" else easy_posts
        )

    monkeypatch.setattr(bench_priors, "read_corpus", read)
    monkeypatch.setattr("adetk.pipeline.default_bundle_folder", lambda: tiny_bundle)
    words = ["--corpora", tmp_path, "--bundles", tmp_path, "--out", tmp_path / "priors.json"]
    words += ["--log", tmp_path / "log.jsonl"]
    monkeypatch.setattr(sys, "argv", ["bench_priors.py", *map(str, words)])
    return lambda: (bench_priors.main(), seen)


def test_a_gate_is_scored_at_each_share_and_logged(called, easy_posts, tmp_path):
    kept = {"recipe mine": {"systems": {}}}
    (tmp_path / "priors.json").write_text(json.dumps({"gates": kept}), encoding="utf-8")
    status, seen = called()
    assert status == 0
    assert sorted(seen) == ["test", "train", "valid"]
    report = json.loads((tmp_path / "priors.json").read_text(encoding="utf-8"))
    gate = report["gates"].pop("default bundle")
    assert report["gates"] == kept  # its bundle is not there now
    assert {stream["posts"] for stream in gate["streams"].values()} == {len(easy_posts)}
    share = sum(p.label == "ADE" for p in easy_posts) / len(easy_posts)
    assert gate["streams"]["test"]["prior"] == pytest.approx(share, abs=0.15)
    assert gate["streams"]["test"] == gate["streams"]["train"]  # the same posts here
    systems = gate["systems"]
    plain, overall, by_drug, *of_train = systems.values()
    assert of_train == [overall, by_drug]
    assert overall["average_precision"] == pytest.approx(plain["average_precision"])  # the order stays
    assert by_drug["n"] == len(easy_posts)
    assert by_drug["f1_difference"] == pytest.approx(by_drug["f1"] - plain["f1"])
    tried = report["chosen_on_train"]
    assert list(tried) == ["stream's share", "3 posts", "10 posts", "30 posts", "100 posts", "300 posts"]
    assert tried["10 posts"]["f1"] == pytest.approx(by_drug["f1"])  # once more
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["system"] for line in logged] == [f"default bundle, {system}" for system in systems]
    assert {line["split"] for line in logged} == {"valid"}

    (table,) = priors_tables({**report, "gates": {"default bundle": gate}})
    assert table.count("| default bundle, valid |") == 5
    assert table.count("| default bundle, train |") == 6
    assert f"{by_drug['f1']:.3f} [" in table


def test_what_is_wrong_is_one_line(called, monkeypatch, capsys):
    def refuse(*given):
        raise AdetkError("no corpus there")

    monkeypatch.setattr(bench_priors, "read_corpus", refuse)
    assert called()[0] == 1
    assert capsys.readouterr().err == "bench_priors: no corpus there\n"
