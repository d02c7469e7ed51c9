import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sentence_transformers", reason="training is not installed")

from adetk.bundle import read_manifest
from adetk.encoder import pad
from adetk.errors import AdetkError
from adetk.networks import TorchNetwork, empty_encoder, load_weights
from adetk.normalize.embedder import Embedder
from adetk.normalize.linker import Linker
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.part import load_linker, read_mentions
from adetk.normalize.terminology import open_terminology
from adetk.normalize.train import refit_linker, train_linker
from adetk.recipe import Source, read_recipe, read_training_data


@pytest.fixture(scope="module")
def served(tiny_parts):
    folder = tiny_parts.folders["normalize"]
    return load_linker(folder, read_manifest(folder, "normalize").settings, open_terminology("ctcae"))


def test_a_part_holds_its_index_its_mentions_and_what_was_tuned(tiny_parts):
    manifest = read_manifest(tiny_parts.folders["normalize"], "normalize")
    assert {"index/vectors.npy", "mentions.tsv", "classifier.safetensors", "torch/config.json"} <= set(
        manifest.files
    )
    settings = manifest.settings
    sweep = settings["tau_sweep"]
    assert sweep[str(settings["linker"]["tau"])] == max(sweep.values())
    assert settings["linker"]["terminology"] == open_terminology("ctcae").fingerprint
    assert settings["development"] == tiny_parts.scores["normalize"]


def test_served_vectors_are_close_to_the_trained_ones(tiny_parts, served):
    folder = tiny_parts.folders["normalize"]
    network = SurfaceEncoder(empty_encoder(folder / "torch"))
    load_weights(network, folder / "torch")
    trained = Embedder(served.embedder.tokenizer, TorchNetwork(network), "torch")
    surfaces = [surface for surface, _ in served.index.rows[::40]]
    cosines = (served.embedder(surfaces) * trained(surfaces)).sum(axis=1)
    assert cosines.min() > 0.99
    windows = [ws[0] for ws in served.embedder.tokenizer.windows(["sick", "so very tired"])]
    assert TorchNetwork(network)(pad(windows, 0)).shape == (2, 32)


def test_training_wordings_are_answered_as_they_were_coded(served, tiny_parts):
    row_to_times = read_mentions(tiny_parts.folders["normalize"] / "mentions.tsv")
    assert len(row_to_times) > 30
    assert min(row_to_times.values()) > 0
    answers = served.link_all([surface for surface, _ in row_to_times])
    right = [links[0].concept_id == code for links, (_, code) in zip(answers, row_to_times, strict=True)]
    assert np.mean(right) > 0.95  # a wording may stand for two concepts
    assert {links[0].method for links in answers} <= {"exact", "synonym"}


def test_linking_twice_gives_the_same(served):
    again = Linker(served.terminology, served.embedder, served.index, served.classifier, served.settings)
    again = again.with_lay(served.lay)
    surfaces = ["woozy as a kite", "pins and needles", "rash"]
    assert again.link_all(surfaces) == served.link_all(surfaces)
    assert [served.link(s) for s in surfaces] == served.link_all(surfaces)


def test_too_few_mentions_to_choose_by_are_named(tiny_recipes, tmp_path):
    recipe = read_recipe(tiny_recipes["normalize"])
    with pytest.raises(AdetkError, match="0 development mentions to choose by"):
        train_linker(
            replace(recipe, development=0.0, options={"classifier": False}), tmp_path, tmp_path / "part"
        )


KINDS = ("loud", "quiet", "left", "right", "odd", "old", "new", "slow", "quick", "dull")
NAME_TO_CODE = {"Knee hum": "A1", "Elbow glow": "A2", "Ear tickle": "A3", "Toe chill": "A4"}


def lines(codes):
    """Forty wordings of four terms, each a post of one mention."""
    for (name, code), kind in product(NAME_TO_CODE.items(), KINDS):
        text = f"{kind} {name.split()[1]}" if codes == "House list" else f"{kind} {name.split()[0]}"
        mention = {"spans": [[0, len(text)]], "label": "ADE", "gold": [[code]]}
        yield json.dumps({"id": text, "text": text, "label": "ADE", "mentions": [mention]})


@pytest.fixture
def house(tiny_encoder, tmp_path):
    """A recipe over posts coded by a table, and others whose codes look the same and are not."""
    for codes in ("House list", "UMLS"):
        (tmp_path / f"{codes}.jsonl").write_text("\n".join(lines(codes)), encoding="utf-8")
    rows = [f"{code}\t{name}\tHouse list" for name, code in NAME_TO_CODE.items()]
    (tmp_path / "house.tsv").write_text("\n".join(["code\tname\tsystem", *rows]), encoding="utf-8")
    (tmp_path / "house.toml").write_text(
        f"""
kind = 'normalize'
encoder = '{tiny_encoder}'
max_length = 16
[[data]]
path = 'House list.jsonl'
codes = 'House list'
development = 0.4
[[data]]
path = 'UMLS.jsonl'
codes = 'UMLS'
development = 0.4
[training]
epochs = 1
learning_rate = 1e-3
bf16 = false
""",
        encoding="utf-8",
    )
    return tmp_path


def without_development(recipe):
    return replace(recipe, options={"learn_development": False})


def test_a_linker_is_trained_over_a_table(house):
    out, table = house / "part", house / "house.tsv"
    scores = train_linker(read_recipe(house / "house.toml"), house, out, str(table))
    settings = read_manifest(out, "normalize").settings
    assert (settings["codes"], settings["terminology"]) == ("House list", open_terminology(table).label)
    assert settings["development"] == scores
    assert not (out / "index").exists()  # a company's terms stay in the user's cache
    mentions = read_mentions(out / "mentions.tsv")
    assert {surface.split()[1] for surface, _ in mentions} == {"hum", "glow", "tickle", "chill"}
    linker = load_linker(out, settings, open_terminology(table))
    assert linker.is_calibrated
    assert linker.link("KNEE HUM")[0].concept_id == "A1"
    assert [linker.link(surface)[0].concept_id for surface, _ in mentions] == [code for _, code in mentions]
    assert set(linker.classifier.concept_ids) == set(NAME_TO_CODE.values())


@pytest.fixture
def unlearnt(house):
    """A recipe, its table, and a part by it that does not know the development mentions."""
    recipe, table = read_recipe(house / "house.toml"), house / "house.tsv"
    train_linker(without_development(recipe), house, house / "unlearnt", str(table))
    return recipe, table, house / "unlearnt"


def opened_part(folder, table):
    return load_linker(folder, read_manifest(folder, "normalize").settings, open_terminology(table))


def test_development_mentions_are_learnt_once_all_is_chosen(unlearnt, tmp_path):
    recipe, table, part = unlearnt
    (tmp_path / "whole.jsonl").write_text(
        "\n".join(line.replace("hum", "drone") for line in lines("House list")), encoding="utf-8"
    )
    whole = Source(path="whole.jsonl", codes="House list", development=1)  # to choose by, as a corpus's valid
    recipe = replace(recipe, data=(*recipe.data, whole))
    without, learnt = tmp_path / "without", tmp_path / "learnt"
    refit_linker(without_development(recipe), tmp_path, part, without, str(table))
    scores = refit_linker(recipe, tmp_path, part, learnt, str(table))

    held = [d.text for d in read_training_data(recipe, tmp_path).carved if d.meta["codes"] == "House list"]
    assert len(held) > 8
    before, after = opened_part(without, table), opened_part(learnt, table)
    assert {links[0].method for links in before.link_all(held)} <= {"similarity", "classifier"}
    assert {links[0].method for links in after.link_all(held)} == {"synonym"}
    word_to_code = {name.split()[1]: code for name, code in NAME_TO_CODE.items()}
    answers = [links[0].concept_id for links in after.link_all(held)]
    assert answers == [word_to_code[text.split()[1]] for text in held]

    assert after.settings == before.settings  # all that was chosen stays
    assert scores == read_manifest(without, "normalize").settings["development"]
    wordings = {surface for surface, _ in after.row_to_times}
    assert wordings == {surface for surface, _ in before.row_to_times} | set(held)
    assert not any("drone" in wording for wording in wordings)
    assert {surface for surface, _ in after.index.rows} >= set(held)
    vectors = after.embedder(held)
    first, second = (linker.classifier.probabilities(vectors) for linker in (before, after))
    classes = after.classifier.concept_ids
    places = (np.arange(len(held)), [classes.index(code) for code in answers])
    assert second[places].mean() > first[places].mean()


def test_a_part_that_is_made_again_is_the_same(unlearnt, tmp_path):
    recipe, table, part = unlearnt
    scores = refit_linker(without_development(recipe), tmp_path, part, tmp_path / "again", str(table))
    first, second = (read_manifest(folder, "normalize") for folder in (part, tmp_path / "again"))
    assert first.settings == second.settings
    assert scores == first.settings["development"]
    names = {name for name in first.files if not name.startswith("training/")}
    assert {name: first.files[name] for name in names} == {name: second.files[name] for name in names}
    assert {"torch/config.json", "mentions.tsv", "classifier.safetensors"} <= names


def test_a_part_is_made_again_in_a_new_folder_by_its_own_recipe(unlearnt, tmp_path):
    recipe, table, part = unlearnt
    with pytest.raises(AdetkError, match=r"unlearnt: is not empty"):
        refit_linker(recipe, tmp_path, part, part, str(table))
    longer = replace(recipe, max_length=32)
    with pytest.raises(AdetkError, match=r"with max_length 16, .*house\.toml is one with 32"):
        refit_linker(longer, tmp_path, part, tmp_path / "again", str(table))
    other = replace(recipe, path=recipe.path.with_name("cottage.toml"))
    with pytest.raises(
        AdetkError, match=r"with recipe 'house\.toml', .*cottage\.toml is one with 'cottage\.toml'"
    ):
        refit_linker(other, tmp_path, part, tmp_path / "again", str(table))
    hard = replace(recipe, options={**recipe.options, "hard_negatives": True})
    with pytest.raises(AdetkError, match=r"with hard_negatives False, .*house\.toml is one with True"):
        refit_linker(hard, tmp_path, part, tmp_path / "again", str(table))


def test_a_part_that_cannot_be_made_again_leaves_nothing(unlearnt, tmp_path, monkeypatch):
    def broken(*_):
        raise AdetkError("no more")

    recipe, table, part = unlearnt
    monkeypatch.setattr("adetk.normalize.train.tune", broken)
    before = set(tmp_path.iterdir())
    with pytest.raises(AdetkError, match="no more"):
        refit_linker(recipe, tmp_path, part, tmp_path / "again", str(table))
    assert set(tmp_path.iterdir()) == before


def test_a_terminology_of_other_codes_is_refused_before_training(house):
    with pytest.raises(AdetkError, match=r"codes of House list, UMLS, CTCAE .* those of MedDRA"):
        train_linker(read_recipe(house / "house.toml"), house, house / "part")
    assert not (house / "part").exists()
    longer = replace(
        read_recipe(house / "house.toml"),
        options={"longest_wording": 1, "terminology": str(house / "house.tsv")},
    )
    with pytest.raises(AdetkError, match="0 concepts to classify"):
        train_linker(longer, house, house / "part")
