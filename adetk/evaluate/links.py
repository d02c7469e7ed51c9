"""Scores of the linker alone: mentions are given, their codes are asked for."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from adetk.document import ADE, Document, Mention, Span
from adetk.errors import AdetkError
from adetk.evaluate.coded import CodeToPt, conjuncts, pts
from adetk.evaluate.matching import paired_documents

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


@dataclass(frozen=True, slots=True)
class RankCounts:
    """How far down the right links of some mentions stand.

    Attributes:
        reciprocal_ranks: sum over the mentions of 1 / rank of the right link; a miss adds 0.
        total: mentions with a gold code.
    """

    reciprocal_ranks: float = 0.0
    total: int = 0

    def __add__(self, other: RankCounts) -> RankCounts:
        return RankCounts(self.reciprocal_ranks + other.reciprocal_ranks, self.total + other.total)

    @property
    def mean(self) -> float:
        """Mean reciprocal rank; 0.0 where no mention has a gold code."""
        return self.reciprocal_ranks / self.total if self.total else 0.0


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
        code_to_pt: code -> PT code; see `adetk.evaluate.coded.pts`.
        at: how many links are looked at, best first; they count whatever the status. Of an answer that joins
            effects, as many links as gold has conjuncts are looked at as one.
        multi: mentions of several conjuncts: `any` asks for one of them, `first` for the first one, `all` for
            every one among the `at` links.

    Returns:
        One count per document, in the order of gold.

    Raises:
        AdetkError: if ids differ, `at` is below 1 or `multi` is not one of the three rules.
    """
    judged = judged_mentions(gold, predicted, code_to_pt, at, multi)
    return [sum((counts for _, counts in mentions), LinkCounts()) for mentions in judged]


def judged_mentions(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    code_to_pt: CodeToPt,
    at: int = 1,
    multi: Multi = "any",
) -> list[list[tuple[Mention, LinkCounts]]]:
    """What `link_hits` adds up: per document its gold ADE mentions, each with its own count.

    Raises:
        AdetkError: as `link_hits`.
    """
    if at < 1:
        raise AdetkError(f"at is {at}; expected 1 or more links to look at")
    _refuse_unknown(multi)
    return [
        [(mention, _judge(mention, answer, code_to_pt, at, multi)) for mention, answer in _answered(*pair)]
        for pair in paired_documents(gold, predicted)
    ]


def link_ranks(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt, multi: Multi = "any"
) -> list[RankCounts]:
    """Ranks of the right links, per document, by the same rules as `link_hits`.

    The rank of a mention is the least k at which `link_hits` counts it as a hit; links are counted one by
    one, also where several are of one PT, but for the joined effects. A linker that gives five links has no
    rank beyond 5.

    Raises:
        AdetkError: if ids differ or `multi` is not one of the three rules.
    """
    _refuse_unknown(multi)
    counts = []
    for pair in paired_documents(gold, predicted):
        ranks = [
            _rank(mention, answer, code_to_pt, multi)
            for mention, answer in _answered(*pair)
            if conjuncts(mention)
        ]
        counts.append(RankCounts(sum(1 / rank for rank in ranks), len(ranks)))
    return counts


def _refuse_unknown(multi: str) -> None:
    if multi not in get_args(Multi):
        raise AdetkError(f"multi is {multi!r}; expected one of {', '.join(get_args(Multi))}")


def _answered(expected: Document, given: Document) -> Iterator[tuple[Mention, Mention | None]]:
    """The gold ADE mentions of a document, each with the predicted mention that answers for it."""
    spans_to_mentions: defaultdict[tuple[Span, ...], deque[Mention]] = defaultdict(deque)
    for mention in given.labelled(ADE):
        spans_to_mentions[mention.spans].append(mention)
    for mention in expected.labelled(ADE):
        same = spans_to_mentions[mention.spans]
        yield mention, same.popleft() if same else None


def _judge(
    expected: Mention, given: Mention | None, code_to_pt: CodeToPt, at: int, multi: Multi
) -> LinkCounts:
    if not conjuncts(expected):
        return LinkCounts(skipped=1)
    is_hit = _rank(expected, given, code_to_pt, multi) <= at
    is_coded = given is not None and given.status == "coded"
    return LinkCounts(int(is_hit), 1, 0, int(is_coded), int(is_hit and is_coded))


def _rank(expected: Mention, given: Mention | None, code_to_pt: CodeToPt, multi: Multi) -> float:
    """The rank at which the links, best first, hold what `multi` asks for; infinite where they never do."""
    links = () if given is None else given.links
    answers = [pts(frozenset({link.concept_id}), code_to_pt) for link in links]
    # As many joined effects as gold has are one answer; were they more, it would be several guesses at one effect.
    together = min(len(conjuncts(expected)), sum(link.conjunct is not None for link in links))
    ranks = []
    for codes in conjuncts(expected):
        accepted = pts(codes, code_to_pt)
        hits = (place for place, answer in enumerate(answers, 1) if not accepted.isdisjoint(answer))
        place = next(hits, math.inf)
        ranks.append(max(1, place - max(0, together - 1)))
    return {"any": min(ranks), "first": ranks[0], "all": max(ranks)}[multi]
