"""Surfaces to unit vectors: the linker's encoder, as served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from adetk.encoder import Graph, Network, Tokenizer, run_windows
from adetk.normalize.index import Vectors
from adetk.text import clean

CACHE_SIZE = 50_000
_BATCH_SIZE = 64


class Embedder:
    """Embeds surfaces; a surface that was seen before is not run again.

    Args:
        tokenizer: of the network; a surface beyond its `max_length` is represented by its first window.
        network: gives unit vectors (n, width).
        fingerprint: names the encoder's weights.
    """

    def __init__(self, tokenizer: Tokenizer, network: Network, fingerprint: str) -> None:
        self.tokenizer = tokenizer
        self.fingerprint = fingerprint
        self._network = network
        # A vector is kept, so that it must be the same whatever was embedded beside it.
        is_row_wise = not isinstance(network, Graph) or network.is_row_wise
        self._batch_size = _BATCH_SIZE if is_row_wise else 1
        self._cache: dict[str, Vectors] = {}
        self._known: Mapping[str, Vectors] = {}

    def know(self, surface_to_vector: Mapping[str, Vectors]) -> None:
        """Take vectors that an index of this encoder holds: its own wordings need no network."""
        self._known = surface_to_vector

    def __call__(self, surfaces: Sequence[str]) -> Vectors:
        """Unit vectors of the surfaces, shape (n, width)."""
        surface_to_text = {s: clean(s).text for s in surfaces if s not in self._known}
        texts = dict.fromkeys(surface_to_text.values())
        # What is answered is held here: another thread may clear the cache at any moment.
        cached = {text: vector for text in texts if (vector := self._cache.get(text)) is not None}
        new = [text for text in texts if text not in cached]
        if len(self._cache) + len(new) > CACHE_SIZE:
            self._cache.clear()
        if new:
            fresh = dict(zip(new, self._run(new, self._batch_size), strict=True))
            self._cache.update(fresh)
            cached |= fresh
        found = (self._known[s] if s in self._known else cached[surface_to_text[s]] for s in surfaces)
        return np.stack(list(found)).astype(np.float32)

    def in_bulk(self, surfaces: Sequence[str]) -> Vectors:
        """The same in batches and kept nowhere: faster, but a last digit may depend on the surfaces beside it."""
        return np.stack(self._run([clean(s).text for s in surfaces], _BATCH_SIZE)).astype(np.float32)

    def _run(self, texts: Sequence[str], batch_size: int) -> list[NDArray[np.float32]]:
        windows = [ws[0] for ws in self.tokenizer.windows(texts)]
        return run_windows(self._network, windows, self.tokenizer.pad_id, batch_size)
