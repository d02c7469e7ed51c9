"""Losses for imbalanced classes, and re-weighting from the start or deferred.

Class counts n_j; margins of LDAM m_j = max_margin * (min_k n_k / n_j)^(1/4), so that the rarest class gets exactly
`max_margin`. Sources: LDAM and DRW, Cao et al., NeurIPS 2019 (kaidic/LDAM-DRW, which also has the focal loss
as it is here); MM-LDAM, Kang, Vu and Yoo, ICIP 2021 (ihaeyong/Maximum-Margin-LDAM, but with each sample's own
column and a masked maximum, which the published code misses).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from adetk.errors import AdetkError

_ON_COSINES = ("ldam", "mm_ldam")
NAMES = ("cross_entropy", "focal", *_ON_COSINES)
REWEIGHTS = ("none", "inverse_frequency", "effective_number", "deferred")


@dataclass(frozen=True)
class LossConfig:
    """Which loss, by the names of the papers.

    Attributes:
        name: `cross_entropy`, `focal`, `ldam` or `mm_ldam`.
        gamma: exponent of the focal loss.
        max_margin: margin of the rarest class (LDAM, MM-LDAM), in cosine units.
        scale: s, the factor on cosine logits (LDAM 30, MM-LDAM 26 in their papers).
        hard_margin: M's constant in MM-LDAM: M_j = hard_margin - m_j.
        hard_gamma: MM-LDAM's factor on M for samples that are right already.
        reweight: class weights: `none`; `inverse_frequency`; `effective_number` from the start; `deferred` (DRW).
        beta: of the effective number.
        drw_start: share of training before DRW's weights set in.
    """

    name: str = "cross_entropy"
    gamma: float = 1.0
    max_margin: float = 0.5
    scale: float = 30.0
    hard_margin: float = 1.29
    hard_gamma: float = 1.528
    reweight: str = "none"
    beta: float = 0.9999
    drw_start: float = 0.8

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise AdetkError(f"loss {self.name!r}: unknown; known are {', '.join(NAMES)}")
        if self.reweight not in REWEIGHTS:
            raise AdetkError(f"reweight {self.reweight!r}: unknown; known are {', '.join(REWEIGHTS)}")
        if not 0 <= self.beta < 1:
            raise AdetkError(f"beta is {self.beta}; expected a number from 0 to below 1")
        if not 0 <= self.drw_start <= 1:
            raise AdetkError(f"drw_start is {self.drw_start}; expected a share of training, from 0 to 1")

    @property
    def cosine_scale(self) -> float:
        """The factor s of the cosine head that the loss is for; 0 where it is for a plain head."""
        return self.scale if self.name in _ON_COSINES else 0.0


def effective_number_weights(counts: Sequence[int], beta: float) -> Tensor:
    """Class weights (1 - beta) / (1 - beta^n_j), scaled to mean 1; shape (classes,)."""
    n = torch.tensor(counts, dtype=torch.float64)
    return _with_mean_1((1 - beta) / (1 - beta**n))


def inverse_frequency_weights(counts: Sequence[int]) -> Tensor:
    """Class weights 1 / n_j, scaled to mean 1; shape (classes,)."""
    return _with_mean_1(1 / torch.tensor(counts, dtype=torch.float64))


def ldam_margins(counts: Sequence[int], max_margin: float) -> Tensor:
    """Margin of each class, shape (classes,)."""
    roots = torch.tensor(counts, dtype=torch.float64) ** -0.25
    return (roots * (max_margin / roots.max())).float()


def hard_margins(cosines: Tensor, labels: Tensor, base: Tensor, gamma: float) -> Tensor:
    """What MM-LDAM takes off each sample's gold cosine; a constant to the gradient.

    With d = gold cosine - best other one: exp(-d - gamma M) where the sample is right (d > 0), exp(d - M) where
    it is wrong, 0 on the border.

    Args:
        cosines: shape (n, classes).
        labels: shape (n,).
        base: M of each class, shape (classes,).
        gamma: factor on M for samples that are right.

    Returns:
        Shape (n,).
    """
    with torch.no_grad():
        own = labels.unsqueeze(1)
        gold = cosines.gather(1, own).squeeze(1)
        other = cosines.scatter(1, own, -torch.inf).amax(1)
        lead, margin = gold - other, base.to(cosines)[labels]
        taken = torch.where(lead > 0, torch.exp(-lead - gamma * margin), torch.exp(lead - margin))
        return torch.where(lead == 0, torch.zeros_like(taken), taken)


class ClassificationLoss:
    """A loss over logits (n, classes), re-weighted from `drw_start` on when deferred.

    LDAM's and MM-LDAM's logits are `scale` times cosines; the margin is taken off the gold class's cosine.

    Args:
        config: which loss.
        counts: training windows of each class, as the sampler gives them.
    """

    def __init__(self, config: LossConfig, counts: Sequence[int]) -> None:
        self.settings = f"{config}, {list(counts)}"
        self._config = config
        self._margins = ldam_margins(counts, config.max_margin)
        inverse = config.reweight == "inverse_frequency"
        self._weights = (
            inverse_frequency_weights(counts) if inverse else effective_number_weights(counts, config.beta)
        )
        self._is_weighted = config.reweight in ("inverse_frequency", "effective_number")

    def set_progress(self, progress: float) -> None:
        """Switch DRW's weights on once `progress` (share of training done) reaches `drw_start`."""
        if self._config.reweight == "deferred":
            self._is_weighted = progress >= self._config.drw_start

    def __call__(self, output: Tensor, labels: Tensor) -> Tensor:
        """The (weighted) mean loss of a batch; of float labels, probabilities of class 1, the cross-entropy."""
        weights = self._weights.to(output) if self._is_weighted else None
        if labels.is_floating_point():
            targets = torch.stack([1 - labels, labels], dim=1).to(output)
            return functional.cross_entropy(output, targets, weight=weights)
        if self._config.name == "focal":
            losses = functional.cross_entropy(output, labels, weight=weights, reduction="none")
            return ((1 - torch.exp(-losses)) ** self._config.gamma * losses).mean()
        shifts = (self._config.scale * self._taken(output, labels)).unsqueeze(1)
        output = output - torch.zeros_like(output).scatter(1, labels.unsqueeze(1), shifts)
        return functional.cross_entropy(output, labels, weight=weights)

    def _taken(self, output: Tensor, labels: Tensor) -> Tensor:
        """The margin of each sample in cosine units, shape (n,)."""
        config = self._config
        if config.name == "ldam":
            return self._margins.to(output)[labels]
        if config.name == "mm_ldam":
            base = config.hard_margin - self._margins
            return hard_margins(output / config.scale, labels, base, config.hard_gamma)
        return torch.zeros_like(labels, dtype=output.dtype)

    def effective_prior(self, counts: Sequence[int]) -> float:
        """Share of the positive class (index 1) as the loss sees it at the end of training, whatever its progress."""
        is_deferred = self._config.reweight == "deferred" and self._config.drw_start < 1.0
        weights = self._weights if self._is_weighted or is_deferred else 1.0
        masses = torch.tensor(counts, dtype=torch.float32) * weights
        return float(masses[1] / masses.sum())


class WithSpans:
    """A post's loss, and `weight` times the mean cross-entropy of its pieces: inside an ADE mention or not.

    Args:
        loss: of posts.
        weight: of the pieces.
    """

    def __init__(self, loss: ClassificationLoss, weight: float) -> None:
        self.settings = f"{loss.settings}, spans {weight}"
        self._loss = loss
        self._weight = weight

    def set_progress(self, progress: float) -> None:
        """As the post's loss does."""
        self._loss.set_progress(progress)

    def __call__(self, output: Tensor, labels: Tensor) -> Tensor:
        """Loss of `output` (n, 1 + length, 2) against `labels` (n, 1 + length): the post first, then its pieces."""
        marks = labels[:, 1:].flatten().long()  # floats where the post's label is a probability
        pieces = functional.cross_entropy(output[:, 1:].flatten(0, 1), marks, ignore_index=-100)
        return self._loss(output[:, 0], labels[:, 0]) + self._weight * pieces


def _with_mean_1(weights: Tensor) -> Tensor:
    return (weights / weights.sum() * len(weights)).float()
