"""Mentions as relations between two words: W2NER (Li et al., AAAI 2022), for discontinuous and overlapping mentions.

Two relations: in a mention a word is followed by the `next` one, and its last word points back to its first (`ends`,
one for each label). A mention of one word points to itself. What two mentions share, they share here too: in "dry eyes
and lips", `dry` is followed by `eyes` and by `lips`, and each of both points back to `dry`.

What it cannot say: of two labels with the same first and last word the later one is kept; ways between the words of two
mentions that share some may cross; and a mention whose first and last word no window holds together is not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adetk.document import Mention, Span
from adetk.encoder import Window
from adetk.extract.segments import WordMention, joined_runs, on_words
from adetk.extract.words import NOT_COUNTED, Place, margin, words_of

NONE, NEXT = 0, 1
MOST_PATHS = 16
"""Mentions between one first and one last word; where `next` says more, the later ones are left out."""
MOST_MENTIONS = 400
"""Mentions of a text, those with the likeliest ends: a network that has hardly learnt says anything."""


class Relation(NamedTuple):
    """What one word is to another, and how sure that is."""

    kind: int
    probability: float


class WordPairs:
    """Mentions of some labels as relations between words.

    Args:
        labels: the mention labels.
    """

    name = "pairs"
    output_axes = ("batch", "length", "length")

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.class_names = ["O", "next", *(f"ends-{label}" for label in self.labels)]

    def encode(self, words: Sequence[Span], mentions: Iterable[Mention]) -> NDArray[np.int8]:
        """The relation of each word to each, shape (words, words).

        Args:
            words: the words' characters, in text order.
            mentions: with spans in the same characters; one that begins or ends inside a word takes all of it,
                and those of other labels are left out.
        """
        relations = np.zeros((len(words), len(words)), np.int8)
        for mention in on_words(words, (m for m in mentions if m.label in self.labels)):
            numbers = [word for run in mention.runs for word in range(*run)]
            for one, following in pairwise(numbers):
                relations[one, following] = NEXT
            relations[numbers[-1], numbers[0]] = self._ends(mention.label)
        return relations

    def decode(self, pair_to_relation: Mapping[tuple[int, int], Relation]) -> list[tuple[WordMention, float]]:
        """The mentions that relations spell, in text order, each with the mean probability of its relations."""
        following: defaultdict[int, list[int]] = defaultdict(list)
        for (one, other), relation in sorted(pair_to_relation.items()):
            if relation.kind == NEXT:
                following[one].append(other)
        ends = [(pair, relation) for pair, relation in pair_to_relation.items() if relation.kind != NEXT]
        found: list[tuple[WordMention, float]] = []
        for (last, first), (kind, probability) in sorted(ends, key=lambda end: -end[1].probability):
            if len(found) >= MOST_MENTIONS:
                break
            for path in islice(_paths(following, first, last), MOST_PATHS):
                mention = WordMention(joined_runs((w, w + 1) for w in path), self.labels[kind - NEXT - 1])
                steps = [pair_to_relation[pair].probability for pair in pairwise(path)]
                found.append((mention, float(np.mean([probability, *steps]))))
        return sorted(found[:MOST_MENTIONS], key=_place)

    def targets(
        self, text: str, windows: Sequence[Window], places: Sequence[Place], mentions: Iterable[Mention]
    ) -> list[NDArray[np.int8]]:
        """For training, the relation of each piece to each of each window, shape (length, length).

        Pieces that start no word of the text have `NOT_COUNTED`.
        """
        relations = self.encode([(place.start, place.end) for place in places], mentions)
        targets = [np.full((len(w.ids), len(w.ids)), NOT_COUNTED, np.int8) for w in windows]
        of_window = _words_by_window(text, windows, places)
        for target, (numbers, pieces) in zip(targets, of_window, strict=True):
            target[np.ix_(pieces, pieces)] = relations[np.ix_(numbers, numbers)]
        return targets

    def read(
        self,
        text: str,
        windows: Sequence[Window],
        places: Sequence[Place],
        outputs: Sequence[NDArray[np.float32]],
        label: str | None = None,
    ) -> list[tuple[WordMention, float]]:
        """The mentions that a network's logits spell, in text order, each with its score.

        Args:
            text: what was cut into windows.
            windows: all of the text's.
            places: the text's words, as `places_of` gives them.
            outputs: per window logits, shape (length, length, relations).
            label: what at least one mention has, as far as the scheme knows it; None = nothing is asked for.
        """
        of_window = list(_words_by_window(text, windows, places))
        home = _Home(windows, of_window)
        wanted = self._ends(label) if label in self.labels else NONE
        pair_to_relation: dict[tuple[int, int], Relation] = {}
        likeliest = (-np.inf, 0, 0)
        for number, (numbers, pieces) in enumerate(of_window):
            likely = _log_probabilities(outputs[number][np.ix_(pieces, pieces)])
            best = likely.argmax(axis=2)
            for one, other in zip(*np.nonzero(best), strict=True):
                pair = (numbers[one], numbers[other])
                if home.is_in(number, pair):
                    kind = int(best[one, other])
                    pair_to_relation[pair] = Relation(kind, float(np.exp(likely[one, other, kind])))
            if wanted:
                for row, column in zip(*np.tril_indices(len(numbers)), strict=True):
                    known = float(likely[row, column, wanted]), numbers[column], numbers[row]
                    if known > likeliest and home.is_in(number, (numbers[row], numbers[column])):
                        likeliest = known
        found = self.decode(pair_to_relation)
        if wanted and label not in {mention.label for mention, _ in found}:
            score, first, last = likeliest
            pair_to_relation[last, first] = Relation(wanted, float(np.exp(score)))
            with_it = [one for one in self.decode(pair_to_relation) if one[0].label == label]
            alone = (WordMention(((first, last + 1),), str(label)), float(np.exp(score)))
            found = sorted([*found, *(with_it or [alone])], key=_place)
        return found

    def there_and_back(
        self, text: str, words: Sequence[Span], mentions: Iterable[Mention]
    ) -> list[WordMention]:
        """The mentions that come back from their own relations."""
        relations = self.encode(words, mentions)
        sure = {(int(i), int(j)): Relation(int(relations[i, j]), 1.0) for i, j in np.argwhere(relations)}
        return [mention for mention, _ in self.decode(sure)]

    def _ends(self, label: str | None) -> int:
        return NEXT + 1 + self.labels.index(str(label))


class _Home:
    """In which window two words are looked at: where the one that is nearer to an edge is farthest from it."""

    def __init__(self, windows: Sequence[Window], words: Sequence[tuple[list[int], list[int]]]) -> None:
        self._is_one = len(windows) == 1
        self._margins: defaultdict[int, dict[int, int]] = defaultdict(dict)
        if not self._is_one:
            for window, (numbers, pieces) in enumerate(words):
                for number, piece in zip(numbers, pieces, strict=True):
                    self._margins[number][window] = margin(windows, window, piece)

    def is_in(self, window: int, pair: tuple[int, int]) -> bool:
        """Whether it is this one."""
        if self._is_one:
            return True
        one, other = self._margins[pair[0]], self._margins[pair[1]]
        return window == max(one.keys() & other.keys(), key=lambda w: (min(one[w], other[w]), -w))


def _words_by_window(
    text: str, windows: Sequence[Window], places: Sequence[Place]
) -> Iterator[tuple[list[int], list[int]]]:
    """Per window the numbers of the text's words in it, and their first pieces."""
    start_to_number = {place.start: number for number, place in enumerate(places)}
    for window in windows:
        words = [word for word in words_of(window, text) if word.start in start_to_number]
        yield [start_to_number[word.start] for word in words], [word.piece for word in words]


def _log_probabilities(logits: NDArray[np.float32]) -> NDArray[Any]:
    """Of relations that can be: `next` points forwards, `ends` to the word itself or back."""
    forwards = np.triu(np.ones(logits.shape[:2], bool), 1)
    logits = logits.astype(np.float64)
    logits[..., NEXT][~forwards] = -np.inf
    logits[forwards, NEXT + 1 :] = -np.inf
    return logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)


def _paths(following: Mapping[int, Sequence[int]], first: int, last: int) -> Iterator[tuple[int, ...]]:
    """The ways from the first word to the last."""
    arriving = {last}
    for word in range(last - 1, first - 1, -1):
        if not arriving.isdisjoint(following.get(word, ())):
            arriving.add(word)

    ways: list[tuple[int, ...]] = [(first,)] if first in arriving else []
    while ways:
        way = ways.pop()
        if way[-1] == last:
            yield way
        else:
            ways += [(*way, word) for word in reversed(following[way[-1]]) if word in arriving]


def _place(found: tuple[WordMention, float]) -> tuple[int, list[int], str]:
    """Text order, the longer first."""
    mention, _ = found
    return mention.runs[0][0], [-end for _, end in mention.runs], mention.label
