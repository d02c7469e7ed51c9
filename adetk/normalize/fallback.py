"""The classifier behind the distance threshold: softmax over trained concepts, on the linker's vectors."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from adetk.errors import AdetkError
from adetk.normalize.index import Vectors

WEIGHTS, CONCEPTS = "classifier.safetensors", "classifier.json"


class ConceptClassifier:
    """Softmax regression over concepts.

    Args:
        concept_ids: the classes.
        weights: shape (classes, width).
        bias: shape (classes,).
    """

    def __init__(self, concept_ids: Sequence[str], weights: Vectors, bias: Vectors) -> None:
        self.concept_ids = list(concept_ids)
        self._weights = weights.astype(np.float32)
        self._bias = bias.astype(np.float32)

    @classmethod
    def load(cls, folder: Path) -> ConceptClassifier:
        """Read what `save` wrote.

        Raises:
            AdetkError: a file is missing or damaged.
        """
        try:
            tensors = load_file(folder / WEIGHTS)
            weights, bias = tensors["weights"], tensors["bias"]
            concept_ids = json.loads((folder / CONCEPTS).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise AdetkError(
                f"{folder}: its concept classifier cannot be read ({error}); copy the part again"
            ) from error
        if not len(concept_ids) == len(weights) == len(bias):
            raise AdetkError(
                f"{folder}: {len(concept_ids)} concepts and {len(weights)} classes; copy the part again"
            )
        return cls(concept_ids, weights, bias)

    def save(self, folder: Path) -> None:
        """Write weights (float16) and classes."""
        # safetensors writes the memory as it lies, whatever the order that numpy says it has
        tensors = {
            "weights": np.ascontiguousarray(self._weights, np.float16),
            "bias": np.ascontiguousarray(self._bias, np.float16),
        }
        save_file(tensors, folder / WEIGHTS)
        (folder / CONCEPTS).write_text(json.dumps(self.concept_ids) + "\n", encoding="utf-8")

    def masked(self, allowed: Collection[str]) -> ConceptClassifier | None:
        """The classifier over the concepts that are `allowed`; None when it knows none of them."""
        kept = [i for i, concept in enumerate(self.concept_ids) if concept in allowed]
        if not kept:
            return None
        return ConceptClassifier([self.concept_ids[i] for i in kept], self._weights[kept], self._bias[kept])

    def probabilities(self, vectors: Vectors) -> NDArray[np.float32]:
        """Softmax over the concepts, shape (n, classes)."""
        logits = vectors @ self._weights.T + self._bias
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float32] = exponents / exponents.sum(axis=1, keepdims=True)
        return probabilities
