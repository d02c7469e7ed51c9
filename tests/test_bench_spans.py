import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_gates  # noqa: E402
import bench_spans  # noqa: E402
import recipe_runs  # noqa: E402
from recipe_runs import recipes_with_runs  # noqa: E402
from run_data import documents_of  # noqa: E402
from span_report import GATES  # noqa: E402
from span_runs import (  # noqa: E402
    digest,
    scored_part_of,
    span_run,
    tagged_by,
)
from span_samples import taggings_of  # noqa: E402
from span_tables import spans_tables  # noqa: E402
from trained_runs import WHOLE, path_of, read_runs, write_run  # noqa: E402

from adetk.document import ADE  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.recipe import read_recipe, read_training_data  # noqa: E402

# ---- a tiny tagger, trained

RECIPE = """
kind = 'extract'
encoder = 'ENCODER'
max_length = 48
development = 0.3
[[data]]
corpus = 'smm4h2022'
labels = { ADE = 'ADE' }
max_empty = 12
[training]
epochs = 24
learning_rate = 3e-3
batch_size = 16
bf16 = false
[options]
dictionaries = ['symptoms']
"""


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def bench(tiny_encoder, easy_posts, tmp_path_factory):
    """A folder with a corpus, a committed recipe and its runs: seed 1, whole and two folds."""
    for package in ("torch", "onnx"):
        pytest.importorskip(package, reason="training is not installed")
    root = tmp_path_factory.mktemp("bench")
    for split, posts in (("train", easy_posts[::2] + easy_posts[1::4]), ("valid", easy_posts[3::4])):
        folder = root / "corpora" / "smm4h2022" / split
        folder.mkdir(parents=True)
        rows = {"tweets": "", "class": "", "spans_norm": ""}
        for i, document in enumerate(posts):
            rows["tweets"] += f"{split}{i}\t{document.text}\n"
            rows["class"] += f"{split}{i}\t{document.label}\n"
            for m in document.labelled(ADE):
                rows["spans_norm"] += f"{split}{i}\tADE\t{m.start}\t{m.end}\t{m.surface(document.text)}\t-\n"
        for name, text in rows.items():
            (folder / f"{name}.tsv").write_text(text)
    (root / "recipes").mkdir()
    recipe_of(root).write_text(RECIPE.replace("ENCODER", str(tiny_encoder)), encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "recipes")
    git(root, "commit", "-q", "-m", "recipe")
    bench_spans.train([recipe_of(root)], root / "corpora", root / "runs", [1], folds=2)
    return root


def recipe_of(root):
    return root / "recipes" / "smm4h2022_extract.toml"


def runs_in(runs, bench):
    return {run.fold: run for run in read_runs(runs, recipe_of(bench), span_run)}


def test_a_run_holds_what_was_found_in_what_was_not_learnt_from(bench):
    recipe = read_recipe(recipe_of(bench))
    runs = runs_in(bench / "runs", bench)
    assert sorted(runs) == [WHOLE, 0, 1]
    target = scored_part_of(recipe)
    for fold in (0, 1):
        documents = documents_of(target, bench / "corpora", (fold, 2))["out_of_fold"]
        assert runs[fold].scored["out_of_fold"].sha256 == digest(documents)
    whole = documents_of(target, bench / "corpora", (WHOLE, 0))
    assert list(runs[WHOLE].scored) == ["development", "valid"]
    data = read_training_data(recipe, bench / "corpora")
    assert {d.id for d in data.development} < {d.id for d in whole["development"]}  # posts beyond max_empty
    assert not {d.id for d in data.train} & {d.id for d in whole["development"]}
    found = runs[WHOLE].scored["valid"].mentions
    assert len(found) > 20
    for one in found:
        assert 0 <= one.spans[0][0] < one.spans[-1][1] <= len(whole["valid"][one.document].text)
        assert (one.label, one.score) == (ADE, round(one.score, 4))
    text = path_of(bench / "runs", recipe.path.stem, 1, WHOLE).read_text()
    assert not any(d.id in text or d.text in text for d in whole["valid"])


def test_what_is_there_is_not_trained_again(bench, monkeypatch):
    def never(*arguments):
        raise AssertionError("trained again")

    monkeypatch.setattr(bench_spans, "train_run", never)
    bench_spans.train([recipe_of(bench)], bench / "corpora", bench / "runs", [1], folds=2)
    with pytest.raises(AdetkError, match="has runs of another number of folds than 3"):
        bench_spans.train([recipe_of(bench)], bench / "corpora", bench / "runs", [1], folds=3)
    with pytest.raises(AdetkError, match="is a recipe for extract; expected one for classify"):
        bench_gates.train([recipe_of(bench)], bench / "corpora", bench / "runs", [1], folds=2)


def test_a_part_that_was_trained_by_the_recipe_is_taken_for_its_whole_run(
    bench, monkeypatch, tmp_path, capsys
):
    from adetk.extract.train import train_tagger

    plan = read_recipe(recipe_of(bench))
    train_tagger(plan, bench / "corpora", tmp_path / "part")
    words = ["keep", recipe_of(bench), tmp_path / "part"]
    words += ["--corpora", bench / "corpora", "--runs", tmp_path / "runs"]
    monkeypatch.setattr(sys, "argv", ["bench_spans.py", *map(str, words)])
    assert bench_spans.main() == 0
    (kept,) = read_runs(tmp_path / "runs", recipe_of(bench), span_run)
    whole = documents_of(scored_part_of(plan), bench / "corpora", (WHOLE, 0))
    assert (kept.seed, kept.fold, kept.folds) == (plan.training.seed, WHOLE, 0)
    assert {name: s.sha256 for name, s in kept.scored.items()} == {n: digest(d) for n, d in whole.items()}
    assert kept.scored["valid"].mentions == tagged_by(tmp_path / "part", whole)["valid"].mentions
    assert len(kept.scored["valid"].mentions) > 20
    other = tmp_path / recipe_of(bench).name
    other.write_text(recipe_of(bench).read_text().replace("'symptoms'", "'ctcae'"))
    monkeypatch.setattr(sys, "argv", ["bench_spans.py", "keep", str(other), *map(str, words[2:])])
    assert bench_spans.main() == 1
    assert "smm4h2022_extract.toml as it is now; train it again" in capsys.readouterr().err


def report(bench, root):
    words = ["report", recipe_of(bench), "--corpora", bench / "corpora", "--runs", bench / "runs"]
    words += ["--draws", 10, "--out", root / "spans.json", "--log", root / "log.jsonl"]
    return [str(word) for word in words]


def test_the_command_reports_what_was_trained_and_logs_it(bench, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["bench_spans.py", *report(bench, tmp_path)])
    assert bench_spans.main() == 0
    written = json.loads((tmp_path / "spans.json").read_text())
    found = written["recipes"]["smm4h2022_extract"]
    assert (found["seeds"], found["folds"], found["chosen_on"]) == ([1], 2, "out_of_fold")
    assert list(found["valid"]) == list(found["out_of_fold"]) == list(found["development"]) == list(GATES)
    (table,) = spans_tables(written)
    assert [line.split("|")[4].strip() for line in table.splitlines()[4:]] == [
        *(["out of fold"] * 2),
        *(["development"] * 2),
    ]
    assert found["development"]["oracle"]["n"] < found["out_of_fold"]["oracle"]["n"]
    assert found["valid"]["oracle"]["strict_f1"] > 0.6  # easy posts
    assert found["valid"]["oracle"]["strict_precision"] >= found["valid"]["none"]["strict_precision"]
    lines = (bench / "corpora" / "smm4h2022" / "train" / "class.tsv").read_text().splitlines()
    assert found["out_of_fold"]["none"]["n"] == len(lines)
    assert str(tmp_path) not in json.dumps(written["command"])
    (logged,) = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert (logged["task"], logged["corpus"], logged["split"]) == ("extract", "smm4h2022", "valid")
    assert logged["oracle_strict_f1"] == found["valid"]["oracle"]["strict_f1"]
    assert "oracle" in capsys.readouterr().out


def test_an_uncommitted_recipe_is_not_scored_on_its_final_split(bench, tmp_path):
    copy = tmp_path / recipe_of(bench).name
    copy.write_bytes(recipe_of(bench).read_bytes())
    assert taggings_of(copy, bench / "corpora", bench / "runs").final is None
    assert taggings_of(recipe_of(bench), bench / "corpora", bench / "runs").final is not None


def test_without_folds_choices_are_made_on_the_development_documents(bench, tmp_path):
    (run,) = (run for run in runs_in(bench / "runs", bench).values() if run.fold == WHOLE)
    write_run(run, path_of(tmp_path, run.recipe, run.seed, WHOLE))
    found = taggings_of(recipe_of(bench), bench / "corpora", tmp_path)
    assert (found.chosen_on, found.about["folds"]) == ("development", 0)
    whole = documents_of(scored_part_of(read_recipe(recipe_of(bench))), bench / "corpora", (WHOLE, 0))
    assert list(found.selection.gold) == whole["development"]


def test_gold_counts_whatever_is_said_of_it(bench, monkeypatch):
    def negated(*arguments):
        found = documents_of(*arguments)
        return {
            name: [
                replace(d, mentions=tuple(replace(m, assertion="negated") for m in d.mentions))
                for d in documents
            ]
            for name, documents in found.items()
        }

    before = taggings_of(recipe_of(bench), bench / "corpora", bench / "runs").final
    monkeypatch.setattr(recipe_runs, "documents_of", negated)
    assert taggings_of(recipe_of(bench), bench / "corpora", bench / "runs").final == before


def test_each_bench_reports_on_recipes_of_its_kind(bench, tmp_path):
    for name in ("smm4h2022_extract", "smm4h2022_classify", "gone_extract"):
        (tmp_path / name).mkdir()
    recipes = SCRIPTS.parent / "recipes"
    assert recipes_with_runs(recipes, tmp_path, "extract") == [recipes / "smm4h2022_extract.toml"]
    assert recipes_with_runs(recipes, tmp_path, "classify") == [recipes / "smm4h2022_classify.toml"]


def test_what_is_wrong_is_one_line(bench, monkeypatch, tmp_path, capsys):
    words = report(bench, tmp_path)
    words[words.index("--runs") + 1] = str(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench_spans.py", *words])
    assert bench_spans.main() == 1
    said = capsys.readouterr().err
    assert "no seed has all of 1 runs; train the recipe first" in said
    assert len(said.splitlines()) == 1
