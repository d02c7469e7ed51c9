"""Recipes: TOML files that say what a part is trained on and how. One recipe, one part.

A choice is made on a development split carved out of the training documents here, never on a corpus's own
`valid` or `test`; documents of one post, and repeated texts, stay on one side. A corpus of folds is named with
`{fold}` in its splits, so that one recipe serves them all; a fold's published validation part, as a source of its
own with `development = 1`, chooses in place of a carved one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adetk.bundle import KINDS
from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.held_out import (
    Taken,
    TrainingData,
    split_development,
    taken,
    with_few_empty,
    without_repeats,
    without_seen,
)
from adetk.readers import CORPORA, read_corpus, read_jsonl
from adetk.toml import from_table, read_toml

KIND_TO_METRICS = {
    "classify": ("average_precision", "f1"),
    "extract": ("strict_f1", "relaxed_f1"),
    "normalize": (),  # no score during training: it goes to its end
}
CODES = "codes"
"""Key of a training document's `meta`: the code system of its gold."""
FOLD = "{fold}"

OWN_TEXT, OWN_TERMS = "corpora/written/", "CC0 1.0, written for this project"


@dataclass(frozen=True)
class TrainingConfig:
    """How to train a network.

    Attributes:
        epochs: passes over the training rows.
        learning_rate: peak rate of AdamW; linear warm-up over `warmup` (share of all steps), linear decay.
        batch_size: windows a step.
        weight_decay: AdamW's.
        warmup: share of the steps.
        seed: of everything random.
        bf16: bfloat16 autocast, where the GPU or the CPU computes in it.
        encoder_dropout: dropout inside the encoder; -1 = as it was pretrained.
        layers: keep the encoder's first so many layers; 0 = all. A gate's time is nearly that of its layers.
        frozen_embeddings: word vectors stay as they were pretrained. Without dropout and with frozen vectors
            training needs less time on a CPU.
        metric: score to stop by and to pick the best epoch by (see `KIND_TO_METRICS`); empty = train to the end.
        patience: epochs without a better score before stopping; 0 = never stop early.
        log_every: steps between log lines.
        head_learning_rate: peak rate for what is not of the pretrained encoder; 0 = `learning_rate`. A head begins at
            random: at an encoder's rate it may never learn classes that are rare.
    """

    epochs: float = 3.0
    learning_rate: float = 5e-5
    batch_size: int = 32
    weight_decay: float = 0.01
    warmup: float = 0.1
    seed: int = 13
    bf16: bool = True
    encoder_dropout: float = -1.0
    layers: int = 0
    frozen_embeddings: bool = False
    metric: str = ""
    patience: int = 0
    log_every: int = 50
    head_learning_rate: float = 0.0


@dataclass(frozen=True)
class Source:
    """One training source.

    Attributes:
        corpus: name of a corpus, or empty when `path` is given.
        split: the corpus's split; `{fold}` in it stands for the number of a fold.
        path: a JSONL file in adetk's own format, relative to the recipe.
        codes: code system of the gold in `path`; a corpus knows its own.
        labels: mention label -> label to train on; labels that are not named are dropped. Empty = keep all.
        positive: mention labels that make a post an ADE post, beside its own label.
        flag: column of `meta` that alone makes a post positive, where it holds 1: for another question than ADE.
        max_empty: keep at most so many documents without a mention (the first by hash); -1 = all.
        repeat: how many times each training document counts.
        development: share carved out for choices; -1 = the recipe's share, 0 = train on all, 1 = choose by all.
    """

    corpus: str = ""
    split: str = "train"
    path: str = ""
    codes: str = "MedDRA"
    labels: Mapping[str, str] = field(default_factory=dict)
    positive: tuple[str, ...] = ()
    flag: str = ""
    max_empty: int = -1
    repeat: int = 1
    development: float = -1.0


@dataclass(frozen=True)
class Recipe:
    """What to train and on what.

    Attributes:
        kind: `classify`, `extract` or `normalize`.
        encoder: folder, name under `$ADETK_ENCODERS`, or hub id.
        data: training sources.
        max_length: pieces a window.
        development: share of documents carved out for choices.
        training: how to train.
        options: the room's own settings.
        path: where the recipe was read.
    """

    kind: str
    encoder: str
    data: tuple[Source, ...]
    max_length: int = 96
    development: float = 0.1
    training: TrainingConfig = TrainingConfig()
    options: Mapping[str, Any] = field(default_factory=dict)
    path: Path = Path()


def read_recipe(path: Path, fold: int | None = None) -> Recipe:
    """Read a recipe.

    Args:
        path: a TOML file.
        fold: what `{fold}` in its splits stands for; None = 0.

    Raises:
        AdetkError: missing file, not TOML, an unknown key, kind or metric (the message lists what is known), or
            a fold for a recipe that has none.
    """
    table = read_toml(path)
    if not isinstance(table.get("data", []), list):
        raise AdetkError(f"{path}: data is {table['data']!r}; expected [[data]] tables, one a source")
    sources = tuple(from_table(Source, source, f"{path} [[data]]") for source in table.pop("data", ()))
    training = from_table(TrainingConfig, table.pop("training", {}), f"{path} [training]")
    recipe = from_table(Recipe, {**table, "data": sources, "training": training, "path": path}, str(path))
    _check(recipe)
    return _of_fold(recipe, fold)


def _check(recipe: Recipe) -> None:
    path, metric = recipe.path, recipe.training.metric
    if recipe.kind not in KINDS:
        raise AdetkError(f"{path}: kind is {recipe.kind!r}; expected one of {', '.join(KINDS)}")
    if not recipe.data:
        raise AdetkError(f"{path}: no [[data]]; name at least one training source")
    for source in recipe.data:
        if bool(source.corpus) == bool(source.path):
            raise AdetkError(f"{path} [[data]]: expected a corpus or a path in each, and not both")
    head_rate = recipe.training.head_learning_rate
    if head_rate < 0 or (head_rate and recipe.kind == "normalize"):
        raise AdetkError(
            f"{path} [training]: head_learning_rate is {head_rate:g}; expected 0 or more, and 0 of a linker, which has "
            "no head"
        )
    metrics = KIND_TO_METRICS[recipe.kind]
    if metric not in ("", *metrics):
        known = f"expected {' or '.join(metrics)}" if metrics else f"{recipe.kind} has none, leave it out"
        raise AdetkError(f"{path} [training]: metric is {metric!r}; {known}")


def _of_fold(recipe: Recipe, fold: int | None) -> Recipe:
    if fold is not None and not any(FOLD in source.split for source in recipe.data):
        raise AdetkError(f"{recipe.path}: no split has {FOLD} in its name; leave out the fold")
    number = "0" if fold is None else str(fold)
    return replace(recipe, data=tuple(replace(s, split=s.split.replace(FOLD, number)) for s in recipe.data))


def read_training_data(recipe: Recipe, corpora: Path) -> TrainingData:
    """Read a recipe's sources, drop repeated texts (the first source's stay) and carve out the development documents.

    A linker's sources keep texts that they repeat themselves: how often a wording has a code is what it learns.
    `meta["codes"]` of each document names the code system of its gold.
    """
    train: list[Document] = []
    development: list[Document] = []
    carved: list[Document] = []
    counts: list[Taken] = []
    seen: set[str] = set()
    fresh = without_seen if recipe.kind == "normalize" else without_repeats
    for source in recipe.data:
        documents = fresh(read_source(source, recipe, corpora), seen)
        documents = with_few_empty(documents, source.max_empty)
        share = recipe.development if source.development < 0 else source.development
        held = split_development(documents, share)
        train += held.train * source.repeat
        development += held.development
        carved += held.development * source.repeat if share < 1 else []
        counts.append(taken(held))
    return TrainingData(train, development, tuple(counts), tuple(carved))


def read_source(source: Source, recipe: Recipe, corpora: Path) -> list[Document]:
    """All documents of one of a recipe's sources, in order, labelled as the source says; repeated texts stay."""
    if source.path:
        documents = list(read_jsonl(recipe.path.parent / source.path))
    else:
        documents = read_corpus(source.corpus, source.split, corpora)
    return [_prepared(document, source) for document in documents]


def sources_of(recipe: Recipe, data: TrainingData) -> list[str]:
    """A line for each training source, for the model card: what it is, how much of it, and on what terms."""
    lines = []
    for source, counts in zip(recipe.data, data.taken, strict=True):
        if source.path:
            name = source.path.removeprefix("../")
            terms = OWN_TERMS if OWN_TEXT in source.path else "a local file"
        else:
            name, terms = f"{source.corpus}, split {source.split}", CORPORA[source.corpus].licence
        lines.append(f"{name}: {_counted(counts, source, recipe.kind)}; {terms}")
    return lines


def _counted(counts: Taken, source: Source, kind: str) -> str:
    what = f"{counts.ade:,} ADE" if kind == "classify" else f"{counts.mentions:,} mentions"
    times = f", each {source.repeat} times" if source.repeat > 1 else ""
    chosen_by = f"; {counts.development:,} to choose by" if counts.development else ""
    return f"{counts.train:,} documents ({what}){times}{chosen_by}"


def _prepared(document: Document, source: Source) -> Document:
    label = document.label
    if source.positive:
        is_positive = label == ADE or any(m.label in source.positive for m in document.mentions)
        label = ADE if is_positive else NO_ADE
    if source.flag:
        label = ADE if document.meta.get(source.flag) == "1" else NO_ADE
    mentions: Iterable[Mention] = document.mentions
    if source.labels:
        mentions = (
            replace(m, label=source.labels[m.label], drug=None) for m in mentions if m.label in source.labels
        )
    codes = CORPORA[source.corpus].codes if source.corpus else source.codes
    return replace(document, label=label, mentions=tuple(mentions), meta={**document.meta, CODES: codes})
