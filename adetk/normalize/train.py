"""Train the linker by a recipe: encoder, index, classifier, tuning, part folder."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from adetk.bundle import MODEL, TOKENIZER, TORCH, write_manifest
from adetk.document import ADE, Document
from adetk.encoder import OnnxNetwork, Tokenizer, pad
from adetk.errors import AdetkError
from adetk.networks import export_onnx, save_network
from adetk.normalize.biencoder import pairs_of, train_biencoder
from adetk.normalize.embedder import Embedder
from adetk.normalize.fallback import CONCEPTS, WEIGHTS, ConceptClassifier
from adetk.normalize.linker import Linker, LinkerSettings
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.part import INDEX, MENTIONS, ctcae_wordings, load_linker, open_index, write_mentions
from adetk.normalize.surface import fold
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.normalize.tuning import GoldMention, Tuned, tune
from adetk.recipe import Recipe, from_table, read_training_data, sources_of

logger = logging.getLogger(__name__)

Rows = list[tuple[str, str]]

LONGEST_WORDING = 6
"""Words of a mention that may become a row of the index."""


@dataclass(frozen=True)
class NormalizeOptions:
    """A linker recipe's `[options]`.

    Attributes:
        terminology: `ctcae`, or a MedDRA folder (`adetk train --terminology` overrides it).
        index_mentions: training mentions become rows of the index, beside names and synonyms.
        classifier: train the fallback classifier.
        unseen_only: choose tau, scores and abstention on development mentions whose wording no training
            mention and no term has: the wordings for which there is something to choose.
        ctcae_wordings: over a MedDRA, CTCAE's names and synonyms are further wordings of the codes that both have.
        patient_phrases: whether CTCAE's patient-language synonyms are used; off where the corpora that
            they come from are scored.
    """

    terminology: str = "ctcae"
    index_mentions: bool = True
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
    data = read_training_data(recipe, corpora)
    surfaces = _training_surfaces(data.train)
    mentions = _target_mentions(data.train, terms)
    logger.info("%d wordings, %d of them of the terminology's concepts", len(surfaces), len(mentions))
    pairs = pairs_of(surfaces, [(s, f"MedDRA:{c}") for s, c in terms.rows()], recipe.training.seed)
    logger.info("%d training pairs", len(pairs))
    encoder, backend = train_biencoder(
        recipe.encoder, pairs, recipe.max_length, recipe.training, out / "training"
    )
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / INDEX, ignore_errors=True)  # of an earlier training into this folder
    for name in (WEIGHTS, CONCEPTS):
        (out / name).unlink(missing_ok=True)
    network = SurfaceEncoder(encoder)
    tokenizer = Tokenizer(backend, recipe.max_length)
    sample = [w for ws in tokenizer.windows([a for a, _ in pairs[:4]]) for w in ws]
    export_onnx(network, pad(sample, tokenizer.pad_id), out / MODEL, ("batch",))
    save_network(network, out / TORCH)
    tokenizer.save(out / TOKENIZER)
    write_mentions(out / MENTIONS, mentions if options.index_mentions else [])
    linker = _untuned(out, tokenizer, terms, mentions, options)
    if linker.classifier is not None:
        linker.classifier.save(out)
    tuned = tune(linker, _development(data.development, terms, linker, options))
    return _write_part(recipe, options, linker, tuned, out)


def _open(options: NormalizeOptions) -> Terminology:
    if options.terminology == "ctcae" and not options.patient_phrases:
        from adetk.normalize.ctcae import read_ctcae

        return read_ctcae(patient_phrases=False)
    return open_terminology(options.terminology)


def _training_surfaces(documents: Iterable[Document]) -> Rows:
    """`(wording, code system:code)` of every mention that means one thing."""
    rows = []
    for document in documents:
        for mention in document.labelled(ADE):
            if mention.gold is not None and len(mention.gold) == 1:
                surface = " ".join(mention.surface(document.text).split())
                rows += [(surface, _concept_key(code)) for code in sorted(mention.gold[0])]
    return rows


def _concept_key(code: str) -> str:
    """Codes of two systems never look alike: MedDRA's are 8 digits, UMLS's a C and 7."""
    return f"MedDRA:{code}" if code.isdigit() else f"UMLS:{code}"


def _target_mentions(documents: Iterable[Document], terminology: Terminology) -> Rows:
    """`(wording, concept id)` of mentions whose code the terminology offers, once each, in order.

    Longer mentions than `LONGEST_WORDING` are a corpus's sentences rather than wordings of a term: left out.
    """
    offered = {concept.id for concept in terminology.offered()}
    rows: dict[tuple[str, str], None] = {}
    for document in documents:
        for mention in document.labelled(ADE):
            if mention.gold is not None and len(mention.gold) == 1:
                surface = " ".join(mention.surface(document.text).split())
                if len(surface.split()) > LONGEST_WORDING:
                    continue
                for code in sorted(mention.gold[0] & offered)[:1]:
                    rows[(surface, code)] = None
    return list(rows)


def _untuned(
    folder: Path, tokenizer: Tokenizer, terminology: Terminology, mentions: Rows, options: NormalizeOptions
) -> Linker:
    fingerprint = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    embedder = Embedder(tokenizer, OnnxNetwork(folder / MODEL), fingerprint)
    wordings = mentions if options.index_mentions else []
    wordings = [*wordings, *ctcae_wordings(options.ctcae_wordings, terminology)]
    index = open_index(terminology, wordings, embedder, folder / INDEX)
    if options.terminology == "ctcae":  # a licensed terminology's index stays in the cache
        index.save(folder / INDEX)
    classifier = None
    if options.classifier:
        trained = {concept for _, concept in mentions}
        names = [row for row in index.rows if row[1] in trained]
        classifier = _fit_classifier(embedder, list(dict.fromkeys([*names, *mentions])))
    return Linker(terminology, embedder, index, classifier, LinkerSettings())


def _fit_classifier(embedder: Embedder, rows: Rows) -> ConceptClassifier:
    """Softmax regression over the concepts that training mentions have, on their wordings' vectors."""
    concepts = {concept for _, concept in rows}
    if len(concepts) < 3:
        raise AdetkError(
            f"{len(concepts)} concepts to classify; the fallback needs three or more, name more data"
        )
    vectors = embedder([surface for surface, _ in rows])
    model = LogisticRegression(C=20.0, max_iter=200).fit(vectors, [concept for _, concept in rows])
    return ConceptClassifier(
        model.classes_.tolist(), model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    )


def _development(
    documents: Sequence[Document], terminology: Terminology, linker: Linker, options: NormalizeOptions
) -> list[GoldMention]:
    """Development mentions coded in the terminology's system; one a wording."""
    seen = {fold(surface) for surface, _ in linker.index.rows} if options.unseen_only else set()
    found: dict[str, GoldMention] = {}
    for document in documents:
        for mention in document.labelled(ADE):
            surface = " ".join(mention.surface(document.text).split())
            if mention.gold is None or fold(surface) in seen or mention.assertion != "present":
                continue
            codes = frozenset(code for conjunct in mention.gold for code in conjunct)
            if all(code.isdigit() for code in codes):
                found.setdefault(fold(surface), GoldMention(surface, codes))
    mentions = list(found.values())
    if len(mentions) < 10:
        raise AdetkError(
            f"{len(mentions)} development mentions to choose by; carve out more, or unseen_only = false"
        )
    return mentions


def _write_part(
    recipe: Recipe, options: NormalizeOptions, linker: Linker, tuned: Tuned, out: Path
) -> dict[str, float]:
    (out / "training").mkdir(exist_ok=True)
    sweep = {str(tau): round(accuracy, 4) for tau, accuracy in tuned.sweep.items()}
    (out / "training" / "results.json").write_text(
        json.dumps({"training": asdict(recipe.training), "tau_sweep": sweep}, indent=1), encoding="utf-8"
    )
    scores = {f"int8_{name}": score for name, score in tuned.scores.items()}
    settings = {
        "max_length": recipe.max_length,
        "encoder": linker.embedder.fingerprint,
        "terminology": options.terminology if options.terminology == "ctcae" else linker.terminology.label,
        "linker": tuned.settings.as_dict(),
        "development": scores,
        "tau_sweep": sweep,
        "recipe": recipe.path.name,
        "base": recipe.encoder,
        "sources": sources_of(recipe),
        "ctcae_wordings": options.ctcae_wordings,
        "patient_phrases": options.patient_phrases,
        "options": {**asdict(options), "terminology": linker.terminology.label},
    }
    write_manifest(out, "normalize", settings)
    load_linker(out, settings, linker.terminology)  # what was written opens
    return scores
