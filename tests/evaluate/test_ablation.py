"""What the pieces are worth, worked by hand on a made-up terminology of four terms and posts of a few words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from armed_linker import GOLD, TERMS, figures, make_linker

from adetk.document import ADE, NO_ADE, Document, Link, Mention
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.evaluate.ablation import ablate, gate_rows, gated, without_features
from adetk.evaluate.report import report_extract
from adetk.evaluate.runner import evaluate
from adetk.extract.features import DictionaryFeatures
from adetk.extract.schemes import Scheme
from adetk.extract.tagger import Tagger
from adetk.lexicon import Lexicon
from adetk.pipeline import Pipeline

# The gate


def test_gates_choose_among_the_same_answers():
    """Four posts of one span each; the tagger is right on posts 0 and 1, wrong on 2, and speaks up in 3 (noADE)."""
    right = Mention(((0, 4),), ADE, gold=(frozenset({"2"}),))
    gold = [Document(str(i), "rash today", ADE, mentions=(right,)) for i in range(3)]
    gold.append(Document("3", "rash today", NO_ADE))
    found = Mention(((0, 4),), ADE, status="coded", links=(Link("2", "Rash"),))
    linked = [
        Document("0", "rash today", mentions=(found,)),
        Document("1", "rash today", mentions=(replace(found, links=(Link("3", "Cough"),)),)),
        Document("2", "rash today", mentions=(replace(found, spans=((0, 10),)),)),
        Document("3", "rash today", mentions=(found,)),
    ]
    gate_to_passed = {
        "none": [True, True, True, True],
        "model": [True, False, True, True],
        "oracle": [True, True, True, False],
    }
    gate_to_predicted = {gate: gated(linked, passed) for gate, passed in gate_to_passed.items()}
    rows = gate_rows(gold, gate_to_predicted, TERMS.pt_of)
    assert [row.variant for row in rows] == ["none", "model", "oracle"]
    assert figures(rows, "strict_f1") == {"none": 4 / 7, "model": 2 / 6, "oracle": 4 / 6}
    assert figures(rows, "relaxed_f1") == {"none": 6 / 7, "model": 4 / 6, "oracle": 1.0}
    assert figures(rows, "end_to_end_strict_f1") == {"none": 2 / 7, "model": 2 / 6, "oracle": 2 / 6}
    assert figures(rows, "end_to_end_relaxed_f1") == {"none": 4 / 7, "model": 4 / 6, "oracle": 4 / 6}
    by_name = {row.variant: row.report for row in rows}
    assert by_name["oracle"]["strict_f1_difference"] == 4 / 6 - 2 / 6
    assert "strict_f1_difference" not in by_name["model"]
    assert all(row.report["n"] == 4 for row in rows)


# The dictionary features


class ByTags:
    """A network that says what the first dictionary says, and keeps the tags that it was given."""

    def __init__(self):
        self.seen = []

    def __call__(self, batch):
        self.seen.append(batch.tags)
        return 9 * np.eye(3, dtype=np.float32)[batch.tags[:, :, 0]]


def make_tagger(backend, *phrases):
    features = DictionaryFeatures([Lexicon("d", [(p, "") for p in phrases]), Lexicon("e", [("today", "")])])
    return Tagger(Tokenizer(backend, 64), ByTags(), features, Scheme("bio", [ADE]))


def test_without_features_all_tags_are_o(letter_pieces):
    tagger = make_tagger(letter_pieces, "dry mouth")
    document = Document("1", "a dry mouth today")
    assert [m.surface(document.text) for m in tagger.mentions([document])[0]] == ["dry mouth"]
    silent = without_features(tagger)
    assert silent.mentions([document]) == [[]]
    on, off = tagger.network.seen
    assert on.shape == off.shape
    assert set(np.unique(on)) == {0, 1, 2}
    assert not off.any()
    assert [lexicon.name for lexicon in tagger.features.lexicons] == ["d", "e"]
    assert len(tagger.features.lexicons[0]) == 1  # the tagger itself keeps its dictionaries


# All together


class Classifier:
    """Calls every post with an `a` in it an ADE post."""

    def __init__(self):
        self.texts = []

    def __call__(self, documents):
        for document in documents:
            self.texts.append(document.text)
            yield replace(document, label=ADE if "a" in document.text else NO_ADE, score=0.5)


@pytest.fixture
def parts(letter_pieces):
    """A pipeline of made-up parts that remember what they were asked."""
    classifier = Classifier()
    return SimpleNamespace(
        gate="model",
        classify=classifier,
        classifier=classifier,
        tagger=make_tagger(letter_pieces, *(surface for surface, _ in GOLD)),
        drugs=iter,
        assertions=iter,
        linker=make_linker(),
        terminology=TERMS,
    )


def test_every_ablation_is_there_and_no_model_runs_twice(parts, gold):
    posts = [*gold, Document("none", "cough drops", NO_ADE)]
    rows = ablate(parts, posts)
    assert list(dict.fromkeys(row.ablation for row in rows)) == ["gate", "linking", "tau", "features"]
    assert len(parts.classifier.texts) == len(posts)
    on, off = parts.tagger.network.seen
    assert len(on) == len(posts)
    assert len(off) == len(gold)  # the posts of the oracle gate
    assert (
        parts.linker.embedder.calls == 1
    )  # the wordings that no row of the index has; gold spans are those found
    by_name = {(row.ablation, row.variant): row.report for row in rows}
    assert by_name["features", "on_gate_oracle"]["strict_f1"] == 1.0
    guessed = sum(" " not in surface for surface, _ in GOLD) / len(
        GOLD
    )  # told that there is one: the first word
    assert by_name["features", "off_gate_oracle"]["strict_f1"] == guessed
    assert by_name["features", "off_gate_oracle"]["strict_f1_difference"] == guessed - 1.0
    assert by_name["gate", "oracle"]["strict_f1"] == by_name["features", "on_gate_oracle"]["strict_f1"]
    assert by_name["gate", "none"]["end_to_end_strict_f1"] == 7 / 8
    passed = sum("a" in surface for surface, _ in GOLD)
    assert by_name["gate", "model"]["strict_f1"] == pytest.approx(2 * passed / (passed + len(gold)))


def test_order_and_the_predictions_that_gold_carries_play_no_part(parts, gold):
    posts = [*gold, Document("none", "cough drops", NO_ADE)]
    told = [replace(d, score=1.0, mentions=tuple(replace(m, score=0.1) for m in d.mentions)) for d in posts]
    assert ablate(parts, posts) == ablate(parts, told[::-1])


def test_without_labels_the_features_are_compared_without_a_gate(parts, gold):
    posts = [replace(d, label=None) for d in gold] + [Document("none", "all well")]
    by_name = {(row.ablation, row.variant): row.report for row in ablate(parts, posts)}
    assert {variant for ablation, variant in by_name if ablation == "features"} == {
        "on_gate_none",
        "off_gate_none",
    }
    assert [len(tags) for tags in parts.tagger.network.seen] == [9, 9]
    assert by_name["gate", "oracle"]["strict_f1"] == 1.0  # a post is ADE by its mention


def test_what_cannot_be_varied_is_left_out(parts, gold):
    uncoded = [replace(d, mentions=tuple(replace(m, gold=None) for m in d.mentions)) for d in gold]
    assert {row.ablation for row in ablate(parts, uncoded)} == {"gate", "features"}
    parts.tagger = Tagger(
        parts.tagger.tokenizer,
        lambda batch: np.zeros((*batch.input_ids.shape, 3), np.float32),
        DictionaryFeatures([]),
        Scheme("bio", [ADE]),
    )
    assert {row.ablation for row in ablate(parts, gold)} == {"gate", "linking", "tau"}
    with pytest.raises(AdetkError, match="1 documents without an ADE mention"):
        ablate(parts, [Document("1", "sick", ADE)])


def test_a_real_bundle_scores_as_evaluate_says(tiny_bundle, posts, easy_posts):
    gold = [*posts, *easy_posts]
    pipeline = Pipeline.from_pretrained(tiny_bundle)
    by_name = {(row.ablation, row.variant): row.report for row in ablate(pipeline, gold)}
    for gate in ("none", "model", "oracle"):
        whole = evaluate("run", Pipeline.from_pretrained(tiny_bundle, gate=gate), gold)
        for figure in ("strict_f1", "relaxed_f1", "end_to_end_strict_f1", "end_to_end_relaxed_f1"):
            for name in (figure, f"{figure}_low", f"{figure}_high"):
                assert by_name["gate", gate][name] == pytest.approx(whole[name], abs=1e-9)
    linked = evaluate("normalize", pipeline, gold)
    for name in ("accuracy_at_1", "accuracy_at_1_low", "accuracy_at_1_high", "n", "coverage"):
        assert by_name["linking", "all"][name] == pytest.approx(linked[name], abs=1e-9)
    assert all(
        by_name["gate", "oracle"][name] >= by_name["gate", "none"][name]
        for name in ("strict_f1", "relaxed_f1")
    )


def test_a_real_bundle_without_its_features(tiny_bundle, easy_posts):
    pipeline = Pipeline.from_pretrained(tiny_bundle)
    by_name = {(row.ablation, row.variant): row.report for row in ablate(pipeline, easy_posts)}
    silent = without_features(pipeline.tagger)
    bare = [replace(d, mentions=()) for d in easy_posts]
    off = [next(pipeline.assertions(pipeline.drugs(silent([d])))) if d.label == ADE else d for d in bare]
    expected = report_extract(easy_posts, off)
    for name in ("strict_f1", "strict_f1_low", "strict_f1_high", "relaxed_f1"):
        assert by_name["features", "off_gate_oracle"][name] == pytest.approx(expected[name], abs=1e-9)
    on, off_report = by_name["features", "on_gate_oracle"], by_name["features", "off_gate_oracle"]
    assert on["strict_f1"] == by_name["gate", "oracle"]["strict_f1"] > 0.1
    assert off_report["strict_f1_difference"] == off_report["strict_f1"] - on["strict_f1"] != 0
