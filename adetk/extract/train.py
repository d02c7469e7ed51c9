"""Train the tagger by a recipe: network, export, part folder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import set_seed

from adetk.bundle import MODEL, TOKENIZER, TORCH, write_manifest
from adetk.dictionaries import open_dictionary
from adetk.document import Document
from adetk.encoder import OnnxNetwork, Tokenizer, pad
from adetk.errors import AdetkError
from adetk.evaluate.scores import Counts, span_counts
from adetk.extract.bio import NOT_COUNTED, count_lost, piece_labels, tag_names
from adetk.extract.features import DictionaryFeatures
from adetk.extract.network import PieceTagger
from adetk.extract.tagger import Tagger
from adetk.networks import TorchNetwork, export_onnx, load_pretrained, save_network
from adetk.recipe import Recipe, from_table, read_training_data, sources_of
from adetk.text import clean
from adetk.training import Row, train

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExtractOptions:
    """A tagger recipe's `[options]`.

    Attributes:
        dictionaries: packaged names or files beside the recipe; each is a feature column.
        tag_width: size of a dictionary tag's embedding.
        dropout: on hidden state and embeddings.
        head_label: the label whose F1 picks the best epoch.
    """

    dictionaries: tuple[str, ...] = ()
    tag_width: int = 8
    dropout: float = 0.1
    head_label: str = "ADE"


class TaggingLoss:
    """Cross-entropy over the pieces that start a word."""

    def set_progress(self, progress: float) -> None:
        """Nothing changes during training."""

    def __call__(self, output: Tensor, labels: Tensor) -> Tensor:
        """Mean over counted pieces of a batch; `output` (n, length, tags), `labels` (n, length)."""
        return functional.cross_entropy(output.flatten(0, 1), labels.flatten(), ignore_index=NOT_COUNTED)


def train_tagger(recipe: Recipe, corpora: Path, out: Path) -> dict[str, float]:
    """Train a tagger and write its part folder.

    Returns:
        Development scores: `strict_f1` and `relaxed_f1` of the torch network and (`int8_`) of the export.
    """
    options = from_table(ExtractOptions, recipe.options, f"{recipe.path} [options]")
    data = read_training_data(recipe, corpora)
    labels = sorted({m.label for d in data.train for m in d.mentions})
    if not labels:
        raise AdetkError(f"{recipe.path}: its training documents hold no mention; name a corpus with spans")
    _report_lost(data.train)
    features = DictionaryFeatures([open_dictionary(n, recipe.path.parent) for n in options.dictionaries])
    set_seed(recipe.training.seed)  # the head is random too
    encoder, backend = load_pretrained(recipe.encoder)
    tokenizer = Tokenizer(backend, recipe.max_length)
    network = PieceTagger(
        encoder, len(tag_names(labels)), len(features.lexicons), options.tag_width, options.dropout
    )
    served = Tagger(tokenizer, TorchNetwork(network), features, labels)
    rows = _rows(data.train, served)
    logger.info(
        "%d training windows, %d development posts, labels %s", len(rows), len(data.development), labels
    )

    def score() -> dict[str, float]:
        return _scores(served, data.development, options.head_label)

    train(
        network,
        TaggingLoss(),
        rows,
        tokenizer.pad_id,
        recipe.training,
        out / "training",
        score if data.development else None,
    )
    return _write_part(recipe, options, network, served, data.development, [r.window for r in rows[:4]], out)


def _rows(documents: Sequence[Document], tagger: Tagger) -> list[Row]:
    rows = []
    cleaned = [clean(d.text, d.meta.get("lang", "en")) for d in documents]
    windows_of = tagger.tokenizer.windows([c.text for c in cleaned])
    for document, text, windows in zip(documents, cleaned, windows_of, strict=True):
        spans = [(text.to_clean(*span), m.label) for m in document.mentions for span in m.spans]
        for window in tagger.features(windows, text.text):
            rows.append(Row(window, piece_labels(window, text.text, spans, tagger.labels)))
    return rows


def _report_lost(documents: Sequence[Document]) -> None:
    mentions = sum(len(d.mentions) for d in documents)
    lost = [count_lost(d.mentions) for d in documents]
    logger.info(
        "flat BIO: of %d mentions %d are discontinuous (each fragment is tagged by itself), %d overlap another",
        mentions,
        sum(n for n, _ in lost),
        sum(n for _, n in lost),
    )


def _scores(tagger: Tagger, documents: Sequence[Document], label: str) -> dict[str, float]:
    bare = [replace(d, mentions=()) for d in documents]
    predicted = list(tagger(bare))
    strict = sum(span_counts(documents, predicted, label), Counts())
    relaxed = sum(span_counts(documents, predicted, label, relaxed=True), Counts())
    return {"strict_f1": strict.f1, "relaxed_f1": relaxed.f1}


def _write_part(
    recipe: Recipe,
    options: ExtractOptions,
    network: PieceTagger,
    served: Tagger,
    development: Sequence[Document],
    sample: Sequence[object],
    out: Path,
) -> dict[str, float]:
    scores = _scores(served, development, options.head_label)
    save_network(network, out / TORCH)
    served.tokenizer.save(out / TOKENIZER)
    served.features.save(out)
    with torch.inference_mode():
        export_onnx(network, pad(sample, served.tokenizer.pad_id), out / MODEL, ("batch", "length"))  # type: ignore[arg-type]
    exported = Tagger(served.tokenizer, OnnxNetwork(out / MODEL), served.features, served.labels)
    scores |= {f"int8_{k}": v for k, v in _scores(exported, development, options.head_label).items()}
    settings = {
        "max_length": recipe.max_length,
        "labels": list(served.labels),
        "dictionaries": [lexicon.name for lexicon in served.features.lexicons],
        "development": {"n": len(development), **scores},
        "recipe": recipe.path.name,
        "base": recipe.encoder,
        "sources": sources_of(recipe),
        "options": asdict(options),
    }
    write_manifest(out, "extract", settings)
    return scores
