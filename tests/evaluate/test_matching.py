import random

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.matching import maximum_matching, overlaps, paired_documents, same_spans


def largest_by_trying(partners, used=frozenset(), left=0):
    """The size of a largest matching, by trying every choice."""
    if left == len(partners):
        return 0
    taken = [
        1 + largest_by_trying(partners, used | {right}, left + 1)
        for right in partners[left]
        if right not in used
    ]
    return max([largest_by_trying(partners, used, left + 1), *taken])


def random_graph(rng, n_left, n_right, density):
    return [[right for right in range(n_right) if rng.random() < density] for _ in range(n_left)]


def assert_is_matching(matching, partners):
    assert len(set(matching.values())) == len(matching)
    assert all(right in partners[left] for left, right in matching.items())


@pytest.mark.parametrize(
    ("partners", "size"),
    [
        ([], 0),
        ([[], []], 0),
        ([[0], [0], [0]], 1),
        ([[0, 1], [0]], 2),  # a greedy choice gives 0 to the first and nothing to the second
        ([[0, 1], [0, 2], [0]], 3),  # two must move in turn
        ([[0, 1], [0, 1], [0, 1]], 2),
    ],
)
def test_matching_by_hand(partners, size):
    matching = maximum_matching(partners)
    assert_is_matching(matching, partners)
    assert len(matching) == size


def test_matching_is_as_large_as_trying_everything():
    rng = random.Random(0)
    for _ in range(500):
        partners = random_graph(rng, rng.randint(0, 5), rng.randint(0, 5), rng.random())
        matching = maximum_matching(partners)
        assert_is_matching(matching, partners)
        assert len(matching) == largest_by_trying(partners)


def test_matching_is_as_large_as_scipys():
    sparse = pytest.importorskip("scipy.sparse")
    from scipy.sparse.csgraph import maximum_bipartite_matching

    rng = random.Random(1)
    for _ in range(50):
        n_left, n_right = rng.randint(1, 40), rng.randint(1, 40)
        partners = random_graph(rng, n_left, n_right, 0.08)
        graph = sparse.dok_array((n_left, n_right), dtype=bool)
        for left, rights in enumerate(partners):
            for right in rights:
                graph[left, right] = True
        assert len(maximum_matching(partners)) == (maximum_bipartite_matching(graph.tocsr()) >= 0).sum()


def test_a_long_chain_of_moves_needs_no_recursion():
    n = 3000
    partners = [[i, i + 1] for i in range(n)] + [[0]]
    assert len(maximum_matching(partners)) == n + 1


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (((0, 5),), ((4, 9),), True),
        (((0, 5),), ((5, 9),), False),  # touching is not overlapping
        (((0, 9),), ((3, 4),), True),
        (((0, 3), (10, 14)), ((4, 9),), False),  # in the gap
        (((0, 3), (10, 14)), ((13, 20),), True),
    ],
)
def test_overlaps(first, second, shared):
    assert overlaps(Mention(first), Mention(second)) is shared
    assert overlaps(Mention(second), Mention(first)) is shared


def test_same_spans_asks_for_every_fragment():
    assert same_spans(Mention(((0, 3), (10, 14))), Mention(((0, 3), (10, 14))))
    assert not same_spans(Mention(((0, 3), (10, 14))), Mention(((0, 14),)))


def test_documents_are_paired_by_id_in_the_order_of_gold():
    gold = [Document("b", "two"), Document("a", "one")]
    predicted = [Document("a", "one", label="ADE"), Document("b", "two", label="noADE")]
    assert paired_documents(gold, predicted) == [(gold[0], predicted[1]), (gold[1], predicted[0])]


def test_unpaired_documents_are_counted():
    gold = [Document(key, "x") for key in "abc"]
    predicted = [Document(key, "x") for key in "bcde"]
    with pytest.raises(AdetkError, match=r"3 gold and 4 predicted documents: 1 ids .* 2 in .* first 'a'"):
        paired_documents(gold, predicted)


@pytest.mark.parametrize("side", ["gold", "predicted"])
def test_repeated_ids_are_refused(side):
    once, twice = [Document("a", "x")], [Document("a", "x"), Document("a", "x")]
    with pytest.raises(AdetkError, match=f"1 ids stand more than once in the {side} documents, first 'a'"):
        paired_documents(*((twice, once) if side == "gold" else (once, twice)))
