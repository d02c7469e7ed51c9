import pytest

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def codes(*conjuncts):
    return tuple(frozenset(conjunct) for conjunct in conjuncts)


def test_codes_of_every_kind_of_mention(fixtures):
    id_to_document = {document.id: document for document in read_corpus("cadec_snomed", "all", fixtures)}
    assert id_to_document["ARTHROTEC.3"].mentions == (
        Mention(((0, 9), (20, 25)), gold=codes({"900001"}, {"900002"})),
        Mention(((0, 4), (14, 25)), gold=codes({"900003", "900004"})),
        Mention(((34, 47),), label="SYMPTOM", gold=codes({"900005"})),
        Mention(((54, 66),), label="FINDING", gold=None),
    )
    assert [mention.gold for mention in id_to_document["LIPITOR.9"].mentions] == [
        codes({"900006"}, {"900007"}, {"900008"}),
        None,
        None,
        codes({"9000000000000001"}),
        None,
        (),
        None,
    ]
    assert id_to_document["LIPITOR.944"].mentions[0].gold == codes({"900009"})
    assert id_to_document["LIPITOR.10"].mentions == ()


def test_the_same_posts_and_mentions_as_with_meddra(fixtures):
    one, other = (read_corpus(name, "all", fixtures) for name in ("cadec", "cadec_snomed"))
    for document, twin in zip(one, other, strict=True):
        assert (document.id, document.text, document.label) == (twin.id, twin.text, twin.label)
        assert [(m.spans, m.label) for m in document.mentions] == [(m.spans, m.label) for m in twin.mentions]


def test_a_coding_without_a_code(copied, edit):
    edit(copied / "cadec" / "sct" / "LIPITOR.944.ann", "900009 |", "Noise |")
    with pytest.raises(
        AdetkError, match=r"LIPITOR\.944\.ann:1: coding 'Noise \| Ear noise \|'; expected codes"
    ):
        read_corpus("cadec_snomed", "train", copied)


def test_real(corpora, caplog):
    documents = read_corpus("cadec_snomed", "all", corpora)
    assert caplog.messages == [
        "cadec_snomed all: 4 known mentions whose words differ from their offsets (offsets kept)"
    ]
    assert count(documents)["ADE"] == 6_318
    golds = [mention.gold for document in documents for mention in document.mentions]
    assert len(golds) == 9_111
    assert golds.count(()) == 445
    assert None not in golds
    assert sum(len(gold) > 1 or any(len(part) > 1 for part in gold) for gold in golds) == 255
