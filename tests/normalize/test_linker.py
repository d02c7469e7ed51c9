from dataclasses import replace

import numpy as np
import pytest
from angle_linker import FITTED, best, concept, make, sigmoid, vector

from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology


@pytest.mark.parametrize(
    ("surface", "answer"),
    [
        ("Dry mouth", ("1", "exact")),
        ("DRY MOUTHS!", ("1", "exact")),
        ("my really dry mouth", ("1", "exact")),
        ("parched", ("1", "synonym")),
        ("so Parched", ("1", "synonym")),
        ("mouth like sand", ("1", "similarity")),
        ("odd feeling", ("1", "classifier")),
    ],
)
def test_exact_goes_before_synonym_before_similarity_before_classifier(surface, answer):
    assert best(surface) == answer


def test_a_synonym_word_for_word_goes_before_a_name_less_its_degree_words():
    assert best("cramps") == ("5", "synonym")
    assert best("severe cramp") == ("4", "exact")
    assert best("terrible cramps") == ("4", "exact")  # less degree words both names and synonyms fit


def test_a_wording_of_two_concepts_gives_both_the_nearer_first():
    shared = Terminology(
        "Invented", "2", "", {c.id: c for c in (concept("1", "Rash", "itch"), concept("2", "Cough", "itch"))}
    )
    links = make(LinkerSettings(), None, shared).link("itch")
    assert [(link.concept_id, link.method) for link in links] == [("1", "synonym"), ("2", "synonym")]
    assert links[0].distance <= links[1].distance


def test_of_names_that_are_compared_alike_the_one_with_these_letters_answers():
    alike = Terminology("Invented", "3", "", {c.id: c for c in (concept("1", "cold"), concept("2", "colds"))})
    linker = make(LinkerSettings(), None, alike)
    for surface, codes in (("colds", ["2", "1"]), ("cold", ["1", "2"]), ("Colds!", ["1", "2"])):
        assert [link.concept_id for link in linker.link(surface)] == codes
    signs = Terminology("Invented", "4", "", {c.id: c for c in (concept("1", "HIV+"), concept("2", "HIV-"))})
    assert make(LinkerSettings(), None, signs).link("hiv -")[0].concept_id == "2"


def test_words_that_have_no_term_are_not_coded_whatever_the_threshold():
    link = make().link("mouth like sand")[0]
    assert make(replace(FITTED, abstain=0.0)).is_coded(link)
    assert not make(replace(FITTED, abstain=0.0)).is_coded(replace(link, score=0.0))


def test_a_distance_of_just_tau_is_not_below_it():
    distance = make().link("mouth like sand")[0].distance
    assert best("mouth like sand", make(replace(FITTED, tau=distance)))[1] == "classifier"
    assert best("mouth like sand", make(replace(FITTED, tau=np.nextafter(distance, 1))))[1] == "similarity"


def test_without_a_classifier_similarity_always_answers():
    assert best("odd feeling", make(classes=None))[1] == "similarity"


def test_the_classifier_only_answers_what_the_terminology_offers():
    assert best("unheard of") == ("3", "classifier")  # the class at 270 degrees is no term
    linker = make(classes={"9": 200, "8": 100})
    assert linker.classifier is None
    assert best("unheard of", linker)[1] == "similarity"


def test_runners_up_are_the_other_neighbours_once_each():
    links = make().link("odd feeling", candidates=4)
    assert links[0].method == "classifier"
    assert [link.method for link in links[1:]] == ["similarity"] * 3
    assert len({link.concept_id for link in links}) == 4
    distances = [link.distance for link in links[1:]]
    assert distances == sorted(distances)
    assert len(make().link("parched", candidates=2)) == 2


def test_empty_wordings_have_no_candidate():
    assert make().link_all(["", "Rash", "  "]) == [[], make().link("Rash"), []]
    assert make().link_all([]) == []


def test_scores_are_the_lines_of_their_methods():
    lines = {"exact": (0.0, 2.0), "similarity": (3.0, -1.0), "classifier": (0.5, 0.25)}
    linker = make(replace(FITTED, method_to_line=lines))
    assert linker.link("rash")[0].score == pytest.approx(sigmoid(2.0))
    similar = linker.link("mouth like sand")[0]
    assert similar.score == pytest.approx(sigmoid(3 * (1 - similar.distance) - 1))
    logits = 20 * np.array([vector(300), vector(140)]) @ np.array(vector(300))
    p = np.exp(logits[0]) / np.exp(logits).sum()
    p = min(p, 1 - 1e-6)
    assert linker.link("odd feeling")[0].score == pytest.approx(
        sigmoid(0.5 * np.log(p / (1 - p)) + 0.25), rel=1e-3
    )
    assert make().link("parched")[0].score == pytest.approx(sigmoid(3.0))  # not fitted


def test_links_say_whether_their_scores_were_fitted_for_this_terminology():
    assert all(link.calibrated for link in make().link("Rash"))
    other = make(replace(FITTED, terminology="another"))
    assert not any(link.calibrated for link in other.link("Rash"))


def test_links_carry_their_place_in_the_terminology():
    link = make().link("rash")[0]
    assert (link.name, link.level, link.soc_name, link.terminology) == (
        "Rash",
        "CTCAE",
        "Everything",
        "Invented 1",
    )
