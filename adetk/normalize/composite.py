"""Wordings that join two effects: which words say which.

Two effects that share a word ("neck and shoulders ache") are one mention to whoever marks words, for neither can be
marked alone; two that share none ("nausea and headache") are two. So the first are taken apart wherever they
stand, the second only in a text that nobody marked: a coder's verbatim. Either only where the whole is no known
wording and every part is one: an unknown part may belong to the other ("sick and tired").

Out of fold on training mentions of cadec, smm4h2017 and smm4h2022 (`scripts/measure_composites.py`), both terms were
right for 14 of 21 marked mentions of the first kind, and one for 6 more; of the second kind, for none of 10. Of
neighbouring mentions that nothing but such a word divides, put together to one verbatim, both were right for 521 of 572
in cadec and 32 of 39 in smm4h2022.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_JOINT = re.compile(r"\s*(?:(?:[,/&+]|\band\b)\s*)+", re.IGNORECASE)

IsKnown = Callable[[str], bool]
"""Whether a wording is known without a model."""


def conjuncts(surface: str, is_known: IsKnown, is_list: bool) -> list[str]:
    """The effects that a wording joins, each in its own words; empty where it is to be taken as one.

    Args:
        surface: a wording.
        is_known: of a part, and of the whole.
        is_list: nobody marked this wording: it may list effects that share no word.
    """
    parts = [part for part in _JOINT.split(surface.strip()) if part]
    if len(parts) < 2 or is_known(surface):
        return []
    ways = [*_shared(*parts)] if len(parts) == 2 else []
    if is_list:
        ways.append(parts)
    return next((way for way in ways if all(map(is_known, way))), [])


def _shared(left: str, right: str) -> Iterator[list[str]]:
    """Both sides with the last words of the right one, or with the first words of the left one, for both."""
    before, after = left.split(), right.split()
    for start in range(1, len(after)):
        yield [" ".join([left, *after[start:]]), right]
    for end in range(1, len(before)):
        yield [left, " ".join([*before[:end], right])]
