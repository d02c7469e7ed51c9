"""Finding a mention in its sentence when a corpus gives its words but no offsets."""

from __future__ import annotations

import re
from collections.abc import Collection

from adetk.document import Span
from adetk.readers.spans import in_text_order

_WORD = re.compile(r"\w+(?:['’]\w+)*")

Spans = tuple[Span, ...]


def locate(surface: str, text: str, taken: Collection[Spans] = ()) -> Spans | None:
    """Where the surface stands in the text, or None.

    Tried in turn, case and the kind of white space aside: the string as whole words, the string anywhere, and
    its words in the same order with others between them (the tightest such run: a discontinuous mention).
    A place in `taken` is used again only when there is no other.
    """
    string = r"\s+".join(re.escape(part) for part in surface.split())
    if not string:
        return None
    for pattern in (rf"(?<!\w){string}(?!\w)", string):
        found = [(match.span(),) for match in re.finditer(pattern, text, re.IGNORECASE)]
        if found:
            return next((spans for spans in found if spans not in taken), found[0])
    return _tightest_run(surface, text)


def _tightest_run(surface: str, text: str) -> Spans | None:
    wanted = [word.casefold() for word in _WORD.findall(surface)]
    words = [(match.group().casefold(), match.span()) for match in _WORD.finditer(text)]
    runs = [run for start in range(len(words)) if wanted and (run := _run(wanted, words[start:]))]
    if not runs:
        return None
    return in_text_order(min(runs, key=lambda run: run[-1][1] - run[0][0]), text)


def _run(wanted: list[str], words: list[tuple[str, Span]]) -> list[Span]:
    """The first words that spell `wanted` in order, beginning with the very first; empty when they do not."""
    if not words or words[0][0] != wanted[0]:
        return []
    spans: list[Span] = []
    for word, span in words:
        if len(spans) < len(wanted) and word == wanted[len(spans)]:
            spans.append(span)
    return spans if len(spans) == len(wanted) else []
