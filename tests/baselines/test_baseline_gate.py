import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from baseline_posts import copied

pytest.importorskip("sklearn")

from adetk.classify.calibration import Calibration
from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.evaluate.report import report_classify


class Margin:
    """A model whose log-odds are the text as a number."""

    def decision_function(self, texts):
        return np.array([float(text) for text in texts])


def test_a_gate_learns_a_word(baselines):
    train = [
        *copied("plumox made me wobbly", 6, ADE),
        *copied("plumox is at the chemist", 6, NO_ADE),
    ]
    gate = baselines.TfidfGate.fit(train)
    asked = [Document("a", "so wobbly today"), Document("b", "chemist is shut", meta={"lang": "en"})]
    found = list(gate(asked))
    assert [d.label for d in found] == [ADE, NO_ADE]
    assert found[0].score > 0.5 > found[1].score > 0
    assert [(d.id, d.text, d.meta) for d in found] == [(d.id, d.text, d.meta) for d in asked]
    gold = [replace(asked[0], label=ADE), replace(asked[1], label=NO_ADE)]
    report = report_classify(gold, found)
    assert (report["f1"], report["average_precision"], report["n"]) == (1.0, 1.0, 2)


def test_a_gate_reads_cleaned_text(baselines):
    train = [*copied("see @plumox", 6, ADE), *copied("see https://plumox.example/a", 6, NO_ADE)]
    gate = baselines.TfidfGate.fit(train)
    found = list(gate([Document("a", "see @other"), Document("b", "see http://elsewhere.example")]))
    assert [d.label for d in found] == [ADE, NO_ADE]


def test_calibration_changes_the_label_of_a_borderline_post(baselines):
    # p = .3, odds 3:7. From one post in ten to one in two with strength .5: odds times sqrt(9), 9:7, p = .5625.
    border = Document("a", str(math.log(3 / 7)))
    # p = .2, odds 1:4, become 3:4, p = 3/7.
    below = Document("b", str(math.log(1 / 4)))
    plain = list(baselines.TfidfGate(Margin())([border, below]))
    assert [d.score for d in plain] == pytest.approx([0.3, 0.2])
    assert [d.label for d in plain] == [NO_ADE, NO_ADE]
    calibration = Calibration(source_prior=0.1, target_prior=0.5, strength=0.5)
    calibrated = list(baselines.TfidfGate(Margin(), calibration)([border, below]))
    assert [d.score for d in calibrated] == pytest.approx([0.5625, 3 / 7])
    assert [d.label for d in calibrated] == [ADE, NO_ADE]


def test_at_one_half_the_label_is_ade(baselines):
    found = list(baselines.TfidfGate(Margin())([Document("a", "0"), Document("b", "-0.001")]))
    assert [(d.score == 0.5, d.label) for d in found] == [(True, ADE), (False, NO_ADE)]


def test_the_strength_is_the_one_with_the_best_f1_out_of_fold(baselines, monkeypatch):
    # 2 of 8 are ADE: strength s multiplies the odds by 3 ** s. The ADE posts, at 1:1.5 and 1:2, are both let
    # through from s = .7 (2.16; .6 gives 1.93), the first other post, at 1:2.5, from .9 (2.69; .8 gives 2.41).
    odds = [1 / 1.5, 1 / 2, 1 / 2.5, 1 / 5, 0.01, 0.01, 0.01, 0.01]
    labels = np.array([True, True] + [False] * 6)
    gate = sys.modules["baselines.gate"]
    seen = {}

    def predictions(model, texts, truth, groups, cv, method):
        seen.update(groups=groups, folds=cv.get_n_splits(), method=method)
        return np.log(odds)

    monkeypatch.setattr(gate, "cross_val_predict", predictions)
    chosen = gate._chosen([f"post {i}" for i in range(8)], labels)
    assert chosen == Calibration(source_prior=0.25, target_prior=0.5, strength=0.7, threshold=0.5)
    assert seen == {"groups": [f"post {i}" for i in range(8)], "folds": 5, "method": "decision_function"}


def test_a_calibrated_gate_shifts_the_odds_of_the_plain_one(baselines):
    train = [
        *copied("plumox made me wobbly", 6, ADE),
        *copied("plumox is at the chemist", 18, NO_ADE),
    ]
    train += [replace(d, id=f"{d.id} again") for d in train]  # reposts do not count as different posts
    asked = [Document("a", "wobbly at the chemist"), Document("b", "wobbly"), Document("c", "nothing")]
    plain = baselines.TfidfGate.fit(train)
    assert plain.calibration == Calibration()
    calibrated = baselines.TfidfGate.fit(train, calibrated=True)
    settings = calibrated.calibration
    assert (settings.source_prior, settings.target_prior, settings.threshold) == (0.25, 0.5, 0.5)
    factor = 3**settings.strength
    for before, after in zip(plain(asked), calibrated(asked), strict=True):
        odds = factor * before.score / (1 - before.score)
        assert after.score == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ([Document("x7", "plumox")], "1 of 1 training posts are labelled neither ADE nor noADE, first 'x7'"),
        ([*copied("a", 4, ADE), *copied("b", 9, NO_ADE)], "4 different ADE posts and 9 others"),
        ([Document(str(i), "same", label=ADE) for i in range(9)], "1 different ADE posts and 0 others"),
    ],
)
def test_a_gate_refuses_what_it_cannot_learn_from(baselines, train, said):
    with pytest.raises(AdetkError, match=said):
        baselines.TfidfGate.fit(train)
