import os
from pathlib import Path

import pytest

from adetk.document import Document
from adetk.evaluate.duplicates import shared_texts

CORPORA = Path(os.environ.get("ADETK_CORPORA", Path(__file__).parents[2] / ".." / "shared" / "corpora"))


def documents(*texts):
    return [Document(str(i), text) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    "text",
    [
        "this pill made me dizzy",
        "This PILL made me Dizzy",
        "  this pill\nmade me\tdizzy ",
        "@somebody this pill made me dizzy",
        "this pill made me dizzy https://example.org/a?b=1",
        "@USER______ this pill made me dizzy HTTPURL________",
    ],
)
def test_reposts_are_found(text):
    train = documents("something else", "@other this pill made me dizzy http://example.org")
    assert shared_texts(train, documents("not this one", text)) == [1]


@pytest.mark.parametrize("text", ["this pill made me drowsy", "this pill made me dizzy today", "pill"])
def test_other_texts_are_not(text):
    assert shared_texts(documents("this pill made me dizzy"), documents(text)) == []


def test_every_copy_is_listed_in_order():
    train = documents("one text", "another text")
    assert shared_texts(train, documents("Another text", "new", "one text", "ONE TEXT")) == [0, 2, 3]


def test_escaped_characters_are_the_characters():
    assert shared_texts(documents("dry mouth &amp; rash"), documents("dry mouth & rash")) == [0]


def test_texts_of_which_nothing_is_left_are_not_shared():
    assert shared_texts(documents("@a http://example.org", ""), documents("@b HTTPURL___", " ")) == []


def test_nothing_is_shared_with_nothing():
    assert shared_texts([], documents("a text")) == shared_texts(documents("a text"), []) == []


def read_tweets(path):
    lines = path.read_text(encoding="utf-8").split("\n")
    return [Document(*line.split("\t", 1)) for line in lines if line]


def test_smm4h2022_valid_texts_that_stand_in_train():
    folder = CORPORA / "smm4h2022"
    if not folder.is_dir():
        pytest.skip(f"no corpus in {folder}: set ADETK_CORPORA")
    train = read_tweets(folder / "train" / "train_tweets.tsv")
    valid = read_tweets(folder / "valid" / "tweets.tsv")
    shared = shared_texts(train, valid)
    assert (len(train), len(valid)) == (14742, 915)
    raw = {document.text for document in train}
    assert {i for i, document in enumerate(valid) if document.text in raw} < set(shared)
    assert len(shared) == 52
