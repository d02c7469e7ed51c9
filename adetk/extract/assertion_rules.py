"""The rules of `adetk.extract.assertion`: their file, and finding their phrases in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import ahocorasick_rs

from adetk.document import Span
from adetk.errors import AdetkError
from adetk.toml import from_table, read_toml

RULES = Path(__file__).with_name("assertion_en.toml")
ASSERTIONS = ("hypothetical", "negated")
"""What a rule may say; of two that are said of one mention, the first."""
DIRECTIONS = ("forward", "backward")
STOPS = "stops"

Use = tuple[int, str]
"""What a phrase is for: number of a rule, and which of its lists holds the phrase; of a stop, `(0, STOPS)`."""

_LISTS = ("phrases", "needs", "unless")
_NO_WORD = re.compile(r"[^\w']|_")
_SPACES = re.compile(r"\s\s")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """Triggers that act alike.

    Attributes:
        assertion: what they make of an effect: `negated` or `hypothetical`.
        direction: `forward` to the effects after a trigger, or `backward`.
        reach: how many words may stand between; words of mentions and of lists are not counted.
        phrases: the triggers.
        needs: one of these must stand before a trigger, in its clause; empty = nothing.
        unless: none of these may stand before or after a trigger with no stop between.
    """

    assertion: str = "negated"
    direction: str = "forward"
    reach: int = 0
    phrases: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a language.

    Attributes:
        rules: the triggers.
        stops: phrases that no trigger looks past.
        pseudo: phrases that hold a trigger and are none.
        joiners: words of a list, which no reach counts.
        wanted: good things; to be without one is the effect ("no libido"), so a mention of it is never flagged.
    """

    rules: tuple[Rule, ...]
    stops: tuple[str, ...] = ()
    pseudo: tuple[str, ...] = ()
    joiners: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()


class Phrases:
    """The phrases of all rules; the longest one at a place counts, from left to right, in whole words."""

    def __init__(self, rules: Rules) -> None:
        phrase_to_uses: dict[str, list[Use]] = {phrase: [] for phrase in rules.pseudo}
        for phrase in rules.stops:
            phrase_to_uses.setdefault(phrase, []).append((0, STOPS))
        for number, rule in enumerate(rules.rules):
            for key in _LISTS:
                for phrase in getattr(rule, key):
                    phrase_to_uses.setdefault(phrase, []).append((number, key))
        self._uses = list(phrase_to_uses.values())
        self._automaton = ahocorasick_rs.AhoCorasick([f" {_words(phrase)} " for phrase in phrase_to_uses])

    def find(self, text: str) -> Iterator[tuple[Span, list[Use]]]:
        """The phrases in a lower-case text, in order, with what they are used for."""
        words = _words(text)
        place_of: Sequence[int] = range(len(text))
        if _SPACES.search(text):  # one of a run is enough; after a comma or full stop there is one more
            place_of = [0, *(i for i in place_of if i and not text[i - 1 : i + 1].isspace())]
            words = "".join(words[i] for i in place_of)
        found = self._automaton.find_matches_as_indexes(f" {words} ", overlapping=True)
        at = 0
        for index, start, end in sorted(found, key=lambda match: (match[1], -match[2])):
            if start >= at:
                at = end - 1  # the space after a phrase is the one before the next
                yield (place_of[start], place_of[end - 3] + 1), self._uses[index]


def _words(text: str) -> str:
    """The text with a space for each character that is in no word."""
    return _NO_WORD.sub(" ", text)


def read_rules(path: Path = RULES) -> Rules:
    """Read a file of rules: see the one that travels with adetk.

    Raises:
        AdetkError: it is missing or not TOML, or a rule has what rules do not have.
    """
    table = read_toml(path)
    slots = table.get("slots", {})
    rules = tuple(
        _rule(content, slots, f"{path}: rule {number}")
        for number, content in enumerate(table.get("rules", ()), 1)
    )
    stops, pseudo = (_filled(table.get(key, ()), slots, f"{path}: {key}") for key in (STOPS, "pseudo"))
    joiners, wanted = (frozenset(table.get(key, ())) for key in ("joiners", "wanted"))
    return Rules(rules, stops, pseudo, joiners, wanted)


def _rule(content: Mapping[str, object], slots: Mapping[str, Sequence[str]], where: str) -> Rule:
    rule = from_table(Rule, content, where)
    for said, known in ((rule.assertion, ASSERTIONS), (rule.direction, DIRECTIONS)):
        if said not in known:
            raise AdetkError(f"{where}: {said!r}; expected {' or '.join(known)}")
    phrases, needs, unless = (_filled(getattr(rule, key), slots, where) for key in _LISTS)
    return replace(rule, phrases=phrases, needs=needs, unless=unless)


def _filled(phrases: Sequence[str], slots: Mapping[str, Sequence[str]], where: str) -> tuple[str, ...]:
    """The phrases, each slot in them filled in every way, with and without apostrophes."""
    filled = []
    for phrase in phrases:
        names = _SLOT.findall(phrase)
        unknown = sorted(set(names) - set(slots))
        if unknown:
            raise AdetkError(f"{where}: no slot {unknown[0]!r}; expected one of {', '.join(slots)}")
        for fillers in product(*(slots[name] for name in names)):
            whole = _SLOT.sub("%s", phrase) % fillers
            filled += [whole, whole.replace("'", "")]
    return tuple(dict.fromkeys(filled))
