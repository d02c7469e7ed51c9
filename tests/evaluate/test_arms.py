"""What the pieces are worth, worked by hand on a made-up terminology of four terms and posts of a few words."""

from dataclasses import replace

import pytest
from armed_linker import GOLD, TAU, TERMS, Embedder, coded, figures, make_linker

from adetk.document import Concept
from adetk.evaluate.arms import TAUS, by_rule, linking_rows, tau_rows
from adetk.evaluate.bootstrap import interval, paired_difference
from adetk.evaluate.links import link_hits
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Arms, Linker, LinkerSettings
from adetk.normalize.terminology import Terminology


@pytest.fixture(scope="module")
def arms():
    return [[found] for found in make_linker().arms([surface for surface, _ in GOLD])]


def served(gold, **how):
    return list(make_linker(**how)(gold))


# The linker's arms


def test_each_arm_alone_and_together(gold, arms):
    rows = linking_rows(gold, arms, TAU, TERMS, served(gold))
    assert figures(rows, "accuracy_at_1") == {
        "exact": 2 / 8,
        "exact_or_synonym": 3 / 8,
        "similarity": 5 / 8,  # Rash, parched, thirsty, blotches, hacking
        "classifier": 4 / 8,  # parched, thirsty, hacking, twitching
        "nearest_or_classifier": 6 / 8,  # all but the first and the last
        "fused": 6 / 8,  # the same: of twitching's two near terms the classifier knows which
        "wording_or_rule": 7 / 8,
        "wording_or_fused": 7 / 8,
        "all": 7 / 8,  # the first by its name
    }
    assert figures(rows, "answered") == {
        "exact": 2 / 8,
        "exact_or_synonym": 3 / 8,
        "similarity": 1.0,
        "classifier": 1.0,
        "nearest_or_classifier": 1.0,
        "fused": 1.0,
        "wording_or_rule": 1.0,
        "wording_or_fused": 1.0,
        "all": 1.0,
    }
    assert {row.ablation for row in rows} == {"linking"}
    assert all((row.report["n"], row.report["tau"], row.report["coverage"]) == (8, TAU, 1.0) for row in rows)


def test_the_curve_over_tau(gold, arms):
    rows = tau_rows(gold, arms, TAU, TERMS)
    accuracies = figures(rows, "accuracy_at_1")
    assert list(accuracies) == [*(f"{tau:.2f}" for tau in TAUS), "own"]
    assert accuracies["own"] == accuracies["0.10"] == 7 / 8
    assert accuracies["0.00"] == 6 / 8  # blotches go to the classifier
    assert accuracies["0.05"] == 7 / 8
    assert accuracies["0.25"] == 7 / 8
    assert accuracies["0.30"] == 6 / 8  # twitching goes to the nearest term


def test_the_arms_together_are_what_the_linker_answers():
    surfaces = [surface for surface, _ in GOLD] + ["unheard of", "rashes", " ", "PARCHED"]
    arms = make_linker().arms(surfaces)
    assert arms[-2] == Arms()
    for tau in (-1.0, *TAUS, 3.0):
        answers = [links[0] if links else None for links in make_linker(tau).link_all(surfaces)]
        assert [by_rule(a, tau) for a in arms] == answers
    alone = make_linker(with_classifier=False)
    answers = [links[0] if links else None for links in alone.link_all(surfaces)]
    assert [by_rule(a, 0.0) for a in alone.arms(surfaces)] == answers


def test_an_exact_answer_stands_behind_a_synonym_that_fits_better():
    terms = Terminology(
        "Invented",
        "2",
        "",
        {
            c.id: c
            for c in (Concept("1", "Severe cramps", "CTCAE"), Concept("2", "Spasm", "CTCAE", ("cramps",)))
        },
    )
    embedder = Embedder()
    linker = Linker(terms, embedder, ConceptIndex.build(terms.rows(), embedder, "f"), None, LinkerSettings())
    (arms,) = linker.arms(["cramps"])
    assert (arms.wording.concept_id, arms.wording.method) == ("2", "synonym")
    assert (arms.exact.concept_id, arms.exact.method) == ("1", "exact")  # less its degree word
    assert arms.classifier is None


def test_without_a_classifier_there_is_nothing_to_choose(gold):
    arms = [[found] for found in make_linker(with_classifier=False).arms([s for s, _ in GOLD])]
    rows = linking_rows(gold, arms, TAU, TERMS, served(gold, with_classifier=False))
    assert [row.variant for row in rows] == [
        *("exact", "exact_or_synonym", "similarity", "fused", "wording_or_rule", "wording_or_fused", "all"),
    ]
    assert figures(rows, "accuracy_at_1")["all"] == 6 / 8
    assert tau_rows(gold, arms, TAU, TERMS) == []


def test_a_code_that_the_terminology_lacks_is_a_miss_and_lowers_the_coverage(gold, arms):
    changed = [*gold[:-1], coded(len(gold) - 1, GOLD[-1][0], "77")]
    (row,) = [r for r in linking_rows(changed, arms, TAU, TERMS, served(changed)) if r.variant == "all"]
    assert row.report["coverage"] == row.report["accuracy_at_1"] == 7 / 8


def test_the_full_system_is_the_one_that_is_served(gold, arms):
    posts = [*gold, coded(8, "rash and cough", "2")]
    rows = linking_rows(posts, [*arms, make_linker().arms(["rash and cough"])], TAU, TERMS, served(posts))
    accuracies = figures(rows, "accuracy_at_1")
    assert (accuracies["wording_or_rule"], accuracies["all"]) == (7 / 9, 8 / 9)


# Intervals


def test_intervals_and_differences_are_those_of_the_bootstrap(gold, arms):
    rows = {row.variant: row.report for row in linking_rows(gold, arms, TAU, TERMS, served(gold))}

    def hits(answer):
        links = [() if (link := answer(a)) is None else (link,) for (a,) in arms]
        predicted = [
            replace(d, mentions=(replace(d.mentions[0], links=found),))
            for d, found in zip(gold, links, strict=True)
        ]
        return link_hits(gold, predicted, TERMS.pt_of)

    exact, full = hits(lambda a: a.exact), hits(lambda a: by_rule(a, TAU))
    report = rows["exact"]
    low, high = interval(exact, lambda total: total.accuracy)
    assert (report["accuracy_at_1_low"], report["accuracy_at_1_high"]) == (low, high)
    low, high = paired_difference(exact, full, lambda total: total.accuracy)
    assert report["accuracy_at_1_difference"] == 2 / 8 - 7 / 8
    assert (report["accuracy_at_1_difference_low"], report["accuracy_at_1_difference_high"]) == (low, high)
    assert low < high < 0
    assert not any("difference" in name for name in rows["all"])
