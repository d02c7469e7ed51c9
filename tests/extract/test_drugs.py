import pytest

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


def test_a_name_of_two_drugs_links_to_both_and_an_unnamed_id_to_itself():
    (mention,) = found(post("combipill")).mentions
    assert [(link.concept_id, link.name) for link in mention.links] == [("2", "onedrug"), ("3", "3")]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("ambien then a rash then zolpidem", 1),
        ("ambien which as all know gave a rash of zolpidem", 1),
        ("ambien rash zolpidem", 0),  # a tie: the earlier one
        ("zolpidem, ambien: rash", 1),
        ("rash ambien zolpidem", 0),
    ],
)
def test_an_effect_points_at_the_nearest_drug(text, nearest):
    document = found(post(text, "rash"))
    effect, *drugs = document.mentions
    assert effect.label == ADE
    assert effect.drug == 1 + nearest
    assert document.mentions[effect.drug] == drugs[nearest]


def test_an_effect_that_holds_a_drug_name_is_nearest_to_it():
    document = found(post("zolpidem and my ambien rash", "ambien rash"))
    assert document.mentions[document.mentions[0].drug].surface(document.text) == "ambien"


def test_nearest_agrees_with_comparing_all():
    words = ["ambien", "rash", "zolpidem", "x", "so"]
    text = " ".join(words[(i * i * 7 + i // 3) % 5] for i in range(60))
    spans = [(i, i + 4) for i in range(len(text)) if text.startswith("rash", i)]
    document = found(Document("1", text, mentions=tuple(Mention((s,), ADE) for s in spans)))
    drugs = [i for i, m in enumerate(document.mentions) if m.label == DRUG]
    assert len(drugs) > 10

    def gap(effect, index):
        drug = document.mentions[index]
        return max(drug.start - effect.end, effect.start - drug.end, 0)

    for effect in document.labelled(ADE):
        assert effect.drug == min(drugs, key=lambda i: gap(effect, i))


def test_without_a_drug_an_effect_points_nowhere():
    document = Document("1", "a rash", mentions=(Mention(((2, 6),), ADE, drug=4),))
    assert found(document).mentions[0].drug is None


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
