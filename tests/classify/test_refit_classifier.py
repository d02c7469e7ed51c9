from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

from adetk.bundle import read_manifest, read_part
from adetk.classify.classifier import Classifier
from adetk.classify.train import refit_classifier
from adetk.errors import AdetkError
from adetk.recipe import read_recipe


@pytest.fixture
def recipe(tiny_recipes):
    return read_recipe(tiny_recipes["classify"])


def corpora(tiny_recipes):
    return tiny_recipes["classify"].parent


def test_a_gate_that_is_made_again_is_the_same(recipe, tiny_recipes, tiny_parts, tmp_path):
    part = tiny_parts.folders["classify"]
    scores = refit_classifier(recipe, corpora(tiny_recipes), part, tmp_path / "again")
    first, second = (read_manifest(folder, "classify") for folder in (part, tmp_path / "again"))
    assert first.settings == second.settings
    assert scores == tiny_parts.scores["classify"]
    names = {name for name in first.files if not name.startswith("training/")}
    assert {name: first.files[name] for name in names} == second.files
    assert {"model.onnx", "torch/model.safetensors"} <= names


def test_a_bundles_gate_takes_options_that_its_network_does_not_depend_on(
    recipe, tiny_recipes, tiny_bundle, tmp_path
):
    rarer = replace(recipe, options={**recipe.options, "target_prior": 0.01, "ngrams": True})
    refit_classifier(rarer, corpora(tiny_recipes), tiny_bundle, tmp_path / "rarer")
    _, before = read_part(tiny_bundle, "classify")
    after = read_manifest(tmp_path / "rarer", "classify")
    assert after.files["model.onnx"] == before.files["model.onnx"]
    assert "ngrams.npz" in after.files
    assert after.settings["calibration"]["target_prior"] == 0.01
    assert before.settings["ngrams"] is None
    assert after.settings["development"]["f1"] == before.settings["development"]["f1"]  # of the float network


def test_a_graph_is_quantised_anew_where_the_recipe_says_so(
    recipe, tiny_recipes, tiny_parts, tiny_bundle, easy_posts, tmp_path
):
    pytest.importorskip("nncf", reason="training is not installed")
    static = replace(recipe, options={**recipe.options, "quantization": "static"})
    before = Classifier.load(*_opened(tiny_bundle)).scores(easy_posts)
    for name, given in (("of_floats", tiny_parts.folders["classify"]), ("of_int8", tiny_bundle)):
        refit_classifier(static, corpora(tiny_recipes), given, tmp_path / name)
        folder, settings = _opened(tmp_path / name)
        assert settings["options"]["quantization"] == "static"
        assert b"QuantizeLinear" in (folder / "model.onnx").read_bytes()
        assert [path.name for path in folder.glob("*.onnx")] == ["model.onnx"]
        np.testing.assert_allclose(Classifier.load(folder, settings).scores(easy_posts), before, atol=0.15)
    with pytest.raises(
        AdetkError, match=r"model\.onnx: not a graph whose activations are quantised row by row"
    ):
        refit_classifier(recipe, corpora(tiny_recipes), tmp_path / "of_int8", tmp_path / "back")
    assert not (tmp_path / "back").exists()
    refit_classifier(recipe, corpora(tiny_recipes), tmp_path / "of_floats", tmp_path / "back")
    assert b"MatMulNBits" in (tmp_path / "back" / "model.onnx").read_bytes()


def _opened(part):
    folder, manifest = read_part(part, "classify")
    return folder, manifest.settings


def test_another_recipe_and_other_documents_are_refused_and_nothing_is_left(
    recipe, tiny_recipes, tiny_parts, tmp_path
):
    part, out = tiny_parts.folders["classify"], tmp_path / "again"
    for other, message in (
        (replace(recipe, max_length=recipe.max_length + 1), r"with max_length \d+, .* is one with \d+; name"),
        (replace(recipe, path=recipe.path.with_name("other.toml")), r"is one with 'other\.toml'"),
        (
            replace(recipe, options={**recipe.options, "ade_share": 0.4}),
            r"with ade_share 0.0, .* says 0.4; train it",
        ),
        (replace(recipe, data=recipe.data * 2), "learnt from other documents than .* has now; train it anew"),
    ):
        with pytest.raises(AdetkError, match=message):
            refit_classifier(other, corpora(tiny_recipes), part, out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(AdetkError, match="full: is not empty; a part is written into a new folder"):
        refit_classifier(recipe, corpora(tiny_recipes), part, tmp_path / "full")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
