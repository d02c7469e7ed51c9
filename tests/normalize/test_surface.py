import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adetk.normalize.surface import BRITISH_TO_AMERICAN, FILLERS, fold, new_wordings, normalise


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("My SEVERE Headaches", "headache"),
        ("a really bad  rash", "rash"),
        ("can’t sleep", "cant sleep"),
        ("can´t sleep", "cant sleep"),
        ("weight-gain!!", "weight gain"),
        ("#dry_mouth", "dry mouth"),
        ("Crohn's disease", "crohn disease"),
        ("ﬂushing", "flushing"),  # the ligature of f and l
        ("ＣＯＬＤ feet", "cold feet"),  # full-width letters
        ("боль в по́яснице", "боль в пояснице"),  # a stress mark cuts no word in two
        ("38.5 fever", "38 5 fever"),
        ("", ""),
        ("…!", ""),
    ],
)
def test_wordings_by_hand(surface, expected):
    assert normalise(surface) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cramps", "cramp"),
        ("gas", "gas"),  # three letters
        ("legs", "leg"),  # four
        ("illness", "illness"),
        ("mucus", "mucus"),
        ("cystitis", "cystitis"),
    ],
)
def test_only_a_plural_s_is_stripped(word, expected):
    assert fold(word) == expected


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("oedema", "edema"),
        ("lymphoedema", "lymphedema"),
        ("anaemia", "anemia"),
        ("diarrhoea", "diarrhea"),
        ("haemorrhage", "hemorrhage"),
        ("oesophagitis", "esophagitis"),
        ("paraesthesia", "paresthesia"),
        ("tumours", "tumors"),
        ("dyspnoea", "dyspnea"),
        ("depersonalisation", "depersonalization"),
        ("faeces", "feces"),
    ],
)
def test_british_and_american_share_a_key(british, american):
    assert normalise(british) == normalise(american)


@pytest.mark.parametrize(
    "word", ["does", "rose", "noise", "exercise", "people", "goes", "israel", "metabolism"]
)
def test_other_words_keep_their_vowels(word):
    assert fold(word) == word.removesuffix("s")


def test_fillers_go_only_from_the_front_and_never_all():
    assert normalise("very severe") == "severe"
    assert normalise("pain so bad") == "pain so bad"
    assert normalise("extremes") == "extreme"


def test_fold_keeps_degree_words_apart():
    assert fold("Major Gloom") == "major gloom"
    assert normalise("Major Gloom") == normalise("gloom")


ROOTS = [*BRITISH_TO_AMERICAN, *FILLERS, "a", "e", "s", "i", "o", "h", "'", " ", "-", "ss", "is", "us"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(ROOTS), max_size=8).map("".join)))
@settings(max_examples=500, deadline=None)
def test_normalising_twice_changes_nothing(surface):
    once = normalise(surface)
    assert normalise(once) == once
    assert fold(fold(surface)) == fold(surface)


@given(st.text())
@settings(deadline=None)
def test_the_key_holds_words_and_single_spaces(surface):
    key = normalise(surface)
    assert key == " ".join(key.split())
    assert not any(unicodedata.category(character).startswith("P") for character in key)


def test_new_wordings_are_not_known_in_any_case_and_come_once():
    added = [" Hum ", "rash", "", "HUM", "Buzz"]
    assert new_wordings(added, ["Rash"]) == ["Hum", "Buzz"]
