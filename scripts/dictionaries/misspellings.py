"""Ordinary words that lie one slip away from a drug name, and so are no misspelt drug names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import Levenshtein

_SHORTEST_NAME = 7
_SHORTEST_WORD = 6


def words_like_names(words: Iterable[str], names: Iterable[str]) -> list[str]:
    """The words of at least 6 letters within edit distance 1 of a name of at least 7, and not that name.

    One edit leaves one half of a name as it is (pigeonhole), so only words that share a half are compared.
    """
    part_to_words = defaultdict(set)
    for word in words:
        if len(word) >= _SHORTEST_WORD:
            for length in range(len(word) - 1, len(word) + 2):  # a name that is one edit away
                for part in _halves(word, length):
                    part_to_words[part].add(word)
    all_names = set(names)
    found = set()
    for name in all_names:
        if len(name) >= _SHORTEST_NAME and name.isalpha():
            near = {word for part in _halves(name, len(name)) for word in part_to_words.get(part, ())}
            found |= {
                word for word in near - all_names if Levenshtein.distance(word, name, score_cutoff=1) <= 1
            }
    return sorted(found)


def _halves(text: str, length: int) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    """The start and the end that `text` shares with a name of this length if no edit fell there."""
    half = length // 2
    return (length, text[:half], ""), (length, "", text[-(length - half) :])
