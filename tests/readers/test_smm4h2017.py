import logging

import pytest

from adetk.errors import AdetkError
from adetk.readers import count, read_corpus
from adetk.readers.phrases import phrase_document


def test_train_joins_the_four_files_and_leaves_out_the_known_slip(fixtures, caplog):
    with caplog.at_level(logging.WARNING, logger="adetk.readers.smm4h2017"):
        documents = read_corpus("smm4h2017", "train", fixtures)
    assert documents == [
        phrase_document("10001", "wobbly as jelly", "90000001"),
        phrase_document("10002", 'ears going "bzzz"', "90000002"),
        phrase_document("20001", "Wobbly as jelly", "90000001"),
        phrase_document("30001", "cannot feel my thumbs", "90000003"),
        phrase_document("49999", "no shut-eye", "90000004"),
    ]
    assert "smm4h2017 train: known slips of the release left out: rows 42912" in caplog.messages


@pytest.mark.parametrize(
    ("split", "ids"),
    [
        ("test", ["50001", "50002", "50003", "50004", "50005"]),
        ("refined", ["50002", "50003", "50004", "50005"]),
        ("refined_unique", ["50002", "50004", "50005"]),
    ],
)
def test_test_whole_unseen_and_unseen_once(fixtures, split, ids):
    assert [document.id for document in read_corpus("smm4h2017", split, fixtures)] == ids


def test_other_code(copied, edit):
    path = copied / "smm4h2017" / "subtask3" / "task_3_normalization_training2.txt"
    edit(path, "\t90000001", "\t9000000190000001")
    with pytest.raises(AdetkError, match=r"training2\.txt:1: code '9000000190000001'; expected 8 digits"):
        read_corpus("smm4h2017", "train", copied)


@pytest.mark.parametrize(
    ("split", "number", "first", "last", "n_codes"),
    [
        ("train", 6_649, "10365", "43299", 477),
        ("test", 2_499, "44675", "43086", 253),
        ("refined", 830, "44675", "44530", None),
        ("refined_unique", 796, "44675", "44530", None),
    ],
)
def test_real(corpora, split, number, first, last, n_codes):
    documents = read_corpus("smm4h2017", split, corpora)
    assert count(documents) == {"documents": number, "ADE documents": number, "ADE": number}
    assert (documents[0].id, documents[-1].id) == (first, last)
    codes = {document.mentions[0].gold for document in documents}
    assert n_codes is None or len(codes) == n_codes
