"""The rules of SMM4H 2023 Task 5 and 2024 Task 1 for codes: sets of PTs, one for each tweet.

An id that `llt.asc` lacks vanishes from the official counts, as if it had not been given. In the fair
counterpart it is an answer like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adetk.evaluate.official.figures import CountsAndFormula, exact_ratios, official_ratios
from adetk.evaluate.official.rows import Dropped, shown
from adetk.evaluate.scores import Counts

NO_ID = frozenset({"", "-"})

IdToCodes = Mapping[str, Sequence[str]]
"""Tweet id -> ids as they were given."""


@dataclass(frozen=True, slots=True)
class _Sets:
    """Tweet id -> its PTs: those that `llt.asc` knows, and these with the unknown ids as they were given."""

    known: Mapping[str, frozenset[str]]
    all: Mapping[str, frozenset[str]]


def concept_counts(
    name: str,
    expected: IdToCodes,
    given: IdToCodes,
    tweet_ids: Iterable[str],
    code_to_pt: Mapping[str, str],
    unseen_of: frozenset[str] = frozenset(),
) -> dict[str, CountsAndFormula]:
    """The official and the fair counts under `official_<name>` and `<name>`, one for each tweet.

    Args:
        name: start of the figures' names.
        expected: the gold.
        given: the submission.
        tweet_ids: the tweets that are scored.
        code_to_pt: LLT or PT code -> PT code.
        unseen_of: PTs that are left out of everything.
    """
    ids = list(tweet_ids)
    gold, pred = (_sets(codes, code_to_pt, unseen_of) for codes in (expected, given))
    return {
        f"official_{name}": (set_counts(gold.known, pred.known, ids), official_ratios),
        name: (set_counts(gold.all, pred.all, ids), exact_ratios),
    }


def set_counts(
    expected: Mapping[str, frozenset[str]], given: Mapping[str, frozenset[str]], tweet_ids: Iterable[str]
) -> list[Counts]:
    """How many members two sets share and have, for each tweet."""
    none: frozenset[str] = frozenset()
    pairs = ((expected.get(id, none), given.get(id, none)) for id in tweet_ids)
    return [Counts(len(wanted & answers), len(answers), len(wanted)) for wanted, answers in pairs]


def unknown_ids(line: int, codes: Iterable[str], code_to_pt: Mapping[str, str]) -> list[Dropped]:
    """The ids of a line that vanish; "-" is meant to."""
    return [
        Dropped(line, f"id {shown(code)} is not in llt.asc: dropped")
        for code in codes
        if code not in code_to_pt and code != "-"
    ]


def _sets(codes: IdToCodes, code_to_pt: Mapping[str, str], unseen_of: frozenset[str]) -> _Sets:
    known = {
        id: frozenset(code_to_pt[c] for c in given if c in code_to_pt) - unseen_of
        for id, given in codes.items()
    }
    everything = {
        id: frozenset(code_to_pt.get(c, c) for c in given if c not in NO_ID) - unseen_of
        for id, given in codes.items()
    }
    return _Sets(known, everything)
