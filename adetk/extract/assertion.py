"""Is an effect said to be there, not to be there, or only feared? ConText over the English that patients write.

A trigger ("didn't get", "scared of") looks forward or backward over a few words, no farther than a stop ("but", the end
of the sentence), and flags the effects there; a longer pseudo-trigger ("not only") hides the trigger in it (Harkema et
al., ConText, Journal of Biomedical Informatics 2009). Ours besides: what a trigger needs before it, or must not have
near it. The rules are data, written for adetk: `assertion_en.toml`.

No package serves: medspaCy, which has ConText, wants a spaCy below 3.8 and a numpy below 2; negspacy has negation
alone, and its triggers reach to the end of the sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from adetk.document import ADE, DRUG, Document, Mention, Span
from adetk.extract.assertion_rules import ASSERTIONS, STOPS, Phrases, Rule, Rules, Use
from adetk.language import language_of

LANGUAGE = "en"

_DRUG, _OTHER = "\x00", "\x01"
"""What stands for a character of a DRUG mention, and of another one."""
_CLAUSE_END = re.compile(rf"[.!?;](?=\s|$)|\n|\s[-\u2013\u2014]+\s|[()]|(?<!{_OTHER})(?<!{_OTHER}\s),")
"""A comma after an effect goes on with a list of effects; any other ends what a trigger says."""
_DRUG_FIRST = re.compile(f"[ #]*{_DRUG}")
_WORD = re.compile(r"[^\W_](?:[^\W_]|')*")


class AssertionFinder:
    """Sets `assertion` of ADE mentions.

    Args:
        rules: see `adetk.extract.assertion_rules.read_rules`.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules.rules
        self._phrases = Phrases(rules)
        self._joiners = rules.joiners
        self._wanted = rules.wanted

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Flag the ADE mentions of documents, lazily; documents in another language stay as they are."""
        for document in documents:
            is_english = language_of(document) == LANGUAGE
            yield self._flagged(document) if is_english and document.labelled(ADE) else document

    def _flagged(self, document: Document) -> Document:
        post = _Post(document, self._phrases, self._joiners)
        return replace(
            document,
            mentions=tuple(
                replace(m, assertion=self._assertion(m, post)) if m.label == ADE else m
                for m in document.mentions
            ),
        )

    def _assertion(self, mention: Mention, post: _Post) -> str:
        if post.surface(mention) in self._wanted:
            return "present"
        found = {rule.assertion for rule in self._rules_on(mention, post)}
        return next((assertion for assertion in ASSERTIONS if assertion in found), "present")

    def _rules_on(self, mention: Mention, post: _Post) -> Iterator[Rule]:
        """The rules whose triggers reach a mention."""
        for number, rule in enumerate(self._rules):
            for trigger, gap in post.triggers(number, rule, mention):
                if post.n_words(gap) > rule.reach:
                    break  # so are those farther away
                # "no zoloft" is about the drug, not about the effect after it
                if not post.begins_with_drug(gap) and post.allows(number, rule, trigger):
                    yield rule
                    break


class _Post:
    """The phrases of a post outside its mentions, and its words but for `joiners`."""

    def __init__(self, document: Document, phrases: Phrases, joiners: Collection[str]) -> None:
        self._phrases = phrases
        self._whole = _lowered(document.text)
        self.text = _masked(self._whole, document.mentions)
        self.found = _by_use(phrases.find(self.text))
        self._words = [m.start() for m in _WORD.finditer(self.text) if m.group() not in joiners]
        self._clause_ends = [m.start() for m in _CLAUSE_END.finditer(self.text)]
        self._stops = sorted([*self._clause_ends, *(start for start, _ in self.found.get((0, STOPS), ()))])

    def surface(self, mention: Mention) -> str:
        """A mention's words in lower case."""
        return mention.surface(self._whole)

    def n_words(self, gap: Span) -> int:
        """How many words begin there."""
        return bisect_left(self._words, gap[1]) - bisect_left(self._words, gap[0])

    def begins_with_drug(self, gap: Span) -> bool:
        """Whether the first thing there is a drug."""
        return _DRUG_FIRST.match(self.text, *gap) is not None

    def triggers(self, number: int, rule: Rule, mention: Mention) -> Iterator[tuple[Span, Span]]:
        """A rule's triggers that no stop parts from a mention, the nearest first, with the gap between."""
        spans = self.found.get((number, "phrases"), [])
        is_forward = rule.direction == "forward"
        middle = bisect_left(spans, (mention.start if is_forward else mention.end,))
        for place in reversed(range(middle)) if is_forward else range(middle, len(spans)):
            start, end = spans[place]
            gap = (end, mention.start) if is_forward else (mention.end, start)
            if _has_any(self._stops, gap):
                return
            yield (start, end), gap

    def allows(self, number: int, rule: Rule, trigger: Span) -> bool:
        """Whether what a rule needs stands before its trigger, and what it forbids stands nowhere near."""
        has_need = not rule.needs or any(
            end <= trigger[0] and not _has_any(self._clause_ends, (end, trigger[0]))
            for _, end in self.found.get((number, "needs"), ())
        )
        return has_need and not any(
            not _has_any(self._stops, (min(end, trigger[1]), max(start, trigger[0])))
            for start, end in self._in_whole.get((number, "unless"), ())
        )

    @cached_property
    def _in_whole(self) -> dict[Use, list[Span]]:
        """As `found`, in mentions too: "[could not walk] without [pain]" says that there was pain."""
        return _by_use(self._phrases.find(self._whole))


def _lowered(text: str) -> str:
    """The text in lower case and with straight apostrophes, as long as it was."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters have longer small ones
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.replace("\u2019", "'")


def _masked(text: str, mentions: Iterable[Mention]) -> str:
    """The text with its mentions blotted out, as long as it was."""
    characters = list(text)
    for mention in mentions:
        for start, end in mention.spans:
            characters[start:end] = (_DRUG if mention.label == DRUG else _OTHER) * (end - start)
    return "".join(characters)


def _by_use(found: Iterable[tuple[Span, Sequence[Use]]]) -> dict[Use, list[Span]]:
    use_to_spans: defaultdict[Use, list[Span]] = defaultdict(list)
    for span, uses in found:
        for use in uses:
            use_to_spans[use].append(span)
    return use_to_spans


def _has_any(positions: Sequence[int], gap: Span) -> bool:
    return bisect_left(positions, gap[0]) < bisect_left(positions, gap[1])
