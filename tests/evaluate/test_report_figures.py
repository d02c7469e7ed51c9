from dataclasses import replace

import pytest
from reported_documents import gold_documents, imperfect, perfect, to_pt

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
