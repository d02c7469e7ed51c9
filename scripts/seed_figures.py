"""Figures of several seeds, with intervals and differences, all on the same draws of documents.

A row is a recipe and a system (how its answers are read, or which gate stands before it). Its figures are medians
over the seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.classify.ensemble import summarise
from adetk.evaluate.bootstrap import Weights, intervals_of

Report = dict[str, float]
Row = tuple[str, str]
"""A recipe and a system."""
MemberFigures = Callable[[Weights], Sequence[Report]]
"""The figures of each seed, as a function of the documents' weights (n,)."""
Bounded = tuple[float, tuple[float, float]]
"""A figure and its interval."""


@dataclass(frozen=True)
class Bootstrap:
    """How documents are drawn.

    Attributes:
        documents: how many there are.
        draws: how many times they are drawn.
        groups: number of each document's group, see `intervals_of`; None = each is its own.
    """

    documents: int
    draws: int
    groups: NDArray[np.int64] | None = None

    @property
    def even(self) -> Weights:
        """Each document once."""
        return np.ones(self.documents, np.int64)

    def bounded(self, figures: Callable[[Weights], Sequence[float]]) -> Iterator[Bounded]:
        """Each figure of all documents, with its interval."""
        bounds = intervals_of(self.documents, figures, self.draws, groups=self.groups)
        return zip(figures(self.even), bounds, strict=True)


def compared_rows(
    row_to_figures: Mapping[Row, MemberFigures],
    row_to_plain: Mapping[Row, Row],
    names: tuple[Sequence[str], Sequence[str]],
    bootstrap: Bootstrap,
) -> tuple[dict[Row, Report], list[dict[str, Any]]]:
    """The figures of each row, and the differences between recipes under the same system.

    Args:
        row_to_figures: all rows.
        row_to_plain: rows that are shown beside a plain one, and which.
        names: all figures, and those that rows are compared by.
        bootstrap: of the documents.

    Returns:
        For each row its figures with `_low` and `_high`, what its seeds differ by, and as `more_than_plain_...`
        how much more it has than its plain row; and a table for each two recipes under one system, `first` less
        `second`.
    """
    figures_shown, compared = names
    twos = _twos(list(row_to_figures), row_to_plain)

    def values(weights: Weights) -> list[float]:
        medians = {row: _medians(figures(weights)) for row, figures in row_to_figures.items()}
        of_rows = [medians[row][name] for row in medians for name in figures_shown]
        return of_rows + [medians[a][name] - medians[b][name] for a, b in twos for name in compared]

    bounded = bootstrap.bounded(values)
    rows: dict[Row, Report] = {}
    for row, figures in row_to_figures.items():
        rows[row] = _named(figures_shown, bounded) | _spreads(figures(bootstrap.even))
    differences: list[dict[str, Any]] = []
    for first, second in twos:
        difference = _named(compared, bounded)
        if second == row_to_plain.get(first):
            rows[first] |= {f"more_than_plain_{name}": value for name, value in difference.items()}
        if first[1] == second[1]:
            names_of_two = {"system": first[1], "first": first[0], "second": second[0]}
            differences.append({**names_of_two, **difference})
    return rows, differences


def with_bounds(values: Report, bounds: Sequence[tuple[float, float]]) -> Report:
    """A report with `_low` and `_high` beside each value."""
    report: Report = {}
    for (name, value), (low, high) in zip(values.items(), bounds, strict=True):
        report |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return report


def _twos(rows: Sequence[Row], row_to_plain: Mapping[Row, Row]) -> list[tuple[Row, Row]]:
    """Each row beside its plain one; and recipes beside each other under one system, the later one first."""
    beside_plain = [(row, row_to_plain[row]) for row in rows if row in row_to_plain]
    alike = [(b, a) for a, b in combinations(rows, 2) if a[1] == b[1] and (b, a) not in beside_plain]
    return beside_plain + alike


def _named(names: Sequence[str], bounded: Iterator[Bounded]) -> Report:
    """The next figures, by name."""
    report: Report = {}
    for name in names:
        value, bounds = next(bounded)
        report |= with_bounds({name: value}, [bounds])
    return report


def _medians(members: Sequence[Report]) -> Report:
    return {name: float(np.median([member[name] for member in members])) for name in members[0]}


def _spreads(members: Sequence[Report]) -> Report:
    """What the seeds differ by, where there are several; and how many there are."""
    report: Report = {}
    for name in members[0] if len(members) > 1 else ():
        summary = summarise([member[name] for member in members])
        report |= {f"{name}_spread": summary.spread, f"{name}_lowest": summary.lowest}
        report[f"{name}_highest"] = summary.highest
    return report | {"members": len(members)}
