"""Split conformal candidate sets: the terms of which one is right, for a promised share of mentions.

The nonconformity of a term is 1 - its score. Its quantile over the right terms of development mentions is the
threshold: a set takes every term that does not exceed it (Sadinle et al. 2019: of all sets with that coverage these
are the smallest on average, as far as the scores are probabilities), and always the answer. For mentions that are
exchangeable with the development mentions the right term is in the set with at least the promised probability,
whatever the scores are worth.

The promise is made for the linker that the quantile was fitted to. Where the development mentions are learnt once
that is done (`learn_development`), right terms come nearer on the whole, so the sets should hold them no less often;
but that is seen (`scripts/measure_scores.py`) and no longer proven.

The promise is for mentions that mean one term of the terminology. One that means none has no right set. A right
term that is not among the `DEPTH` nearest counts as beyond every threshold, so that searching no deeper costs set
size and never coverage.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from adetk.document import Link
from adetk.errors import AdetkError
from adetk.normalize.settings import COVERAGE, LinkerSettings
from adetk.normalize.terminology import Terminology

DEPTH = 200
"""Terms that a set is chosen from."""


def quantile(scores: Sequence[float], coverage: float = COVERAGE) -> float | None:
    """The finite-sample quantile of nonconformity: the ceil((n + 1) * coverage)-th smallest of n.

    Args:
        scores: nonconformity of right terms, infinite where none was found.
        coverage: what is promised.

    Returns:
        None where n is too small for the promise, or too many are infinite.
    """
    rank = math.ceil((len(scores) + 1) * coverage)
    if rank > len(scores):
        return None
    found = float(np.sort(scores)[rank - 1])
    return found if math.isfinite(found) else None


def nonconformity(links: Sequence[Link], codes: Collection[str], terminology: Terminology) -> float:
    """1 - the score of the first right candidate, compared at PT level; 0 for the answer, infinite where none is."""
    accepted = {terminology.pt_of(code) for code in codes}
    for rank, link in enumerate(links):
        if terminology.pt_of(link.concept_id) in accepted:
            return 1 - link.score if rank else 0.0
    return math.inf


def in_sets(links: Sequence[Link], settings: LinkerSettings) -> list[Link]:
    """The candidates with `in_set` filled in; the first, the answer, is always in."""
    most = _fitted(settings)
    return [replace(link, in_set=rank == 0 or 1 - link.score <= most) for rank, link in enumerate(links)]


def refuse_unfitted(settings: LinkerSettings, terminology: Terminology) -> None:
    """Refuse candidate sets that nothing was fitted for.

    Raises:
        AdetkError: no quantile, or one for another terminology; says what to do.
    """
    if settings.terminology != terminology.fingerprint:
        raise AdetkError(
            f"candidate sets: the bundle was not fitted for {terminology.label}; refit it on coded mentions with adetk "
            "calibrate normalize, or leave out --candidates"
        )
    _fitted(settings)


def _fitted(settings: LinkerSettings) -> float:
    if settings.quantile is None:
        raise AdetkError(
            "candidate sets: the bundle has no conformal quantile (made by an earlier adetk, or from too few coded "
            "mentions); refit it with adetk calibrate normalize, or leave out --candidates"
        )
    return settings.quantile
