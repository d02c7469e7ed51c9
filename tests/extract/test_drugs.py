from adetk.dictionaries import drug_lexicon
from adetk.document import ADE, DRUG, Document, Mention
from adetk.extract.drugs import FUZZY_SCORE, DrugFinder
from adetk.lexicon import Lexicon

FINDER = DrugFinder(
    Lexicon("drugs", [("zolpidem", "1"), ("ambien", "1"), ("combipill", "2"), ("combipill", "3")]),
    {"1": "zolpidem", "2": "onedrug"},
)


def post(text, *effects, **meta):
    mentions = tuple(Mention(((text.index(e), text.index(e) + len(e)),), ADE) for e in effects)
    return Document("1", text, mentions=mentions, meta=meta)


def found(document, finder=FINDER):
    (out,) = finder([document])
    return out


def test_names_brands_and_misspellings_are_found_in_raw_characters():
    document = found(post("@me &amp; Ambien + zolpidm \U0001f600 AMBIEN"))
    assert [m.surface(document.text) for m in document.mentions] == ["Ambien", "zolpidm", "AMBIEN"]
    assert [m.score for m in document.mentions] == [1.0, FUZZY_SCORE, 1.0]
    assert [m.status for m in document.mentions] == ["coded"] * 3
    link = document.mentions[1].links[0]
    assert (link.concept_id, link.name, link.method, link.score) == ("1", "zolpidem", "synonym", FUZZY_SCORE)
    assert document.mentions[0].links[0].method == "exact"


def test_two_letters_that_changed_places_are_one_misspelling():
    assert [m.surface("zolpdiem, ambine") for m in found(post("zolpdiem, ambine")).mentions] == ["zolpdiem"]


def test_a_name_of_two_drugs_links_to_both_and_an_unnamed_id_to_itself():
    (mention,) = found(post("combipill")).mentions
    assert [(link.concept_id, link.name) for link in mention.links] == [("2", "onedrug"), ("3", "3")]


def test_an_effect_points_at_a_drug():
    document = found(post("ambien gave me a rash", "rash"))
    assert [m.drug for m in document.mentions] == [1, None]


def test_an_effect_that_is_a_drugs_name_and_nothing_else_is_left_out():
    document = found(
        post("combipill ambien brain and zolpidm rash", "combipill", "ambien brain", "zolpidm", "rash")
    )
    assert [m.surface(document.text) for m in document.labelled(ADE)] == ["ambien brain", "zolpidm", "rash"]
    assert [document.mentions[m.drug].label for m in document.labelled(ADE)] == [DRUG] * 3


def test_drug_mentions_that_were_there_are_replaced_and_no_index_is_stale():
    text = "ambien for nerves"
    there = (
        Mention(((7, 10),), DRUG),
        Mention(((11, 17),), "INDICATION", drug=0),
        Mention(((11, 17),), ADE, drug=0),
    )
    document = found(Document("1", text, label="noADE", mentions=there))
    assert [(m.label, m.surface(text), m.drug) for m in document.mentions] == [
        ("INDICATION", "nerves", None),
        (ADE, "nerves", 2),
        (DRUG, "ambien", None),
    ]


def test_documents_come_lazily_and_in_order():
    def endless():
        number = 0
        while True:
            yield Document(str(number), "ambien")
            number += 1

    stream = FINDER(endless())
    assert [next(stream).id for _ in range(3)] == ["0", "1", "2"]


def test_the_packaged_names_are_found_and_household_words_are_not():
    finder = DrugFinder(*drug_lexicon())
    document = found(post("tylenol and coffee, then a Zoloft with water, sertralin too"), finder)
    assert [m.surface(document.text) for m in document.mentions] == ["tylenol", "Zoloft", "sertralin"]
    assert {m.links[0].name.lower() for m in document.mentions[1:]} == {"sertraline"}
