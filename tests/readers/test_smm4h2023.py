import pytest

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers import read_corpus
from adetk.readers.post_codes import codes_of_post


def test_codes_of_whole_tweets(fixtures, caplog):
    documents = read_corpus("smm4h2023", "train", fixtures)
    assert documents == [
        Document(
            "fix11",
            '"zorafen &amp; no sleep 😵, ears buzz',
            "ADE",
            meta={"post_codes": "90000001 & 90000002"},
        ),
        Document("fix12", "lumerade refill", "noADE"),
        Document("fix13", 'lumerade, ""meh""', "noADE"),
    ]
    path = fixtures / "smm4h2023" / "train" / "norms.tsv"
    assert caplog.messages == [f"{path}: 1 rows that repeat another were left out"]
    assert [codes_of_post(document) for document in documents] == [["90000001", "90000002"], [], []]


def test_test_is_unlabelled(fixtures):
    assert read_corpus("smm4h2023", "test", fixtures) == [Document("fix14", "anyone on zorafen?")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fix13\t-", "fix13", r"norms\.tsv:3: 1 tab-separated cells; expected 2"),
        ("fix13\t-", "fix31\t-", r"norms\.tsv:3: tweet fix31 is not in the split's tweets"),
        ("fix13\t-", "fix11\t-", r"norms\.tsv:3: tweet fix11 stands here a second time; expected one row"),
        ("fix13\t-", "fix13\trash & 90000001", r"norms\.tsv:3: code 'rash'; expected digits or -"),
    ],
)
def test_bad_rows(copied, edit, old, new, message):
    edit(copied / "smm4h2023" / "train" / "norms.tsv", old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2023", "train", copied)


def test_without_codes_only_test_is_read(copied):
    (copied / "smm4h2023" / "train" / "norms.tsv").unlink()
    with pytest.raises(AdetkError, match=r"train_norms\.tsv: cannot be read"):
        read_corpus("smm4h2023", "train", copied)
