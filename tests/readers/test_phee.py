import json

import pytest

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def test_effects_and_drugs(fixtures):
    documents = read_corpus("phee", "train", fixtures)
    assert [(document.id, document.label) for document in documents] == [
        ("900_1", "ADE"),
        ("900_2", "ADE"),
        ("900_3", "noADE"),
        ("900_4", "ADE"),
    ]
    assert documents[0].mentions == (
        Mention(((0, 9),), label="DRUG"),
        Mention(((41, 49),), label="DRUG"),
        Mention(((73, 82),), label="DRUG"),
        Mention(((17, 22), (32, 39)), drug=0),
        Mention(((17, 27),), drug=None),  # in two events with a drug each: about neither alone
        Mention(((89, 93),), label="EFFECT", drug=2),
    )
    assert documents[1].mentions == (
        Mention(((0, 3),), label="DRUG"),
        Mention(((4, 9),), label="DRUG"),
        Mention(((20, 29),), drug=None),  # one event, two drugs; fragments with a space between
    )
    assert documents[2].mentions == (Mention(((0, 8),), label="DRUG"),)
    assert documents[3].mentions == (Mention(((10, 17),), drug=None),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda record: record.pop("context"),
            r"dev\.json:1: not a PHEE record \(KeyError: 'context'\); expected",
        ),
        (lambda record: record.update(annotations=3), r"dev\.json:1: not a PHEE record \(TypeError: "),
        (
            lambda record: record["annotations"][0]["events"][0].update(event_type="Rain"),
            r"event 'Rain'; expected",
        ),
        (
            lambda record: effect(record).update(start=[[15]]),
            r":1: offsets 15 20 give ' yawn'; expected 'yawns'",
        ),
        (lambda record: effect(record).update(start=[[16, 17]]), r"not a PHEE record \(ValueError: "),
        (lambda record: effect(record).update(start=[["16"]]), r"not a PHEE record \(TypeError: "),
    ],
)
def test_bad_record(copied, change, message):
    path = copied / "phee" / "dev.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(AdetkError, match=message):
        read_corpus("phee", "dev", copied)


def effect(record):
    return record["annotations"][0]["events"][0]["Effect"]


@pytest.mark.parametrize("line", ['{"id": ', "[1]", "3"])
def test_no_record(copied, line):
    (copied / "phee" / "dev.json").write_text(line + "\n")
    with pytest.raises(AdetkError, match=r"dev\.json:1: not a PHEE record"):
        read_corpus("phee", "dev", copied)


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("train", (2_898, 2_669, 2_725, 3_591, 78), "8908396_3", "9399776_1"),
        ("dev", (961, 870, 891, 1_207, 27), "10907391_3", "8961730_2"),
        ("test", (968, 875, 890, 1_219, 18), "3708949_1", "1888256_1"),
    ],
)
def test_real(corpora, caplog, split, counts, first, last):
    documents = read_corpus("phee", split, corpora)
    counted = count(documents)
    keys = ("documents", "ADE documents", "ADE", "DRUG", "EFFECT")
    assert tuple(counted[key] for key in keys) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)
    assert caplog.records == []
