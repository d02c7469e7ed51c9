import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import bench_gates  # noqa: E402
import bench_options  # noqa: E402
import gate_report  # noqa: E402
import gate_runs  # noqa: E402
import run_data  # noqa: E402
from gate_report import systems_of  # noqa: E402
from gate_runs import GateRun, Margins, digest, gate_run  # noqa: E402
from gate_samples import gate_of  # noqa: E402
from kept_parts import gate_run_of  # noqa: E402
from run_data import documents_of  # noqa: E402
from trained_runs import WHOLE, digest_of, path_of, read_runs, write_run  # noqa: E402

from adetk.document import ADE  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.recipe import read_recipe  # noqa: E402


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """Each draw of a stream iterates to its share: 200 of them are half of this file's time."""
    monkeypatch.setattr(gate_report, "STREAM_DRAWS", 4)


# ---- a tiny gate, trained

RECIPE = """
kind = 'classify'
encoder = 'ENCODER'
max_length = 48
development = 0.3
[[data]]
corpus = 'smm4h2020_ru'
[training]
epochs = 2
learning_rate = 3e-3
batch_size = 16
bf16 = false
"""


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def bench(tiny_encoder, easy_posts, tmp_path_factory):
    """A folder with a corpus, a committed recipe and its runs: seed 1, whole and two folds."""
    for package in ("torch", "sklearn", "onnx"):
        pytest.importorskip(package, reason="training is not installed")
    root = tmp_path_factory.mktemp("bench")
    folder = root / "corpora" / "smm4h2020_ru"
    folder.mkdir(parents=True)
    for split, posts in (("train", easy_posts[::2] + easy_posts[1::4]), ("valid", easy_posts[3::4])):
        rows = [f"{split}{i}\t{d.text}\t{int(d.label == ADE)}\n" for i, d in enumerate(posts)]
        (folder / f"ru_task2_{split}.tsv").write_text("tweet_id\ttweet\tclass\n" + "".join(rows))
    (root / "recipes").mkdir()
    recipe = root / "recipes" / "tiny_cross_entropy_classify.toml"
    recipe.write_text(RECIPE.replace("ENCODER", str(tiny_encoder)), encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "recipes")
    git(root, "commit", "-q", "-m", "recipe")
    bench_gates.train([recipe], root / "corpora", root / "runs", [1], folds=2)
    return root


def runs_in(runs, bench):
    return read_runs(runs, recipe_of(bench), gate_run)


def recipe_of(root):
    return root / "recipes" / "tiny_cross_entropy_classify.toml"


def test_a_run_holds_numbers_in_the_order_of_the_corpus(bench):
    recipe = read_recipe(recipe_of(bench))
    runs = {run.fold: run for run in runs_in(bench / "runs", bench)}
    assert sorted(runs) == [WHOLE, 0, 1]
    n_train, n_valid = (
        len((bench / "corpora" / "smm4h2020_ru" / f"ru_task2_{s}.tsv").read_text().splitlines()) - 1
        for s in ("train", "valid")
    )
    folds = [documents_of(recipe, bench / "corpora", (fold, 2))["out_of_fold"] for fold in (0, 1)]
    assert sum(map(len, folds)) == n_train
    for fold, documents in enumerate(folds):
        scored = runs[fold].scored["out_of_fold"]
        assert (len(scored.margins), scored.sha256) == (len(documents), digest(documents))
        assert not {d.text for d in documents} & {d.text for d in folds[1 - fold]}
    assert list(runs[WHOLE].scored) == ["development", "valid"]
    assert len(runs[WHOLE].scored["valid"].margins) == n_valid
    assert all(m == round(m, 4) for m in runs[WHOLE].scored["valid"].margins)
    assert 0 < runs[0].source_prior < 1
    text = path_of(bench / "runs", recipe.path.stem, 1, 0).read_text()
    assert not any(d.id in text or d.text in text for d in folds[0])
    assert set(runs[0].made) == {"date", "command", "adetk", "runtime", "seconds"}


def test_a_run_that_was_cut_off_goes_on_in_its_folder_which_is_gone_in_the_end(bench, tmp_path, monkeypatch):
    plan = read_recipe(recipe_of(bench))
    path = path_of(tmp_path, plan.path.stem, 1, WHOLE)
    work = path.with_suffix(".work")
    whole, seen = gate_runs.train_run, []

    def cut_off(*arguments):
        (arguments[-1] / "half").write_text("done", encoding="utf-8")
        raise KeyboardInterrupt

    def going_on(*arguments):
        seen.extend(file.name for file in arguments[-1].iterdir())
        return whole(*arguments)

    monkeypatch.setattr(bench_gates, "train_run", cut_off)
    with pytest.raises(KeyboardInterrupt):
        bench_gates.train([plan.path], bench / "corpora", tmp_path, [1], folds=0)
    assert (work / "half").is_file()
    assert not path.exists()
    monkeypatch.setattr(bench_gates, "train_run", going_on)
    bench_gates.train([plan.path], bench / "corpora", tmp_path, [1], folds=0)
    assert seen == ["half"]
    assert path.is_file()
    assert not work.exists()


def test_what_a_fold_learns_from_leaves_out_the_fold_and_copies_of_it_in_other_sources(bench, tmp_path):
    recipe = read_recipe(recipe_of(bench))
    target = recipe.data[0]
    both = replace(recipe, data=(target, replace(target, split="train", repeat=2)))
    held = documents_of(both, bench / "corpora", (0, 2))["out_of_fold"]
    sources = run_data.plan_of(both, 1, held, bench / "corpora", tmp_path).data
    assert [source.repeat for source in sources] == [1, 2]
    for source in sources:
        lines = [json.loads(line) for line in Path(source.path).read_text(encoding="utf-8").splitlines()]
        assert lines
        assert not {line["text"] for line in lines} & {d.text for d in held}
        assert {line["meta"]["lang"] for line in lines} == {"ru"}


def test_what_is_there_is_not_trained_again_and_another_recipe_is_refused(bench, monkeypatch, tmp_path):
    def never(*arguments):
        raise AssertionError("trained again")

    monkeypatch.setattr(bench_gates, "train_run", never)
    bench_gates.train([recipe_of(bench)], bench / "corpora", bench / "runs", [1], folds=2)
    bench_gates.train([recipe_of(bench)], bench / "corpora", bench / "runs", [1], folds=0)
    with pytest.raises(AdetkError, match="has runs of another number of folds than 3"):
        bench_gates.train([recipe_of(bench)], bench / "corpora", bench / "runs", [1], folds=3)
    changed = tmp_path / recipe_of(bench).name
    changed.write_text(recipe_of(bench).read_text().replace("epochs = 2", "epochs = 3"))
    with pytest.raises(AdetkError, match=r"seed-1-\S+: is of another version of tiny_cross_entropy"):
        bench_gates.train([changed], bench / "corpora", bench / "runs", [1], folds=2)


def test_a_part_that_was_trained_by_the_recipe_is_taken_for_its_whole_run(bench, tmp_path):
    from adetk.classify.train import train_classifier

    plan = read_recipe(recipe_of(bench))
    seeded = replace(plan, training=replace(plan.training, seed=1))
    train_classifier(seeded, bench / "corpora", tmp_path / "part")
    run = gate_run_of(seeded, tmp_path / "part", bench / "corpora", "keep")
    (whole,) = (run for run in runs_in(bench / "runs", bench) if run.fold == WHOLE)
    assert (run.seed, run.fold, run.folds, run.sha256) == (1, WHOLE, 0, whole.sha256)
    for name, scored in whole.scored.items():
        assert run.scored[name].sha256 == scored.sha256
        np.testing.assert_allclose(run.scored[name].margins, scored.margins, atol=1e-3)
    longer = replace(seeded, training=replace(seeded.training, epochs=9))
    with pytest.raises(AdetkError, match="train it again"):
        gate_run_of(longer, tmp_path / "part", bench / "corpora", "keep")


def with_seeds(bench, folder, seeds):
    """A copy of the runs, with more seeds: the first one's margins and some noise."""
    draw = np.random.default_rng(0)
    for run in runs_in(bench / "runs", bench):
        for seed in seeds:
            scored = {
                name: Margins(
                    s.sha256,
                    tuple((np.array(s.margins) + draw.normal(scale=0.2, size=len(s.margins))).tolist()),
                )
                for name, s in run.scored.items()
            }
            write_run(replace(run, seed=seed, scored=scored), path_of(folder, run.recipe, seed, run.fold))
    return folder


def report(bench, runs, *more):
    words = ["report", recipe_of(bench), "--corpora", bench / "corpora", "--runs", runs, "--draws", 10, *more]
    words += ["--out", runs.parent / "gates.json", "--log", runs.parent / "log.jsonl"]
    return [str(word) for word in words]


def test_the_command_reports_what_was_trained_and_logs_it(bench, monkeypatch, tmp_path, capsys):
    runs = with_seeds(bench, tmp_path / "runs", (1, 2, 3))
    monkeypatch.setattr(sys, "argv", ["bench_gates.py", *report(bench, runs)])
    assert bench_gates.main() == 0
    written = json.loads((tmp_path / "gates.json").read_text())
    found = written["recipes"]["tiny_cross_entropy_classify"]
    assert (found["seeds"], found["folds"], found["chosen_on"]) == ([1, 2, 3], 2, "out_of_fold")
    assert list(found["valid"]) == list(found["out_of_fold"]) == systems_of(3)
    assert found["valid"]["tuned"]["f1"] > 0.8  # easy posts
    assert set(found["prevalence"]) == {"0.01", "0.07", "0.3"}
    assert str(tmp_path) not in json.dumps(written["command"])
    (logged,) = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert (logged["corpus"], logged["split"]) == ("smm4h2020_ru", "valid")
    assert logged["tuned_f1"] == found["valid"]["tuned"]["f1"]
    assert "tuned" in capsys.readouterr().out


def test_an_uncommitted_recipe_is_not_scored_on_its_final_split(bench, tmp_path, caplog):
    runs = with_seeds(bench, tmp_path / "runs", (1,))
    copy = tmp_path / recipe_of(bench).name
    copy.write_bytes(recipe_of(bench).read_bytes())
    found = gate_of(copy, bench / "corpora", runs)
    assert found.final is None
    assert "so its valid is left out" in caplog.text
    assert gate_of(recipe_of(bench), bench / "corpora", runs).final is not None


def test_seeds_that_lack_runs_are_left_out_and_other_documents_refused(bench, tmp_path, caplog):
    runs = with_seeds(bench, tmp_path / "runs", (1, 2))
    path_of(runs, recipe_of(bench).stem, 2, 1).unlink()
    assert gate_of(recipe_of(bench), bench / "corpora", runs).about["seeds"] == [1]
    assert "seeds 2 lack runs" in caplog.text
    (run,) = [r for r in runs_in(runs, bench) if (r.seed, r.fold) == (1, 0)]
    other = replace(run, scored={"out_of_fold": Margins("0" * 64, run.scored["out_of_fold"].margins)})
    write_run(other, path_of(runs, run.recipe, 1, 0))
    with pytest.raises(AdetkError, match="seed 1: scored other out_of_fold documents"):
        gate_of(recipe_of(bench), bench / "corpora", runs)
    for path in (runs / recipe_of(bench).stem).glob("*"):
        path.unlink()
    with pytest.raises(AdetkError, match="no seed has all of 1 runs; train the recipe first"):
        gate_of(recipe_of(bench), bench / "corpora", runs)


def test_without_folds_choices_are_made_on_the_development_documents(bench, tmp_path):
    runs = with_seeds(bench, tmp_path / "runs", (1, 2))
    for path in (runs / recipe_of(bench).stem).glob("*fold*"):
        path.unlink()
    found = gate_of(recipe_of(bench), bench / "corpora", runs)
    assert (found.chosen_on, found.about["folds"]) == ("development", 0)
    whole = documents_of(read_recipe(recipe_of(bench)), bench / "corpora", (WHOLE, 0))
    assert len(found.selection.labels) == len(whole["development"])
    assert len(np.unique(found.selection.folds)) == 5


def test_folds_of_one_seed_can_be_left_aside_for_the_sake_of_the_others(bench, monkeypatch, tmp_path):
    runs = with_seeds(bench, tmp_path / "runs", (1, 2))
    for fold in (0, 1):
        path_of(runs, recipe_of(bench).stem, 2, fold).unlink()
    for more, seeds, chosen_on in (([], [1], "out_of_fold"), (["--without-folds"], [1, 2], "development")):
        monkeypatch.setattr(sys, "argv", ["bench_gates.py", *report(bench, runs, *more)])
        assert bench_gates.main() == 0
        found = json.loads((tmp_path / "gates.json").read_text())["recipes"]["tiny_cross_entropy_classify"]
        assert (found["seeds"], found["chosen_on"]) == (seeds, chosen_on)
        assert list(found["valid"]) == list(found[chosen_on]) == systems_of(len(seeds))


def test_what_is_wrong_is_one_line(bench, monkeypatch, tmp_path, capsys):
    (tmp_path / "runs" / recipe_of(bench).stem).mkdir(parents=True)
    (tmp_path / "runs" / recipe_of(bench).stem / "seed-1-whole.json").write_text("{}")
    monkeypatch.setattr(sys, "argv", ["bench_gates.py", *report(bench, tmp_path / "runs")])
    assert bench_gates.main() == 1
    said = capsys.readouterr().err
    assert "not a run" in said
    assert len(said.splitlines()) == 1
    with pytest.raises(AdetkError, match="1 fold; expected two at least"):
        bench_gates.train([], tmp_path, tmp_path, [1], folds=1)


def test_a_run_is_read_as_it_was_written(tmp_path):
    recipe = tmp_path / "r_classify.toml"
    recipe.write_text("")
    run = GateRun(
        "r_classify",
        digest_of(recipe),
        seed=3,
        fold=0,
        folds=5,
        scored={"out_of_fold": Margins("ab", (0.5, -1.0))},
        made={"date": "2026"},
        source_prior=0.25,
    )
    write_run(run, path_of(tmp_path / "runs", "r_classify", 3, 0))
    assert read_runs(tmp_path / "runs", recipe, gate_run) == [run]
    assert [p.name for p in (tmp_path / "runs" / "r_classify").iterdir()] == ["seed-3-fold-0.json"]


@pytest.mark.parametrize(
    "path",
    sorted((SCRIPTS.parent / "results" / "runs").glob("*_classify/*.json")),
    ids=lambda p: f"{p.parent.name}-{p.stem}",
)
def test_the_runs_of_the_repository_are_read(path):
    run = gate_run(json.loads(path.read_text(encoding="utf-8")))
    assert (run.recipe, path.name) == (path.parent.name, path_of(Path(), run.recipe, run.seed, run.fold).name)
    assert all(scored.margins for scored in run.scored.values())


def test_a_report_of_some_recipes_keeps_the_others(tmp_path):
    out = tmp_path / "gates.json"
    before = {
        "recipes": {"a": 1, "b": 2},
        "pairs": [{"first": "a", "second": "b"}, {"first": "b", "second": "c"}],
    }
    out.write_text(json.dumps(before), encoding="utf-8")
    found = {"recipes": {"b": 3, "c": 4}, "pairs": [{"first": "b", "second": "c", "f1": 0.5}]}
    assert bench_options.with_kept(found, out) == {
        "recipes": {"a": 1, "b": 3, "c": 4},
        "pairs": [{"first": "a", "second": "b"}, {"first": "b", "second": "c", "f1": 0.5}],
    }
    assert bench_options.with_kept(found, tmp_path / "none.json") == found
