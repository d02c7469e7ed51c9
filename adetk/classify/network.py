"""The gate's network: encoder, mean pooling or a join with drug structures, head."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from adetk.bundle import TORCH
from adetk.classify.chemistry import StructureOptions
from adetk.classify.losses import LossConfig
from adetk.classify.structure import StructureJoin, empty_structure
from adetk.networks import EncoderNetwork, empty_encoder, load_weights, mean_of


class CosineHead(nn.Module):
    """`scale` times the cosine between the input and each class's vector; no bias (LDAM's head)."""

    def __init__(self, width: int, classes: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, width))
        nn.init.xavier_uniform_(self.weight)
        self.scale = scale

    def forward(self, hidden: Tensor) -> Tensor:
        """(n, width) -> (n, classes)."""
        # no matrix product: runtimes take that in bfloat16, whose step at 30 times a cosine is .06
        return self.scale * functional.cosine_similarity(hidden.unsqueeze(1), self.weight.unsqueeze(0), dim=2)


class PostClassifier(EncoderNetwork):
    """Logits (n, 2) in the order noADE, ADE.

    Args:
        encoder: any pretrained encoder.
        cosine_scale: s of a cosine head; 0 = a plain linear head.
        dropout: before each layer of the head.
        inner_width: size of a hidden layer, with GELU, in the head; 0 = none. (The head of Sakhovskiy et al. 2021
            has one, and dropout .3.)
        structure: joins drug structures to the text; None = text alone.
        marks_spans: beside the post, each piece is judged while training: inside an ADE mention or not.
    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        cosine_scale: float = 0.0,
        dropout: float = 0.1,
        inner_width: int = 0,
        structure: StructureJoin | None = None,
        marks_spans: bool = False,
    ) -> None:
        super().__init__(encoder)
        self.dropout = nn.Dropout(dropout)
        self.structure = structure
        width = self.width if structure is None else structure.width
        self.inner: nn.Module = nn.Identity()
        if inner_width > 0:
            self.inner = nn.Sequential(nn.Linear(width, inner_width), nn.GELU(), nn.Dropout(dropout))
            width = inner_width
        self.head: nn.Module = CosineHead(width, 2, cosine_scale) if cosine_scale > 0 else nn.Linear(width, 2)
        self.span_head = nn.Linear(self.width, 2) if marks_spans else None

    def forward(self, input_ids: Tensor, attention_mask: Tensor, structure: Tensor | None = None) -> Tensor:
        """Logits (n, 2) of each window; `structure` (n, drugs, rows) where the network joins structures.

        While it learns to mark spans: (n, 1 + length, 2), the window first, then its pieces.
        """
        hidden = self.hidden(input_ids, attention_mask)
        if self.structure is None:
            pooled = mean_of(hidden, attention_mask)
        else:
            pooled = self.structure(hidden, attention_mask, structure)
        logits: Tensor = self.head(self.inner(self.dropout(pooled)))
        if self.span_head is not None and self.training:
            return torch.cat([logits.unsqueeze(1), self.span_head(self.dropout(hidden))], dim=1)
        return logits


def open_network(folder: Path, settings: Mapping[str, Any]) -> PostClassifier:
    """The float network of a `classify` part: its folder and its manifest's settings."""
    encoder, options = empty_encoder(folder / TORCH), settings["options"]
    structure, table = None, settings.get("structure")
    if table:
        chosen = StructureOptions(**options["structure"])
        structure = empty_structure(chosen, int(encoder.config.hidden_size), table["rows"], table["width"])
    scale = LossConfig(**options["loss"]).cosine_scale
    network = PostClassifier(
        encoder,
        scale,
        inner_width=options.get("inner_width", 0),
        structure=structure,
        marks_spans=options.get("span_weight", 0.0) > 0,
    )
    load_weights(network, folder / TORCH)
    return network
