"""Spans as corpora give them: checked against the text, put in text order, cut lines joined."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adetk.document import Span
from adetk.errors import AdetkError

SHOWN = 60  # characters of a surface in an error message


def check_bounds(spans: Sequence[Span], text: str, where: str) -> None:
    """Raise AdetkError unless every span is non-empty and lies in the text."""
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            raise AdetkError(
                f"{where}: span {start}-{end}; expected 0 <= start < end <= {len(text)}, the text's length"
            )


def fits(spans: Sequence[Span], text: str, surface: str) -> bool:
    """Whether the fragments, in the order given, read as the surface; case and line ends do not count.

    White space around the surface may be the file's; white space around the fragments is a wrong offset
    unless the surface has it too.
    """
    found = _folded(" ".join(text[start:end] for start, end in spans))
    return found in (_folded(surface), _folded(surface).strip())


def check_surface(spans: Sequence[Span], text: str, surface: str, where: str) -> None:
    """Raise AdetkError unless the spans lie in the text and read as the surface."""
    check_bounds(spans, text, where)
    if not fits(spans, text, surface):
        found = " ".join(text[start:end] for start, end in spans)
        raise AdetkError(
            f"{where}: offsets {_shown(spans)} give {found[:SHOWN]!a}; expected {surface[:SHOWN]!a}; "
            "text and offsets must come from the same unchanged release"
        )


def in_text_order(spans: Sequence[Span], text: str) -> tuple[Span, ...]:
    """The fragments sorted, those joined that overlap, touch, or have only white space between them.

    Annotation tools cut a span at each line end: such cuts are not discontinuities.
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _folded(surface: str) -> str:
    return re.sub(r"\s+", " ", surface).casefold()


def _shown(spans: Sequence[Span]) -> str:
    return ";".join(f"{start} {end}" for start, end in spans)
