"""Scores of the linker alone: mentions are given, their codes are asked for."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.matching import paired_documents
from adetk.evaluate.scores import CodeToPt, conjuncts, pts

Multi = Literal["any", "first", "all"]


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """What became of the mentions of some documents; the ratios are 0.0 where they are undefined.

    Attributes:
        hits: mentions with a right link among the first k, whatever their status.
        total: mentions with a gold code.
        skipped: mentions without one (no concept, or not annotated); in none of the other numbers.
        coded: of `total`, those that the linker answers for (status `coded`).
        coded_hits: of `coded`, those that are hits.
    """

    hits: int = 0
    total: int = 0
    skipped: int = 0
    coded: int = 0
    coded_hits: int = 0

    def __add__(self, other: LinkCounts) -> LinkCounts:
        return LinkCounts(
            self.hits + other.hits,
            self.total + other.total,
            self.skipped + other.skipped,
            self.coded + other.coded,
            self.coded_hits + other.coded_hits,
        )

    @property
    def accuracy(self) -> float:
        """Share of the mentions that are hits: accuracy@k."""
        return self.hits / self.total if self.total else 0.0

    @property
    def coverage(self) -> float:
        """Share of the mentions that the linker answers for."""
        return self.coded / self.total if self.total else 0.0

    @property
    def coded_accuracy(self) -> float:
        """Share of the answered mentions that are hits."""
        return self.coded_hits / self.coded if self.coded else 0.0


def link_hits(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    code_to_pt: CodeToPt,
    at: int = 1,
    multi: Multi = "any",
) -> list[LinkCounts]:
    """Accuracy@k of the linker on gold ADE mentions, compared at PT level, per document.

    The linker was given the gold spans: a predicted mention answers for the gold mention of the same spans
    (the n-th for the n-th, where several share them). A gold mention without one is a miss. Assertion plays
    no part.

    Args:
        gold: documents with `Mention.gold`.
        predicted: the same documents with `Mention.links`.
        code_to_pt: code -> PT code; see `adetk.evaluate.scores.pts`.
        at: how many links are looked at, best first; `links[0]` counts whatever the status.
        multi: mentions of several conjuncts: `any` asks for one of them, `first` for the first one, `all` for
            every one among the `at` links.

    Returns:
        One count per document, in the order of gold.

    Raises:
        AdetkError: if ids differ, `at` is below 1 or `multi` is not one of the three rules.
    """
    if at < 1:
        raise AdetkError(f"at is {at}; expected 1 or more links to look at")
    if multi not in get_args(Multi):
        raise AdetkError(f"multi is {multi!r}; expected one of {', '.join(get_args(Multi))}")
    counts = []
    for expected, given in paired_documents(gold, predicted):
        spans_to_mentions: defaultdict[tuple[tuple[int, int], ...], deque[Mention]] = defaultdict(deque)
        for mention in given.labelled(ADE):
            spans_to_mentions[mention.spans].append(mention)
        tally = LinkCounts()
        for mention in expected.labelled(ADE):
            same = spans_to_mentions[mention.spans]
            tally += _judge(mention, same.popleft() if same else None, code_to_pt, at, multi)
        counts.append(tally)
    return counts


def _judge(
    expected: Mention, given: Mention | None, code_to_pt: CodeToPt, at: int, multi: Multi
) -> LinkCounts:
    wanted = [pts(codes, code_to_pt) for codes in conjuncts(expected)]
    if not wanted:
        return LinkCounts(skipped=1)
    if given is None:
        return LinkCounts(total=1)
    answers = pts(frozenset(link.concept_id for link in given.links[:at]), code_to_pt)
    found = [not accepted.isdisjoint(answers) for accepted in wanted]
    is_hit = {"any": any(found), "first": found[0], "all": all(found)}[multi]
    is_coded = given.status == "coded"
    return LinkCounts(int(is_hit), 1, 0, int(is_coded), int(is_hit and is_coded))
