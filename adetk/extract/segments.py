"""Mentions over words, and the segments of words that tags spell."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from adetk.document import Mention, Span
from adetk.text import CleanText

PLAIN, HEAD, BODY = "", "H", "D"
"""What a segment is: a whole mention, a part that several mentions share, or a part of one mention."""


_SENTENCE_ENDS = frozenset(".!?…")


class WordMention(NamedTuple):
    """A mention as stretches of words `[first, end)`, in text order and not adjacent."""

    runs: tuple[Span, ...]
    label: str


class Segment(NamedTuple):
    """Words `[first, end)` that carry one label and play one role."""

    first: int
    end: int
    label: str
    role: str = PLAIN


def on_words(words: Sequence[Span], mentions: Iterable[Mention]) -> list[WordMention]:
    """The mentions on the words that they touch, each once, in text order, the longer first.

    Args:
        words: characters of each word, in text order.
        mentions: with spans in the same characters; one that touches no word is left out.
    """
    starts = [start for start, _ in words]
    ends = [end for _, end in words]
    found = set()
    for mention in mentions:
        runs = joined_runs(
            (bisect_right(ends, start), bisect_left(starts, end)) for start, end in mention.spans
        )
        if runs:
            found.add(WordMention(runs, mention.label))
    return sorted(found, key=lambda m: (m.runs[0][0], [-end for _, end in m.runs], m))


def clean_mentions(mentions: Iterable[Mention], cleaned: CleanText) -> list[Mention]:
    """The mentions of a raw text with spans in characters of the cleaned one."""
    return [replace(m, spans=tuple(cleaned.to_clean(*span) for span in m.spans)) for m in mentions]


def raw_mention(
    mention: WordMention, words: Sequence[Span], cleaned: CleanText, score: float = 1.0
) -> Mention:
    """A mention on words of the cleaned text as one of the raw text."""
    spans = (cleaned.to_raw(words[first][0], words[end - 1][1]) for first, end in mention.runs)
    return Mention(joined_runs(spans), mention.label, score)  # two runs may lie in the name of one emoji


def joined_runs(runs: Iterable[Span]) -> tuple[Span, ...]:
    """Stretches of words, or of characters, in order; those joined that overlap or touch, empty ones left out."""
    merged: list[Span] = []
    for first, end in sorted(runs):
        if first >= end:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((first, end))
    return tuple(merged)


def fragments(mentions: Iterable[WordMention]) -> list[Segment]:
    """Each fragment as a segment of its own, in text order, less those that overlap an earlier or longer one."""
    kept: list[Segment] = []
    found = (Segment(first, end, m.label) for m in mentions for first, end in m.runs)
    for segment in sorted(found, key=lambda s: (s.first, -s.end)):
        if not kept or segment.first >= kept[-1].end:
            kept.append(segment)
    return kept


def sentence_numbers(text: str, words: Sequence[Span]) -> list[int]:
    """The number of each word's sentence; `.`, `!`, `?` and `…` end one where no letter or digit follows."""
    ends = (text[start:end] in _SENTENCE_ENDS and not text[end : end + 1].isalnum() for start, end in words)
    return [0, *accumulate(ends)][: len(words)]


def each_alone(segments: Iterable[Segment], sentences: Sequence[int]) -> list[WordMention]:
    """Each segment as a mention, whatever the sentences."""
    return [WordMention(((s.first, s.end),), s.label) for s in segments]
