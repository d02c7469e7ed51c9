"""Several gates as one: votes, means, and a logistic regression over them. Arrays only; fitting needs scikit-learn.

Members are rows: a gate trained with another seed, or by another recipe. A margin is the difference of a gate's
logits, ADE less noADE; only differences are known after training, and they are all that is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.errors import AdetkError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def vote_shares(decisions: Bools) -> Floats:
    """Share of the members that say ADE, shape (n,), from decisions (members, n)."""
    shares: Floats = decisions.mean(axis=0)
    return shares


def majority(decisions: Bools) -> Bools:
    """Whether more than half of the members say ADE, shape (n,), from decisions (members, n); a tie is a no."""
    return vote_shares(decisions) > 0.5


def mean_probabilities(probabilities: Floats) -> Floats:
    """Mean over the members, shape (n,), of probabilities (members, n)."""
    means: Floats = probabilities.mean(axis=0)
    return means


@dataclass(frozen=True)
class Stack:
    """A logistic regression over members' margins; of one member, it is Platt scaling.

    Attributes:
        weights: one a member.
        intercept: added to the weighted sum.
    """

    weights: tuple[float, ...]
    intercept: float

    def margin(self, margins: Floats) -> Floats:
        """The members' common margin, shape (n,), from margins (members, n).

        Raises:
            AdetkError: another number of members than was fitted.
        """
        if len(margins) != len(self.weights):
            raise AdetkError(f"{len(margins)} members; the stack was fitted on {len(self.weights)}")
        return np.array(self.weights) @ margins + self.intercept

    def probabilities(self, margins: Floats) -> Floats:
        """Probability of ADE, shape (n,), from margins (members, n).

        Raises:
            AdetkError: another number of members than was fitted.
        """
        return np.exp(-np.logaddexp(0, -self.margin(margins)))

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return {"weights": list(self.weights), "intercept": self.intercept}


def fit_stack(margins: Floats, labels: Bools, penalty: float = 0.01) -> Stack:
    """Fit a stack on documents that its members did not learn from: out-of-fold or development ones.

    Its probabilities stand for these documents' share of ADE.

    Args:
        margins: shape (members, n).
        labels: True = ADE, shape (n,), both kinds.
        penalty: of the squared weights, at margins of standard deviation 1; scikit-learn's 1 / C.

    Raises:
        AdetkError: shapes that do not fit, or documents of one kind only.
    """
    from sklearn.linear_model import LogisticRegression

    if margins.ndim != 2 or margins.shape[1:] != labels.shape:
        raise AdetkError(
            f"margins of shape {margins.shape} and labels of {labels.shape}; expected (members, n) and (n,)"
        )
    if labels.all() or not labels.any():
        raise AdetkError(f"{int(labels.sum())} ADE posts of {len(labels)}; a stack is fitted on both kinds")
    scales = margins.std(axis=1)  # the penalty should not depend on the scale of a loss's logits
    scales[scales == 0] = 1.0
    model = LogisticRegression(C=1 / penalty).fit((margins / scales[:, None]).T, labels)
    return Stack(tuple((model.coef_[0] / scales).tolist()), float(model.intercept_[0]))


def stacked_out_of_fold(margins: Floats, labels: Bools, folds: NDArray[np.int64]) -> Floats:
    """Stacked probabilities, shape (n,), each by a stack that was fitted on the other folds.

    Args:
        margins: shape (members, n).
        labels: True = ADE, shape (n,).
        folds: the fold of each document, shape (n,); two at least.

    Raises:
        AdetkError: one fold only, or a fold without which only one kind of documents is left.
    """
    numbers = np.unique(folds)
    if len(numbers) < 2:
        raise AdetkError(f"{len(numbers)} folds; expected two at least")
    probabilities = np.empty(len(labels))
    for number in numbers:
        held = folds == number
        stack = fit_stack(margins[:, ~held], labels[~held])
        probabilities[held] = stack.probabilities(margins[:, held])
    return probabilities


@dataclass(frozen=True)
class SeedSummary:
    """One figure of several seeds.

    Attributes:
        median: of the seeds.
        spread: standard deviation over the seeds (n - 1 below the line); 0 for one seed.
        lowest: the worst seed's.
        highest: the best seed's.
        seeds: how many.
    """

    median: float
    spread: float
    lowest: float
    highest: float
    seeds: int


def summarise(values: Sequence[float]) -> SeedSummary:
    """The summary of one figure, a value a seed.

    Raises:
        AdetkError: no seed.
    """
    if not len(values):
        raise AdetkError("0 seeds; expected one at least")
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return SeedSummary(float(np.median(values)), spread, min(values), max(values), len(values))
