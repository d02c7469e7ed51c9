"""Losses for imbalanced classes, and deferred re-weighting.

LDAM and DRW: Cao et al., NeurIPS 2019 (kaidic/LDAM-DRW). Class counts n_j, margins
m_j = max_margin * (min_k n_k / n_j)^(1/4), so that the rarest class gets exactly `max_margin`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from adetk.errors import AdetkError


@dataclass(frozen=True)
class LossConfig:
    """Which loss, by the names of the papers.

    Attributes:
        name: `cross_entropy` or `ldam`.
        max_margin: margin of the rarest class (LDAM), in cosine units.
        scale: s, the factor on cosine logits (LDAM).
        reweight: `none`, `effective_number` from the start, or `deferred` (DRW).
        beta: of the effective number.
        drw_start: share of training before DRW's weights set in.
    """

    name: str = "cross_entropy"
    max_margin: float = 0.5
    scale: float = 30.0
    reweight: str = "none"
    beta: float = 0.9999
    drw_start: float = 0.8

    def __post_init__(self) -> None:
        if self.name not in ("cross_entropy", "ldam"):
            raise AdetkError(f"loss {self.name!r}: unknown; known are cross_entropy, ldam")
        if self.reweight not in ("none", "effective_number", "deferred"):
            raise AdetkError(
                f"reweight {self.reweight!r}: unknown; known are none, effective_number, deferred"
            )


def effective_number_weights(counts: Sequence[int], beta: float) -> Tensor:
    """Class weights (1 - beta) / (1 - beta^n_j), scaled to mean 1; shape (classes,)."""
    n = torch.tensor(counts, dtype=torch.float64)
    weights = (1 - beta) / (1 - beta**n)
    return (weights / weights.sum() * len(counts)).float()


def ldam_margins(counts: Sequence[int], max_margin: float) -> Tensor:
    """Margin of each class, shape (classes,)."""
    roots = torch.tensor(counts, dtype=torch.float64) ** -0.25
    return (roots * (max_margin / roots.max())).float()


class ClassificationLoss:
    """Cross-entropy or LDAM over logits (n, classes), re-weighted from `drw_start` on when deferred.

    LDAM's logits are `scale` times cosines; the margin is taken off the gold class's cosine.

    Args:
        config: which loss.
        counts: training documents of each class.
    """

    def __init__(self, config: LossConfig, counts: Sequence[int]) -> None:
        self._config = config
        self._weights = effective_number_weights(counts, config.beta)
        self._shifts = config.scale * ldam_margins(counts, config.max_margin)
        self._is_weighted = config.reweight == "effective_number"

    def set_progress(self, progress: float) -> None:
        """Switch DRW's weights on once `progress` (share of training done) reaches `drw_start`."""
        if self._config.reweight == "deferred":
            self._is_weighted = progress >= self._config.drw_start

    def __call__(self, output: Tensor, labels: Tensor) -> Tensor:
        """The weighted mean loss of a batch."""
        if self._config.name == "ldam":
            shifts = self._shifts.to(output)[labels].unsqueeze(1)
            output = output - torch.zeros_like(output).scatter(1, labels.unsqueeze(1), shifts)
        weights = self._weights.to(output) if self._is_weighted else None
        return functional.cross_entropy(output, labels, weight=weights)

    def effective_prior(self, counts: Sequence[int]) -> float:
        """Share of the positive class (index 1) as the loss saw it at the end of training."""
        masses = torch.tensor(counts, dtype=torch.float32) * (self._weights if self._is_weighted else 1.0)
        return float(masses[1] / masses.sum())
