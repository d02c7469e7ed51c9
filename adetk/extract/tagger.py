"""The tagger, as served: where does a post say the effect?

In a post that somebody said reports an effect (it has a label, and no gate's score beside it), the tagger finds at
least one. Behind the gate it may find none: of the posts that a gate passes and the tagger finds nothing in, most
report nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.batches import batched
from adetk.bundle import MODEL, TOKENIZER
from adetk.document import ADE, Document, Mention
from adetk.encoder import Network, Tokenizer, Window, run_windows
from adetk.extract.features import DictionaryFeatures
from adetk.extract.schemes import DEFAULT, AnyScheme, open_scheme
from adetk.extract.segments import raw_mention
from adetk.extract.words import places_of
from adetk.language import language_of
from adetk.runtime import open_graph
from adetk.text import CleanText, clean

_TABLES_AT_ONCE = 32
"""Documents whose logits are held at once where these are of pairs of pieces: 300 KB for a post of 96 pieces."""


class Tagger:
    """Adds the mentions that a network finds to documents; mentions of its labels that were there are replaced.

    Args:
        tokenizer: of the network.
        network: gives logits (n, length, tags), or (n, length, length, relations).
        features: dictionary features, those of training.
        scheme: how mentions are spelt, over the labels of training.
    """

    def __init__(
        self, tokenizer: Tokenizer, network: Network, features: DictionaryFeatures, scheme: AnyScheme
    ) -> None:
        self.tokenizer = tokenizer
        self.network = network
        self.features = features
        self.scheme = scheme

    @classmethod
    def load(cls, folder: Path, settings: Mapping[str, Any]) -> Tagger:
        """Open an `extract` part: its folder and its manifest's settings."""
        return cls(
            Tokenizer.from_file(folder / TOKENIZER, settings["max_length"]),
            open_graph(folder / MODEL),
            DictionaryFeatures.load(folder, settings["dictionaries"]),
            open_scheme(settings.get("scheme", DEFAULT), settings["labels"]),
        )

    def __call__(self, documents: Iterable[Document], batch_size: int = 256) -> Iterator[Document]:
        """Tag documents lazily, in order, `batch_size` at a time."""
        for group in batched(documents, batch_size):
            for document, found in zip(group, self.mentions(group), strict=True):
                # `drug` counts in the mentions as they were
                others = [
                    replace(m, drug=None) for m in document.mentions if m.label not in self.scheme.labels
                ]
                yield replace(document, mentions=(*found, *others))

    def mentions(self, documents: Sequence[Document]) -> list[list[Mention]]:
        """The mentions of each document, in text order, spans in raw characters."""
        has_tables = len(self.scheme.output_axes) > 2
        groups = batched(documents, _TABLES_AT_ONCE) if has_tables else [documents]
        return [mentions for group in groups for mentions in self._mentions(group)]

    def _mentions(self, documents: Sequence[Document]) -> list[list[Mention]]:
        cleaned = [clean(d.text, language_of(d)) for d in documents]
        texts = [c.text for c in cleaned]
        windows = [
            self.features(ws, text) for ws, text in zip(self.tokenizer.windows(texts), texts, strict=True)
        ]
        outputs = iter(run_windows(self.network, [w for ws in windows for w in ws], self.tokenizer.pad_id))
        found = []
        for document, source, ws in zip(documents, cleaned, windows, strict=True):
            said = document.label if document.score is None else None
            found.append(self._found(source, ws, [next(outputs) for _ in ws], said))
        return found

    def _found(
        self,
        source: CleanText,
        windows: Sequence[Window],
        outputs: Sequence[NDArray[np.float32]],
        said: str | None,
    ) -> list[Mention]:
        places = places_of(source.text, windows)
        if not places:
            return []
        words = [(place.start, place.end) for place in places]
        found = self.scheme.read(source.text, windows, places, outputs, ADE if said == ADE else None)
        return [raw_mention(mention, words, source, score) for mention, score in found]
