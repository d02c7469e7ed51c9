"""Train the linker by a recipe: encoder, index, classifier, tuning, part folder."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from adetk.bundle import MODEL, TOKENIZER, TORCH, write_manifest
from adetk.encoder import Tokenizer, pad
from adetk.errors import AdetkError
from adetk.language import languages_of
from adetk.networks import export_onnx, save_network
from adetk.normalize.biencoder import Pair, pairs_of, train_biencoder
from adetk.normalize.embedder import Embedder
from adetk.normalize.fallback import CONCEPTS, WEIGHTS, ConceptClassifier
from adetk.normalize.lessons import (
    Rows,
    check_codes,
    concept_key,
    development_mentions,
    target_mentions,
    taught_surfaces,
)
from adetk.normalize.linker import Linker
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.part import (
    INDEX,
    MENTIONS,
    ctcae_wordings,
    index_rows,
    load_linker,
    open_index,
    write_mentions,
)
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.normalize.tuning import GoldMention, Tuned, chosen_settings, tune
from adetk.recipe import Recipe, from_table, read_training_data, sources_of
from adetk.runtime import open_graph

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NormalizeOptions:
    """A linker recipe's `[options]`.

    Attributes:
        terminology: `ctcae`, a MedDRA folder or a table (`adetk train --terminology` overrides it).
        index_mentions: training mentions become rows of the index, beside names and synonyms.
        longest_wording: words of a training mention that becomes a row, or is learnt by the classifier; longer
            ones are a post's sentences rather than wordings of a term.
        classifier: train the fallback classifier.
        unseen_only: choose tau and thresholds on development mentions whose wording no training mention and no
            term has: the wordings for which there is something to choose. Scores and candidate sets are fitted on all.
        ctcae_wordings: over a MedDRA, CTCAE's names and synonyms are further wordings of the codes that both have.
        patient_phrases: whether CTCAE's patient-language synonyms are used; off where the corpora that
            they come from are scored.
    """

    terminology: str = "ctcae"
    index_mentions: bool = True
    longest_wording: int = 6
    classifier: bool = True
    unseen_only: bool = True
    ctcae_wordings: bool = False
    patient_phrases: bool = True


def train_linker(
    recipe: Recipe, corpora: Path, out: Path, terminology: str | None = None
) -> dict[str, float]:
    """Train a linker and write its part folder.

    Returns:
        Development scores of the served model: `int8_accuracy_at_1` over codable mentions, and `int8_precision`,
        `int8_recall`, `int8_f1` of coding.
    """
    options = from_table(NormalizeOptions, recipe.options, f"{recipe.path} [options]")
    if terminology is not None:
        options = replace(options, terminology=terminology)
    terms = _open(options)
    lessons = _lessons(recipe, corpora, terms, options)
    pairs = lessons.pairs
    encoder, backend = train_biencoder(
        recipe.encoder, pairs, recipe.max_length, recipe.training, out / "training"
    )
    tokenizer = Tokenizer(backend, recipe.max_length)
    _write_network(SurfaceEncoder(encoder), tokenizer, [wording for wording, _ in pairs[:4]], out)
    write_mentions(out / MENTIONS, lessons.mentions if options.index_mentions else {})
    linker = _untuned(out, tokenizer, terms, lessons, options)
    if linker.classifier is not None:
        linker.classifier.save(out)
    tuned = tune(linker, lessons.development, lessons.known)
    return _write_part(recipe, options, linker, tuned, lessons, out)


@dataclass(frozen=True)
class _Lessons:
    """What is learnt and chosen by.

    Attributes:
        pairs: for the encoder.
        mentions: training mentions of the terminology's concepts, to how often each stands there.
        wordings: further rows of the index.
        development: mentions to choose by.
        known: the development mentions whose wordings need no model, where they are not chosen by.
        about: of the training documents: their `sources` and `languages`.
    """

    pairs: list[Pair]
    mentions: dict[tuple[str, str], int]
    wordings: Rows
    development: list[GoldMention]
    known: list[GoldMention]
    about: dict[str, list[str]]


def _lessons(recipe: Recipe, corpora: Path, terms: Terminology, options: NormalizeOptions) -> _Lessons:
    data = read_training_data(recipe, corpora)
    check_codes(data, terms, recipe.path)
    mentions = target_mentions(data.train, terms, options.longest_wording)
    classes = len({code for _, code in mentions})
    if options.classifier and classes < 3:
        raise AdetkError(f"{classes} concepts to classify; the fallback needs three or more, name more data")
    lay = ctcae_wordings(options.ctcae_wordings, terms, options.patient_phrases)
    wordings = [*(mentions if options.index_mentions else []), *lay]
    seen = index_rows(terms, wordings) if options.unseen_only else []
    development = development_mentions(data.development, terms, seen)
    known = [m for m in development_mentions(data.development, terms, []) if m not in development]
    surfaces = taught_surfaces(data.train)
    names = [(surface, concept_key(terms.codes, code)) for surface, code in terms.rows()]
    pairs = pairs_of(surfaces, names, recipe.training.seed)
    logger.info("%d wordings, %d of concepts of %s", len(surfaces), len(mentions), terms.label)
    logger.info("%d training pairs, %d mentions to choose by", len(pairs), len(development))
    about = {"sources": sources_of(recipe, data), "languages": languages_of(data.train)}
    return _Lessons(pairs, mentions, wordings, development, known, about)


def _open(options: NormalizeOptions) -> Terminology:
    if options.terminology == "ctcae" and not options.patient_phrases:
        from adetk.normalize.ctcae import read_ctcae

        return read_ctcae(patient_phrases=False)
    return open_terminology(options.terminology)


def _write_network(network: SurfaceEncoder, tokenizer: Tokenizer, sample: Sequence[str], out: Path) -> None:
    """Write weights, graph and tokenizer; what an earlier training left in the folder goes."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / INDEX, ignore_errors=True)
    for name in (WEIGHTS, CONCEPTS):
        (out / name).unlink(missing_ok=True)
    windows = [window for windows in tokenizer.windows(sample) for window in windows]
    export_onnx(network, pad(windows, tokenizer.pad_id), out / MODEL, ("batch",))
    save_network(network, out / TORCH)
    tokenizer.save(out / TOKENIZER)


def _untuned(
    folder: Path, tokenizer: Tokenizer, terminology: Terminology, lessons: _Lessons, options: NormalizeOptions
) -> Linker:
    fingerprint = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    embedder = Embedder(tokenizer, open_graph(folder / MODEL), fingerprint)
    index = open_index(terminology, lessons.wordings, embedder, folder / INDEX)
    if options.terminology == "ctcae":  # a licensed terminology's index stays in the cache
        index.save(folder / INDEX)
    classifier = None
    if options.classifier:
        trained = {concept for _, concept in lessons.mentions}
        names = [row for row in index.rows if row[1] in trained]
        classifier = _fit_classifier(embedder, list(dict.fromkeys([*names, *lessons.mentions])))
    known = lessons.mentions if options.index_mentions else {}
    return Linker(terminology, embedder, index, classifier, LinkerSettings(), known)


def _fit_classifier(embedder: Embedder, rows: Rows) -> ConceptClassifier:
    """Softmax regression over the concepts that training mentions have, on their wordings' vectors."""
    vectors = embedder([surface for surface, _ in rows])
    model = LogisticRegression(C=20.0, max_iter=200).fit(vectors, [concept for _, concept in rows])
    return ConceptClassifier(
        model.classes_.tolist(), model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    )


def _write_part(
    recipe: Recipe, options: NormalizeOptions, linker: Linker, tuned: Tuned, lessons: _Lessons, out: Path
) -> dict[str, float]:
    (out / "training").mkdir(exist_ok=True)
    chosen = chosen_settings(tuned)
    (out / "training" / "results.json").write_text(
        json.dumps({"training": asdict(recipe.training), "tau_sweep": chosen["tau_sweep"]}, indent=1),
        encoding="utf-8",
    )
    settings = {
        "max_length": recipe.max_length,
        "encoder": linker.embedder.fingerprint,
        "terminology": options.terminology if options.terminology == "ctcae" else linker.terminology.label,
        **chosen,
        "recipe": recipe.path.name,
        "base": recipe.encoder,
        **lessons.about,
        "codes": linker.terminology.codes,
        "ctcae_wordings": options.ctcae_wordings,
        "patient_phrases": options.patient_phrases,
        "options": {**asdict(options), "terminology": linker.terminology.label},
    }
    write_manifest(out, "normalize", settings)
    load_linker(out, settings, linker.terminology)  # what was written opens
    development: dict[str, float] = chosen["development"]
    return development
