"""The gate's network: encoder, mean pooling, head."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from adetk.networks import EncoderNetwork


class CosineHead(nn.Module):
    """`scale` times the cosine between the input and each class's vector; no bias (LDAM's head)."""

    def __init__(self, width: int, classes: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, width))
        nn.init.xavier_uniform_(self.weight)
        self.scale = scale

    def forward(self, hidden: Tensor) -> Tensor:
        """(n, width) -> (n, classes)."""
        return self.scale * functional.linear(
            functional.normalize(hidden, dim=1), functional.normalize(self.weight, dim=1)
        )


class PostClassifier(EncoderNetwork):
    """Logits (n, 2) in the order noADE, ADE.

    Args:
        encoder: any pretrained encoder.
        cosine_scale: s of a cosine head; 0 = a plain linear head.
        dropout: before the head.
    """

    def __init__(self, encoder: PreTrainedModel, cosine_scale: float = 0.0, dropout: float = 0.1) -> None:
        super().__init__(encoder)
        self.dropout = nn.Dropout(dropout)
        self.head: nn.Module = (
            CosineHead(self.width, 2, cosine_scale) if cosine_scale > 0 else nn.Linear(self.width, 2)
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits of each window."""
        logits: Tensor = self.head(self.dropout(self.pooled(input_ids, attention_mask)))
        return logits
