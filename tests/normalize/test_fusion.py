import pytest

from adetk.normalize.fusion import CLASSIFIER_SHARE, fused


def own(concept):
    return concept


def test_votes_alone_decide_where_there_is_no_classifier():
    found = fused({"1": 0.3, "2": 0.6}, {}, own)
    assert found.concept_id == "2"
    assert found.probability == pytest.approx(2 / 3, abs=1e-6)


def test_both_arms_are_multiplied_by_hand():
    votes, classes = {"1": 0.8, "2": 0.2}, {"1": 0.1, "2": 0.9}
    weight = {
        c: (votes[c] + 1e-9) ** (1 - CLASSIFIER_SHARE) * (classes[c] + 1e-6) ** CLASSIFIER_SHARE for c in "12"
    }
    found = fused(votes, classes, own)
    assert found.concept_id == max(weight, key=lambda c: weight[c])
    assert found.probability == pytest.approx(max(weight.values()) / sum(weight.values()))


def test_terms_of_one_group_help_each_other_and_the_one_with_most_votes_is_named():
    votes = {"a1": 0.3, "a2": 0.25, "b1": 0.4}
    assert fused(votes, {}, lambda concept: concept[0]) == ("a1", pytest.approx(0.55 / 0.95, abs=1e-6))
    assert fused(votes, {}, own).concept_id == "b1"


def test_the_classifier_moves_the_answer_among_near_terms_and_not_to_a_far_one():
    votes = {"1": 0.55, "2": 0.45}
    assert fused(votes, {"1": 0.2, "2": 0.8}, own).concept_id == "2"
    assert fused(votes, {"3": 1.0}, own).concept_id == "1"
