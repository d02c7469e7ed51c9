"""Ordinary words that lie one slip away from a drug name, and so are no misspelt drug names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import Levenshtein

from adetk.lexicon import fold

_SHORTEST_NAME = 7
_SHORTEST_WORD = 6


def words_like_names(words: Iterable[str], names: Iterable[str]) -> list[str]:
    """The words, people's and places' names among them, that adetk's matching would take for a misspelt name.

    Both sides are compared as the lexicon compares them, case and plural folded. One edit leaves one half of
    a name as it is (pigeonhole), so only words that share a half are compared.
    """
    folded_to_word = {fold(word): word.lower() for word in sorted(words, reverse=True) if word.isalpha()}
    part_to_words = defaultdict(set)
    for word in folded_to_word:
        if len(word) >= _SHORTEST_WORD:
            for length in range(len(word) - 1, len(word) + 2):  # a name that is one edit away
                for part in _halves(word, length):
                    part_to_words[part].add(word)
    all_names = {fold(name) for name in names}
    found = set()
    for name in all_names:
        if len(name) >= _SHORTEST_NAME and name.isalpha():
            near = {word for part in _halves(name, len(name)) for word in part_to_words.get(part, ())}
            found |= {w for w in near - all_names if Levenshtein.distance(w, name, score_cutoff=1) <= 1}
    return sorted(folded_to_word[word] for word in found)


def _halves(text: str, length: int) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    """The start and the end that `text` shares with a name of this length if no edit fell there."""
    half = length // 2
    return (length, text[:half], ""), (length, "", text[-(length - half) :])
