"""`itertools.batched` for Python 3.11."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Tuples of `size` items, the last one shorter; lazy."""
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch
