"""The structures of a post's drugs inside the gate's network: their table, and two ways to join them to the text.

Rows of the table are vectors; row 0 is none and counts nowhere. A post's drugs come as `Window.structure`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import gcd

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from adetk.classify.chemistry import BITS, NONE, StructureOptions, Structures, fingerprints
from adetk.encoder import Tokenizer, Window, pad, run_windows
from adetk.lexicon import Lexicon
from adetk.networks import EncoderNetwork, TorchNetwork, load_pretrained, mean_of

PIECES = 256
"""A SMILES longer than so many pieces is cut (Sakhovskiy et al. 2021)."""
HEADS = 8
"""Of the cross-attention, where the text's width is a multiple."""
_MASKED = -1e4


class StructureJoin(nn.Module):
    """A text's states and its drugs' rows in, one vector a text out.

    Args:
        table: row numbers -> vectors.
        width: size of the vector that comes out.
        several: see `StructureOptions`.
    """

    def __init__(self, table: nn.Module, width: int, several: str) -> None:
        super().__init__()
        self.table = table
        self.width = width
        self.several = several

    @property
    def table_size(self) -> dict[str, int]:
        """Rows and width of a frozen table."""
        assert isinstance(self.table, nn.Embedding)
        return {"rows": self.table.num_embeddings, "width": self.table.embedding_dim}

    def freeze(self) -> None:
        """Once trained, structures are constants: put them into a plain table."""
        if isinstance(self.table, EncodedRows):
            self.table = _fixed(self.table.all()).to(self.table.place.device)


class Concatenation(StructureJoin):
    """The mean of the text's states beside the vector of its drugs, one row each."""

    def __init__(self, table: nn.Module, text_width: int, structure_width: int, several: str) -> None:
        super().__init__(table, text_width + structure_width, several)

    def forward(self, hidden: Tensor, attention_mask: Tensor, structure: Tensor) -> Tensor:
        """(n, length, text width), (n, length), (n, drugs, 1) -> (n, width)."""
        rows = structure[:, :, 0]
        vectors = self.table(rows) * _as(rows > 0, hidden)
        drugs = vectors.amax(1) if self.several == "join" else mean_of(vectors, rows > 0)
        return torch.cat([mean_of(hidden, attention_mask), drugs], dim=1)


class CrossAttention(StructureJoin):
    """One layer in which the text's states attend to the structures' (Vaswani et al. 2017), then their mean."""

    def __init__(self, table: nn.Module, text_width: int, structure_width: int, several: str) -> None:
        super().__init__(table, text_width, several)
        self.query = nn.Linear(text_width, text_width)
        self.key = nn.Linear(structure_width, text_width)
        self.value = nn.Linear(structure_width, text_width)
        self.out = nn.Linear(text_width, text_width)
        self.norm = nn.LayerNorm(text_width)
        self.heads = gcd(text_width, HEADS)

    def forward(self, hidden: Tensor, attention_mask: Tensor, structure: Tensor) -> Tensor:
        """(n, length, text width), (n, length), (n, drugs, rows) -> (n, text width)."""
        if self.several == "join":
            structure = structure.flatten(1).unsqueeze(1)
        states = self.table(structure)
        query = self._by_head(self.query(hidden)).unsqueeze(1)
        key, value = self._by_head(self.key(states)), self._by_head(self.value(states))
        scores = query @ key.transpose(-1, -2) / (self.width // self.heads) ** 0.5
        scores = scores + _MASKED * (structure == 0)[:, :, None, None].to(scores.dtype)
        read = (scores.softmax(-1) @ value).transpose(-2, -3).flatten(-2)  # (n, drugs, length, width)
        mean = mean_of(read.flatten(2), (structure > 0).any(2)).view_as(hidden)
        return mean_of(self.norm(hidden + self.out(mean)), attention_mask)

    def _by_head(self, states: Tensor) -> Tensor:
        """(..., rows, width) -> (..., heads, rows, width of a head)."""
        return states.unflatten(-1, (self.heads, self.width // self.heads)).transpose(-2, -3)


class EncodedRows(EncoderNetwork):
    """A table that an encoder computes: row by row the states of all SMILES' pieces; trained with the network.

    Args:
        encoder: reads SMILES.
        smiles: each SMILES as one window.
        pad_id: padding piece.
    """

    pieces: Tensor
    mask: Tensor
    place: Tensor

    def __init__(self, encoder: PreTrainedModel, smiles: Sequence[Window], pad_id: int) -> None:
        super().__init__(encoder)
        batch = pad(smiles, pad_id)
        places = [
            (0, 0),
            *((i, piece) for i, window in enumerate(smiles) for piece in range(len(window.ids))),
        ]
        for name, values in (
            ("pieces", batch.input_ids),
            ("mask", batch.attention_mask),
            ("place", np.array(places)),
        ):
            self.register_buffer(name, torch.from_numpy(values), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Vectors of rows, any shape; each SMILES of the batch is read once."""
        smiles, piece = self.place[rows].unbind(-1)
        distinct, number = smiles.unique(return_inverse=True)
        states = self.hidden(self.pieces[distinct], self.mask[distinct])
        return states[number, piece]

    def all(self, chunk: int = 4096) -> NDArray[np.float32]:
        """Every row's vector, without dropout, shape (rows, width)."""
        self.eval()
        with torch.inference_mode():
            numbers = torch.arange(len(self.place), device=self.place.device)
            return torch.cat([self(some).cpu() for some in numbers.split(chunk)]).numpy()


def build_structure(
    options: StructureOptions, text_width: int, lexicon: Lexicon, id_to_smiles: Mapping[str, str]
) -> tuple[Structures, StructureJoin]:
    """The drugs' rows, and the part of the network that has them in its table.

    Args:
        options: of kind `fingerprint` or `encoder`.
        text_width: of the text encoder.
        lexicon: drug names with ids.
        id_to_smiles: structure of each drug that has one.

    Raises:
        AdetkError: no RDKit, or no such encoder.
    """
    ids = [NONE, *id_to_smiles]
    smiles = [NONE, *id_to_smiles.values()]
    make = Concatenation if options.join == "concat" else CrossAttention
    if options.kind == "fingerprint" and options.join == "concat":
        table, rows = _one_row_each(fingerprints(smiles).astype(np.float32))
    elif options.kind == "fingerprint":
        # row 1: no bit, as of no drug; then the bits
        rows = [np.flatnonzero(bits) + 2 if bits.any() else np.array([1]) for bits in fingerprints(smiles)]
        table = nn.Embedding(BITS + 2, text_width)
    else:
        table, rows = _encoded(options, smiles)
    join = make(table, text_width, _width(table), options.several)
    return Structures(lexicon, {i: r.tolist() for i, r in zip(ids, rows, strict=True)}), join


def empty_structure(options: StructureOptions, text_width: int, rows: int, row_width: int) -> StructureJoin:
    """The frozen form of a join, with no weights yet, to load those of a part into."""
    make = Concatenation if options.join == "concat" else CrossAttention
    return make(nn.Embedding(rows, row_width), text_width, row_width, options.several)


class _FirstState(EncoderNetwork):
    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.hidden(input_ids, attention_mask)[:, 0]


def _encoded(options: StructureOptions, smiles: Sequence[str]) -> tuple[nn.Module, list[NDArray[np.int64]]]:
    encoder, backend = load_pretrained(options.encoder)
    places = getattr(encoder.config, "max_position_embeddings", PIECES + 2)
    tokenizer = Tokenizer(backend, min(PIECES, places - 2))  # RoBERTa's places begin at 2
    windows = [ws[0] for ws in tokenizer.windows(smiles)]
    if options.join == "concat":
        network = TorchNetwork(_FirstState(encoder))
        return _one_row_each(np.stack(run_windows(network, windows, tokenizer.pad_id)))
    lengths = [len(w.ids) for w in windows]
    rows = np.split(np.arange(sum(lengths)) + 1, np.cumsum(lengths)[:-1])
    return EncodedRows(encoder, windows, tokenizer.pad_id), rows


def _one_row_each(vectors: NDArray[np.float32]) -> tuple[nn.Module, list[NDArray[np.int64]]]:
    table = _fixed(np.concatenate([np.zeros_like(vectors[:1]), vectors]))
    return table, [np.array([row + 1]) for row in range(len(vectors))]


def _fixed(vectors: NDArray[np.float32]) -> nn.Embedding:
    return nn.Embedding.from_pretrained(torch.tensor(vectors), freeze=True)


def _width(table: nn.Module) -> int:
    return table.width if isinstance(table, EncodedRows) else int(table.embedding_dim)  # type: ignore[arg-type]


def _as(mask: Tensor, like: Tensor) -> Tensor:
    return mask.unsqueeze(-1).to(like.dtype)
