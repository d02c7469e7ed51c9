"""The tagger's network: encoder, dictionary tags, one linear layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from adetk.networks import EncoderNetwork

TAG_VALUES = 3
"""Outside, first and further piece of a dictionary's entry."""


class PieceTagger(EncoderNetwork):
    """Logits (n, length, tags) of each piece.

    The embeddings of a piece's dictionary tags are concatenated with its last hidden state
    (Miftahutdinov et al., SMM4H 2020).

    Args:
        encoder: any pretrained encoder.
        n_tags: those of the tag scheme.
        n_dictionaries: feature columns; 0 = none.
        tag_width: size of a dictionary tag's embedding.
        dropout: on hidden state and embeddings.
    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        n_tags: int,
        n_dictionaries: int,
        tag_width: int = 8,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(encoder)
        self.n_dictionaries = n_dictionaries
        self.embedding = nn.Embedding(max(1, TAG_VALUES * n_dictionaries), tag_width)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.width + tag_width * n_dictionaries, n_tags)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, tags: Tensor | None = None) -> Tensor:
        """Logits of each piece; `tags` (n, length, dictionaries) where there are dictionaries."""
        hidden = self.hidden(input_ids, attention_mask)
        if tags is not None and self.n_dictionaries:
            # one dictionary after the other: OpenVINO loses the shape of all in one sum where there is only one
            columns = (self.embedding(tags[:, :, i] + TAG_VALUES * i) for i in range(self.n_dictionaries))
            hidden = torch.cat([hidden, *columns], dim=2)
        logits: Tensor = self.head(self.dropout(hidden))
        return logits
