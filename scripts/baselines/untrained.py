"""The linker's encoder before any training: what is won by training it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from adetk.document import Document
from adetk.encoder import Tokenizer
from adetk.networks import TorchNetwork, load_pretrained
from adetk.normalize.embedder import Embedder
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Linker
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.part import index_rows
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology

from .linker import training_rows

MAX_LENGTH = 32


def untrained_linker(encoder: str, terminology: Terminology, train_documents: Sequence[Document]) -> Linker:
    """Nearest term by an encoder as it was pretrained.

    Args:
        encoder: where it is, see `adetk.networks.resolve_encoder`.
        terminology: whose names and synonyms are rows of the index.
        train_documents: their coded mentions are further rows; none = the terminology's own alone.

    Raises:
        AdetkError: no such encoder.
    """
    network, backend = load_pretrained(encoder)
    embedder = Embedder(
        Tokenizer(backend, MAX_LENGTH), TorchNetwork(SurfaceEncoder(network)), f"{encoder}, untrained"
    )
    mentions = Counter(training_rows(train_documents))
    index = ConceptIndex.build(index_rows(terminology, list(mentions)), embedder, embedder.fingerprint)
    return Linker(terminology, embedder, index, None, LinkerSettings(), mentions)
