"""Every test starts `python -m adetk` in a process of its own, as do those beside."""

import json

import pytest
from adetk_process import command, refused, succeeds

import adetk


def test_terminology_verbs():
    assert json.loads(succeeds("terminology", "info", "ctcae").stdout)["name"] == "CTCAE"
    first = succeeds("terminology", "search", "ctcae", "nausea").stdout.decode().splitlines()[0]
    code, _, name = first.split("\t")
    assert name == "Nausea"
    assert json.loads(succeeds("terminology", "show", "ctcae", code).stdout)["name"] == "Nausea"


def test_version_and_help():
    assert succeeds("--version").stdout.decode() == f"{adetk.__version__}\n"
    assert b"--resume" in succeeds("run", "--help").stdout


def test_a_code_that_the_terminology_lacks(tmp_path):
    (tmp_path / "llt.asc").write_text("19000001$Zorvitis$19000001$\n", encoding="utf-8")
    assert "code '19000002' is not in MedDRA" in refused("terminology", "show", tmp_path, "19000002")
    assert "no terminology at" in refused("terminology", "info", tmp_path / "nowhere")


def test_a_recipe_of_another_kind_or_none(tiny_recipes, tmp_path):
    recipe = tiny_recipes["extract"]
    assert "is a recipe for extract" in refused("train", "classify", recipe, "-o", tmp_path / "part")
    assert "no such recipe" in refused("train", "classify", tmp_path / "no.toml", "-o", tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_a_folder_in_a_files_place_is_one_line(tiny_bundle, tmp_path):
    assert "Is a directory" in refused("train", "classify", tmp_path, "-o", tmp_path / "part")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("run",),
        ("fly", "posts.tsv"),
        ("run", "posts.tsv", "--faster"),
        ("run", "posts.tsv", "--gate", "perhaps"),
        ("train", "everything", "recipe.toml", "-o", "part"),
    ],
)
def test_wrong_usage_is_2(arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
