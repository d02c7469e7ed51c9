import logging

import pytest

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers import read_corpus

EN = {"lang": "en"}


def test_quotes_of_the_tweets(fixtures, caplog):
    with caplog.at_level(logging.WARNING, logger="adetk.readers"):
        documents = read_corpus("smm4h2020_en", "train", fixtures)
    assert documents == [
        Document("1", '"zorafen" and the ears buzz 😵 &amp; all', "ADE", meta=EN),
        Document("2", 'quotes that never "end\u2028 here', "noADE", meta=EN),
        Document("3", "a\ttab, two\ttabs", "noADE", meta=EN),
    ]
    path = fixtures / "smm4h2020_en" / "task2_en_training.tsv"
    assert caplog.messages == [
        f"{path}: 1 rows that repeat another were left out",
        "smm4h2020_en train: 3 documents (expected 20544)",
    ]


def test_quotes_of_the_file(fixtures):
    assert read_corpus("smm4h2020_en", "valid", fixtures) == [
        Document("4", 'he said "lumerade"\nover two lines', "noADE", meta=EN),
        Document("5", "lumerade: legs wobble", "ADE", meta=EN),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '2\t77\t0\tquotes that never "end\u2028 here\n3',
            "2\t77\t0\tother\n3",
            r":4: tweet 2 stands here a",
        ),
        ("3\t78\t0", "3\t78\t2", r"training\.tsv:5: label '2'; expected 1 or 0"),
        ("3\t78\t0\ta\ttab, two\ttabs", "3\t78", r"training\.tsv:5: 2 tab-separated cells; expected 4"),
        (
            "user_id\t",
            "user\t",
            r"training\.tsv:1: header 'tweet_id user class tweet'; expected tweet_id user_id",
        ),
    ],
)
def test_bad_file(copied, edit, old, new, message):
    edit(copied / "smm4h2020_en" / "task2_en_training.tsv", old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus("smm4h2020_en", "train", copied)


def test_empty_file(copied):
    (copied / "smm4h2020_en" / "task2_en_training.tsv").write_text("")
    with pytest.raises(AdetkError, match=r"header ''; expected tweet_id user_id class tweet"):
        read_corpus("smm4h2020_en", "train", copied)
