from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

import torch
from six_posts import DOCUMENTS, SIX, SPANS

from adetk.bundle import read_manifest
from adetk.classify.calibration import Calibration
from adetk.classify.classifier import Classifier
from adetk.classify.losses import ClassificationLoss, LossConfig, WithSpans
from adetk.classify.network import PostClassifier, open_network
from adetk.classify.options import ClassifyOptions, read_options
from adetk.classify.train import _rows, _warn_of_collapse, train_classifier
from adetk.document import ADE, NO_ADE, Mention
from adetk.encoder import Tokenizer, pad
from adetk.errors import AdetkError
from adetk.networks import TorchNetwork, empty_encoder, load_pretrained, load_weights, save_network
from adetk.recipe import TrainingConfig, read_recipe
from adetk.training import prepare_encoder, train

REPOSITORY = Path(__file__).parents[2]
_INT8 = 0.15
"""How far int8 may move a probability of a network of 32 numbers; larger ones move less."""
_EFFECTS = {
    "zoloft made me so sick": "sick",
    "ambien and i slept through work": "slept through work",
    "my hands shake since the new dose": "hands shake",
}
LOSSES = [
    LossConfig(),
    LossConfig("focal", reweight="inverse_frequency"),
    LossConfig("ldam", reweight="deferred", beta=0.9),
    LossConfig("mm_ldam", scale=26.0),
]


@pytest.mark.parametrize("encoder", ["tiny_encoder", "tiny_roberta"])
@pytest.mark.parametrize("loss", LOSSES)
def test_six_posts_are_learnt_by_heart(request, encoder, loss, tmp_path):
    network_encoder, backend = load_pretrained(str(request.getfixturevalue(encoder)))
    tokenizer = Tokenizer(backend, 48)
    network = PostClassifier(network_encoder, loss.cosine_scale)
    rows = _rows(DOCUMENTS, tokenizer, ClassifyOptions())
    config = TrainingConfig(epochs=25, learning_rate=5e-3, batch_size=3, bf16=False)
    train(network, ClassificationLoss(loss, [3, 3]), rows, tokenizer.pad_id, config, tmp_path)
    found = list(Classifier(tokenizer, TorchNetwork(network), Calibration())(DOCUMENTS))
    assert [d.label for d in found] == [label for _, label in SIX]
    assert min(abs(d.score - 0.5) for d in found) > 0.3


def test_a_gate_learns_what_its_teacher_says(tiny_encoder, tmp_path):
    encoder, backend = load_pretrained(str(tiny_encoder))
    tokenizer = Tokenizer(backend, 48)
    network = PostClassifier(encoder)
    unsure = [replace(d, score=0.7 if d.label == ADE else 0.3) for d in DOCUMENTS]
    rows = _rows(unsure, tokenizer, ClassifyOptions(soft_labels=1.0))
    config = TrainingConfig(epochs=40, learning_rate=5e-3, batch_size=3, bf16=False)
    train(network, ClassificationLoss(LossConfig(), [3, 3]), rows, tokenizer.pad_id, config, tmp_path)
    found = Classifier(tokenizer, TorchNetwork(network), Calibration()).scores(DOCUMENTS)
    np.testing.assert_allclose(found, [d.score for d in unsure], atol=0.1)


def test_a_gate_learns_post_and_pieces_and_serves_the_post(tiny_encoder, tmp_path):
    encoder, backend = load_pretrained(str(tiny_encoder))
    prepare_encoder(encoder, TrainingConfig(encoder_dropout=0.0, frozen_embeddings=True))
    before = encoder.get_input_embeddings().weight.detach().clone()
    tokenizer = Tokenizer(backend, 48)
    network = PostClassifier(encoder, marks_spans=True)
    marked = [
        replace(d, mentions=(Mention(((d.text.index(word), d.text.index(word) + len(word)),)),))
        if (word := _EFFECTS.get(d.text)) is not None
        else d
        for d in DOCUMENTS
    ]
    rows = _rows(marked, tokenizer, SPANS)
    loss = WithSpans(ClassificationLoss(LossConfig(), [3, 3]), 1.0)
    config = TrainingConfig(epochs=40, learning_rate=5e-3, batch_size=3, bf16=False)
    train(network, loss, rows, tokenizer.pad_id, config, tmp_path)
    found = list(Classifier(tokenizer, TorchNetwork(network), Calibration())(DOCUMENTS))
    assert [d.label for d in found] == [label for _, label in SIX]
    torch.testing.assert_close(encoder.get_input_embeddings().weight, before)
    batch = pad([row.window for row in rows], tokenizer.pad_id)
    ids, mask = torch.from_numpy(batch.input_ids), torch.from_numpy(batch.attention_mask)
    network.train()
    output = network(ids, mask)
    assert output.shape == (6, 1 + ids.shape[1], 2)
    marks = [row.labels[1:] for row in rows]
    right = [
        (output[i, 1 + k].argmax() == mark).item()
        for i, of_row in enumerate(marks)
        for k, mark in enumerate(of_row)
        if mark != -100
    ]
    assert np.mean(right) > 0.95


def test_with_ngrams_a_part_serves_both_together(tiny_recipes, easy_posts, tmp_path):
    recipe, out = edited(tiny_recipes, tmp_path)
    train_classifier(replace(recipe, options={**recipe.options, "ngrams": True}), tmp_path, out)
    settings = read_manifest(out, "classify").settings
    gate = Classifier.load(out, settings)
    assert gate.ngrams is not None
    assert gate.calibration.source_prior == settings["development"]["ade"] / settings["development"]["n"]
    texts = [d.text for d in easy_posts]
    alone = Classifier(gate.tokenizer, gate.network, gate.calibration).logits(easy_posts).astype(np.float64)
    stack = settings["ngrams"]["stack"]
    first, second = stack["weights"]
    expected = first * (alone[:, 1] - alone[:, 0]) + second * gate.ngrams.model.margins(texts)
    joint = gate.logits(easy_posts)
    np.testing.assert_allclose(joint[:, 1] - joint[:, 0], expected + stack["intercept"], rtol=1e-4)
    assert settings["ngrams"]["cascade"] is None  # too few posts to promise anything
    assert {d.label for d in gate(easy_posts)} == {ADE, NO_ADE}


def test_dropout_in_the_encoder_is_as_pretrained_unless_said(tiny_encoder):
    encoder, _ = load_pretrained(str(tiny_encoder))
    rates = [m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)]
    prepare_encoder(encoder, TrainingConfig())
    assert [m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)] == rates
    assert max(rates) > 0
    assert encoder.get_input_embeddings().weight.requires_grad
    prepare_encoder(encoder, TrainingConfig(encoder_dropout=0.0))
    assert {m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)} == {0.0}


@pytest.mark.parametrize("kind", ["tiny_encoder", "tiny_roberta"])
def test_the_first_layers_of_an_encoder_are_its_states_so_far(request, kind, tmp_path):
    encoder, _ = load_pretrained(str(request.getfixturevalue(kind)))
    ids = torch.arange(5, 15)[None]
    with torch.no_grad():
        states = encoder.eval()(ids, output_hidden_states=True).hidden_states
    prepare_encoder(encoder, TrainingConfig(layers=1))
    assert encoder.config.num_hidden_layers == 1
    with torch.no_grad():
        torch.testing.assert_close(encoder(ids).last_hidden_state, states[1])
    network = PostClassifier(encoder)
    save_network(network, tmp_path)
    again = PostClassifier(empty_encoder(tmp_path))
    load_weights(again, tmp_path)  # strict: neither more nor fewer weights
    with pytest.raises(AdetkError, match="layers is 3; the encoder has 1, expected no more"):
        prepare_encoder(encoder, TrainingConfig(layers=3))


def test_a_part_holds_what_serving_needs(tiny_parts):
    manifest = read_manifest(tiny_parts.folders["classify"], "classify")
    assert {"model.onnx", "tokenizer.json", "torch/model.safetensors", "training/results.json"} <= set(
        manifest.files
    )
    development = manifest.settings["development"]
    assert development["f1"] == tiny_parts.scores["classify"]["f1"] > 0.9
    assert development["int8_average_precision"] > 0.9
    calibration = Calibration(**manifest.settings["calibration"])
    assert calibration.source_prior == calibration.target_prior == development["ade"] / development["n"]
    assert 0 < calibration.threshold < 1


def test_the_served_gate_is_the_trained_one(tiny_parts, posts, easy_posts):
    folder = tiny_parts.folders["classify"]
    settings = read_manifest(folder, "classify").settings
    served = Classifier.load(folder, settings)
    network = PostClassifier(empty_encoder(folder / "torch"))
    load_weights(network, folder / "torch")
    trained = Classifier(served.tokenizer, TorchNetwork(network), served.calibration)
    documents = [*posts, *easy_posts]
    ours, theirs = list(served(documents)), list(trained(documents))
    assert {d.label for d in ours} == {ADE, NO_ADE}
    np.testing.assert_allclose([d.score for d in ours], [d.score for d in theirs], atol=_INT8)
    for one, other in zip(ours, theirs, strict=True):
        if abs(other.score - served.calibration.threshold) > _INT8:
            assert one.label == other.label
    assert np.mean([one.label == other.label for one, other in zip(ours, theirs, strict=True)]) > 0.95


def edited(tiny_recipes, tmp_path, **changes):
    recipe = read_recipe(tiny_recipes["classify"])
    return replace(recipe, **changes), tmp_path / "part"


def test_posts_of_one_kind_only_are_refused_before_training(tiny_recipes, tmp_path):
    recipe, out = edited(tiny_recipes, tmp_path, development=0.0)
    with pytest.raises(AdetkError, match="0 ADE and 0 other development posts; all four are needed"):
        train_classifier(recipe, tmp_path, out)
    source = replace(recipe.data[0], positive=("DRUG",))
    with pytest.raises(AdetkError, match="and 0 other training windows"):
        train_classifier(replace(recipe, data=(source,), development=0.3), tmp_path, out)


def test_an_unknown_option_is_refused(tiny_recipes, tmp_path):
    for options, message in (
        ({"plat": True}, "unknown key plat"),
        ({"loss": {"nam": "x"}}, "unknown key nam"),
        ({"structure": {"kid": "x"}}, "unknown key kid"),
        ({"structure": {"kind": "x"}}, "kind is 'x'; expected one of none, fingerprint, encoder"),
        ({"quantization": "x"}, "quantization is 'x'; expected one of dynamic, static"),
        ({"inner_width": -1}, "inner_width is -1; expected a size, or 0 for none"),
    ):
        recipe, out = edited(tiny_recipes, tmp_path, options=options)
        with pytest.raises(AdetkError, match=message):
            train_classifier(recipe, tmp_path, out)


def test_a_part_from_before_there_were_structures_serves_as_it_did(tiny_parts, easy_posts):
    folder = tiny_parts.folders["classify"]
    settings = dict(read_manifest(folder, "classify").settings)
    assert settings.pop("structure") is None
    earlier = {k: v for k, v in settings["options"].items() if k not in ("structure", "inner_width")}
    served = Classifier.load(folder, settings)
    assert served.structures is None
    trained = TorchNetwork(open_network(folder, {**settings, "options": earlier}))
    again = Classifier(served.tokenizer, trained, served.calibration)
    np.testing.assert_allclose(again.scores(easy_posts), served.scores(easy_posts), atol=_INT8)


@pytest.mark.parametrize("join", ["concat", "cross_attention"])
def test_the_recipes_with_drug_structure_are_read(join):
    recipe = read_recipe(REPOSITORY / "recipes" / f"kfu_structure_{join}_classify.toml")
    options = read_options(recipe)
    assert (options.structure.kind, options.structure.join) == ("fingerprint", join)
    assert (options.inner_width, options.dropout) == (384, 0.3)  # the paper's head


def test_deferred_weights_and_an_epoch_that_a_metric_chooses_need_platt():
    recipe = read_recipe(REPOSITORY / "recipes" / "uccnlp_ldam_classify.toml")
    assert read_options(recipe).loss.reweight == "deferred"
    chosen = replace(recipe, training=replace(recipe.training, metric="average_precision"))
    with pytest.raises(AdetkError, match=r"before deferred weights set in: .* expected no metric, or platt"):
        read_options(chosen)
    assert read_options(replace(chosen, options={**recipe.options, "platt": True})).platt


def test_a_network_that_answers_all_posts_alike_is_named(caplog, letter_pieces):
    def same(batch):
        return np.tile(np.array([[3.0, -1.0]], np.float32), (len(batch.input_ids), 1))

    def different(batch):
        return np.stack([batch.input_ids[:, 1], -batch.input_ids[:, 1]], axis=1).astype(np.float32)

    tokenizer = Tokenizer(letter_pieces, 16)
    _warn_of_collapse(Classifier(tokenizer, different, Calibration()), DOCUMENTS)
    assert not caplog.records
    _warn_of_collapse(Classifier(tokenizer, same, Calibration()), DOCUMENTS)
    assert "collapsed" in caplog.text
