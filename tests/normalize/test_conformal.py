import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import Concept, Link
from adetk.errors import AdetkError
from adetk.normalize.conformal import in_sets, nonconformity, quantile, refuse_unfitted
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology

TERMS = Terminology(
    "Invented",
    "1",
    "",
    {
        "10": Concept("10", "Rash", "LLT", parent_id="10"),
        "11": Concept("11", "Spots", "LLT", parent_id="10"),
        "20": Concept("20", "Cough", "LLT", parent_id="20"),
    },
    pts={"10": Concept("10", "Rash", "PT"), "20": Concept("20", "Cough", "PT")},
)


def links(*rows):
    return [Link(code, code, score=score) for code, score in rows]


def test_the_quantile_by_hand():
    nine = [0.1, 0.9, 0.3, 0.2, 0.8, 0.4, 0.5, 0.7, 0.6]
    assert quantile(nine) == 0.9  # ceil(10 * .9) = 9, the largest of nine
    assert quantile(nine[:8]) is None  # the ninth smallest of eight
    assert quantile(nine, 0.5) == 0.5  # ceil(10 * .5) = 5
    assert quantile([*nine, math.inf]) is None  # ceil(11 * .9) = 10, the infinite one
    assert quantile([]) is None


def test_there_is_no_quantile_where_too_many_right_terms_lie_beyond():
    assert quantile([0.0] * 18 + [math.inf]) == 0.0  # ceil(20 * .9) = 18
    assert quantile([0.0] * 17 + [math.inf] * 2) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.9]))
def test_a_further_score_is_held_as_often_as_promised(scores, coverage):
    """Of n + 1 exchangeable scores each is as likely to be the further one: the average over all of them."""
    held = []
    for i, score in enumerate(scores):
        others = scores[:i] + scores[i + 1 :]
        threshold = quantile(others, coverage)
        held.append(threshold is None or score <= threshold)
    assert np.mean(held) >= coverage - 1e-9


def test_nonconformity_is_that_of_the_first_right_candidate_at_pt_level():
    ranked = links(("20", 0.6), ("11", 0.3), ("10", 0.1))
    assert nonconformity(ranked, {"10"}, TERMS) == pytest.approx(0.7)
    assert nonconformity(ranked, {"20", "10"}, TERMS) == 0.0  # the answer is always in the set
    assert nonconformity(ranked, {"99"}, TERMS) == math.inf
    assert nonconformity([], {"10"}, TERMS) == math.inf


def test_a_set_holds_the_answer_and_what_does_not_exceed_the_quantile():
    ranked = links(("20", 0.05), ("11", 0.3), ("10", 0.1))
    assert [link.in_set for link in in_sets(ranked, LinkerSettings(quantile=0.7))] == [True, True, False]
    assert [link.in_set for link in in_sets(ranked, LinkerSettings(quantile=0.0))] == [True, False, False]
    at_the_edge = LinkerSettings(quantile=nonconformity(ranked, {"10"}, TERMS))
    assert [link.in_set for link in in_sets(ranked, at_the_edge)] == [True, True, False]
    assert in_sets([], LinkerSettings(quantile=0.7)) == []


def test_sets_that_nothing_was_fitted_for_are_refused():
    fitted = LinkerSettings(quantile=0.7, terminology=TERMS.fingerprint)
    refuse_unfitted(fitted, TERMS)
    with pytest.raises(AdetkError, match=r"not fitted for Invented 1; refit it .* adetk calibrate normalize"):
        refuse_unfitted(LinkerSettings(quantile=0.7, terminology="another"), TERMS)
    with pytest.raises(AdetkError, match=r"no conformal quantile .* adetk calibrate normalize"):
        refuse_unfitted(LinkerSettings(terminology=TERMS.fingerprint), TERMS)
