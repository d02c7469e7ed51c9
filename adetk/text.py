"""The only preprocessing of adetk, with a map back to the raw text.

Links, handles, HTML entities and emoji are replaced as in the KFU system (Sakhovskiy et al., SMM4H 2021):
link -> `link`, handle -> `@user`, `&amp;` -> `&`, emoji that matter -> their name, other emoji -> a space.
Corpora's masks (`HTTPURL___`, `@USER___`) become the same words as real links and handles.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

import emoji

from adetk.document import Span

_REPLACED = re.compile(
    r"""(?P<link> (?:https?://|\bwww\.(?=\w))[^\s<>"]+ | HTTPURL_* )
      | (?P<handle> (?<![\w@])@\w+ )
      | (?P<entity> &(?:amp|lt|gt|quot|apos|nbsp|\#39|\#x27); )
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Emoji that say something about health, drugs or mood; matched as words of their English name.
_TELLING = frozenset({
    "pill", "syringe", "thermometer", "stethoscope", "hospital", "ambulance", "nauseated",
    "vomiting", "sick", "sneezing", "bandage", "zzz", "sleeping", "sleepy", "yawning", "tired",
    "weary", "dizzy", "woozy", "exploding", "hot", "cold", "sweat", "anguished", "crying",
    "fearful", "confounded", "angry", "enraged", "skull", "zombie", "joy", "laughing", "smiling",
    "grinning", "broken", "heart", "thumbs", "pleading", "drooling", "brain", "droplet", "medical",
    "mask",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class CleanText:
    """A cleaned text and, for each of its characters, the raw characters that it stands for.

    `raw_starts[i]` and `raw_ends[i]` bound the raw text behind clean character `i`; together they cover the
    whole raw text, in order.
    """

    text: str
    raw_starts: range | list[int]
    raw_ends: range | list[int]

    def to_raw(self, start: int, end: int) -> Span:
        """The raw span behind the non-empty clean span `[start, end)`."""
        return self.raw_starts[start], self.raw_ends[end - 1]

    def to_clean(self, start: int, end: int) -> Span:
        """The smallest clean span that stands for every raw character of the non-empty `[start, end)`."""
        return bisect_right(self.raw_ends, start), bisect_left(self.raw_starts, end)


@lru_cache(maxsize=1024)  # each step cleans the same posts, of the batches that are under way
def clean(text: str, language: str = "en") -> CleanText:
    """Replace links, handles, entities and emoji.

    Args:
        text: a raw post of any length.
        language: ISO 639-1 code in which emoji are named; a language that the emoji package lacks gets
            English names.
    """
    edits = _edits(text, language)
    if not edits:
        return CleanText(text, range(len(text)), range(1, len(text) + 1))
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, replacement in edits:
        parts += [text[at:start], replacement]
        starts += [*range(at, start), *[start] * len(replacement)]
        ends += [*range(at + 1, start + 1), *[end] * len(replacement)]
        at = end
    parts.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return CleanText("".join(parts), starts, ends)


def _edits(text: str, language: str) -> list[tuple[int, int, str]]:
    """The replacements `(start, end, new text)`, in order and without overlap; no new text is empty."""
    found = [(m.start(), m.end(), _replacement(m)) for m in _REPLACED.finditer(text)]
    if not text.isascii():
        found += [
            (e["match_start"], e["match_end"], _emoji_name(e["emoji"], language))
            for e in emoji.emoji_list(text)
        ]
        found.sort()
    kept: list[tuple[int, int, str]] = []
    for edit in found:
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _replacement(match: re.Match[str]) -> str:
    if match["link"]:
        return "link"
    return "@user" if match["handle"] else html.unescape(match["entity"].lower())


@lru_cache(maxsize=4096)
def _emoji_name(symbol: str, language: str) -> str:
    english = emoji.demojize(symbol, delimiters=("", "")).replace("-", "_").split("_")
    if _TELLING.isdisjoint(english):
        return " "
    known = language if language in emoji.LANGUAGES else "en"
    return f" {emoji.demojize(symbol, delimiters=('', ''), language=known).replace('_', ' ')} "
