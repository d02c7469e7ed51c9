"""Nearest terms by cosine: an exact FAISS index over the names and synonyms of a terminology.

Each wording is a row of its own and a concept's best row counts. 80,000 terms need no approximate index. Of a
terminology that has changed, only the new wordings are embedded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import faiss
import numpy as np
from numpy.typing import NDArray

from adetk.errors import AdetkError
from adetk.runtime import cores

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Surfaces to unit vectors, shape (n, width)."""

VECTORS, ROWS, SETTINGS = "vectors.npy", "rows.tsv", "index.json"
_ROWS_A_CONCEPT = 8
"""How many rows are looked at first for each candidate concept: synonyms of one concept crowd together."""
_VOTERS = 64
"""The nearest rows, those that vote; of farther ones a vote is next to nothing."""
_ROWS_AT_ONCE = 4096
"""How many wordings are embedded at once: what a network needs beside them stays small."""
_QUERIES_FOR_MATRICES = 20
"""From how many queries on they are multiplied with the rows as a matrix; FAISS itself would begin at hundreds, and up
to there read every row once a query."""
NOTHING_KNOWN: Mapping[str, Vectors] = MappingProxyType({})


class ConceptIndex:
    """Rows `(surface, concept id)` and their unit vectors.

    Args:
        rows: wordings with their concepts.
        vectors: unit vectors of the wordings, shape (rows, width).
        fingerprint: names the encoder and the terminology that it was made with.
        encoder: names the encoder alone; empty when unknown.
    """

    def __init__(
        self, rows: Sequence[tuple[str, str]], vectors: Vectors, fingerprint: str, encoder: str = ""
    ) -> None:
        self.rows = list(rows)
        self.fingerprint = fingerprint
        self.encoder = encoder
        # What is searched is what is kept: the same neighbours before and after saving.
        self._kept = vectors.astype(np.float16)
        faiss.cvar.distance_compute_blas_threshold = _QUERIES_FOR_MATRICES
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(self._kept.astype(np.float32))

    @classmethod
    def build(
        cls,
        rows: Sequence[tuple[str, str]],
        embed: Embed,
        fingerprint: str,
        encoder: str = "",
        known: Mapping[str, Vectors] = NOTHING_KNOWN,
    ) -> ConceptIndex:
        """Embed the wordings, each once; those that are `known`, by this very encoder, are taken as they are.

        Raises:
            AdetkError: there is no row.
        """
        if not rows:
            raise AdetkError("the terminology offers no current term, nothing to index; check its files")
        surfaces = list(dict.fromkeys(surface for surface, _ in rows))
        new = [surface for surface in surfaces if surface not in known]
        surface_to_vector = dict(known)
        for start in range(0, len(new), _ROWS_AT_ONCE):
            some = new[start : start + _ROWS_AT_ONCE]
            surface_to_vector.update(zip(some, embed(some).astype(np.float16), strict=True))
        return cls(rows, np.stack([surface_to_vector[s] for s, _ in rows]), fingerprint, encoder)

    @classmethod
    def load(cls, folder: Path) -> ConceptIndex:
        """Read what `save` wrote.

        Raises:
            AdetkError: a file is missing or damaged.
        """
        try:
            settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            fingerprint, count = settings["fingerprint"], settings["rows"]
            encoder = settings.get("encoder", "")  # an index of an earlier adetk does not say
            lines = (folder / ROWS).read_text(encoding="utf-8").splitlines()
            vectors = np.load(folder / VECTORS, allow_pickle=False)
            rows = [(surface, concept) for concept, surface in (line.split("\t") for line in lines)]
        except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
            raise AdetkError(f"{folder}: not a whole index ({error}); build it again") from error
        if len(rows) != len(vectors) or len(rows) != count:
            raise AdetkError(f"{folder}: {len(rows)} rows and {len(vectors)} vectors; build the index again")
        return cls(rows, vectors, fingerprint, encoder)

    def save(self, folder: Path) -> None:
        """Write vectors (float16) and rows, and last the settings."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SETTINGS).unlink(missing_ok=True)
        np.save(folder / VECTORS, self._kept, allow_pickle=False)
        lines = [f"{concept}\t{' '.join(surface.split())}\n" for surface, concept in self.rows]
        (folder / ROWS).write_text("".join(lines), encoding="utf-8")
        settings = {"fingerprint": self.fingerprint, "encoder": self.encoder, "rows": len(self.rows)}
        (folder / SETTINGS).write_text(json.dumps(settings) + "\n", encoding="utf-8")

    @property
    def surface_to_vector(self) -> dict[str, Vectors]:
        """Each wording with its vector (float16)."""
        return {surface: vector for (surface, _), vector in zip(self.rows, self._kept, strict=True)}

    def search(self, vectors: Vectors, k: int) -> list[list[tuple[str, float, str]]]:
        """The `k` nearest concepts of each vector, nearest first.

        Returns:
            Per vector `(concept id, distance, the row's surface)`; distance is 1 - cosine, in [0, 2].
        """
        return self._search(np.ascontiguousarray(vectors, np.float32), k, k * _ROWS_A_CONCEPT)

    def votes(self, vectors: Sequence[Vectors] | Vectors, temperature: float) -> list[dict[str, float]]:
        """What the rows near each vector vote for: concept -> sum over its rows of exp(-distance / temperature)."""
        if not len(vectors):
            return []
        queries = np.ascontiguousarray(vectors, np.float32)
        cosines, numbers = self._rows_near(queries, _VOTERS)
        found: list[dict[str, float]] = []
        for weights, row_numbers in zip(np.exp((cosines - 1) / temperature), numbers, strict=True):
            votes: dict[str, float] = {}
            for weight, number in zip(weights.tolist(), row_numbers.tolist(), strict=True):
                concept = self.rows[number][1]
                votes[concept] = votes.get(concept, 0.0) + weight
            found.append(votes)
        return found

    def _search(self, vectors: Vectors, k: int, depth: int) -> list[list[tuple[str, float, str]]]:
        """Look at the `depth` nearest rows, and at more where those are of fewer than `k` concepts."""
        cosines, numbers = self._rows_near(vectors, depth)
        found = []
        for row_cosines, row_numbers in zip(cosines, numbers, strict=True):
            nearest: dict[str, tuple[str, float, str]] = {}
            for cosine, number in zip(row_cosines.tolist(), row_numbers.tolist(), strict=True):
                surface, concept = self.rows[number]
                nearest.setdefault(concept, (concept, max(0.0, 1.0 - cosine), surface))
                if len(nearest) == k:
                    break
            found.append(list(nearest.values()))
        short = [i for i, nearest_few in enumerate(found) if len(nearest_few) < k]
        if short and depth < len(self.rows):
            for i, deeper in zip(short, self._search(vectors[short], k, 8 * depth), strict=True):
                found[i] = deeper
        return found

    def _rows_near(self, vectors: Vectors, depth: int) -> tuple[Vectors, NDArray[np.int64]]:
        """Cosines and numbers of the nearest rows of each vector, whatever vectors are asked for beside it."""
        # Few queries are done before a second thread is there, which would then burn time waiting for more of them.
        faiss.omp_set_num_threads(1 if len(vectors) < _QUERIES_FOR_MATRICES else cores())
        _, numbers = self._index.search(vectors, min(len(self.rows), depth))
        cosines = np.empty(numbers.shape, np.float32)
        for i, vector in enumerate(vectors.astype(np.float64)):
            # anew and in doubles: FAISS rounds a query's products by how many queries there are; of equals the later
            products = (self._kept[numbers[i]].astype(np.float64) @ vector).astype(np.float32)
            order = np.lexsort((-numbers[i], -products))
            cosines[i], numbers[i] = products[order], numbers[i, order]
        return cosines, numbers


def encoder_of(folder: Path) -> str:
    """The encoder that made the index in a folder; empty where that is not said, or nothing is there."""
    try:
        return str(json.loads((folder / SETTINGS).read_text(encoding="utf-8"))["encoder"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
