"""The linker's network: encoder, mean pooling, unit length."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from adetk.networks import EncoderNetwork


class SurfaceEncoder(EncoderNetwork):
    """Unit vectors (n, width) of short texts."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """One vector a window."""
        return functional.normalize(self.pooled(input_ids, attention_mask), dim=1)
