from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training is not installed")

from adetk.document import Concept, Mention
from adetk.normalize.explain import explanation
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.gold import GoldMention, codable_mentions
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Linker, LinkerSettings
from adetk.normalize.terminology import Terminology
from adetk.normalize.tuning import tune

TERMS = Terminology(
    "Invented", "1", "", {"1": Concept("1", "Alpha", "CTCAE"), "2": Concept("2", "Beta", "CTCAE")}
)


def vector(degrees):
    return [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]


def embed(surfaces):
    """Alpha lies at 0 degrees, Beta at 90; `x30` or `x30 again` at 30."""
    angles = [{"alpha": 0.0, "beta": 90.0}.get(s.lower()) for s in surfaces]
    return np.array(
        [vector(float(s.split()[0][1:]) if a is None else a) for s, a in zip(surfaces, angles, strict=True)],
        np.float32,
    )


@pytest.fixture
def linker():
    """Its classifier says Beta where Alpha is near, and Alpha where Beta is near."""
    swapped = ConceptClassifier(["2", "1"], 20 * np.array([vector(0), vector(90)], np.float32), np.zeros(2))
    index = ConceptIndex.build(TERMS.rows(), embed, "f")
    return Linker(TERMS, embed, index, swapped, LinkerSettings())


def gold(surface, *codes):
    return GoldMention(surface, frozenset(codes))


def test_a_case_worked_by_hand(linker):
    tuned = tune(
        linker,
        [
            gold("x10", "1"),  # distance .015: right by similarity, wrong by classifier
            gold("x100", "2"),  # the same
            gold("x30", "2"),  # distance .134: wrong by similarity, right by classifier
            gold("alpha", "1"),  # exact
            gold("x95", "77"),  # a code that the terminology lacks; answered by similarity
            gold("x40"),  # means nothing; answered by the classifier, .92 sure
            gold("x45.5"),  # means nothing; answered by the classifier, .56 sure
        ],
    )
    assert (tuned.sweep[0.0], tuned.sweep[0.02], tuned.sweep[0.12], tuned.sweep[0.14]) == (0.5, 1, 1, 0.75)
    assert tuned.settings.tau == 0.12  # the largest of the best
    assert tuned.settings.terminology == TERMS.fingerprint
    # too few answers of any method for a line of its own
    assert dict(tuned.settings.method_to_line) == {}
    # by the lines that stand before anything is fitted, at x10's cosine; above it lie the four right ones and x95
    at_x10 = 1 / (1 + np.exp(-(10 * np.cos(np.pi / 18) - 6)))
    assert tuned.settings.abstain == pytest.approx(at_x10, rel=1e-3)
    assert not tuned.settings.is_fused
    assert tuned.scores == {
        "accuracy_at_1": 1.0,
        "fusion_gain": -0.25,  # of both arms together only x30 comes out wrong
        "fusion_gain_low": -0.75,
        "fusion_gain_high": 0.0,
        "precision": pytest.approx(4 / 5),
        "recall": 1.0,
        "f1": pytest.approx(8 / 9),
    }


def test_fusion_answers_only_where_its_gain_is_beyond_chance():
    rows = [*TERMS.rows(), ("x20", "2"), ("x24", "1"), ("x25", "1"), ("x26", "1")]  # the first is a slip
    linker = Linker(TERMS, embed, ConceptIndex.build(rows, embed, "f"), None, LinkerSettings())
    beside = [gold(f"x20.{i}", "1") for i in range(1, 5)]
    far = [gold(f"x{angle}", "2") for angle in range(80, 96)]
    few = tune(linker, [*beside[:1], *far])
    assert few.scores["fusion_gain"] == pytest.approx(1 / 17)
    assert few.scores["fusion_gain_low"] == 0
    assert few.scores["accuracy_at_1"] == pytest.approx(16 / 17)
    assert not few.settings.is_fused
    one = tune(linker, beside[:1])
    assert one.scores["fusion_gain_low"] == 1
    assert not one.settings.is_fused  # of one mention nothing follows

    many = tune(linker, [*beside, *far])
    assert many.scores["fusion_gain"] == 0.2
    assert many.scores["fusion_gain_low"] > 0
    assert many.scores["accuracy_at_1"] == 1.0
    assert many.settings.is_fused
    (answer, *_), (known, *_) = linker.with_settings(many.settings).link_all(["x20.2", "alpha"])
    assert (answer.concept_id, answer.method, answer.calibrated) == ("1", "fused", True)
    assert 0 < answer.score < 1
    assert known.method == "exact"
    said = explanation(Mention(((0, 5),), links=(answer,), status="coded"), "x20.2", many.settings)
    assert "by fused, from the wordings around it" in said.text
    assert set(said.thresholds) == {"abstain", "sure"}
    elsewhere = replace(many.settings, terminology="of another one")
    assert linker.with_settings(elsewhere).link("x20.2")[0].method == "similarity"
    assert LinkerSettings(**many.settings.as_dict()) == many.settings


def test_lines_are_fitted_where_there_are_answers_enough(linker):
    right = [gold(f"x{a / 4}", "1") for a in range(4, 50)]
    wrong = [gold(f"x{a / 4}") for a in range(40, 80)]
    settings = tune(linker, [*right, *wrong]).settings
    assert settings.method_to_line["similarity"][0] > 0
    fitted = Linker(TERMS, embed, linker.index, linker.classifier, settings)
    near, far = fitted.link("x2")[0], fitted.link("x17")[0]
    assert near.method == far.method == "similarity"
    assert near.score > 0.9
    assert far.score < 0.2
    assert near.calibrated


def test_a_code_counts_by_its_pt():
    terms = Terminology(
        "Invented",
        "2",
        "",
        {
            "10": Concept("10", "Rash", "LLT", parent_id="10"),
            "11": Concept("11", "Spots", "LLT", parent_id="10"),
            "20": Concept("20", "Old", "LLT", parent_id="20", is_current=False),
        },
        pts={"10": Concept("10", "Rash", "PT"), "20": Concept("20", "Old", "PT")},
    )
    mentions = [gold("a", "11"), gold("b", "20"), gold("c", "20", "10"), gold("d"), gold("e", "99")]
    assert codable_mentions(mentions, terms) == [True, False, True, False, False]


def test_scores_and_sets_are_fitted_on_known_wordings_too(linker):
    new = [gold(f"x{a}", "1") for a in range(5, 25)]
    known = [gold("alpha", "1")] * 15 + [gold("beta")] * 5
    alone, both = tune(linker, new).settings, tune(linker, new, known).settings
    assert "exact" not in alone.method_to_line
    share = (15 + 1) / (20 + 2)
    assert both.method_to_line["exact"] == (0.0, pytest.approx(np.log(share / (1 - share))))
    assert (both.tau, both.abstain) == (alone.tau, alone.abstain)
    assert both.quantile == 0.0  # every right term is the answer
    assert tune(linker, new[:8]).settings.quantile is None  # nine mentions are the fewest for 90 %


def test_what_is_sure_is_right_nine_times_of_ten(linker):
    right = [gold(f"x{a}", "1") for a in range(5, 23)]  # the nearer, the surer
    wrong = [gold("x25", "77"), gold("x26", "77"), gold("x27", "77")]
    settings = tune(linker, [*right, *wrong]).settings
    tuned = linker.with_settings(settings)
    scores = {m.surface: tuned.link(m.surface)[0].score for m in (*right, *wrong)}
    assert settings.sure == min(scores["x26"], scores["x25"])  # 18 of 20
    assert tune(linker, [gold("x10", "1"), gold("x5", "77")]).settings.sure == 1.0
