"""Dictionaries over text: longest match over tokens, tolerant of case and plural.

Used twice: for the tagger's features (one dictionary, one BIO column) and for DRUG mentions with ids.
Matching is an Aho-Corasick automaton (`ahocorasick_rs`): it is built in a fraction of the seconds
that spaCy's PhraseMatcher takes (see `scripts/bench_lexicon.py`).
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import ahocorasick_rs
from rapidfuzz.distance import OSA

from adetk.errors import AdetkError

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_FUZZY_LENGTH = 7
_REMEMBERED = 2**16
"""Words whose answers are kept: people use the same ones."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text cut into words and single punctuation marks; `folded` is what is compared."""

    spans: list[tuple[int, int]]
    folded: list[str]


@dataclass(frozen=True, slots=True)
class Match:
    """Tokens `[start, end)` carry an entry of the dictionary, with the entry's ids."""

    start: int
    end: int
    ids: tuple[str, ...]
    fuzzy: bool = False


def tokenize(text: str) -> Tokens:
    """Cut a text into tokens; offsets are characters of `text`."""
    spans = [m.span() for m in _TOKEN.finditer(text)]
    return Tokens(spans, [fold(text[start:end]) for start, end in spans])


@lru_cache(_REMEMBERED)
def fold(token: str) -> str:
    """Lower-case a token and take off a plural `s` (not `ss`, `us`, `is`), so that `Cramps` meets `cramp`."""
    token = token.casefold()
    if len(token) > 3 and token[-1] == "s" and token[-2] not in "sui":
        return token[:-1]
    return token


class Lexicon:
    """One dictionary: phrases with ids.

    Args:
        name: what the dictionary is called in features and errors.
        entries: `(phrase, id)` pairs; an id may be empty; a phrase may come with several ids.
        fuzzy_blocked: folded words that must never be taken for a misspelt entry.
    """

    def __init__(
        self, name: str, entries: Iterable[tuple[str, str]], fuzzy_blocked: Iterable[str] = ()
    ) -> None:
        self.name = name
        key_to_ids: dict[str, list[str]] = {}
        for phrase, entry_id in entries:
            key = _key(tokenize(phrase).folded)
            if key.strip():
                ids = key_to_ids.setdefault(key, [])
                if entry_id not in ids:
                    ids.append(entry_id)
        self.phrases = list(key_to_ids)
        self._ids = [tuple(ids) for ids in key_to_ids.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(self.phrases)
        self._blocked = frozenset(fold(word) for word in fuzzy_blocked)

    def __len__(self) -> int:
        return len(self.phrases)

    def matches(self, tokens: Tokens, fuzzy: bool = False) -> list[Match]:
        """The longest entries that do not overlap, from left to right.

        With `fuzzy`, words that no entry covers also match an entry of 7 letters or more at edit distance 1;
        two neighbouring letters that changed places are one edit (optimal string alignment).
        """
        found = self._automaton.find_matches_as_indexes(_key(tokens.folded), overlapping=True)
        token_starts = _token_starts(tokens.folded) if found else []
        chosen = _longest(
            [
                Match(bisect_left(token_starts, start + 1), bisect_left(token_starts, end), self._ids[index])
                for index, start, end in found
            ]
        )
        if fuzzy:
            chosen = sorted([*chosen, *self._misspelt(tokens, chosen)], key=lambda m: m.start)
        return chosen

    def tags(self, tokens: Tokens) -> list[int]:
        """One tag a token: 0 outside, 1 first token of an entry, 2 further token of an entry."""
        tags = [0] * len(tokens.spans)
        for match in self.matches(tokens):
            tags[match.start : match.end] = [1] + [2] * (match.end - match.start - 1)
        return tags

    def _misspelt(self, tokens: Tokens, chosen: Sequence[Match]) -> list[Match]:
        covered = {i for match in chosen for i in range(match.start, match.end)}
        found = []
        for i, word in enumerate(tokens.folded):
            if len(word) >= _FUZZY_LENGTH - 1 and i not in covered and word not in self._blocked:
                ids = self._ids_of_misspelt(word)
                if ids is not None:
                    found.append(Match(i, i + 1, ids, fuzzy=True))
        return found

    @cached_property
    def _ids_of_misspelt(self) -> Callable[[str], tuple[str, ...] | None]:
        """What a word's nearest entry stands for; made ready when it is first asked for, and asked once a word."""
        word_to_ids = {key.strip(): ids for key, ids in zip(self.phrases, self._ids, strict=True)}
        halves = _Halves(word_to_ids)

        @lru_cache(_REMEMBERED)
        def ids_of(word: str) -> tuple[str, ...] | None:
            nearest = halves.nearest(word)
            return None if nearest is None else word_to_ids[nearest]

        return ids_of


def read_phrases(path: Path) -> list[tuple[str, str]]:
    """Read a user's dictionary: one phrase a line, or a TSV whose header has `phrase`, `variant` or `synonym`.

    A byte order mark, as spreadsheets and Windows editors write it, is passed over.

    Returns:
        `(phrase, id)` pairs; the id column is `concept_id` where the file has one, else ids are empty.

    Raises:
        AdetkError: when the file is missing or is not UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise AdetkError(f"{path}: no such dictionary; expected a file with one phrase a line") from None
    except UnicodeDecodeError as error:
        raise AdetkError(
            f"{path}: not UTF-8 at byte {error.start}; convert the dictionary to UTF-8"
        ) from None
    if not lines or "\t" not in lines[0]:
        return [(line.strip(), "") for line in lines if line.strip()]
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    column = next((c for c in ("phrase", "variant", "synonym", "name") if c in (rows.fieldnames or ())), None)
    if column is None:
        raise AdetkError(
            f"{path}: columns {rows.fieldnames}; expected one named phrase, variant, synonym or name"
        )
    return [(row[column], row.get("concept_id") or "") for row in rows if row[column]]


def _key(folded: Sequence[str]) -> str:
    """Tokens joined with a space on both sides, so that a match can only start and end at token borders."""
    return f" {' '.join(folded)} "


def _token_starts(folded: Sequence[str]) -> list[int]:
    """Where each token starts in `_key(folded)`."""
    starts, at = [], 1
    for word in folded:
        starts.append(at)
        at += len(word) + 1
    return starts


def _longest(found: list[Match]) -> list[Match]:
    chosen: list[Match] = []
    end = 0
    for match in sorted(found, key=lambda m: (m.start, -m.end)):
        if match.start >= end:
            chosen.append(match)
            end = match.end
    return chosen


class _Halves:
    """Words by their halves: one edit leaves the first or the second half of a word as it was."""

    def __init__(self, words: Iterable[str]) -> None:
        self._first: dict[tuple[int, str], list[str]] = {}
        self._second: dict[tuple[int, str], list[str]] = {}
        for word in words:
            if len(word) >= _FUZZY_LENGTH and word.isalpha():
                half = len(word) // 2
                self._first.setdefault((len(word), word[:half]), []).append(word)
                self._second.setdefault((len(word), word[half:]), []).append(word)

    def nearest(self, word: str) -> str | None:
        """A word at edit distance 1, the alphabetically first one where there are several; else None."""
        near: set[str] = set()
        for length in (len(word) - 1, len(word), len(word) + 1):
            half = length // 2
            near.update(self._first.get((length, word[:half]), ()))
            near.update(self._second.get((length, word[len(word) - (length - half) :]), ()))
        middle = len(word) // 2  # two letters swapped across the halves leave neither as it was
        near.update(self._first.get((len(word), word[: middle - 1] + word[middle]), ()))
        return min((w for w in near if OSA.distance(w, word, score_cutoff=1) == 1), default=None)
