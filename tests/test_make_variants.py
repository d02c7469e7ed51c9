import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from make_variants import scored_by, variants

from adetk.document import ADE, NO_ADE, Document

POSTS = [
    Document("1", "zoloft gave me the shakes all night", ADE),
    Document("2", "picked up my prozac and went home", NO_ADE),
    Document("3", "nothing to say here but a few words", NO_ADE, meta={"lang": "en"}),
]


def test_each_post_gets_its_variants_without_labels_and_the_same_seed_the_same():
    made = list(variants(POSTS, 3, 1))
    assert [d.id for d in made] == [f"{i}-{turn}" for i in (1, 2, 3) for turn in range(3)]
    assert all(d.label is None and d.score is None and not d.mentions for d in made)
    assert made[-1].meta == {"lang": "en"}
    assert made == list(variants(POSTS, 3, 1))
    assert made != list(variants(POSTS, 3, 2))


def test_a_variant_is_made_of_words_of_the_posts():
    known = {word for post in POSTS for word in post.text.split()}
    for variant in variants(POSTS, 3, 1):
        assert set(variant.text.split()) <= known
        assert variant.text


def test_another_drug_takes_the_place_of_the_one_that_is_named():
    texts = [d.text for seed in range(20) for d in variants(POSTS[:2], 1, seed) if d.id == "1-0"]
    assert {"zoloft gave me the shakes all night", "prozac gave me the shakes all night"} == set(texts)


def test_teachers_give_score_and_label(tiny_parts, easy_posts):
    plain = [Document(d.id, d.text) for d in easy_posts]
    folder = tiny_parts.folders["classify"]
    (once, twice) = (scored_by([folder] * n, plain) for n in (1, 2))
    assert [d.score for d in once] == pytest.approx([d.score for d in twice])
    assert [d.label for d in once] == [ADE if d.score >= 0.5 else NO_ADE for d in once]
    assert {d.label for d in once} == {ADE, NO_ADE}
