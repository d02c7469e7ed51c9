"""Two systems on the same documents: the difference of each figure, with a paired 95% interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adetk.document import Document
from adetk.evaluate.bootstrap import DRAWS, Weights, groups_of, intervals_of
from adetk.evaluate.figures import Figures, even_weights

FiguresOf = Callable[[Sequence[Document], Sequence[Document]], Figures]
"""From gold and predicted documents to figures: one of `adetk.evaluate.figures`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two systems; `low` and `high` bound `first - second`."""

    first: float
    second: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """How much more the first system has."""
        return self.first - self.second

    @property
    def is_significant(self) -> bool:
        """Whether the interval leaves out 0: a difference at the 5% level."""
        return not self.low <= 0 <= self.high


def compare(
    figures_of: FiguresOf,
    gold: Sequence[Document],
    first: Sequence[Document],
    second: Sequence[Document],
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Difference]:
    """The difference between two systems in every figure of a report, by the paired bootstrap.

    Both systems are scored on the same draws of documents, so what is hard for both cancels out; see
    `adetk.evaluate.bootstrap.paired_difference`. Example:
    `compare(extract_figures, gold, ours, theirs)["strict_f1"]`.

    Args:
        figures_of: `classify_figures`, `extract_figures`, or `normalize_figures` or `run_figures` with
            their `code_to_pt` (by `functools.partial`).
        gold: the right answers.
        first: the same documents as the first system gives them.
        second: the same documents as the second one gives them.
        draws: how many times the documents are drawn.
        seed: of the draws.

    Returns:
        Name of the figure -> difference, in the order of the report.

    Raises:
        AdetkError: if ids differ, there is no document, or documents lack what the figures need.
    """
    of_first, of_second = figures_of(gold, first), figures_of(gold, second)

    def differences(weights: Weights) -> list[float]:
        seconds = of_second(weights)
        return [value - seconds[name] for name, value in of_first(weights).items()]

    firsts, seconds = of_first(even_weights(gold)), of_second(even_weights(gold))
    groups = groups_of(sorted(gold, key=lambda document: document.id))
    bounds = intervals_of(len(gold), differences, draws, seed, groups)
    return {
        name: Difference(firsts[name], seconds[name], low, high)
        for name, (low, high) in zip(firsts, bounds, strict=True)
    }
