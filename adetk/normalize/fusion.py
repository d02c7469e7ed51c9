"""One answer of two arms: what the rows near a wording vote for, and what the classifier says.

The rule of the paper asks one arm or the other. Fused, each near row of the index votes for its term with a weight that
falls with its distance (a term that many training mentions point at gathers votes, where the nearest row alone may be a
slip), and the votes are multiplied with the classifier's probabilities (a product of experts: Hinton, Neural
Computation 2002). Both are summed up to the level at which answers are compared: a PT, or the term itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

TEMPERATURE = 0.02
"""Of the votes: exp(-distance / TEMPERATURE) each."""
CLASSIFIER_SHARE = 0.4
"""Exponent of the classifier's probabilities; the votes have the rest. Both constants were chosen on development
mentions of three corpora, wordings that neither index nor training had. `adetk ablate` says what it is worth."""
_LEAST_VOTE, _LEAST_PROBABILITY = 1e-9, 1e-6


class Fused(NamedTuple):
    """A term and its probability among all that either arm named."""

    concept_id: str
    probability: float


def fused(
    concept_to_vote: Mapping[str, float],
    concept_to_probability: Mapping[str, float],
    group_of: Callable[[str], str],
) -> Fused:
    """The best term by both arms.

    Args:
        concept_to_vote: summed votes of the rows near the wording; at least one term.
        concept_to_probability: the classifier's; it may be empty.
        group_of: a concept's PT, or the concept itself.

    Returns:
        Of the best group, the term with most votes, or where it has none the most probable one.
    """
    votes, probabilities = _by_group(concept_to_vote, group_of), _by_group(concept_to_probability, group_of)
    whole = sum(votes.values())
    share = CLASSIFIER_SHARE if probabilities else 0.0
    scores = {
        group: (1 - share) * math.log(votes.get(group, 0.0) / whole + _LEAST_VOTE)
        + share * math.log(probabilities.get(group, 0.0) + _LEAST_PROBABILITY)
        for group in {**votes, **probabilities}
    }
    best = max(scores, key=lambda group: scores[group])
    total = sum(math.exp(score - scores[best]) for score in scores.values())
    named = concept_to_vote if best in votes else concept_to_probability
    concept = max((c for c in named if group_of(c) == best), key=lambda c: named[c])
    return Fused(concept, 1 / total)


def _by_group(concept_to_weight: Mapping[str, float], group_of: Callable[[str], str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for concept, weight in concept_to_weight.items():
        group = group_of(concept)
        found[group] = found.get(group, 0.0) + weight
    return found
