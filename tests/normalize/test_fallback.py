import json

import numpy as np
import pytest

from adetk.errors import AdetkError
from adetk.normalize.fallback import ConceptClassifier

WEIGHTS = np.array([[2.0, 0.0], [0.0, 2.0], [-1.0, -1.0]], np.float32)
BIAS = np.array([0.0, 0.5, 0.25], np.float32)


@pytest.fixture
def classifier():
    return ConceptClassifier(["10", "20", "30"], WEIGHTS, BIAS)


def test_probabilities_are_a_softmax(classifier):
    found = classifier.probabilities(np.array([[1.0, 0.0], [300.0, 0.0]], np.float32))
    e = np.exp([2.0, 0.5, -0.75])
    np.testing.assert_allclose(found[0], e / e.sum(), rtol=1e-6)
    np.testing.assert_allclose(found[1], [1, 0, 0], atol=1e-6)


def test_a_mask_leaves_the_allowed_concepts_and_renormalises(classifier):
    masked = classifier.masked({"30", "10", "99"})
    assert masked.concept_ids == ["10", "30"]
    vector = np.array([[0.3, 0.7]], np.float32)
    full = classifier.probabilities(vector)[0, [0, 2]]
    np.testing.assert_allclose(masked.probabilities(vector)[0], full / full.sum(), rtol=1e-6)
    assert classifier.masked({"99"}) is None
    assert classifier.masked({"10", "20", "30"}).concept_ids == classifier.concept_ids


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_saved_classifier_comes_back(order, tmp_path):
    classifier = ConceptClassifier(["10", "20", "30"], np.asarray(WEIGHTS, order=order), BIAS)
    classifier.save(tmp_path)
    again = ConceptClassifier.load(tmp_path)
    vector = np.array([[0.3, 0.7]], np.float32)
    assert again.concept_ids == ["10", "20", "30"]
    np.testing.assert_array_equal(again.probabilities(vector), classifier.probabilities(vector))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("classifier.safetensors", None),
        ("classifier.json", None),
        ("classifier.safetensors", b"\x00\x01"),
        ("classifier.json", b"{"),
        ("classifier.json", json.dumps(["10", "20"]).encode()),
    ],
)
def test_a_damaged_classifier_is_refused(classifier, tmp_path, name, content):
    classifier.save(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AdetkError, match="copy the part again"):
        ConceptClassifier.load(tmp_path)


def test_weights_under_another_name_are_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": WEIGHTS}, tmp_path / "classifier.safetensors")
    (tmp_path / "classifier.json").write_text("[]")
    with pytest.raises(AdetkError, match="copy the part again"):
        ConceptClassifier.load(tmp_path)
