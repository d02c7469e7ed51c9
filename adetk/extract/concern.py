"""Which drug is an effect about? The nearest one in words; a comma counts as some, a sentence's end as many.

Of the effects in sentences that name several drugs, one of which is to blame, this finds .91 (PHEE) and .98
(ADE-Corpus-V2), and plain distance in characters .87 and .93 (`scripts/bench_concern.py`).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from adetk.document import ADE, DRUG, Document, Mention, Span

COMMA = 3
"""How many words a comma, semicolon or colon counts as."""
SENTENCE = 50
"""How many words the end of a sentence counts as: a drug of the same sentence is nearer than any other."""

_WORD = re.compile(r"\w+")
_COMMA = re.compile(r"[,;:]")
_SENTENCE = re.compile(r"[.!?](?=\s)|\n")


def with_concern(document: Document) -> Document:
    """The document whose ADE mentions point at the nearest DRUG mention, the earlier one on a tie; others at none."""
    if not document.mentions:
        return document
    places = [i for i, m in enumerate(document.mentions) if m.label == DRUG]
    drugs = [document.mentions[i] for i in places]
    mentions = tuple(
        replace(m, drug=places[_nearest(document.text, m, drugs)] if m.label == ADE and drugs else None)
        for m in document.mentions
    )
    return replace(document, mentions=mentions)


def _nearest(text: str, effect: Mention, drugs: Sequence[Mention]) -> int:
    """Number of the nearest drug; they are in text order, so it is the last before the effect or the next."""
    ends = [drug.end for drug in drugs]
    after = bisect_right(ends, effect.start)
    before = bisect_left(ends, ends[after - 1]) if after > 0 else 0  # of those that end there, the first
    if after == len(drugs):
        return before
    if after == 0:
        return after
    gap_before, gap_after = (ends[before], effect.start), (effect.end, drugs[after].start)
    return before if _distance(text, gap_before) <= _distance(text, gap_after) else after


def _distance(text: str, gap: Span) -> int:
    between = text[slice(*gap)]  # empty where the drug's name stands in the effect
    marks = COMMA * len(_COMMA.findall(between)) + SENTENCE * len(_SENTENCE.findall(between))
    return len(_WORD.findall(between)) + marks
