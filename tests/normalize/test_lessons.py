from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="training is not installed")

from adetk.document import ADE, DRUG, Concept, Document, Mention
from adetk.errors import AdetkError
from adetk.held_out import TrainingData
from adetk.normalize.gold import GoldMention
from adetk.normalize.lessons import (
    check_codes,
    concept_key,
    development_mentions,
    target_mentions,
    taught_surfaces,
)
from adetk.normalize.terminology import TERM, Terminology

# Codes of one digit: those of two systems look alike.
TERMS = Terminology(
    "house.tsv",
    "1",
    "",
    {code: Concept(code, name, TERM, parent_id=code) for code, name in (("1", "Rash"), ("2", "Itch"))},
    codes="House list",
)


def phrase(text, *gold, codes="House list", **fields):
    mention = Mention(((0, len(text)),), **{"label": ADE, "gold": tuple(map(frozenset, gold))} | fields)
    return Document(text, text, ADE, mentions=(mention,), meta={"codes": codes})


def test_mentions_of_one_meaning_teach_under_the_name_of_their_code_system():
    documents = [
        phrase("red  dots", {"1"}),
        phrase("spots", {"1"}, codes="UMLS"),
        phrase("bumps", {"3", "2"}, codes="CTCAE"),
        phrase("dots and itch", {"1"}, {"2"}),
        phrase("nothing"),
        phrase("never coded", gold=None),
        phrase("a pill", {"1"}, label=DRUG),
    ]
    assert taught_surfaces(documents) == [
        ("red dots", "House list:1"),
        ("spots", "UMLS:1"),
        ("bumps", "MedDRA:2"),
        ("bumps", "MedDRA:3"),
    ]
    assert concept_key("UMLS", "1") == "UMLS:1"


def test_only_the_terminologys_own_codes_are_its_concepts():
    documents = [
        phrase("red dots", {"1"}),
        phrase("red dots", {"1"}),
        phrase("spots", {"1"}, codes="UMLS"),
        phrase("bumps", {"77"}),
        phrase("one two three four", {"2", "1"}),
        phrase("one two three four five", {"2"}),
    ]
    assert target_mentions(documents, TERMS, 4) == {
        ("red dots", "1"): 2,
        ("one two three four", "1"): 1,
        ("one two three four", "2"): 1,
    }
    assert list(target_mentions(documents, TERMS, 5))[-1] == ("one two three four five", "2")
    meddra = replace(TERMS, codes="MedDRA")
    assert target_mentions([phrase("bumps", {"2"}, codes="CTCAE")], meddra, 4) == {("bumps", "2"): 1}


def test_any_accepted_code_is_learnt_one_a_pt():
    terms = Terminology(
        "llt.asc",
        "1",
        "",
        {code: Concept(code, code, "LLT", parent_id=pt) for code, pt in (("4", "9"), ("5", "9"), ("6", "8"))},
        codes="House list",
    )
    assert target_mentions([phrase("red dots", {"6", "5", "4"})], terms, 4) == {
        ("red dots", "4"): 1,
        ("red dots", "6"): 1,
    }
    # Where the same words were coded with one of two elsewhere, that one stands there more often.
    both = [phrase("bumps", {"4", "6"}), phrase("bumps", {"6"})]
    assert target_mentions(both, terms, 4) == {("bumps", "4"): 1, ("bumps", "6"): 2}


def test_what_is_chosen_by_is_of_the_terminologys_codes_once_a_wording_and_new():
    many = [phrase(f"wording number {i}", {"1"}) for i in range(10)]
    documents = [
        *many,
        phrase("Wording number 3!", {"2"}),
        phrase("elsewhere", {"1"}, codes="UMLS"),
        phrase("nowhere", codes="UMLS"),
        phrase("rash", {"1"}),
        phrase("no rash", {"1"}, assertion="negated"),
        phrase("not coded", gold=None),
        phrase("without a term"),
        phrase("itch and dots", {"2"}, {"1", "7"}),
    ]
    chosen = development_mentions(documents, TERMS, TERMS.rows())
    assert chosen == [
        *(GoldMention(d.text, frozenset({"1"})) for d in many),
        GoldMention("without a term", frozenset()),
        GoldMention("itch and dots", frozenset({"1", "2", "7"})),
    ]
    assert GoldMention("rash", frozenset({"1"})) in development_mentions(documents, TERMS, [])


def test_too_few_to_choose_by_are_counted():
    documents = [phrase(f"wording {i}", {"1"}) for i in range(9)]
    with pytest.raises(AdetkError, match="9 development mentions to choose by"):
        development_mentions(documents, TERMS, [])


def test_codes_that_nobody_shares_are_refused_before_anything_is_trained():
    data = TrainingData([phrase("spots", {"1"}, codes="UMLS"), phrase("dots", codes="")], [])
    where = Path("house.toml")
    with pytest.raises(AdetkError, match=r"house\.toml: .*codes of UMLS, house\.tsv 1 those of House list"):
        check_codes(data, TERMS, where)
    with pytest.raises(
        AdetkError, match=r"house\.tsv 1: does not say which codes it holds; add a column system"
    ):
        check_codes(data, replace(TERMS, codes=""), where)
    check_codes(TrainingData([*data.train, phrase("red", {"1"})], []), TERMS, where)
