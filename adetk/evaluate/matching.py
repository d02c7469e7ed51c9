"""What is compared with what: documents by id, mentions by their spans, one to one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError

Given = TypeVar("Given")
Expected = TypeVar("Expected")


def paired_documents(
    gold: Sequence[Document], predicted: Sequence[Document]
) -> list[tuple[Document, Document]]:
    """Gold and predicted documents of the same id, in the order of `gold`.

    Raises:
        AdetkError: if an id is repeated on one side, or stands on one side only.
    """
    _refuse_repeated_ids(gold, "gold")
    _refuse_repeated_ids(predicted, "predicted")
    id_to_predicted = {document.id: document for document in predicted}
    missing = [document.id for document in gold if document.id not in id_to_predicted]
    gold_ids = {document.id for document in gold}
    extra = [document.id for document in predicted if document.id not in gold_ids]
    if missing or extra:
        first = (missing + extra)[0]
        raise AdetkError(
            f"{len(gold)} gold and {len(predicted)} predicted documents: {len(missing)} ids stand in gold "
            f"only, {len(extra)} in the predictions only, first {first!r}; expected the same documents on "
            "both sides: predict for the split that is scored"
        )
    return [(document, id_to_predicted[document.id]) for document in gold]


def _refuse_repeated_ids(documents: Sequence[Document], side: str) -> None:
    repeated = [key for key, times in Counter(document.id for document in documents).items() if times > 1]
    if repeated:
        raise AdetkError(
            f"{len(repeated)} ids stand more than once in the {side} documents, first {repeated[0]!r}; "
            "ids must be unique: keep one document of each"
        )


def present(document: Document, label: str = ADE) -> list[Mention]:
    """The mentions of a label that count: neither negated nor hypothetical."""
    return [mention for mention in document.labelled(label) if mention.assertion == "present"]


def overlaps(first: Mention, second: Mention) -> bool:
    """Whether the two share at least one character; spans that only touch do not."""
    return any(
        max(start, other_start) < min(end, other_end)
        for start, end in first.spans
        for other_start, other_end in second.spans
    )


def same_spans(first: Mention, second: Mention) -> bool:
    """Whether the two have exactly the same fragments."""
    return first.spans == second.spans


def matched(
    given: Sequence[Given],
    expected: Sequence[Expected],
    matches: Callable[[Given, Expected], bool],
    is_preferred: Callable[[Given, Expected], bool] = lambda left, right: False,
) -> dict[int, int]:
    """A largest one-to-one matching, from numbers of the given to those of the expected.

    Preferred partners are tried first.
    """
    partners = [
        sorted(
            (i for i, right in enumerate(expected) if matches(left, right)),
            key=lambda i: not is_preferred(left, expected[i]),
        )
        for left in given
    ]
    return maximum_matching(partners)


def maximum_matching(partners: Sequence[Sequence[int]]) -> dict[int, int]:
    """A largest one-to-one matching in a bipartite graph, by augmenting paths.

    A greedy choice can lose a match: if A may have 1 or 2 and B only 1, giving 1 to A leaves B alone.

    Args:
        partners: for each left node, the right nodes that it may be matched with.

    Returns:
        Left node to right node, matched ones only.
    """
    left_to_right: dict[int, int] = {}
    right_to_left: dict[int, int] = {}
    for left in range(len(partners)):
        _augment(left, partners, left_to_right, right_to_left)
    return left_to_right


def _augment(
    start: int,
    partners: Sequence[Sequence[int]],
    left_to_right: dict[int, int],
    right_to_left: dict[int, int],
) -> None:
    """Match `start`, moving others to their alternatives where that frees a place (breadth first)."""
    reached_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        left = queue.popleft()
        for right in partners[left]:
            if right in reached_from:
                continue
            reached_from[right] = left
            if right in right_to_left:
                queue.append(right_to_left[right])
                continue
            free: int | None = right
            while free is not None:
                mover = reached_from[free]
                left_before = left_to_right.get(mover)
                left_to_right[mover], right_to_left[free] = free, mover
                free = left_before
            return
