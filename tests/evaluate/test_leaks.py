from adetk.document import Document, Mention
from adetk.evaluate.leaks import Leak, shared

TRAIN = [
    Document("1", "Ears buzz, I SLEPT badly", mentions=(Mention(((0, 9),)), Mention(((13, 18),)))),
    Document("2", "took zorafen", mentions=(Mention(((5, 12),), label="DRUG"),)),
]
SCORED = [
    Document("3", "ears   BUZZ, i slept badly", mentions=(Mention(((0, 11),)), Mention(((15, 20),)))),
    Document("4", "ears always buzz", mentions=(Mention(((0, 4), (12, 16))), Mention(((0, 16),)))),
    Document("5", "more zorafen, rash", mentions=(Mention(((5, 12),), label="DRUG"), Mention(((14, 18),)))),
]


def test_texts_and_mentions():
    # ears buzz (twice, once of fragments) and slept are known; "ears always buzz" and rash are not.
    assert shared(TRAIN, SCORED) == Leak(
        scored_texts=3, n_texts=1, scored_mentions=5, n_mentions=3, scored_surfaces=4, n_surfaces=2
    )


def test_other_label():
    leak = shared(TRAIN, SCORED, label="DRUG")
    assert (leak.scored_mentions, leak.n_mentions, leak.scored_surfaces, leak.n_surfaces) == (1, 1, 1, 1)


def test_a_surface_counts_under_its_label_only():
    train = [Document("1", "rash", mentions=(Mention(((0, 4),), label="DRUG"),))]
    assert shared(train, SCORED).n_mentions == 0


def test_groups():
    post = {"1": "a", "2": "b", "3": "a", "4": "c", "5": ""}
    leak = shared(TRAIN, SCORED, group_of=lambda document: post[document.id])
    assert (leak.scored_groups, leak.n_groups) == (2, 1)


def test_nothing():
    assert shared([], []) == Leak(0, 0, 0, 0, 0, 0)
    assert shared(SCORED, SCORED).n_texts == 3
