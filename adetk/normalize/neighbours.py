"""What lies near a wording: looked up once and kept, as people say the same things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adetk.normalize.embedder import Embedder
from adetk.normalize.fusion import TEMPERATURE
from adetk.normalize.index import ConceptIndex, Vectors
from adetk.normalize.rule import Nearest

REMEMBERED = 20_000
"""How many wordings are kept."""

Neighbourhood = tuple[Vectors, Nearest]
"""A wording's vector, and its nearest concepts with their distances."""


class Neighbours:
    """Vectors and nearest concepts of wordings.

    Args:
        embedder: the encoder.
        index: made by this encoder.
    """

    def __init__(self, embedder: Embedder, index: ConceptIndex) -> None:
        self._embedder = embedder
        self._index = index
        self._found: dict[tuple[str, int], Neighbourhood] = {}

    def of(self, surfaces: Sequence[str], k: int) -> dict[str, Neighbourhood]:
        """By wording; `k` concepts each. A wording without a word has none."""
        wanted = [s for s in dict.fromkeys(surfaces) if s.strip()]
        # What is answered is held here: another thread may forget all that is remembered at any moment.
        known = {s: kept for s in wanted if (kept := self._found.get((s, k))) is not None}
        new = [s for s in wanted if s not in known]
        if len(self._found) + len(new) > REMEMBERED:
            self._found.clear()
        if new:
            vectors = self._embedder(new)
            found = zip(vectors, self._index.search(vectors, k), strict=True)
            known |= zip(new, found, strict=True)
            self._found.update(((s, k), known[s]) for s in new)
        return {s: known[s] for s in wanted}

    def votes(self, surface_to_neighbourhood: Mapping[str, Neighbourhood]) -> dict[str, dict[str, float]]:
        """What the rows near each wording vote for, see `ConceptIndex.votes`."""
        vectors = [vector for vector, _ in surface_to_neighbourhood.values()]
        return dict(zip(surface_to_neighbourhood, self._index.votes(vectors, TEMPERATURE), strict=True))
