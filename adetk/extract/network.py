"""The tagger's networks: encoder, dictionary tags, and a head over pieces or over pairs of pieces."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from adetk.extract.pairs import WordPairs
from adetk.extract.schemes import AnyScheme
from adetk.networks import EncoderNetwork

TAG_VALUES = 3
"""Outside, first and further piece of a dictionary's entry."""
FARTHEST = 32
"""Pieces from which on all distances are one."""


class TaggerNetwork(EncoderNetwork):
    """What the heads read: each piece's last hidden state, and embeddings of its dictionary tags beside it.

    As Miftahutdinov et al. (SMM4H 2020) do it.

    Args:
        encoder: any pretrained encoder.
        n_dictionaries: feature columns; 0 = none.
        tag_width: size of a dictionary tag's embedding.
        dropout: on hidden state and embeddings.
    """

    def __init__(
        self, encoder: PreTrainedModel, n_dictionaries: int, tag_width: int = 8, dropout: float = 0.1
    ) -> None:
        super().__init__(encoder)
        self.n_dictionaries = n_dictionaries
        self.embedding = nn.Embedding(max(1, TAG_VALUES * n_dictionaries), tag_width)
        self.dropout = nn.Dropout(dropout)
        self.featured_width = self.width + tag_width * n_dictionaries

    def featured(self, input_ids: Tensor, attention_mask: Tensor, tags: Tensor | None) -> Tensor:
        """Shape (n, length, featured width); `tags` (n, length, dictionaries) where there are dictionaries."""
        hidden = self.hidden(input_ids, attention_mask)
        if tags is not None and self.n_dictionaries:
            # one dictionary after the other: OpenVINO loses the shape of all in one sum where there is only one
            columns = (self.embedding(tags[:, :, i] + TAG_VALUES * i) for i in range(self.n_dictionaries))
            hidden = torch.cat([hidden, *columns], dim=2)
        dropped: Tensor = self.dropout(hidden)
        return dropped


class PieceTagger(TaggerNetwork):
    """Logits (n, length, tags) of each piece, by one linear layer.

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
        super().__init__(encoder, n_dictionaries, tag_width, dropout)
        self.head = nn.Linear(self.featured_width, n_tags)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, tags: Tensor | None = None) -> Tensor:
        """Logits of each piece; `tags` (n, length, dictionaries) where there are dictionaries."""
        logits: Tensor = self.head(self.featured(input_ids, attention_mask, tags))
        return logits


class PairTagger(TaggerNetwork):
    """Logits (n, length, length, relations) of each pair of pieces.

    After W2NER (Li et al., AAAI 2022), smaller: a vector for each pair, made of both pieces and their distance, is seen
    together with those of the pairs around it (two convolutions); beside it stands a biaffine product of both pieces,
    with a linear term for each (Dozat and Manning, ICLR 2017), without which training is slow to begin.

    Args:
        encoder: any pretrained encoder.
        n_relations: those of the scheme.
        n_dictionaries: feature columns; 0 = none.
        tag_width: size of a dictionary tag's embedding.
        dropout: on hidden state and embeddings.
        pair_width: size of a pair's vector, and of both sides of a relation's product.
    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        n_relations: int,
        n_dictionaries: int,
        tag_width: int = 8,
        dropout: float = 0.1,
        pair_width: int = 32,
    ) -> None:
        super().__init__(encoder, n_dictionaries, tag_width, dropout)
        self.shape = (n_relations, pair_width)
        self.one = nn.Linear(self.featured_width, pair_width)
        self.other = nn.Linear(self.featured_width, pair_width)
        self.distance = nn.Embedding(2 * FARTHEST + 1, pair_width)
        self.around = nn.ModuleList(
            nn.Conv2d(pair_width, pair_width, 3, padding=dilation, dilation=dilation) for dilation in (1, 2)
        )
        self.queries = nn.Linear(self.featured_width, n_relations * pair_width)
        self.keys = nn.Linear(self.featured_width, n_relations * pair_width)
        self.head = nn.Linear(pair_width, n_relations)
        self.rows = nn.Linear(self.featured_width, n_relations)
        self.columns = nn.Linear(self.featured_width, n_relations)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, tags: Tensor | None = None) -> Tensor:
        """Logits of each pair, rows first; `tags` (n, length, dictionaries) where there are dictionaries."""
        pieces = self.featured(input_ids, attention_mask, tags)
        place = torch.arange(input_ids.shape[1], device=input_ids.device)
        away = (place[None, :] - place[:, None]).clamp(-FARTHEST, FARTHEST) + FARTHEST
        pairs = self.one(pieces)[:, :, None] + self.other(pieces)[:, None] + self.distance(away)
        is_text = (attention_mask[:, :, None] * attention_mask[:, None, :])[:, None].to(pairs.dtype)
        grid = functional.gelu(pairs).permute(0, 3, 1, 2) * is_text
        for convolution in self.around:
            grid = (grid + functional.gelu(convolution(grid))) * is_text
        queries = self.queries(pieces).unflatten(2, self.shape).permute(0, 2, 1, 3)
        keys = self.keys(pieces).unflatten(2, self.shape).permute(0, 2, 3, 1)
        product = torch.matmul(queries, keys).permute(0, 2, 3, 1) / self.shape[1] ** 0.5
        linear = self.rows(pieces)[:, :, None] + self.columns(pieces)[:, None]
        logits: Tensor = self.head(self.dropout(grid.permute(0, 2, 3, 1))) + product + linear
        return logits


def network_of(
    encoder: PreTrainedModel, scheme: AnyScheme, n_dictionaries: int, tag_width: int = 8, dropout: float = 0.1
) -> PieceTagger | PairTagger:
    """The network that a scheme needs, its head at random."""
    kind = PairTagger if isinstance(scheme, WordPairs) else PieceTagger
    return kind(encoder, len(scheme.class_names), n_dictionaries, tag_width, dropout)
