from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sentence_transformers", reason="training is not installed")

from adetk.bundle import read_manifest
from adetk.document import ADE, Document, Mention
from adetk.encoder import pad
from adetk.errors import AdetkError
from adetk.networks import TorchNetwork, empty_encoder, load_weights
from adetk.normalize.embedder import Embedder
from adetk.normalize.linker import Linker
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.part import load_linker
from adetk.normalize.terminology import open_terminology
from adetk.normalize.train import _target_mentions, _training_surfaces, train_linker
from adetk.recipe import read_recipe


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
    rows = (tiny_parts.folders["normalize"] / "mentions.tsv").read_text(encoding="utf-8").splitlines()
    wordings = [tuple(row.split("\t")) for row in rows]
    assert len(wordings) > 30
    answers = served.link_all([surface for _, surface in wordings])
    right = [links[0].concept_id == code for links, (code, _) in zip(answers, wordings, strict=True)]
    assert np.mean(right) > 0.95  # a wording may stand for two concepts
    assert {links[0].method for links in answers} <= {"exact", "synonym"}


def test_linking_twice_gives_the_same(served):
    again = Linker(served.terminology, served.embedder, served.index, served.classifier, served.settings)
    surfaces = ["woozy as a kite", "pins and needles", "rash"]
    assert again.link_all(surfaces) == served.link_all(surfaces)
    assert [served.link(s) for s in surfaces] == served.link_all(surfaces)


def coded(*gold):
    return Mention(((0, 4),), ADE, gold=gold)


def test_only_mentions_of_one_meaning_teach():
    documents = [
        Document("1", "rash on legs", mentions=(coded(frozenset({"10037844", "C0015230"})), coded())),
        Document(
            "2", "itch too", mentions=(coded(frozenset({"1"}), frozenset({"2"})), Mention(((0, 4),), ADE))
        ),
    ]
    assert _training_surfaces(documents) == [("rash", "MedDRA:10037844"), ("rash", "UMLS:C0015230")]
    code = open_terminology("ctcae").offered()[0].id
    first = Document("3", "itch", mentions=(coded(frozenset({code, "99999999"})),))
    assert _target_mentions([*documents, first, first], open_terminology("ctcae")) == [("itch", code)]


def test_too_few_mentions_to_choose_by_are_named(tiny_recipes, tmp_path):
    recipe = read_recipe(tiny_recipes["normalize"])
    with pytest.raises(AdetkError, match="0 development mentions to choose by"):
        train_linker(
            replace(recipe, development=0.0, options={"classifier": False}), tmp_path, tmp_path / "part"
        )
