"""Surfaces to unit vectors: the linker's encoder, as served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adetk.encoder import Network, Tokenizer, run_windows
from adetk.normalize.index import Vectors
from adetk.text import clean

CACHE_SIZE = 50_000


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
        self._cache: dict[str, Vectors] = {}

    def __call__(self, surfaces: Sequence[str]) -> Vectors:
        """Unit vectors of the surfaces, shape (n, width)."""
        cleaned = [clean(surface).text for surface in surfaces]
        new = [text for text in dict.fromkeys(cleaned) if text not in self._cache]
        if len(self._cache) + len(new) > CACHE_SIZE:
            self._cache.clear()
            new = list(dict.fromkeys(cleaned))
        if new:
            windows = [ws[0] for ws in self.tokenizer.windows(new)]
            outputs = run_windows(self._network, windows, self.tokenizer.pad_id, batch_size=64)
            self._cache.update(zip(new, outputs, strict=True))
        return np.stack([self._cache[text] for text in cleaned]).astype(np.float32)
