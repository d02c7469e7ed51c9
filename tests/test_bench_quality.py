import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sklearn", reason="training is not installed")

SCRIPTS = Path(__file__).parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_quality  # noqa: E402
from benchmarks import BENCHMARKS, Benchmark, pooled, rounds_of  # noqa: E402

from adetk.document import Document, Mention  # noqa: E402
from adetk.normalize.ctcae import read_ctcae  # noqa: E402

TERMS = "code\tname\n10016256\tFatigue\n10028813\tNausea\n"


def measured(benchmark, tmp_path):
    rounds = rounds_of(benchmark, tmp_path, tmp_path, tmp_path / "terms.tsv")
    return bench_quality.measured(benchmark, rounds, tmp_path / "log.jsonl")


def of_demo(task, **settings):
    settings = {"scored": "all", "train": "all", "with_default": False} | settings
    return Benchmark(f"demo_{task}", task, "demo", **settings)


def test_baselines_stand_side_by_side_and_every_scoring_is_logged(tmp_path):
    result = measured(of_demo("classify"), tmp_path)
    assert [s["system"] for s in result["systems"]] == ["TF-IDF, logistic regression", "TF-IDF, calibrated"]
    first, second = result["systems"]
    assert first["f1_low"] <= first["f1"] <= first["f1_high"]
    assert "difference" not in first
    assert second["difference"] == pytest.approx(second["f1"] - first["f1"])
    assert second["difference_low"] <= second["difference"] <= second["difference_high"]
    assert (first["n"], result["documents"]) == (111, 111)
    assert first["unshared_n"] == 0  # trained on what it is scored on
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["bundle_name"] for line in lines] == [s["system"] for s in result["systems"]]


def test_the_digest_is_that_of_the_data(tmp_path):
    results = [measured(of_demo("extract", gate=gate), tmp_path) for gate in ("oracle", "none")]
    assert results[0]["sha256"] == results[1]["sha256"] == results[0]["train_sha256"]
    assert [r["gate"] for r in results] == ["oracle", "none"]
    oracle, none = (r["systems"][0]["strict_precision"] for r in results)
    assert oracle > none - 0.2 > 0


def test_folds_are_pooled_and_a_bundle_that_is_not_there_is_left_out(tmp_path, caplog):
    benchmark = of_demo("classify", folds=(0, 1), bundles=("mine-{fold}",))
    result = measured(benchmark, tmp_path)
    assert result["documents"] == 222
    assert result["split"] == "all (folds 0, 1)"
    assert len(result["systems"]) == 2
    assert "mine-1, its recipe was not trained" in caplog.text


def test_a_bundle_that_is_not_there_keeps_its_row_if_the_same_documents_were_scored(tmp_path):
    result = {**measured(of_demo("classify"), tmp_path), "date": "2026-02-02"}
    large = {"system": "adetk, recipe large", "bundle": "abc", "f1": 0.5}
    scored_twice = {"system": "adetk, recipe twice", "bundle": "def", "f1": 0.6, "date": "2025-05-05"}
    dropped = {"system": "no baseline any more", "bundle": "", "f1": 0.1}
    before = {**result, "date": "2026-01-01", "systems": [*result["systems"], dropped, large, scored_twice]}
    kept = bench_quality.with_kept(result, before)
    assert kept["systems"] == [*result["systems"], {**large, "date": "2026-01-01"}, scored_twice]
    assert kept["date"] == "2026-02-02"
    for other in ({**before, "sha256": "of others"}, {**before, "train_sha256": "of others"}, {}):
        assert bench_quality.with_kept(result, other) is result


def test_slices_go_by_the_training_of_each_fold():
    def phrase(key, text):
        mentions = (Mention(((0, len(text)),), gold=(frozenset({"10028813"}),)),)
        return Document(key, text, mentions=mentions)

    one, other = [phrase("1", "queasy")], [phrase("1", "felt sick")]
    rounds = [SimpleNamespace(gold=one, train=other), SimpleNamespace(gold=other, train=one)]
    answers = pooled([one, other])
    report = bench_quality._slices("normalize", rounds, answers, read_ctcae())
    assert (report["seen_mention_n"], report["unseen_mention_n"]) == (0, 2)
    assert bench_quality._slices("classify", rounds, answers, read_ctcae()) == {}


def test_names_are_unique_and_an_unknown_one_is_refused(tmp_path, capsys, monkeypatch):
    assert len({b.name for b in BENCHMARKS}) == len(BENCHMARKS)
    arguments = ["bench", "nonsense", "--corpora", str(tmp_path), "--terminology", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        bench_quality.main()
    assert "smm4h2022_gate" in capsys.readouterr().err
