import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import count, read_corpus


def test_sentences_with_relations(fixtures):
    documents = read_corpus("ade_corpus_v2", "all", fixtures)
    first, second, third = documents[:3]
    assert (first.id, first.label, first.meta) == ("9001:1", "ADE", {"abstract": "9001"})
    # The second rash is meant, and the first zorafen: the offsets say so, the strings do not.
    assert first.mentions == (
        Mention(((56, 63),), label="DRUG"),
        Mention(((68, 76),), label="DRUG"),
        Mention(((37, 41),), drug=None),  # blamed on both
    )
    assert [mention.surface(first.text) for mention in first.mentions] == ["zorafen", "lumerade", "rash"]
    # Once in each of two abstracts, with one more relation in the second.
    assert (second.id, second.text) == ("9002:1", "Zorafen-induced purple toes.")
    assert second.mentions == (
        Mention(((0, 7),), label="DRUG"),
        Mention(((16, 27),), drug=0),
        Mention(((23, 27),), drug=0),
    )
    assert (third.id, third.mentions) == (
        "9001:2",
        (Mention(((0, 8),), label="DRUG"), Mention(((33, 40),), drug=0)),
    )


def test_sentences_without(fixtures):
    assert read_corpus("ade_corpus_v2", "all", fixtures)[3:] == [
        Document("9002:2", '"Purple" is a colour.', "noADE", meta={"abstract": "9002"}),
        Document("9002:3", "The NEG control took nothing | nobody did.", "noADE", meta={"abstract": "9002"}),
        Document("9004:1", "Nothing happened.", "noADE", meta={"abstract": "9004"}),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("DRUG-AE.rel", "|300|308", "|300", r"rel:4: '9001\|Lumerade.* is no relation; expected 'PubMed id"),
        ("DRUG-AE.rel", "|333|340|", "|333|341|", r"rel:4: offsets .* are not as long as 'hiccups'"),
        ("DRUG-AE.rel", "|333|340|", "|332|339|", r"rel:4: 'Lumerade' at 300 does not fit the sentence"),
        (
            "ADE-NEG.txt",
            "9004 NEG Nothing",
            "9004 Nothing",
            r"NEG\.txt:5: .*expected 'PubMed id NEG sentence'",
        ),
    ],
)
def test_bad_line(copied, edit, file, old, new, message):
    edit(copied / "ade_corpus_v2" / file, old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("ade_corpus_v2", "all", copied)


def test_strings_that_leave_a_choice_are_taken_where_they_first_stand(copied):
    (copied / "ade_corpus_v2" / "DRUG-AE.rel").write_text(
        "9001|cough, zod, cough, zod|cough|50|55|zod|57|60\n"
    )
    mentions = read_corpus("ade_corpus_v2", "all", copied)[0].mentions
    assert mentions == (Mention(((7, 10),), label="DRUG"), Mention(((0, 5),), drug=0))


@pytest.mark.parametrize(
    ("split", "counts", "first", "last"),
    [
        ("train", (16_843, 3_456, 4_626, 4_122), "10030778:1", "11300139:4"),
        ("dev", (2_113, 391, 542, 457), "10327035:1", "16173683:15"),
        ("test", (1_940, 424, 607, 483), "10466445:1", "7351000:9"),
        ("all", (20_896, 4_271, 5_775, 5_062), "10030778:1", "11300139:4"),
    ],
)
def test_real(corpora, caplog, split, counts, first, last):
    documents = read_corpus("ade_corpus_v2", split, corpora)
    counted = count(documents)
    assert tuple(counted[key] for key in ("documents", "ADE documents", "ADE", "DRUG")) == counts
    assert (documents[0].id, documents[-1].id) == (first, last)
    assert caplog.records == []


def test_real_abstracts_stay_whole(corpora):
    splits = [read_corpus("ade_corpus_v2", split, corpora) for split in ("train", "dev", "test")]
    abstracts = [{document.meta["abstract"] for document in documents} for documents in splits]
    assert len(set.union(*abstracts)) == sum(map(len, abstracts))
    assert len({document.text for documents in splits for document in documents}) == sum(map(len, splits))
