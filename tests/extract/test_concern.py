import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import ADE, DRUG, Document, Mention
from adetk.extract.concern import COMMA, SENTENCE, with_concern

NAMES = ("ambien", "zolpidem")


def post(text):
    """`rash` is an effect, the two names are drugs."""
    places = sorted((m.span(), m[0]) for m in re.finditer(rf"rash|{'|'.join(NAMES)}", text))
    return Document(
        "1", text, mentions=tuple(Mention((span,), ADE if w == "rash" else DRUG) for span, w in places)
    )


def drug_of_rash(text):
    document = with_concern(post(text))
    (effect,) = document.labelled(ADE)
    return None if effect.drug is None else document.mentions[effect.drug].surface(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ambien then a rash then zolpidem", "zolpidem"),
        ("ambien which everybody knows gave me rash of long, long zolpidem", "ambien"),
        ("ambien rash zolpidem", "ambien"),  # a tie: the earlier one
        ("ambien is what gave me a rash, zolpidem not", "zolpidem"),  # five words against three for the comma
        ("ambien gave me a rash, zolpidem did not", "ambien"),  # three words against three: the earlier one
        ("I am on ambien and many other things that gave me a rash. Zolpidem zolpidem was fine", "ambien"),
        ("zolpidem, ambien: rash", "ambien"),
        ("rash ambien zolpidem", "ambien"),
        ("a rash", None),
    ],
)
def test_an_effect_points_at_the_drug_with_the_fewest_words_between(text, name):
    assert drug_of_rash(text) == name


def test_an_effect_that_holds_a_drug_name_is_nearest_to_it():
    text = "zolpidem and my ambien rash"
    mentions = (Mention(((0, 8),), DRUG), Mention(((16, 22),), DRUG), Mention(((16, 27),), ADE))
    assert [m.drug for m in with_concern(Document("1", text, mentions=mentions)).mentions] == [None, None, 1]


def test_only_effects_point_at_drugs_and_no_index_is_stale():
    mentions = (
        Mention(((0, 6),), DRUG, drug=2),
        Mention(((11, 17),), "INDICATION", drug=0),
        Mention(((11, 17),), ADE, drug=7),
    )
    document = with_concern(Document("1", "ambien for nerves", mentions=mentions))
    assert [m.drug for m in document.mentions] == [None, None, 0]
    without = with_concern(Document("1", "a rash", mentions=(Mention(((2, 6),), ADE, drug=4),)))
    assert without.mentions[0].drug is None


@given(st.lists(st.sampled_from([*NAMES, "rash", "so", "it was", "and,", "well.", "no;"]), max_size=40))
def test_it_agrees_with_comparing_all(words):
    text = " ".join(words)
    document = with_concern(post(text))
    drugs = [i for i, m in enumerate(document.mentions) if m.label == DRUG]

    def distance(effect, index):
        drug = document.mentions[index]
        start, end = min(drug.end, effect.end), max(drug.start, effect.start)
        between = text[start:end]
        marks = COMMA * sum(map(between.count, ",;")) + SENTENCE * between.count(". ")
        return len(re.findall(r"\w+", between)) + marks

    for effect in document.labelled(ADE):
        expected = min(drugs, key=lambda i: distance(effect, i)) if drugs else None
        assert effect.drug == expected
