import pytest

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def codes(*values):
    return (frozenset(values),)


def test_sections_and_labels(fixtures):
    documents = read_corpus("tac2017", "all", fixtures)
    assert [(document.id, document.label) for document in documents] == [
        ("BRENOXIL_warnings_and_precautions", "ADE"),
        ("QUILTAMAB_B_adverse_reactions", "ADE"),
        ("QUILTAMAB_B_boxed_warnings", "noADE"),
    ]
    assert documents[0].meta == {"drug": "BRENOXIL", "section": "warnings_and_precautions"}
    assert documents[2].meta == {"drug": "QUILTAMAB_B", "section": "boxed_warnings"}
    assert documents[2].mentions == (Mention(((0, 9),), label="DRUGCLASS"),)


def test_sections_of_a_drug_stay_together(fixtures):
    train, test = (read_corpus("tac2017", split, fixtures) for split in ("train", "test"))
    assert {document.meta["drug"] for document in train} == {"QUILTAMAB_B"}
    assert {document.meta["drug"] for document in test} == {"BRENOXIL"}


def test_codes_and_assertions(fixtures):
    document = read_corpus("tac2017", "all", fixtures)[0]
    surface_to_mention = {mention.surface(document.text): mention for mention in document.mentions}
    assert surface_to_mention == {
        # PT and LLT are two accepted codes of one concept; a line end stands between the words.
        "ear\nnoise": Mention(((34, 43),), gold=codes("90000001", "90000002")),
        "severe": Mention(((48, 54),), label="SEVERITY"),
        # Flagged as unmapped.
        "elbow itch": Mention(((55, 65),), gold=()),
        "No": Mention(((67, 69),), label="NEGATION"),
        "knee rash": Mention(((70, 79),), assertion="negated", gold=codes("90000003")),
        "mice": Mention(((92, 96),), label="ANIMAL"),
        # One of its two events is not hypothetical; only one of them is coded.
        "Gum pain": Mention(((98, 106),), gold=codes("90000004")),
        # Fragments out of text order.
        "ache jaw": Mention(((113, 117), (122, 125)), gold=codes("90000005")),
        "toe chill": Mention(((141, 150),), assertion="hypothetical", gold=codes("90000006")),
        "may": Mention(((151, 154),), label="FACTOR"),
        # Neither coded nor flagged.
        "hair ache": Mention(((108, 117),), gold=None),
    }


def test_bad_offset(copied, edit):
    folder = copied / "tac2017" / "fda-ars"
    edit(folder / "Brat" / "BRENOXIL_warnings_and_precautions.ann", "55 65", "54 64")
    with pytest.raises(AdetkError, match=r"\.ann:3: offsets 54 64 give ' elbow itc'; expected 'elbow itch'"):
        read_corpus("tac2017", "all", copied)


def test_unknown_section(copied):
    (copied / "tac2017" / "fda-ars" / "Txt" / "BRENOXIL_overview.txt").write_text("x")
    with pytest.raises(AdetkError, match=r"BRENOXIL_overview\.txt: expected a name that ends in a section"):
        read_corpus("tac2017", "all", copied)


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("train", (199, 196, 11_740), "ABIRATERONE_adverse_reactions", "IVACAFTOR_warnings_and_precautions"),
        (
            "test",
            (40, 40, 1_942),
            "ABOBOTULINUMTOXINA_adverse_reactions",
            "IPILIMUMAB_warnings_and_precautions",
        ),
        ("all", (239, 236, 13_682), "ABIRATERONE_adverse_reactions", "IVACAFTOR_warnings_and_precautions"),
    ],
)
def test_real(corpora, caplog, split, counts, first, last):
    documents = read_corpus("tac2017", split, corpora)
    counted = count(documents)
    assert (counted["documents"], counted["ADE documents"], counted["ADE"]) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)
    assert caplog.records == []


def test_real_codes(corpora):
    documents = read_corpus("tac2017", "all", corpora)
    golds = [mention.gold for document in documents for mention in document.labelled("ADE")]
    assert (sum(gold is None for gold in golds), golds.count(())) == (2, 72)
    assert sum(bool(gold) for gold in golds) == 13_608
    assert sum(bool(gold) and len(gold[0]) == 2 for gold in golds) == 4_195
    assert len({document.meta["drug"] for document in documents}) == 101
