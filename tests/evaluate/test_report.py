import importlib.util
import random
import sys
from dataclasses import replace

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import interval, interval_of
from adetk.evaluate.coded import document_set_counts
from adetk.evaluate.links import link_ranks
from adetk.evaluate.ranking import average_precision, brier, ece, roc_auc
from adetk.evaluate.report import (
    report_classify,
    report_extract,
    report_normalize,
    report_run,
)
from adetk.evaluate.scores import Counts, span_counts

PRF = ("precision", "recall", "f1")
CODE_TO_PT = {"L1": "P1", "L1b": "P1", "L2": "P2", "L3": "P3"}


def to_pt(code):
    return CODE_TO_PT.get(code, "")


def keys(*names):
    return {f"{name}{bound}" for name in names for bound in ("", "_low", "_high")}


def gold_documents():
    """Forty posts: every other one ADE, with one or two mentions; every fifth post's have no code.

    Where there are two, the second is discontinuous.
    """
    documents = []
    for i in range(40):
        spans = [] if i % 2 else [((0, 5),), ((10, 15), (20, 25))][: 1 + i % 4 // 2]
        mentions = tuple(
            Mention(span, gold=() if i % 5 == 0 else (frozenset({["L1", "L2", "L3"][i % 3]}),))
            for span in spans
        )
        documents.append(
            Document(f"post{i:02}", "x" * 40 + f" {i}", label="noADE" if i % 2 else "ADE", mentions=mentions)
        )
    return documents


def perfect(gold):
    def answer(mention):
        links = tuple(Link(code, "a term") for codes in mention.gold for code in codes)
        return replace(mention, gold=None, links=links, status="coded" if links else "none")

    return [
        replace(d, score=float(d.label == "ADE"), mentions=tuple(answer(m) for m in d.mentions)) for d in gold
    ]


def imperfect(gold):
    """The perfect prediction with some posts turned down, some spans moved, some codes wrong."""
    predicted = []
    for i, document in enumerate(perfect(gold)):
        mentions = [m if i % 3 else replace(m, spans=((m.start + 1, m.end + 1),)) for m in document.mentions]
        if i % 4 == 0:
            mentions = [replace(m, links=(Link("L2", "a term"), *m.links)) for m in mentions]
        turned_down = i % 8 == 0
        predicted.append(
            replace(
                document,
                label="noADE" if turned_down else document.label,
                score=0.4 if turned_down else 0.7 * document.score + 0.1,
                mentions=() if turned_down else tuple(mentions),
            )
        )
    return predicted


HAS_SEQEVAL = importlib.util.find_spec("seqeval") is not None
SEQEVAL = {f"seqeval_{mode}_{m}" for mode in ("default", "strict_IOB2") for m in PRF if HAS_SEQEVAL}
NUMBERS_OF_MENTIONS = {"n", "skipped", "discontinuous_n"}
REPORTS = {
    "classify": (report_classify, keys(*PRF, "average_precision", "roc_auc", "ece", "brier") | {"n"}),
    "extract": (
        report_extract,
        keys(*(f"{way}_{m}" for way in ("strict", "relaxed") for m in PRF), "discontinuous_recall")
        | {"n", "discontinuous_n"}
        | SEQEVAL,
    ),
    "normalize": (
        lambda gold, pred: report_normalize(gold, pred, to_pt),
        keys("accuracy_at_1", "accuracy_at_5", "accuracy_at_10", "mean_reciprocal_rank") | {"n", "skipped"},
    ),
    "run": (
        lambda gold, pred: report_run(gold, pred, to_pt),
        keys(
            *(
                f"{part}_{m}"
                for part in (
                    "gate",
                    "strict",
                    "relaxed",
                    "end_to_end_strict",
                    "end_to_end_relaxed",
                    "post_set",
                )
                for m in PRF
            )
        )
        | {"n"},
    ),
}
each_report = pytest.mark.parametrize(("report", "names"), REPORTS.values(), ids=REPORTS)


@each_report
def test_keys_are_the_contract(report, names):
    gold = gold_documents()
    made = report(gold, imperfect(gold))
    assert set(made) == names
    assert all(type(value) in (int, float) for value in made.values())


@each_report
def test_intervals_hold_their_figure(report, names):
    gold = gold_documents()
    made = report(gold, imperfect(gold))
    for name in names - NUMBERS_OF_MENTIONS - SEQEVAL:
        if not name.endswith(("_low", "_high")):
            assert 0.0 <= made[f"{name}_low"] <= made[name] <= made[f"{name}_high"] <= 1.0


@each_report
def test_a_perfect_prediction(report, names):
    gold = gold_documents()
    made = report(gold, perfect(gold))
    figures = {name: value for name, value in made.items() if name not in NUMBERS_OF_MENTIONS}
    assert figures == {name: 0.0 if name.startswith(("ece", "brier")) else 1.0 for name in figures}


@each_report
def test_an_empty_prediction(report, names):
    gold = gold_documents()
    made = report(gold, [replace(d, label="noADE", score=0.0, mentions=()) for d in gold])
    figures = {
        name: value
        for name, value in made.items()
        if name.endswith(("f1", "accuracy_at_1", "recall", "reciprocal_rank"))
    }
    assert figures
    assert set(figures.values()) == {0.0}


@each_report
def test_no_gold_at_all(report, names):
    predicted = imperfect(gold_documents())
    made = report([replace(d, label="noADE", mentions=()) for d in predicted], predicted)
    figures = {
        name: value
        for name, value in made.items()
        if name.endswith(("f1", "accuracy_at_1", "average_precision"))
    }
    assert figures
    assert set(figures.values()) == {0.0}


@each_report
def test_order_plays_no_part(report, names):
    gold = gold_documents()
    predicted = imperfect(gold)
    rng = random.Random(0)
    assert report(rng.sample(gold, 40), rng.sample(predicted, 40)) == report(gold, predicted)


@each_report
def test_no_documents_are_refused(report, names):
    with pytest.raises(AdetkError, match="0 documents"):
        report([], [])


@each_report
def test_other_documents_are_refused(report, names):
    gold = gold_documents()
    with pytest.raises(AdetkError, match="40 gold and 39 predicted documents: 1 ids"):
        report(gold, imperfect(gold)[1:])


def test_classify_by_hand():
    gold = [Document(str(i), "x", label=label) for i, label in enumerate(["ADE", "ADE", "noADE", "noADE"])]
    given = [("ADE", 0.9), ("noADE", 0.4), ("ADE", 0.8), ("noADE", 0.1)]
    predicted = [Document(str(i), "x", label=label, score=score) for i, (label, score) in enumerate(given)]
    made = report_classify(gold, predicted)
    assert (made["precision"], made["recall"], made["f1"], made["n"]) == (0.5, 0.5, 0.5, 4)
    assert made["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert made["ece"] == pytest.approx((0.1 + 0.6 + 0.8 + 0.1) / 4)
    assert made["roc_auc"] == 3 / 4  # of the four pairs only (0.4, 0.8) is the wrong way round
    assert made["brier"] == pytest.approx((0.01 + 0.36 + 0.64 + 0.01) / 4)


def test_classify_weighs_each_score_with_its_own_document():
    gold = gold_documents()
    predicted = [replace(d, score=i * 7 % 40 / 40) for i, d in enumerate(gold)]
    labels, scores = [d.label == "ADE" for d in gold], [d.score for d in predicted]
    made = report_classify(gold, predicted)
    for measure in (average_precision, roc_auc, ece, brier):
        name = measure.__name__
        bounds = interval_of(40, lambda weights, measure=measure: measure(labels, scores, weights))
        assert (made[f"{name}_low"], made[f"{name}_high"]) == pytest.approx(bounds)


def test_classify_needs_scores():
    gold = gold_documents()
    predicted = [replace(d, score=None) if d.id > "post36" else d for d in perfect(gold)]
    with pytest.raises(AdetkError, match="3 of 40 predicted documents have no score, first 'post37'"):
        report_classify(gold, predicted)


def test_extract_is_the_counts_and_their_interval():
    gold = gold_documents()
    predicted = imperfect(gold)
    made = report_extract(gold, predicted)
    counts = span_counts(gold, predicted)
    assert made["strict_f1"] == sum(counts, Counts()).f1
    assert (made["strict_f1_low"], made["strict_f1_high"]) == interval(counts, lambda total: total.f1)
    assert made["strict_f1"] < made["relaxed_f1"]
    assert made["n"] == 40


def test_extract_of_another_label():
    gold = [Document("a", "x" * 9, mentions=(Mention(((0, 4),), label="DRUG"),))]
    assert report_extract(gold, gold, label="DRUG")["strict_f1"] == 1.0
    assert report_extract(gold, gold)["strict_f1"] == 0.0


def test_normalize_by_hand():
    def ranked(span, *codes):
        return Mention((span,), links=tuple(Link(code, "a term") for code in codes))

    one, two, none = (frozenset({"L1"}),), (frozenset({"L2"}), frozenset({"L3"})), ()
    spans = [(0, 2), (3, 5), (6, 8), (9, 11)]
    mentions = [
        Mention((span,), gold=codes) for span, codes in zip(spans, [one, two, none, one], strict=True)
    ]
    answers = [
        ranked(spans[0], "L1b"),
        ranked(spans[1], "L1", "L1", "L1", "L1", "L3"),
        ranked(spans[2], "L1"),
        ranked(spans[3], "L2", "L2", "L2", "L2", "L2", "L1"),
    ]
    gold = [Document("a", "x" * 20, mentions=tuple(mentions))]
    predicted = [Document("a", "x" * 20, mentions=tuple(answers))]
    made = report_normalize(gold, predicted, to_pt)
    assert (made["accuracy_at_1"], made["accuracy_at_5"]) == pytest.approx((1 / 3, 2 / 3))
    assert (made["n"], made["skipped"]) == (3, 1)
    # Right at rank 1, 5 and 6; the mention that has no code is skipped.
    assert made["accuracy_at_10"] == 1.0
    assert made["mean_reciprocal_rank"] == pytest.approx((1 + 1 / 5 + 1 / 6) / 3)


def test_normalize_by_each_rule():
    gold = [
        Document("a", "x" * 20, mentions=(Mention(((0, 2),), gold=(frozenset({"L2"}), frozenset({"L3"}))),))
    ]
    links = tuple(Link(code, "a term") for code in ("L1", "L3", "L1", "L2"))
    predicted = [Document("a", "x" * 20, mentions=(Mention(((0, 2),), links=links),))]
    rule_to_rank = {"any": 2, "first": 4, "all": 4}
    for rule, rank in rule_to_rank.items():
        made = report_normalize(gold, predicted, to_pt, multi=rule)
        assert made["mean_reciprocal_rank"] == 1 / rank
        assert (made["accuracy_at_1"], made["accuracy_at_5"]) == (0.0, 1.0)


def test_normalize_has_the_interval_of_its_ranks():
    gold = gold_documents()
    wrong = Link("none", "a term")
    predicted = [
        replace(d, mentions=tuple(replace(m, links=(wrong,) * (i % 3) + m.links) for m in d.mentions))
        for i, d in enumerate(perfect(gold))
    ]
    made = report_normalize(gold, predicted, to_pt)
    bounds = interval(link_ranks(gold, predicted, to_pt), lambda total: total.mean)
    assert (made["mean_reciprocal_rank_low"], made["mean_reciprocal_rank_high"]) == bounds
    assert made["accuracy_at_1"] < made["mean_reciprocal_rank"] < made["accuracy_at_5"]


def test_run_takes_labels_from_mentions_where_there_are_none():
    gold = gold_documents()
    predicted = imperfect(gold)
    unlabelled = [replace(d, label=None) for d in gold], [replace(d, label=None) for d in predicted]
    assert report_run(*unlabelled, to_pt) == report_run(gold, predicted, to_pt)
    negated = Document("a", "x" * 9, mentions=(Mention(((0, 4),), assertion="negated"),))
    present = Document("a", "x" * 9, mentions=(Mention(((0, 4),)),))
    assert report_run([negated], [present], to_pt)["gate_precision"] == 0.0
    assert report_run([present], [present], to_pt)["gate_precision"] == 1.0


def test_run_compares_the_terms_of_each_post():
    gold = gold_documents()
    predicted = imperfect(gold)
    made = report_run(gold, predicted, to_pt)
    total = sum(document_set_counts(gold, predicted, to_pt), Counts())
    assert (made["post_set_precision"], made["post_set_recall"]) == (total.precision, total.recall)
    # The words are elsewhere in every third post, the terms are not.
    assert made["post_set_f1"] > made["end_to_end_strict_f1"]


def test_discontinuous_recall_by_hand():
    two, three = ((0, 2), (4, 6)), ((10, 12), (14, 16), (18, 20))
    gold = [Document("a", "x" * 40, mentions=(Mention(two), Mention(three), Mention(((30, 35),))))]
    halves = (Mention((two[0],)), Mention((two[1],)), Mention(three))
    made = report_extract(gold, [replace(gold[0], mentions=halves)])
    assert (made["discontinuous_recall"], made["discontinuous_n"]) == (0.5, 2)
    assert (made["strict_recall"], made["strict_precision"]) == (1 / 3, 1 / 3)


def test_no_discontinuous_mention_no_figure():
    gold = [Document("a", "x" * 9, mentions=(Mention(((0, 4),)),))]
    made = report_extract(gold, gold)
    assert made["discontinuous_n"] == 0
    assert "discontinuous_recall" not in made


def test_without_seqeval_its_figures_are_not_there(monkeypatch):
    gold = gold_documents()
    whole = report_extract(gold, imperfect(gold))
    monkeypatch.setitem(sys.modules, "seqeval.metrics.v1", None)
    monkeypatch.setitem(sys.modules, "seqeval.metrics.sequence_labeling", None)
    light = report_extract(gold, imperfect(gold))
    assert light == {name: value for name, value in whole.items() if not name.startswith("seqeval_")}


def post(key, text, *found, answers=()):
    """A post whose mentions are the words in `found`, each with a code."""
    mentions = []
    for (words, code), answer in zip(found, answers, strict=True):
        start = text.index(words)
        links = (Link(answer, "a term"),) if answer else ()
        mentions.append(
            Mention(((start, start + len(words)),), gold=(frozenset({code}),), links=links, status="coded")
        )
    return Document(key, text, mentions=tuple(mentions))
