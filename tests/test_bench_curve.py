import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_curve  # noqa: E402

from adetk.classify.train import train_classifier  # noqa: E402
from adetk.document import ADE  # noqa: E402
from adetk.recipe import read_recipe, read_training_data  # noqa: E402
from adetk.record import record_from_document  # noqa: E402

RECIPE = """
kind = 'classify'
encoder = 'ENCODER'
max_length = 48
[[data]]
path = 'other.jsonl'
development = 0
[[data]]
path = '../corpora/written/a.jsonl'
development = 0.3
[[data]]
path = '../corpora/written/b.jsonl'
development = 0
repeat = 2
[training]
epochs = 1
learning_rate = 3e-3
batch_size = 16
bf16 = false
"""


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def write(path, documents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record_from_document(d)) + "\n" for d in documents), encoding="utf-8")


@pytest.fixture
def root(tiny_encoder, easy_posts, tmp_path):
    """A repository with a committed recipe and written posts, and a final split beside."""
    mixed = random.Random(0).sample(easy_posts, len(easy_posts))
    posts = [replace(d, id=f"post-{i}") for i, d in enumerate(mixed)]
    write(tmp_path / "recipes" / "other.jsonl", posts[:40])
    write(tmp_path / "corpora" / "written" / "a.jsonl", posts[40:90])
    write(tmp_path / "corpora" / "written" / "b.jsonl", posts[90:120])
    recipe = tmp_path / "recipes" / "tiny.toml"
    recipe.write_text(RECIPE.replace("ENCODER", str(tiny_encoder)), encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "recipes")
    git(tmp_path, "commit", "-q", "-m", "recipe")
    valid = tmp_path / "given" / "smm4h2022" / "valid"
    valid.mkdir(parents=True)
    last = posts[120:150]
    (valid / "tweets.tsv").write_text("".join(f"{d.id}\t{d.text}\n" for d in last), encoding="utf-8")
    (valid / "class.tsv").write_text("".join(f"{d.id}\t{d.label}\n" for d in last), encoding="utf-8")
    (valid / "spans_norm.tsv").write_text("", encoding="utf-8")
    assert {d.label for d in last} > {ADE}
    return tmp_path


def curve(root, monkeypatch, *options):
    places = {"--corpora": "given", "--parts": "parts", "--out": "curve.json", "--log": "log.jsonl"}
    words = [word for name, place in places.items() for word in (name, str(root / place))]
    monkeypatch.setattr(
        sys, "argv", ["bench_curve.py", str(root / "recipes" / "tiny.toml"), *words, *options]
    )
    return bench_curve.main()


def test_posts_come_in_a_fixed_order_and_the_others_stay(root):
    whole = bench_curve.Curve.of(root / "recipes" / "tiny.toml", root / "given")
    learnt = {d.id for d in whole.data.train if int(d.id[5:]) >= 40}
    assert set(whole.order) == learnt
    assert [bench_curve.points_of(whole, wanted) for wanted in (None, [3])] == [[0, len(learnt)], [3]]
    for number in (0, 7, len(learnt)):
        plan = bench_curve.plan_of(whole, whole.order[:number], root / "parts" / str(number))
        data = read_training_data(plan, root / "given")
        assert [d.id for d in data.development] == [d.id for d in whole.data.development]
        other = [d.id for d in data.train if int(d.id[5:]) < 40]
        assert other == [d.id for d in whole.data.train if int(d.id[5:]) < 40]
        assert {d.id for d in data.train} - set(other) == set(whole.order[:number])
        if number == len(learnt):
            assert data.train == whole.data.train


def test_each_point_is_trained_and_scored_once(root, monkeypatch, capsys):
    assert curve(root, monkeypatch, "--posts", "7") == 0
    assert "7 posts: development AP" in capsys.readouterr().out
    recipe = read_recipe(root / "recipes" / "tiny.toml")
    train_classifier(recipe, root / "given", root / "whole")
    most = len(bench_curve.Curve.of(recipe.path, root / "given").order)
    for _ in range(2):
        assert curve(root, monkeypatch, "--posts", "7", str(most), "--all", str(root / "whole")) == 0
    report = json.loads((root / "curve.json").read_text())
    assert [point["posts"] for point in report["points"]] == [7, most]
    assert all(point["valid"]["n"] == 30 for point in report["points"])
    assert report["points"][0]["development"]["n"] == report["points"][1]["development"]["n"] > 5
    log = [json.loads(line) for line in (root / "log.jsonl").read_text().splitlines()]
    assert [entry["written_posts"] for entry in log] == ["7", str(most)]
    assert [p.name for p in (root / "parts").iterdir()] == [f"tiny-{report['posts_sha256'][:8]}-7"]
    assert str(root) not in json.dumps(report) + json.dumps(log)

    write(root / "corpora" / "written" / "b.jsonl", [])
    assert curve(root, monkeypatch) == 1
    assert "is of another recipe, or of other posts than there are now" in capsys.readouterr().err


def test_what_cannot_be_measured_is_one_line(root, monkeypatch, capsys):
    recipe = root / "recipes" / "tiny.toml"
    train_classifier(read_recipe(recipe), root / "given", root / "whole")
    recipe.write_text(recipe.read_text().replace("epochs = 1", "epochs = 2"))
    assert curve(root, monkeypatch) == 1
    assert "is not what was last committed" in capsys.readouterr().err
    git(root, "commit", "-q", "-a", "-m", "longer")
    assert curve(root, monkeypatch, "--posts", "900") == 1
    assert "900 written posts to learn from; expected at most" in capsys.readouterr().err
    most = len(bench_curve.Curve.of(recipe, root / "given").order)
    assert curve(root, monkeypatch, "--posts", str(most), "--all", str(root / "whole")) == 1
    assert "was not trained by tiny.toml as it is now; leave out --all" in capsys.readouterr().err
    assert not (root / "curve.json").exists()
