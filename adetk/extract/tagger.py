"""The tagger, as served: where does a post say the effect?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.batches import batched
from adetk.bundle import MODEL, TOKENIZER
from adetk.document import Document, Mention
from adetk.encoder import Network, OnnxNetwork, Tokenizer, Window, run_windows
from adetk.extract.bio import TaggedSpan, Word, decode, spans_of, words_of
from adetk.extract.features import DictionaryFeatures
from adetk.text import clean


class Tagger:
    """Adds the mentions that a network finds to documents; mentions of its labels that were there are replaced.

    Args:
        tokenizer: of the network.
        network: gives logits (n, length, tags).
        features: dictionary features, those of training.
        labels: the mention labels, in the order of the tags.
    """

    def __init__(
        self, tokenizer: Tokenizer, network: Network, features: DictionaryFeatures, labels: Sequence[str]
    ) -> None:
        self.tokenizer = tokenizer
        self.network = network
        self.features = features
        self.labels = tuple(labels)

    @classmethod
    def load(cls, folder: Path, settings: Mapping[str, Any]) -> Tagger:
        """Open an `extract` part: its folder and its manifest's settings."""
        return cls(
            Tokenizer.from_file(folder / TOKENIZER, settings["max_length"]),
            OnnxNetwork(folder / MODEL),
            DictionaryFeatures.load(folder, settings["dictionaries"]),
            settings["labels"],
        )

    def __call__(self, documents: Iterable[Document], batch_size: int = 256) -> Iterator[Document]:
        """Tag documents lazily, in order, `batch_size` at a time."""
        for group in batched(documents, batch_size):
            for document, found in zip(group, self.mentions(group), strict=True):
                # `drug` counts in the mentions as they were
                others = [replace(m, drug=None) for m in document.mentions if m.label not in self.labels]
                yield replace(document, mentions=(*found, *others))

    def mentions(self, documents: Sequence[Document]) -> list[list[Mention]]:
        """The mentions of each document, in text order, spans in raw characters."""
        cleaned = [clean(d.text, d.meta.get("lang", "en")) for d in documents]
        texts = [c.text for c in cleaned]
        windows = [
            self.features(ws, text) for ws, text in zip(self.tokenizer.windows(texts), texts, strict=True)
        ]
        outputs = iter(run_windows(self.network, [w for ws in windows for w in ws], self.tokenizer.pad_id))
        found = []
        for source, ws in zip(cleaned, windows, strict=True):
            spans = self._spans(source.text, ws, [next(outputs) for _ in ws])
            found.append([Mention((source.to_raw(s.start, s.end),), s.label, s.score) for s in spans])
        return found

    def _spans(
        self, text: str, windows: Sequence[Window], outputs: Sequence[NDArray[np.float32]]
    ) -> list[TaggedSpan]:
        words, logits = merge_windows(text, windows, outputs)
        if not words:
            return []
        log_probabilities = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        tags = decode(log_probabilities, self.labels)
        return spans_of([(w.start, w.end) for w in words], tags, np.exp(log_probabilities), self.labels)


def merge_windows(
    text: str, windows: Sequence[Window], outputs: Sequence[NDArray[np.float32]]
) -> tuple[list[Word], NDArray[np.float32]]:
    """One row of logits a word, from the window in which the word lies farthest from the edges.

    Returns:
        The text's words and their logits (words, tags).
    """
    start_to_best: dict[int, tuple[tuple[int, int], Word, NDArray[np.float32]]] = {}
    for number, (window, output) in enumerate(zip(windows, outputs, strict=True)):
        length = len(window.ids)
        for word in words_of(window, text):
            left = word.piece if number > 0 else length  # the text's own borders are no edges
            right = length - word.piece if number < len(windows) - 1 else length
            rank = (word.end, min(left, right))  # a window may end inside a word: the longer one is whole
            if word.start not in start_to_best or rank > start_to_best[word.start][0]:
                start_to_best[word.start] = (rank, word, output[word.piece])
    words: list[Word] = []
    rows: list[NDArray[np.float32]] = []
    for _, word, row in (start_to_best[start] for start in sorted(start_to_best)):
        if words and word.start < words[-1].end:  # a window may begin inside a word: its tail
            words[-1] = replace(words[-1], end=max(word.end, words[-1].end))
        else:
            words.append(word)
            rows.append(row)
    return words, np.array(rows, np.float32)
