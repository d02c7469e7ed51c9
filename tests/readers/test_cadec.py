import logging

import pytest

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def codes(*conjuncts):
    return tuple(frozenset(conjunct) for conjunct in conjuncts)


def by_id(documents):
    return {document.id: document for document in documents}


def test_all_is_in_natural_order(fixtures):
    documents = read_corpus("cadec", "all", fixtures)
    assert [document.id for document in documents] == [
        "ARTHROTEC.3",
        "LIPITOR.9",
        "LIPITOR.10",
        "LIPITOR.944",
    ]
    assert [document.label for document in documents] == ["ADE", "ADE", "noADE", "ADE"]
    assert documents[2].text == ""
    assert documents[0].meta == {"drug": "ARTHROTEC"}


@pytest.mark.parametrize(
    ("split", "ids"),
    [("train", ["LIPITOR.944", "LIPITOR.9"]), ("dev", ["LIPITOR.10"]), ("test", ["ARTHROTEC.3"])],
)
def test_splits_follow_their_files(fixtures, split, ids):
    assert [document.id for document in read_corpus("cadec", split, fixtures)] == ids


def test_labels_codes_and_fragments(fixtures):
    document = by_id(read_corpus("cadec", "train", fixtures))["LIPITOR.9"]
    assert document.mentions == (
        Mention(((0, 11),), gold=codes({"90000001"}, {"90000002"})),
        Mention(((6, 25),), gold=codes({"90000003", "90000004"})),  # cut by a line end only
        Mention(((53, 65),), gold=codes({"90000005", "90000006"})),  # fragments out of text order
        Mention(((32, 39),), label="DRUG"),
        Mention(((47, 51),), label="DISEASE"),
        Mention(((21, 25),), gold=None),
        Mention(((16, 30),), gold=()),
    )


def test_spaces_for_tabs_and_discontinuous_mentions(fixtures):
    document = read_corpus("cadec", "test", fixtures)[0]
    assert document.mentions == (
        Mention(((0, 9), (20, 25)), gold=codes({"90000008"})),
        Mention(((0, 4), (14, 25)), gold=codes({"90000008"})),
        Mention(((34, 47),), label="SYMPTOM"),
        Mention(((54, 66),), label="FINDING"),
    )
    assert document.mentions[1].surface(document.text) == "Sore right thumb"


def test_known_mismatch_is_kept_and_counted_once(fixtures, caplog):
    with caplog.at_level(logging.WARNING, logger="adetk.readers.cadec"):
        document = by_id(read_corpus("cadec", "all", fixtures))["LIPITOR.944"]
    assert document.mentions == (Mention(((5, 9), (18, 22)), gold=codes({"90000007"})),)
    messages = [record.getMessage() for record in caplog.records if record.name == "adetk.readers.cadec"]
    assert messages == [
        "cadec all: 1 known mentions whose words differ from their offsets (offsets kept)",
        "cadec all: 1 codings with one part that has no concept (part dropped)",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "original/LIPITOR.9.ann",
            "ADR 0 11",
            "ADR 0 10",
            r"LIPITOR\.9\.ann:1: offsets 0 10 give 'Stiff hand'",
        ),
        ("original/LIPITOR.944.ann", "18 22", "18 99", r"LIPITOR\.944\.ann:1: span 18-99; expected"),
        (
            "original/LIPITOR.9.ann",
            "Disease 47",
            "Illness 47",
            r":6: label 'Illness'; expected one of ADR, Drug",
        ),
        (
            "meddra/LIPITOR.9.ann",
            "90000002 0 11",
            "90000002 0 10",
            r":1: TT1 has other offsets than .*original",
        ),
        ("meddra/LIPITOR.9.ann", "TT7", "TT17", r":4: TT17 codes no mention; expected a line in original/"),
        ("meddra/LIPITOR.9.ann", "90000001", "9000", r":1: code '9000'; expected 8 digits or CONCEPT_LESS"),
        ("splits/train.id", "944", "945", r"LIPITOR\.945\.txt: cannot be read"),
    ],
)
def test_bad_data(copied, edit, file, old, new, message):
    edit(copied / "cadec" / file, old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("cadec", "train", copied)


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("train", (875, 779, 4_430), "LIPITOR.774", "LIPITOR.635"),
        ("dev", (187, 163, 898), "LIPITOR.124", "LIPITOR.712"),
        ("test", (188, 165, 990), "LIPITOR.759", "LIPITOR.133"),
        ("all", (1_250, 1_107, 6_318), "ARTHROTEC.1", "ZIPSOR.5"),
    ],
)
def test_real(corpora, split, counts, first, last):
    documents = read_corpus("cadec", split, corpora)
    counted = count(documents)
    assert (counted["documents"], counted["ADE documents"], counted["ADE"]) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)


def test_real_codes_fragments_and_warnings(corpora, caplog):
    documents = read_corpus("cadec", "all", corpora)
    assert [record.getMessage() for record in caplog.records] == [
        "cadec all: 7 codings with one part that has no concept (part dropped)",
        "cadec all: 4 known mentions whose words differ from their offsets (offsets kept)",
    ]
    mentions = [mention for document in documents for mention in document.mentions]
    # 1,066 have several fragments as published; in 343 of them only white space stands between.
    assert sum(len(mention.spans) > 1 for mention in mentions) == 1_066 - 343
    ades = [mention for mention in mentions if mention.label == "ADE"]
    sizes = [len(mention.gold) for mention in ades]
    assert [sizes.count(size) for size in (0, 1, 2)] == [328, 5_761, 229]
    assert sum(any(len(conjunct) > 1 for conjunct in mention.gold) for mention in ades) == 10
    assert by_id(documents)["LIPITOR.1"].mentions[0].gold == codes({"10028411"})
    assert all(mention.gold is None for mention in mentions if mention.label != "ADE")
