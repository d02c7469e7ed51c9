"""Items by so many at a time: `itertools.batched` for Python 3.11, and a step over batches that overlap."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Tuples of `size` items, the last one shorter; lazy."""
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch


def overlapped(
    step: Callable[[tuple[T, ...]], list[R]], batches: Iterable[tuple[T, ...]], number: int
) -> Iterator[R]:
    """What a step gives for each batch, in order, with so many batches under way at once, each in a thread.

    While one waits for a network, which needs no Python, another is made ready. Batches are read here, one more than
    are under way.
    """
    if number < 2:
        for batch in batches:
            yield from step(batch)
        return
    pool = ThreadPoolExecutor(number)
    under_way: deque[Future[list[R]]] = deque()
    try:
        for batch in batches:
            under_way.append(pool.submit(step, batch))
            if len(under_way) > number:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
