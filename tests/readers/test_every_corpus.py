"""Every corpus of the table as it lies on this disk: each split read, each offset checked, counts as expected."""

import logging

import pytest

from adetk.document import ADE, NO_ADE
from adetk.readers import CORPORA, read_corpus

# Copies of this one may lack a part of the training tweets.
INCOMPLETE = {("smm4h2022", "train")}


def splits(corpus):
    """Those that hold all documents once."""
    if "all" in corpus.splits:
        return ["all"]
    return [split for split in corpus.splits if not split.startswith("refined")]


@pytest.mark.parametrize("name", CORPORA)
def test_offsets_and_counts(corpora, caplog, name):
    corpus = CORPORA[name]
    if not (corpora / corpus.folder).is_dir() and not corpus.bundled:
        pytest.skip(f"no {corpus.folder} in {corpora}")
    with caplog.at_level(logging.WARNING, logger="adetk.readers"):
        for split in splits(corpus):
            documents = read_corpus(name, split, corpora)
            assert len({document.id for document in documents}) == len(documents)
            for document in documents:
                assert document.label in (ADE, NO_ADE, None)
                for mention in document.mentions:
                    check(mention, document)
    counted = {tuple(m.split(":")[0].split()) for m in caplog.messages if "(expected" in m}
    assert counted <= INCOMPLETE


def check(mention, document):
    where = (document.id, mention.spans)
    assert mention.spans, where
    assert list(mention.spans) == sorted(mention.spans), where
    assert all(0 <= start < end <= len(document.text) for start, end in mention.spans), where
    assert mention.surface(document.text).strip(), where
    assert mention.drug is None or document.mentions[mention.drug].label == "DRUG", where
    assert mention.gold is None or all(mention.gold), where
