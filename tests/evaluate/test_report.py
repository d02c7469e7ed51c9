import importlib.util
import random
import sys
from dataclasses import replace

import pytest
from reported_documents import gold_documents, imperfect, perfect, to_pt

from adetk.errors import AdetkError
from adetk.evaluate.report import (
    report_classify,
    report_extract,
    report_normalize,
    report_run,
)

PRF = ("precision", "recall", "f1")


def keys(*names):
    return {f"{name}{bound}" for name in names for bound in ("", "_low", "_high")}


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


def test_without_seqeval_its_figures_are_not_there(monkeypatch):
    gold = gold_documents()
    whole = report_extract(gold, imperfect(gold))
    monkeypatch.setitem(sys.modules, "seqeval.metrics.v1", None)
    monkeypatch.setitem(sys.modules, "seqeval.metrics.sequence_labeling", None)
    light = report_extract(gold, imperfect(gold))
    assert light == {name: value for name, value in whole.items() if not name.startswith("seqeval_")}
