"""BIO tags over words: from mentions to tags, and from scores to mentions.

A word is a stretch of letters and digits, or a single other character, whatever the encoder's own pieces
are; its first piece carries its tag. What flat BIO cannot express is handled so: each fragment of a
discontinuous mention is tagged as a mention of its own, and of two overlapping mentions the first (the
longer, where both start together) is tagged. `count_lost` says how many mentions that touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from adetk.document import Mention, Span
from adetk.encoder import Window

T = TypeVar("T")

OUTSIDE = "O"
NOT_COUNTED = -100


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a window: its first piece and its characters `[start, end)`."""

    piece: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A stretch of text with a label and a score in [0, 1]."""

    start: int
    end: int
    label: str
    score: float


def tag_names(labels: Sequence[str]) -> list[str]:
    """`O`, then `B-` and `I-` of each label."""
    return [OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def words_of(window: Window, text: str) -> list[Word]:
    """The words of a window, special pieces left out."""
    words: list[Word] = []
    for piece, (start, end) in enumerate(window.offsets):
        if end <= start or window.words[piece] is None:
            continue
        # a byte-level tokenizer cuts one character into several pieces with the same offsets
        last_end = words[-1].end if words else 0
        if words and (start < last_end or (start == last_end and _same_word(text, start))):
            words[-1] = Word(words[-1].piece, words[-1].start, max(end, words[-1].end))
        else:
            words.append(Word(piece, start, end))
    return words


def piece_labels(
    window: Window, text: str, mentions: Sequence[tuple[Span, str]], labels: Sequence[str]
) -> list[int]:
    """One tag index a piece for training; pieces that start no word get `NOT_COUNTED`.

    Args:
        window: of the text.
        text: the cleaned text.
        mentions: contiguous `(span, label)` in characters of `text`, fragments one by one.
        labels: the labels that are tagged; others are left out.
    """
    names = tag_names(labels)
    tags = [NOT_COUNTED] * len(window.ids)
    ordered = _without_overlaps(m for m in mentions if m[1] in labels)
    last: tuple[Span, str] | None = None
    for word in words_of(window, text):
        found = next((m for m in ordered if m[0][0] < word.end and m[0][1] > word.start), None)
        prefix = "I" if found is not None and found is last else "B"
        tags[word.piece] = 0 if found is None else names.index(f"{prefix}-{found[1]}")
        last = found
    return tags


def decode(scores: NDArray[np.float32], labels: Sequence[str]) -> list[int]:
    """The best tag sequence in which `I-X` follows only `B-X` or `I-X` (Viterbi).

    Args:
        scores: log-probabilities or logits, shape (words, tags).
        labels: as in `tag_names`.

    Returns:
        One tag index a word.
    """
    if len(scores) == 0:
        return []
    allowed = _transitions(len(labels))
    best = scores[0] + np.where(_is_inside(len(labels)), -np.inf, 0.0)
    back = np.zeros(scores.shape, np.int64)
    for i in range(1, len(scores)):
        through = best[:, None] + allowed
        back[i] = through.argmax(axis=0)
        best = through.max(axis=0) + scores[i]
    path = [int(best.argmax())]
    for i in range(len(scores) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return path[::-1]


def spans_of(
    words: Sequence[Span], tags: Sequence[int], probabilities: NDArray[np.float32], labels: Sequence[str]
) -> list[TaggedSpan]:
    """The tagged spans of a text; a span's score is the mean probability of its words' tags.

    Args:
        words: the words' characters.
        tags: one tag index a word, as `decode` gives them.
        probabilities: shape (words, tags).
        labels: as in `tag_names`.
    """
    names = tag_names(labels)
    spans: list[TaggedSpan] = []
    for begin, tag in enumerate(tags):
        if not names[tag].startswith("B-"):
            continue
        end = begin + 1
        while end < len(tags) and tags[end] == tag + 1:
            end += 1
        score = float(np.mean([probabilities[i, tags[i]] for i in range(begin, end)]))
        spans.append(TaggedSpan(words[begin][0], words[end - 1][1], names[tag][2:], score))
    return spans


def count_lost(mentions: Sequence[Mention]) -> tuple[int, int]:
    """How many mentions of one document are discontinuous, and how many overlap an earlier one."""
    discontinuous = sum(len(m.spans) > 1 for m in mentions)
    fragments = [(span, number) for number, m in enumerate(mentions) for span in m.spans]
    untagged = set(fragments) - set(_without_overlaps(fragments))
    return discontinuous, len({number for _, number in untagged})


def _without_overlaps(fragments: Iterable[tuple[Span, T]]) -> list[tuple[Span, T]]:
    """The fragments in text order, the longer first, less those that overlap an earlier one."""
    kept: list[tuple[Span, T]] = []
    for fragment in sorted(fragments, key=lambda f: (f[0][0], -f[0][1])):
        if not kept or fragment[0][0] >= kept[-1][0][1]:
            kept.append(fragment)
    return kept


def _same_word(text: str, at: int) -> bool:
    """Whether the characters before and at `at` are of one word."""
    return at > 0 and text[at - 1].isalnum() and text[at].isalnum()


def _is_inside(n_labels: int) -> NDArray[np.bool_]:
    return np.array([False] + [False, True] * n_labels)


def _transitions(n_labels: int) -> NDArray[np.float64]:
    """0 where tag `row` may be followed by tag `column`, else -inf."""
    n_tags = 1 + 2 * n_labels
    allowed = np.zeros((n_tags, n_tags))
    for inside in range(2, n_tags, 2):
        allowed[:, inside] = -np.inf
        allowed[[inside - 1, inside], inside] = 0.0
    return allowed
