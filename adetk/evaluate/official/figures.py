"""Precision, recall and F1 from counts, as the official scorers divide and as it should be, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from adetk.evaluate.bootstrap import Weights, intervals_of, weighted_sum
from adetk.evaluate.scores import Counts

EPS = 1e-6


class Ratios(NamedTuple):
    """Three figures of one comparison."""

    precision: float
    recall: float
    f1: float


Formula = Callable[[Counts], Ratios]
CountsAndFormula = tuple[Sequence[Counts], Formula]
"""One count a post, and how the sum of them is divided."""


def official_ratios(total: Counts) -> Ratios:
    """As SMM4H 2021 to 2024 divide: a millionth is added to each denominator, so that 1.0 is never reached."""
    precision = total.tp / (total.n_pred + EPS)
    recall = total.tp / (total.n_gold + EPS)
    return Ratios(precision, recall, 2.0 * precision * recall / (precision + recall + EPS))


def exact_ratios(total: Counts) -> Ratios:
    """Plain ratios; 0.0 where they are undefined."""
    return Ratios(total.precision, total.recall, total.f1)


def scores_of(name_to_counts: Mapping[str, CountsAndFormula]) -> dict[str, float]:
    """`precision recall f1` under each name, with `_low` and `_high` of their intervals, and `n` posts.

    Args:
        name_to_counts: start of the figures' names -> counts of the same posts in the same order.
    """
    totals = [(name, weighted_sum(counts), formula) for name, (counts, formula) in name_to_counts.items()]

    def figures(weights: Weights) -> list[float]:
        return [ratio for _, total, formula in totals for ratio in formula(total(weights))]

    n_posts = max(len(counts) for counts, _ in name_to_counts.values())
    names = [f"{name}{figure}" for name, _, _ in totals for figure in Ratios._fields]
    scores = dict(zip(names, figures(np.ones(n_posts, dtype=np.int64)), strict=True))
    for name, (low, high) in zip(names, intervals_of(n_posts, figures), strict=True):
        scores |= {f"{name}_low": low, f"{name}_high": high}
    return scores | {"n": n_posts}
