import threading
import time
from itertools import count, islice

import pytest

from adetk.batches import batched, overlapped


def test_batches_keep_order_and_the_last_is_shorter():
    assert list(batched(range(5), 2)) == [(0, 1), (2, 3), (4,)]
    assert list(batched([], 2)) == []


def test_batches_are_lazy():
    assert list(islice(batched(count(), 3), 2)) == [(0, 1, 2), (3, 4, 5)]


def doubled(batch):
    time.sleep(0.02 if 0 in batch else 0)  # the first is done last
    return [2 * item for item in batch]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_batches_that_overlap_come_out_in_order(number):
    assert list(overlapped(doubled, batched(range(7), 2), number)) == [0, 2, 4, 6, 8, 10, 12]
    assert list(overlapped(doubled, [], number)) == []


def test_two_batches_are_under_way_at_once():
    both = threading.Barrier(2, timeout=10)

    def waiting(batch):
        both.wait()  # passes only with another
        return list(batch)

    assert list(overlapped(waiting, [(1,), (2,), (3,), (4,)], 2)) == [1, 2, 3, 4]


@pytest.mark.parametrize(("number", "read"), [(1, 1), (2, 3)])
def test_batches_are_read_as_they_are_needed(number, read):
    taken = []
    batches = ((taken.append(n), n)[1:] for n in count())
    assert next(overlapped(list, batches, number)) == 0
    assert len(taken) == read


def test_what_a_batch_raises_is_raised_here_after_those_before_it():
    def step(batch):
        if batch == (2,):
            raise ValueError("two")
        return list(batch)

    found = overlapped(step, [(0,), (1,), (2,), (3,)], 2)
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(found)
