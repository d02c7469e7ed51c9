import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import CORPORA, read_corpus


def test_phrases(fixtures):
    assert read_corpus("twadrl", "validation-3", fixtures) == [
        Document(
            "validation-3:1",
            'ears go "bzzz" all day',
            label="ADE",
            mentions=(Mention(((0, 22),), gold=(frozenset({"C9000001"}),)),),
            meta={"concept": "Ear noise"},
        ),
        Document(
            "validation-3:2",
            " toes like ice ",
            label="ADE",
            mentions=(Mention(((0, 15),), gold=(frozenset({"C9000002"}),)),),
            meta={"concept": "Cold feet"},
        ),
    ]


def test_splits():
    splits = CORPORA["twadrl"].splits
    assert len(splits) == 30
    assert (splits[0], splits[10], splits[-1]) == ("train-0", "validation-0", "test-9")


def test_missing_cell(copied, edit):
    path = copied / "askapatient_twadrl" / "TwADR-L" / "TwADR-L.fold-3.validation.txt"
    edit(path, "Cold feet\t", "")
    with pytest.raises(AdetkError, match=r"fold-3\.validation\.txt:2: 2 tab-separated cells; expected 3"):
        read_corpus("twadrl", "validation-3", copied)


@pytest.mark.parametrize(
    ("split", "number", "code"),
    [
        ("train-0", 4_816, None),
        ("validation-7", 142, None),
        ("test-0", 143, "C0455769"),
        ("test-9", 142, None),
    ],
)
def test_real(corpora, caplog, split, number, code):
    documents = read_corpus("twadrl", split, corpora)
    assert len(documents) == number
    assert (documents[0].id, documents[-1].id) == (f"{split}:1", f"{split}:{number}")
    assert code is None or documents[0].mentions[0].gold == (frozenset({code}),)
    assert caplog.records == []
