"""Words of a text and of its windows.

A word is a stretch of letters and digits, or a single other character, whatever the encoder's own pieces
are; its first piece carries its tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import category

from adetk.encoder import Window

NOT_COUNTED = -100


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a window: its first piece and its characters `[start, end)`."""

    piece: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """A word of a text, its characters `[start, end)`, and the piece of a window that stands for it."""

    start: int
    end: int
    window: int
    piece: int


def words_of(window: Window, text: str) -> list[Word]:
    """The words of a window, special pieces left out."""
    words: list[Word] = []
    for piece, (start, end) in enumerate(window.offsets):
        if end <= start or window.words[piece] is None or _is_invisible(text[start:end]):
            continue
        # a byte-level tokenizer cuts one character into several pieces with the same offsets
        last_end = words[-1].end if words else 0
        if words and (start < last_end or (start == last_end and _same_word(text, start))):
            words[-1] = Word(words[-1].piece, words[-1].start, max(end, words[-1].end))
        else:
            words.append(Word(piece, start, end))
    return words


def places_of(text: str, windows: Sequence[Window]) -> list[Place]:
    """Each word of a text once, in order: from the window in which its first piece lies farthest from the edges."""
    start_to_best: dict[int, tuple[int, Place]] = {}
    for number, window in enumerate(windows):
        for word in words_of(window, text):
            distance, end = margin(windows, number, word.piece), word.end
            known = start_to_best.get(word.start)
            if known is not None:
                end = max(end, known[1].end)  # a window may end inside a word
            if known is None or distance > known[0]:
                known = (distance, Place(word.start, end, number, word.piece))
            start_to_best[word.start] = (known[0], replace(known[1], end=end))
    places: list[Place] = []
    for _, place in (start_to_best[start] for start in sorted(start_to_best)):
        last_end = places[-1].end if places else 0
        if places and (place.start < last_end or (place.start == last_end and _same_word(text, last_end))):
            # a window may begin inside a word: its tail
            places[-1] = replace(places[-1], end=max(place.end, last_end))
        else:
            places.append(place)
    return places


def margin(windows: Sequence[Window], number: int, piece: int) -> int:
    """How far a window's piece lies from its edges; the text's own borders are no edges."""
    length = len(windows[number].ids)
    left = piece if number > 0 else length
    right = length - piece if number < len(windows) - 1 else length
    return min(left, right)


def piece_labels(
    text: str, windows: Sequence[Window], places: Sequence[Place], tags: Sequence[int]
) -> list[list[int]]:
    """For training, one tag index a piece of each window; pieces that start no word of the text get `NOT_COUNTED`.

    Args:
        text: what the windows are of.
        windows: all of the text's.
        places: the text's words, as `places_of` gives them.
        tags: one tag index a word.
    """
    start_to_tag = {place.start: tag for place, tag in zip(places, tags, strict=True)}
    labels = []
    for window in windows:
        of_window = [NOT_COUNTED] * len(window.ids)
        for word in words_of(window, text):
            of_window[word.piece] = start_to_tag.get(word.start, NOT_COUNTED)
        labels.append(of_window)
    return labels


def _is_invisible(characters: str) -> bool:
    """Whether there is nothing to see, as in a zero-width space."""
    return all(category(character) in ("Cc", "Cf") for character in characters)


def _same_word(text: str, at: int) -> bool:
    """Whether the characters before and at `at` are of one word."""
    return at > 0 and text[at - 1].isalnum() and text[at].isalnum()
