import json

import pytest

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def codes(*conjuncts):
    return tuple(frozenset(conjunct) for conjunct in conjuncts)


def test_labels_and_concepts(fixtures):
    documents = read_corpus("rudrec", "all", fixtures)
    assert [(document.id, document.label) for document in documents] == [
        ("71:0", "ADE"),
        ("71:1", "noADE"),
        ("72:0", "noADE"),
    ]
    assert documents[0].meta == {"post": "71", "lang": "ru"}
    assert documents[0].text.endswith("хрустят.\n")
    assert documents[0].mentions == (
        Mention(((3, 11),), label="DRUG", gold=()),
        Mention(((12, 22),), gold=codes({"C9000001"})),
        Mention(((25, 38),), gold=codes({"C9000002"}, {"C9000003"})),  # a doubted code counts
        Mention(((40, 54),), gold=None),  # doubt without a code
    )
    assert documents[1].mentions == (
        Mention(((0, 5),), label="DRUGFORM", gold=None),  # NaN
        Mention(((6, 13),), label="DRUG", gold=None),  # no key
        Mention(((17, 22),), label="INDICATION", gold=codes({"C9000004"})),  # the code written twice
        Mention(((31, 37),), label="FINDING", gold=codes({"C9000005"})),  # a bar too many
        Mention(((39, 47),), label="DRUGCLASS", gold=None),  # a name for a code
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("text"), r"json:1: not a RuDReC record \(KeyError: 'text'\); expected"),
        (lambda record: record.update(entities=3), r"json:1: not a RuDReC record \(TypeError: "),
        (
            lambda record: record["entities"][0].update(entity_type="Rain"),
            r"json:1: label 'Rain'; expected one of",
        ),
        (lambda record: record["entities"][0].update(start=2), r"json:1: offsets 2 11 give "),
    ],
)
def test_bad_record(copied, change, message):
    path = copied / "rudrec" / "rudrec_annotated.json"
    record = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(AdetkError, match=message):
        read_corpus("rudrec", "all", copied)


@pytest.mark.parametrize("line", ['{"text": ', "[1]", "3"])
def test_no_record(copied, line):
    (copied / "rudrec" / "rudrec_annotated.json").write_text(line)
    with pytest.raises(AdetkError, match=r"json:1: not a RuDReC record"):
        read_corpus("rudrec", "all", copied)


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("train", (3_874, 314, 619), "172744:0", "2522797:11"),
        ("dev", (529, 29, 48), "2533836:0", "5801040:12"),
        ("test", (406, 33, 53), "2707053:0", "905423:6"),
        ("all", (4_809, 376, 720), "172744:0", "2522797:11"),
    ],
)
def test_real(corpora, caplog, split, counts, first, last):
    documents = read_corpus("rudrec", split, corpora)
    counted = count(documents)
    assert tuple(counted[key] for key in ("documents", "ADE documents", "ADE")) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)
    assert caplog.records == []


def test_real_labels_and_reviews(corpora):
    counted = count(read_corpus("rudrec", "all", corpora))
    labels = ("INDICATION", "DRUG", "DRUGFORM", "DRUGCLASS", "FINDING")
    assert tuple(counted[label] for label in labels) == (1_401, 1_043, 836, 330, 236)
    splits = [read_corpus("rudrec", split, corpora) for split in ("train", "dev", "test")]
    reviews = [{document.meta["post"] for document in documents} for documents in splits]
    assert len(set.union(*reviews)) == sum(map(len, reviews)) == 500
