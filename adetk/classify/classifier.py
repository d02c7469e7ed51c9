"""The gate, as served: does a post report an adverse drug event?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.batches import batched
from adetk.bundle import MODEL, TOKENIZER
from adetk.classify.calibration import AS_BUNDLED, Calibration, Decision
from adetk.classify.chemistry import Structures
from adetk.classify.ngrams import NgramStack
from adetk.document import ADE, NO_ADE, Document
from adetk.encoder import Network, Tokenizer, Window, run_windows
from adetk.language import language_of
from adetk.runtime import open_graph
from adetk.text import clean


class Classifier:
    """Sets `label` and `score` of documents.

    Args:
        tokenizer: of the network.
        network: gives logits (n, 2), in the order noADE, ADE.
        calibration: from logits to probability and decision.
        structures: of a network that joins drug structures to the text.
        ngrams: a linear model beside the network.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        network: Network,
        calibration: Calibration,
        structures: Structures | None = None,
        ngrams: NgramStack | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.network = network
        self.calibration = calibration
        self.structures = structures
        self.ngrams = ngrams

    @classmethod
    def load(cls, folder: Path, settings: Mapping[str, Any], decision: Decision = AS_BUNDLED) -> Classifier:
        """Open a `classify` part: its folder, its manifest's settings, and what the caller decides.

        Raises:
            AdetkError: a recall that the part's calibration posts cannot promise.
        """
        tokenizer = Tokenizer.from_file(folder / TOKENIZER, settings["max_length"])
        # a part without its calibration posts' margins, of an earlier adetk, can promise no recall
        held_out = (np.array(settings.get(name, ()), np.float64) for name in ("positives", "others"))
        calibration = Calibration(**settings["calibration"]).decided(decision, *held_out)
        structures = Structures.load(folder) if settings.get("structure") else None
        ngrams = NgramStack.load(folder, settings["ngrams"]) if settings.get("ngrams") else None
        return cls(tokenizer, open_graph(folder / MODEL), calibration, structures, ngrams)

    def __call__(self, documents: Iterable[Document], batch_size: int = 256) -> Iterator[Document]:
        """Classify documents lazily, in order, `batch_size` at a time."""
        for group in batched(documents, batch_size):
            for document, score in zip(group, self.scores(group), strict=True):
                label = ADE if score >= self.calibration.threshold else NO_ADE
                yield replace(document, label=label, score=float(score))

    def scores(self, documents: Sequence[Document]) -> NDArray[np.float64]:
        """Probability of ADE of each document, shape (n,); of a long one, the maximum over its windows."""
        return self.calibration.probabilities(self.logits(documents))

    def logits(self, documents: Sequence[Document]) -> NDArray[np.float32]:
        """Logits (n, 2) of each document's most ADE-like window; with n-grams, (0, margin of both together)."""
        of_posts = [clean(d.text, language_of(d)).text for d in documents]
        text_to_row = {
            text: row for row, text in enumerate(dict.fromkeys(of_posts))
        }  # a post said twice is read once
        rows = [text_to_row[text] for text in of_posts]
        return self._logits_of(list(text_to_row))[rows]

    def _logits_of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (n, 2) of cleaned texts."""
        if self.ngrams is None:
            return self._network_logits(texts)

        def network(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
            logits = self._network_logits([texts[number] for number in numbers]).astype(np.float64)
            return logits[:, 1] - logits[:, 0]

        margins = self.ngrams.margins(texts, network)
        return np.stack([np.zeros(len(texts)), margins], axis=1).astype(np.float32)

    def _network_logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits (n, 2) of each cleaned text's most ADE-like window."""
        windows = self.windows(texts)
        flat = run_windows(self.network, [w for ws in windows for w in ws], self.tokenizer.pad_id)
        logits = np.empty((len(texts), 2), np.float32)
        at = 0
        for row, ws in enumerate(windows):
            own = np.stack(flat[at : at + len(ws)])
            logits[row] = own[np.argmax(own[:, 1] - own[:, 0])]
            at += len(ws)
        return logits

    def windows(self, texts: Sequence[str]) -> list[list[Window]]:
        """The windows of each cleaned text, with all that the network takes."""
        windows = self.tokenizer.windows(texts)
        if self.structures is None:
            return windows
        return [self.structures(ws, text) for ws, text in zip(windows, texts, strict=True)]
