"""Train the linker by a recipe: encoder, index, classifier, tuning, part folder."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from adetk.bundle import MODEL, TOKENIZER, TORCH, read_manifest, write_manifest, written_whole
from adetk.encoder import Tokenizer, pad
from adetk.errors import AdetkError
from adetk.language import languages_of
from adetk.networks import export_onnx, save_network
from adetk.normalize.biencoder import pairs_of, train_biencoder
from adetk.normalize.embedder import Embedder
from adetk.normalize.fallback import CONCEPTS, WEIGHTS
from adetk.normalize.gold import GoldMention
from adetk.normalize.lessons import (
    check_codes,
    concept_key,
    development_mentions,
    target_mentions,
    taught_surfaces,
)
from adetk.normalize.linker import Linker
from adetk.normalize.mining import HardNegatives, Pair, meanings_of, siblings_of
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.options import OF_ENCODER, ONLY_HARD, NormalizeOptions, read_options
from adetk.normalize.part import INDEX, index_rows, load_linker
from adetk.normalize.teaching import further_wordings, taught, together, write_taught
from adetk.normalize.terminology import Terminology
from adetk.normalize.tuning import Tuned, chosen_settings, tune
from adetk.recipe import Recipe, read_training_data, sources_of
from adetk.runtime import open_graph

logger = logging.getLogger(__name__)


def train_linker(
    recipe: Recipe, corpora: Path, out: Path, terminology: str | None = None
) -> dict[str, float]:
    """Train a linker and write its part folder.

    Returns:
        Development scores of the served model: `int8_accuracy_at_1` over codable mentions; `int8_precision`,
        `int8_recall`, `int8_f1` of coding; `int8_fusion_gain` with `_low` and `_high`, see `Tuned`.
    """
    options = read_options(recipe, terminology)
    terms = options.opened()
    lessons = _lessons(recipe, corpora, terms, options)
    pairs = lessons.pairs
    encoder, backend = train_biencoder(
        recipe.encoder,
        pairs,
        recipe.max_length,
        recipe.training,
        out / "training",
        options.loss,
        lessons.negatives,
    )
    tokenizer = Tokenizer(backend, recipe.max_length)
    _write_network(SurfaceEncoder(encoder), tokenizer, [wording for wording, _ in pairs[:4]], out)
    return _finish(recipe, options, terms, lessons, out)


def refit_linker(
    recipe: Recipe, corpora: Path, part: Path, out: Path, terminology: str | None = None
) -> dict[str, float]:
    """Write a linker's part folder anew around the encoder of one that this recipe made: minutes, not hours.

    Index, classifier and all that is tuned are made as `train_linker` makes them; so options that the encoder does
    not depend on may have changed since.

    Args:
        recipe: with the sources and the development shares that the encoder was trained by.
        corpora: folder of the corpora.
        part: whose encoder is taken.
        out: folder to write; must not exist or be empty.
        terminology: as for `train_linker`.

    Returns:
        As `train_linker`.

    Raises:
        AdetkError: a damaged part, one of another recipe, or a folder that holds something. Nothing is left in `out`
            then.
    """
    _check_recipe_of(part, recipe, read_options(recipe, terminology))
    with written_whole(out) as new:
        options = read_options(recipe, terminology)
        terms = options.opened()
        lessons = _lessons(recipe, corpora, terms, options)
        for name in (MODEL, TOKENIZER):
            shutil.copyfile(part / name, new / name)
        shutil.copytree(part / TORCH, new / TORCH)
        return _finish(recipe, options, terms, lessons, new)


def _check_recipe_of(part: Path, recipe: Recipe, options: NormalizeOptions) -> None:
    settings = read_manifest(part, "normalize").settings
    asked = {"recipe": recipe.path.name, "base": recipe.encoder, "max_length": recipe.max_length}
    trained = {name: settings.get(name) for name in asked}
    for name in OF_ENCODER:  # a part of an earlier adetk does not say: it had no choice
        asked[name] = getattr(options, name)
        trained[name] = settings.get("options", {}).get(name, getattr(NormalizeOptions, name))
    for name, value in asked.items():
        if trained[name] != value:
            raise AdetkError(
                f"{part}: was trained with {name} {trained[name]!r}, {recipe.path} is one with {value!r}; name "
                "the recipe that made it"
            )


@dataclass(frozen=True)
class _Lessons:
    """What is learnt and chosen by.

    Attributes:
        pairs: for the encoder.
        negatives: give these pairs hard negatives; None = there are none.
        mentions: training mentions of the terminology's concepts, to how often each stands there.
        carved: the same of development documents that were carved out of a source.
        development: mentions to choose by.
        known: the development mentions whose wordings need no model, where they are not chosen by.
        about: of the training documents: their `sources` and `languages`.
    """

    pairs: list[Pair]
    negatives: HardNegatives | None
    mentions: dict[tuple[str, str], int]
    carved: dict[tuple[str, str], int]
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
    carved = target_mentions(data.carved, terms, options.longest_wording)
    seen = index_rows(terms, further_wordings(mentions, terms, options)) if options.unseen_only else []
    development = development_mentions(data.development, terms, seen)
    known = [m for m in development_mentions(data.development, terms, []) if m not in development]
    surfaces = taught_surfaces(data.train)
    rows = terms.rows()
    if options.parents:
        rows += [(terms.link(c.id).pt_name, c.id) for c in terms.offered() if terms.pt_of(c.id) != c.id]
    names = [(surface, concept_key(terms.codes, code)) for surface, code in rows if surface]
    negatives = None
    if options.hard_negatives or options.loss in ONLY_HARD:
        known_rows = (*surfaces, *names)
        negatives = HardNegatives(known_rows, meanings_of(terms), siblings_of(terms), recipe.training.seed)
    pairs = pairs_of(surfaces, names, recipe.training.seed)
    logger.info("%d wordings, %d of concepts of %s", len(surfaces), len(mentions), terms.label)
    logger.info("%d training pairs, %d mentions to choose by", len(pairs), len(development))
    about = {"sources": sources_of(recipe, data), "languages": languages_of(data.train)}
    return _Lessons(pairs, negatives, mentions, carved, development, known, about)


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


def _finish(
    recipe: Recipe, options: NormalizeOptions, terms: Terminology, lessons: _Lessons, out: Path
) -> dict[str, float]:
    """Teach and tune what stands around the network in `out`."""
    fingerprint = hashlib.sha256((out / MODEL).read_bytes()).hexdigest()
    tokenizer = Tokenizer.from_file(out / TOKENIZER, recipe.max_length)
    embedder = Embedder(tokenizer, open_graph(out / MODEL), fingerprint)
    linker = taught(embedder, terms, lessons.mentions, options, out)
    tuned = tune(linker, lessons.development, lessons.known)
    if options.learn_development and lessons.carved:
        logger.info("%d development wordings are learnt too", len(lessons.carved))
        linker = taught(embedder, terms, together(lessons.mentions, lessons.carved), options, out)
    write_taught(linker, options, out)
    return _write_part(recipe, options, linker, tuned, lessons, out)


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
        "options": {
            **asdict(options),
            "terminology": linker.terminology.label,
            "learn_development": options.learn_development and bool(lessons.carved),
        },
    }
    write_manifest(out, "normalize", settings)
    load_linker(out, settings, linker.terminology)  # what was written opens
    development: dict[str, float] = chosen["development"]
    return development
