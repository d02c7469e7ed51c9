from itertools import count, islice

from adetk.batches import batched


def test_batches_keep_order_and_the_last_is_shorter():
    assert list(batched(range(5), 2)) == [(0, 1), (2, 3), (4,)]
    assert list(batched([], 2)) == []


def test_batches_are_lazy():
    assert list(islice(batched(count(), 3), 2)) == [(0, 1, 2), (3, 4, 5)]
