"""Train the tagger by a recipe: network, export, part folder."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import set_seed

from adetk.bundle import MODEL, TOKENIZER, TORCH, write_manifest
from adetk.dictionaries import open_dictionary
from adetk.document import Document
from adetk.encoder import Tokenizer, Window, pad
from adetk.errors import AdetkError
from adetk.evaluate.scores import Counts, span_counts
from adetk.extract.expressed import Expressed, expressed
from adetk.extract.features import DictionaryFeatures
from adetk.extract.network import TaggerNetwork, network_of
from adetk.extract.schemes import DEFAULT, AnyScheme, open_scheme
from adetk.extract.segments import clean_mentions
from adetk.extract.tagger import Tagger
from adetk.extract.words import NOT_COUNTED, places_of
from adetk.language import language_of, languages_of
from adetk.networks import TorchNetwork, export_onnx, load_pretrained, save_network
from adetk.recipe import Recipe, from_table, read_training_data, sources_of
from adetk.runtime import open_graph
from adetk.text import clean
from adetk.training import Labels, Row, prepare_encoder, train

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExtractOptions:
    """A tagger recipe's `[options]`.

    Attributes:
        dictionaries: packaged names or files beside the recipe; each is a feature column.
        tag_width: size of a dictionary tag's embedding.
        dropout: on hidden state and embeddings.
        head_label: the label whose F1 picks the best epoch.
        scheme: `bio`, `bioes`, or, for discontinuous and overlapping mentions, `biohd` or `pairs`.
        mention_weight: what a mention's tags, or relations of `pairs`, weigh in the loss against those of no mention.
            Of the pairs of a post's words one in two hundred is a mention's: at 1 they are hardly learnt.
    """

    dictionaries: tuple[str, ...] = ()
    tag_width: int = 8
    dropout: float = 0.1
    head_label: str = "ADE"
    scheme: str = DEFAULT
    mention_weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.mention_weight < math.inf:
            raise AdetkError(f"mention_weight is {self.mention_weight:g}; expected a number above 0")


class TaggingLoss:
    """Cross-entropy over the pieces, or pairs of pieces, that start a word.

    Args:
        mention_weight: of all classes but the first, which is no mention's.
    """

    def __init__(self, mention_weight: float = 1.0) -> None:
        self.settings = f"mentions {mention_weight}"
        self._mention_weight = mention_weight

    def set_progress(self, progress: float) -> None:
        """Nothing changes during training."""

    def __call__(self, output: Tensor, labels: Tensor) -> Tensor:
        """Weighted mean over a batch; `output` (n, length, [length,] classes), `labels` without classes."""
        weights = torch.full((output.shape[-1],), self._mention_weight, device=output.device)
        weights[0] = 1.0
        flat = output.flatten(0, -2), labels.flatten().long()
        return functional.cross_entropy(*flat, weights, ignore_index=NOT_COUNTED)


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
    scheme = open_scheme(options.scheme, labels)
    at_best = _report_expressed(data.train, scheme)
    network, served = _untrained(recipe, options, scheme)
    rows = _rows(data.train, served)
    logger.info(
        "%d training windows, %d development posts, labels %s", len(rows), len(data.development), labels
    )

    def score() -> dict[str, float]:
        return _scores(served, data.development, options.head_label)

    train(
        network,
        TaggingLoss(options.mention_weight),
        rows,
        served.tokenizer.pad_id,
        recipe.training,
        out / "training",
        score if data.development else None,
    )
    scores = score()
    exported = _exported(network, served, [row.window for row in rows[:4]], out)
    scores |= {f"int8_{k}": v for k, v in _scores(exported, data.development, options.head_label).items()}
    development = {"n": len(data.development), **scores}
    settings = {
        "expressed": asdict(at_best),
        "development": development,
        "sources": sources_of(recipe, data),
        "languages": languages_of(data.train),
    }
    write_manifest(out, "extract", _settings(recipe, options, exported) | settings)
    return scores


def _untrained(recipe: Recipe, options: ExtractOptions, scheme: AnyScheme) -> tuple[TaggerNetwork, Tagger]:
    """The network, its head at random, and the tagger that it is scored as."""
    features = DictionaryFeatures([open_dictionary(n, recipe.path.parent) for n in options.dictionaries])
    set_seed(recipe.training.seed)  # the head is random too
    encoder, backend = load_pretrained(recipe.encoder)
    prepare_encoder(encoder, recipe.training)
    network = network_of(encoder, scheme, len(features.lexicons), options.tag_width, options.dropout)
    tokenizer = Tokenizer(backend, recipe.max_length)
    return network, Tagger(tokenizer, TorchNetwork(network), features, scheme)


def _rows(documents: Sequence[Document], tagger: Tagger) -> list[Row]:
    rows = []
    cleaned = [clean(d.text, language_of(d)) for d in documents]
    windows_of = tagger.tokenizer.windows([c.text for c in cleaned])
    for document, text, windows in zip(documents, cleaned, windows_of, strict=True):
        places = places_of(text.text, windows)
        mentions = clean_mentions(document.mentions, text)
        labels: Sequence[Labels] = tagger.scheme.targets(text.text, windows, places, mentions)
        featured = tagger.features(windows, text.text)
        rows += [Row(window, of_window) for window, of_window in zip(featured, labels, strict=True)]
    return rows


def _report_expressed(documents: Sequence[Document], scheme: AnyScheme) -> Expressed:
    at_best = expressed(documents, scheme)
    logger.info(
        "scheme %s: of %d mentions %d come back (of %d discontinuous ones %d, of %d that overlap "
        "another %d); %d come back that were not there",
        scheme.name,
        at_best.mentions,
        at_best.kept,
        at_best.discontinuous,
        at_best.discontinuous_kept,
        at_best.overlapping,
        at_best.overlapping_kept,
        at_best.given - at_best.kept,
    )
    return at_best


def _scores(tagger: Tagger, documents: Sequence[Document], label: str) -> dict[str, float]:
    bare = [replace(d, mentions=(), label=None) for d in documents]
    predicted = list(tagger(bare))
    strict = sum(span_counts(documents, predicted, label), Counts())
    relaxed = sum(span_counts(documents, predicted, label, relaxed=True), Counts())
    return {"strict_f1": strict.f1, "relaxed_f1": relaxed.f1}


def _exported(network: TaggerNetwork, trained: Tagger, sample: Sequence[Window], out: Path) -> Tagger:
    """Write the part's files; the tagger as it is served from them."""
    save_network(network, out / TORCH)
    trained.tokenizer.save(out / TOKENIZER)
    trained.features.save(out)
    with torch.inference_mode():
        export_onnx(network, pad(sample, trained.tokenizer.pad_id), out / MODEL, trained.scheme.output_axes)
    return Tagger(trained.tokenizer, open_graph(out / MODEL), trained.features, trained.scheme)


def _settings(recipe: Recipe, options: ExtractOptions, tagger: Tagger) -> dict[str, Any]:
    return {
        "max_length": recipe.max_length,
        "labels": list(tagger.scheme.labels),
        "scheme": tagger.scheme.name,
        "dictionaries": [lexicon.name for lexicon in tagger.features.lexicons],
        "recipe": recipe.path.name,
        "base": recipe.encoder,
        "options": asdict(options),
    }
