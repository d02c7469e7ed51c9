from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sklearn", reason="training is not installed")

import torch

from adetk.bundle import read_manifest
from adetk.classify.calibration import Calibration
from adetk.classify.classifier import Classifier
from adetk.classify.fitting import calibrate, fit_cascade
from adetk.classify.losses import ClassificationLoss, LossConfig, WithSpans
from adetk.classify.network import PostClassifier, open_network
from adetk.classify.options import ClassifyOptions, read_options
from adetk.classify.train import (
    _rows,
    _warn_of_collapse,
    oversampled,
    train_classifier,
)
from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.encoder import Tokenizer, pad
from adetk.errors import AdetkError
from adetk.networks import TorchNetwork, empty_encoder, load_pretrained, load_weights
from adetk.recipe import TrainingConfig, read_recipe
from adetk.training import prepare_encoder, train

REPOSITORY = Path(__file__).parents[2]
_INT8 = 0.15
"""How far int8 may move a probability of a network of 32 numbers; larger ones move less."""

SIX = [
    ("zoloft made me so sick", ADE),
    ("zoloft refill tomorrow", NO_ADE),
    ("ambien and i slept through work", ADE),
    ("is ambien any good for sleep", NO_ADE),
    ("my hands shake since the new dose", ADE),
    ("new dose of coffee for my hands", NO_ADE),
]
SPANS = ClassifyOptions(span_weight=1.0)
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
DOCUMENTS = [Document(str(i), text, label) for i, (text, label) in enumerate(SIX)]


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


def test_of_a_long_ade_post_only_windows_with_a_mention_are_positive(letter_pieces):
    text = "a" * 40 + " pain " + "b" * 40
    tokenizer = Tokenizer(letter_pieces, 16, stride=2)
    told = Document("1", text, ADE, mentions=(Mention(((41, 45),), ADE), Mention(((0, 3),), "DRUG")))
    rows = _rows([told], tokenizer, ClassifyOptions())
    assert len(rows) > 3
    for row in rows:
        spans = [o for o in row.window.offsets if o[1] > o[0]]
        assert row.labels == int(any(start < 45 and end > 41 for start, end in spans))
    assert 0 < sum(r.labels for r in rows) < len(rows)
    assert all(r.labels == 1 for r in _rows([replace(told, mentions=())], tokenizer, ClassifyOptions()))
    assert all(r.labels == 0 for r in _rows([replace(told, label=NO_ADE)], tokenizer, ClassifyOptions()))


def test_with_spans_a_row_says_post_and_pieces(letter_pieces):
    tokenizer = Tokenizer(letter_pieces, 24)
    told = Document("1", "no pain", ADE, mentions=(Mention(((3, 7),), ADE),))
    (row,) = _rows([told], tokenizer, SPANS)
    inside = [1 if end > 3 else 0 for start, end in row.window.offsets if end > start]
    assert row.labels[0] == 1
    assert [mark for mark in row.labels[1:] if mark != -100] == inside
    assert row.labels[1] == row.labels[-1] == -100  # special pieces
    assert len(row.labels) == 1 + len(row.window.ids)
    (without,) = _rows([replace(told, mentions=())], tokenizer, SPANS)
    assert without.labels == [1, *[-100] * len(row.window.ids)]
    (other,) = _rows([replace(told, label=NO_ADE, mentions=())], tokenizer, SPANS)
    assert other.labels[0] == 0
    assert set(other.labels[2:-1]) == {0}
    denied = replace(told, label=NO_ADE, mentions=(replace(told.mentions[0], assertion="negated"),))
    assert _rows([denied], tokenizer, SPANS) == [other]


def test_a_score_softens_the_label_of_its_document(letter_pieces, tmp_path):
    tokenizer = Tokenizer(letter_pieces, 24)
    scored = [Document("1", "pain", ADE, 0.6), Document("2", "pain", NO_ADE, 0.1), Document("3", "pain", ADE)]
    soft = ClassifyOptions(soft_labels=0.5)
    assert [row.labels for row in _rows(scored, tokenizer, soft)] == pytest.approx([0.8, 0.05, 1.0])
    assert [row.labels for row in _rows(scored, tokenizer, ClassifyOptions())] == [1, 0, 1]
    marked = _rows(scored, tokenizer, replace(soft, span_weight=1.0))
    assert [row.labels[0] for row in marked] == pytest.approx([0.8, 0.05, 1.0])
    assert {mark for row in marked for mark in row.labels[1:]} == {-100}  # nobody said where
    with pytest.raises(AdetkError, match="expected cross_entropy"):
        ClassifyOptions(soft_labels=0.5, loss=LossConfig("ldam"))
    with pytest.raises(AdetkError, match="from 0 to 1"):
        ClassifyOptions(soft_labels=2.0)


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


def test_a_cascade_lets_through_what_the_gate_keeps():
    draw = np.random.default_rng(0)
    linear, found = draw.normal(size=20_000), []
    network = linear + draw.normal(size=len(linear))
    joint = network + 0.5 * linear
    is_kept = joint >= 3.0
    for start in range(0, len(linear), 1000):
        held = np.arange(start, start + 1000)
        cascade = fit_cascade(network[held], linear[held], joint[held], int(is_kept[held].sum()))
        alone = linear < cascade.below
        found.append((np.mean(~alone[is_kept]), np.mean(alone)))
        assert cascade.absent == pytest.approx(network[held][alone[held]].mean())
    through, saved = np.mean(found, axis=0)
    assert through >= 0.995
    assert saved > 0.2
    assert fit_cascade(network[:150], linear[:150], joint[:150], 10) is None


def test_dropout_in_the_encoder_is_as_pretrained_unless_said(tiny_encoder):
    encoder, _ = load_pretrained(str(tiny_encoder))
    rates = [m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)]
    prepare_encoder(encoder, TrainingConfig())
    assert [m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)] == rates
    assert max(rates) > 0
    assert encoder.get_input_embeddings().weight.requires_grad
    prepare_encoder(encoder, TrainingConfig(encoder_dropout=0.0))
    assert {m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)} == {0.0}


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


DRAW = np.random.default_rng(0)
LABELS = DRAW.random(400) < 0.25
MARGINS = DRAW.normal(size=400) + 2 * LABELS


def test_platt_moves_the_prior_and_the_prior_is_corrected_once():
    calibration = calibrate(MARGINS, LABELS, prior=0.9, options=ClassifyOptions())
    assert calibration.source_prior == calibration.target_prior == LABELS.mean()
    assert calibration.of_margins(MARGINS).mean() == pytest.approx(LABELS.mean(), abs=2e-3)
    rare = calibrate(MARGINS, LABELS, prior=0.9, options=ClassifyOptions(target_prior=0.07))
    weights = np.where(LABELS, 0.07 / LABELS.mean(), 0.93 / (1 - LABELS.mean()))
    assert np.average(rare.of_margins(MARGINS), weights=weights) == pytest.approx(0.07, abs=5e-3)


def test_without_platt_the_prior_is_the_one_that_training_made():
    options = ClassifyOptions(platt=False, target_prior=0.07, strength=0.5)
    calibration = calibrate(MARGINS, LABELS, prior=0.4, options=options)
    assert (calibration.slope, calibration.intercept) == (1.0, 0.0)
    assert (calibration.source_prior, calibration.target_prior, calibration.strength) == (0.4, 0.07, 0.5)


def test_platt_does_not_depend_on_the_scale_of_the_logits():
    small, large = (calibrate(MARGINS * scale, LABELS, 0.5, ClassifyOptions()) for scale in (0.01, 100))
    assert small.slope * 0.01 == pytest.approx(large.slope * 100, rel=1e-3)
    assert small.threshold == pytest.approx(large.threshold, rel=1e-3)


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


def test_over_sampling_repeats_ade_windows_evenly_up_to_the_share(letter_pieces):
    rows = _rows(
        DOCUMENTS[:4] + [Document("x", "hello there", NO_ADE)] * 3,
        Tokenizer(letter_pieces, 16),
        ClassifyOptions(),
    )
    ade = [row for row in rows if row.labels == 1]
    assert oversampled(rows, 0.0) == rows
    assert oversampled(rows, len(ade) / len(rows)) == rows
    half = oversampled(rows, 0.5)
    others = len(rows) - len(ade)
    assert sum(row.labels for row in half) == others == len(half) - others
    times = [half.count(row) for row in ade]
    assert max(times) - min(times) <= 1
    assert oversampled(rows[1:2], 0.5) == rows[1:2]
    with pytest.raises(AdetkError, match="ade_share is 1"):
        ClassifyOptions(ade_share=1)


def test_over_sampling_and_calibration_do_not_correct_twice():
    """The prior that calibration starts from is the sampled one: at a balanced one, nothing is moved."""
    counts = [50, 50]  # what over-sampling made of 90 and 10
    loss = ClassificationLoss(LossConfig(), counts)
    prior = loss.effective_prior(counts)
    logits = np.array([[0.0, 1.5], [2.0, 0.0]], np.float32)
    calibrated = Calibration(source_prior=prior, target_prior=0.5).probabilities(logits)
    assert calibrated == pytest.approx(Calibration().probabilities(logits))
    weighted = ClassificationLoss(LossConfig(reweight="inverse_frequency"), [90, 10])
    assert weighted.effective_prior([90, 10]) == pytest.approx(0.5)


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
