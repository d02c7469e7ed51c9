"""Tag schemes: mentions as one tag a word, and back.

`bio`: `B I` (Ramshaw and Marcus 1995). `bioes`: `B I E S`, so that ends are learnt too. Both are flat: each
fragment of a discontinuous mention is tagged as a mention of its own, and of two that overlap the first (the
longer, where both start together). `biohd` has tags for mentions that are discontinuous or overlap as well:
see `adetk.extract.heads`. `pairs` has no tags at all but relations between words: see `adetk.extract.pairs`.

A tag scheme cuts mentions into segments, spells these in tags, and joins the segments that tags spell to mentions.
Training, serving, and the count of what a scheme cannot express (`adetk.extract.expressed`) all come here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adetk.document import Mention, Span
from adetk.encoder import Window
from adetk.errors import AdetkError
from adetk.extract.heads import heads_and_bodies, mentions_of
from adetk.extract.pairs import WordPairs
from adetk.extract.segments import (
    BODY,
    HEAD,
    PLAIN,
    Segment,
    WordMention,
    each_alone,
    fragments,
    on_words,
    sentence_numbers,
)
from adetk.extract.words import Place, piece_labels

OUTSIDE = "O"
DEFAULT = "bio"


class Marks(NamedTuple):
    """How a segment is spelt: its first word, the further ones, its last, and one that stands alone."""

    first: str
    further: str
    last: str
    only: str


class Rules(NamedTuple):
    """What makes a scheme: how each role is spelt, and how mentions become segments and segments mentions."""

    role_to_marks: Mapping[str, Marks]
    cut: Callable[[Sequence[WordMention]], list[Segment]] = fragments
    join: Callable[[Sequence[Segment], Sequence[int]], list[WordMention]] = each_alone


NAME_TO_RULES: Mapping[str, Rules] = {
    "bio": Rules({PLAIN: Marks("B", "I", "I", "B")}),
    "bioes": Rules({PLAIN: Marks("B", "I", "E", "S")}),
    "biohd": Rules(
        {
            PLAIN: Marks("B", "I", "I", "B"),
            HEAD: Marks("HB", "HI", "HI", "HB"),
            BODY: Marks("DB", "DI", "DI", "DB"),
        },
        heads_and_bodies,
        mentions_of,
    ),
}


class Scheme:
    """A tag scheme over labels: one tag a word.

    Args:
        name: a key of `NAME_TO_RULES`.
        labels: the mention labels that are tagged.

    Raises:
        AdetkError: no such scheme.
    """

    output_axes = ("batch", "length")

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        if name not in NAME_TO_RULES:
            raise AdetkError(f"scheme {name!r}: unknown; expected one of {', '.join(NAMES)}")
        self.name = name
        self.labels = tuple(labels)
        self._rules = NAME_TO_RULES[name]
        self._tags = [_OUTSIDE, *_tags_of(self.labels, self._rules.role_to_marks)]
        self.class_names = [tag.name for tag in self._tags]
        self._between = _barrier([[_may_follow(one, other) for other in self._tags] for one in self._tags])
        self._begins = _barrier([tag.begins for tag in self._tags])
        self._ends = _barrier([tag.ends for tag in self._tags])

    def encode(self, words: Sequence[Span], mentions: Iterable[Mention]) -> list[int]:
        """One tag index a word.

        Args:
            words: the words' characters, in text order.
            mentions: with spans in the same characters; one that begins or ends inside a word takes all of it,
                and those of other labels are left out.
        """
        names = [OUTSIDE] * len(words)
        own = (mention for mention in mentions if mention.label in self.labels)
        for segment in self._rules.cut(on_words(words, own)):
            marks, length = self._rules.role_to_marks[segment.role], segment.end - segment.first
            spelt = [marks.first, *[marks.further] * (length - 2), marks.last] if length > 1 else [marks.only]
            names[segment.first : segment.end] = [_name(mark, segment.label) for mark in spelt]
        return [self.class_names.index(name) for name in names]

    def decode(self, text: str, words: Sequence[Span], tags: Sequence[int]) -> list[WordMention]:
        """The mentions that a sequence of tag indices spells, in text order.

        Args:
            text: what the words are of.
            words: as in `encode`.
            tags: one tag index a word.

        Raises:
            ValueError: a tag continues what no tag before it began; `best_path` gives no such sequence.
        """
        segments: list[Segment] = []
        for word, tag in enumerate(self._tags[i] for i in tags):
            if tag.begins and tag.segment is not None:
                role, label = tag.segment
                segments.append(Segment(word, word + 1, label, role))
            elif tag.continues:
                if not segments or segments[-1].end != word:
                    raise ValueError(f"word {word} has tag {tag.name}, but no segment ends before it")
                segments[-1] = segments[-1]._replace(end=word + 1)
        return self._rules.join(segments, sentence_numbers(text, words))

    def targets(
        self, text: str, windows: Sequence[Window], places: Sequence[Place], mentions: Iterable[Mention]
    ) -> list[list[int]]:
        """For training, one tag index a piece of each window, see `piece_labels`."""
        tags = self.encode([(place.start, place.end) for place in places], mentions)
        return piece_labels(text, windows, places, tags)

    def read(
        self,
        text: str,
        windows: Sequence[Window],
        places: Sequence[Place],
        outputs: Sequence[NDArray[np.float32]],
        label: str | None = None,
    ) -> list[tuple[WordMention, float]]:
        """The mentions that a network's logits spell, in text order, with the mean probability of their words' tags.

        Args:
            text: what was cut into windows.
            windows: all of the text's.
            places: the text's words, at least one, as `places_of` gives them.
            outputs: per window logits, shape (length, tags).
            label: see `best_path`.
        """
        logits = np.array([outputs[place.window][place.piece] for place in places])
        log_probabilities = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        tags = self.best_path(log_probabilities, label)
        certainty = np.exp(log_probabilities[np.arange(len(tags)), tags])
        words = [(place.start, place.end) for place in places]
        return [(mention, _mean(certainty, mention)) for mention in self.decode(text, words, tags)]

    def there_and_back(
        self, text: str, words: Sequence[Span], mentions: Iterable[Mention]
    ) -> list[WordMention]:
        """The mentions that come back from their own tags."""
        return self.decode(text, words, self.encode(words, mentions))

    def best_path(self, scores: NDArray[np.float32], label: str | None = None) -> list[int]:
        """The best sequence of tags among those that spell whole segments (Viterbi).

        Args:
            scores: log-probabilities or logits, shape (words, tags).
            label: what at least one segment has, as far as the scheme knows it; None = nothing is asked for.

        Returns:
            One tag index a word.
        """
        if len(scores) == 0:
            return []
        wanted = [
            i for i, tag in enumerate(self._tags) if tag.segment is not None and tag.segment[1] == label
        ]
        path = self._viterbi(scores)
        if not wanted or set(wanted).intersection(path):
            return path
        through = self._best_through(scores)[:, wanted]
        word, tag = np.unravel_index(through.argmax(), through.shape)
        pinned = np.full(scores.shape[1], -np.inf)
        pinned[wanted[tag]] = scores[word, wanted[tag]]
        return self._viterbi(np.concatenate([scores[:word], pinned[None], scores[word + 1 :]]))

    def _viterbi(self, scores: NDArray[np.floating[Any]]) -> list[int]:
        best = scores[0] + self._begins
        back = np.zeros(scores.shape, np.int64)
        for i in range(1, len(scores)):
            through = best[:, None] + self._between
            back[i] = through.argmax(axis=0)
            best = through.max(axis=0) + scores[i]
        path = [int((best + self._ends).argmax())]
        for i in range(len(scores) - 1, 0, -1):
            path.append(int(back[i, path[-1]]))
        return path[::-1]

    def _best_through(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """The score of the best sequence that has this tag at this word, shape (words, tags)."""
        before, after = np.zeros(scores.shape), np.zeros(scores.shape)
        before[0], after[-1] = self._begins, self._ends
        for i in range(1, len(scores)):
            before[i] = (before[i - 1] + scores[i - 1] + self._between.T).max(axis=1)
            after[-1 - i] = (after[-i] + scores[-i] + self._between).max(axis=1)
        return before + scores + after


AnyScheme = Scheme | WordPairs
NAMES = (*NAME_TO_RULES, WordPairs.name)


def open_scheme(name: str, labels: Sequence[str]) -> AnyScheme:
    """A scheme by its name.

    Raises:
        AdetkError: no such scheme.
    """
    return WordPairs(labels) if name == WordPairs.name else Scheme(name, labels)


def _mean(certainty: NDArray[np.float32], mention: WordMention) -> float:
    return float(np.mean([certainty[word] for run in mention.runs for word in range(*run)]))


class _Tag(NamedTuple):
    """A tag: its segment's role and label, and what its word may be in that segment."""

    name: str
    segment: tuple[str, str] | None
    begins: bool  # the first word, or the only one
    continues: bool  # a word after the first
    goes_on: bool  # a word before the last
    ends: bool  # the last word, or the only one


_OUTSIDE = _Tag(OUTSIDE, None, begins=True, continues=False, goes_on=False, ends=True)


def _tags_of(labels: Sequence[str], role_to_marks: Mapping[str, Marks]) -> list[_Tag]:
    return [
        _Tag(
            _name(mark, label),
            (role, label),
            begins=mark in (marks.first, marks.only),
            continues=mark in (marks.further, marks.last),
            goes_on=mark in (marks.first, marks.further),
            ends=mark in (marks.last, marks.only),
        )
        for label in labels
        for role, marks in role_to_marks.items()
        for mark in dict.fromkeys(marks)
    ]


def _name(mark: str, label: str) -> str:
    return f"{mark}-{label}"


def _may_follow(one: _Tag, other: _Tag) -> bool:
    within = one.goes_on and other.continues and one.segment == other.segment
    return within or (one.ends and other.begins)


def _barrier(allowed: Sequence[object]) -> NDArray[np.float64]:
    """0 where `allowed`, else -inf."""
    return np.where(np.array(allowed), 0.0, -np.inf)
