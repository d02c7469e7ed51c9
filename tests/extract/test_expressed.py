import os
from pathlib import Path

import pytest

from adetk.document import ADE, Document, Mention
from adetk.extract.expressed import Expressed, expressed
from adetk.extract.schemes import Scheme
from adetk.readers import read_corpus

CORPORA = Path(os.environ.get("ADETK_CORPORA", ""))


def document(text, *mentions, label=ADE):
    """Each mention is its fragments, in order."""
    found = []
    for fragments in mentions:
        found.append(Mention(tuple((text.index(f), text.index(f) + len(f)) for f in fragments), label))
    return Document("1", text, mentions=tuple(found))


DOCUMENTS = [
    document("@you a rash \U0001f922 and legs that hurt", ["rash \U0001f922"], ["legs", "hurt"]),
    document("cramps in legs and in arms", ["cramps in legs"], ["cramps in", "arms"]),
    document("headaches", ["head"]),
    document("for nerves", ["nerves"], label="INDICATION"),
    document("nothing at all"),
]


@pytest.mark.parametrize("name", ["bio", "bioes"])
def test_flat_schemes_lose_what_is_discontinuous(name):
    # out come: rash, legs, hurt, "cramps in legs", arms, headaches
    assert expressed(DOCUMENTS, Scheme(name, [ADE])) == Expressed(
        mentions=5,
        kept=2,
        given=6,
        discontinuous=2,
        discontinuous_kept=0,
        overlapping=2,
        overlapping_kept=1,
    )


def test_heads_and_bodies_keep_it():
    counts = expressed(DOCUMENTS, Scheme("biohd", [ADE]))
    assert counts == Expressed(
        mentions=5,
        kept=4,
        given=5,
        discontinuous=2,
        discontinuous_kept=2,
        overlapping=2,
        overlapping_kept=2,
    )
    assert counts.f1 == 0.8


def test_a_mention_that_stands_twice_comes_back_once():
    twice = document("a rash", ["rash"], ["rash"])
    counts = expressed([twice], Scheme("biohd", [ADE]))
    assert (counts.mentions, counts.kept, counts.given, counts.overlapping_kept) == (2, 1, 1, 1)


def test_without_mentions_there_is_nothing_to_say():
    assert expressed([], Scheme("bio", [ADE])) == Expressed()
    assert Expressed().f1 == 0.0


@pytest.mark.skipif(not (CORPORA / "cadec").is_dir(), reason="$ADETK_CORPORA names no folder with cadec")
def test_of_cadecs_discontinuous_mentions_most_come_back_in_biohd():
    documents = [
        d for d in read_corpus("cadec", "train", CORPORA) if any(len(m.spans) > 1 for m in d.mentions)
    ]
    counts = expressed(documents, Scheme("biohd", [ADE]))
    assert (counts.discontinuous, counts.discontinuous_kept, counts.given - counts.kept) == (491, 416, 48)
