"""Recipes: TOML files that say what a part is trained on and how. One recipe, one part.

A choice is made on a development split carved out of the training documents here, never on a corpus's own
`valid` or `test`; documents of one post, and repeated texts, stay on one side.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from adetk.bundle import KINDS
from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers import CORPORA, read_corpus, read_jsonl

T = TypeVar("T")

OWN_TEXT, OWN_TERMS = "corpora/written/", "CC0 1.0, written for this project"

_MASK = re.compile(r"https?://\S+|HTTPURL_*|@\w+|\W")  # one \W: more would eat the @


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
        bf16: bfloat16 autocast.
        metric: name of the score to stop by and to pick the best epoch by; empty = train to the end.
        patience: epochs without a better score before stopping; 0 = never stop early.
        log_every: steps between log lines.
    """

    epochs: float = 3.0
    learning_rate: float = 5e-5
    batch_size: int = 32
    weight_decay: float = 0.01
    warmup: float = 0.1
    seed: int = 13
    bf16: bool = True
    metric: str = ""
    patience: int = 0
    log_every: int = 50


@dataclass(frozen=True)
class Source:
    """One training source.

    Attributes:
        corpus: name of a corpus, or empty when `path` is given.
        split: the corpus's split.
        path: a JSONL file in adetk's own format, relative to the recipe.
        labels: mention label -> label to train on; labels that are not named are dropped. Empty = keep all.
        positive: mention labels that make a post an ADE post, beside its own label.
        max_empty: keep at most so many documents without a mention (the first by hash); -1 = all.
        repeat: how many times each training document counts.
        development: share carved out for choices; -1 = the recipe's share, 0 = train on all, 1 = choose by all.
    """

    corpus: str = ""
    split: str = "train"
    path: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    positive: tuple[str, ...] = ()
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


@dataclass(frozen=True)
class TrainingData:
    """Documents to learn from and documents to choose by."""

    train: list[Document]
    development: list[Document]


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        AdetkError: missing file, not TOML, an unknown key or kind; the message lists what is known.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AdetkError(f"{path}: no such recipe; expected a TOML file, see recipes/") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AdetkError(f"{path}: not TOML ({error}); correct the recipe") from None
    if not isinstance(table.get("data", []), list):
        raise AdetkError(f"{path}: data is {table['data']!r}; expected [[data]] tables, one a source")
    sources = tuple(from_table(Source, source, f"{path} [[data]]") for source in table.pop("data", ()))
    training = from_table(TrainingConfig, table.pop("training", {}), f"{path} [training]")
    recipe = from_table(Recipe, {**table, "data": sources, "training": training, "path": path}, str(path))
    if recipe.kind not in KINDS:
        raise AdetkError(f"{path}: kind is {recipe.kind!r}; expected one of {', '.join(KINDS)}")
    if not sources:
        raise AdetkError(f"{path}: no [[data]]; name at least one training source")
    return recipe


def from_table(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Build a dataclass from a TOML table.

    Raises:
        AdetkError: an unknown or missing key, or a value of another type than the default's.
    """
    if not isinstance(table, Mapping):
        raise AdetkError(f"{where}: is {table!r}; expected a table of {', '.join(_names(cls))}")
    unknown = sorted(set(table) - set(_names(cls)))
    if unknown:
        raise AdetkError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(_names(cls))}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    try:
        built = cls(**values)
    except TypeError as error:
        raise AdetkError(f"{where}: {error}; known keys are {', '.join(_names(cls))}") from None
    for f in fields(cls):  # type: ignore[arg-type]
        default = (
            f.default_factory() if f.default is MISSING and f.default_factory is not MISSING else f.default
        )
        value = getattr(built, f.name)
        if default is not MISSING and not _is_like(value, default):
            raise AdetkError(f"{where}: {f.name} is {value!r}; expected a value like {default!r}")
    return built


def _names(cls: type) -> list[str]:
    return [f.name for f in fields(cls)]


def _is_like(value: Any, default: Any) -> bool:
    """Whether a value is of a default's type; a whole number may stand for a number."""
    if isinstance(default, Mapping):
        return isinstance(value, Mapping)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, type(default)) and isinstance(value, bool) == isinstance(default, bool)


def read_training_data(recipe: Recipe, corpora: Path) -> TrainingData:
    """Read a recipe's sources, drop repeated texts and carve out the development documents."""
    train: list[Document] = []
    development: list[Document] = []
    seen: set[str] = set()
    for source in recipe.data:
        documents = [_prepared(d, source) for d in _read(source, recipe, corpora)]
        documents = _without_repeats(documents, seen)
        documents = _with_few_empty(documents, source.max_empty)
        share = recipe.development if source.development < 0 else source.development
        held = split_development(documents, share)
        train += held.train * source.repeat
        development += held.development
    return TrainingData(train, development)


def sources_of(recipe: Recipe) -> list[str]:
    """A line for each training source, for the model card: what it is and on what terms."""
    lines = []
    for source in recipe.data:
        if source.path:
            lines.append(
                f"{source.path.removeprefix('../')}: {OWN_TERMS if OWN_TEXT in source.path else 'a local file'}"
            )
        else:
            lines.append(f"{source.corpus}, split {source.split}: {CORPORA[source.corpus].licence}")
    return lines


def split_development(documents: Sequence[Document], share: float) -> TrainingData:
    """Carve out about `share` of the documents, by a hash of their post or text, so that posts stay whole."""
    data = TrainingData([], [])
    for document in documents:
        is_held = _hash(_group(document)) < share
        (data.development if is_held else data.train).append(document)
    return data


def _read(source: Source, recipe: Recipe, corpora: Path) -> list[Document]:
    if source.path:
        return list(read_jsonl(recipe.path.parent / source.path))
    return read_corpus(source.corpus, source.split, corpora)


def _prepared(document: Document, source: Source) -> Document:
    label = document.label
    if source.positive:
        is_positive = label == ADE or any(m.label in source.positive for m in document.mentions)
        label = ADE if is_positive else NO_ADE
    mentions: Iterable[Mention] = document.mentions
    if source.labels:
        mentions = (
            replace(m, label=source.labels[m.label], drug=None) for m in mentions if m.label in source.labels
        )
    return replace(document, label=label, mentions=tuple(mentions))


def _without_repeats(documents: Iterable[Document], seen: set[str]) -> list[Document]:
    kept = []
    for document in documents:
        key = same_text_key(document.text)
        if key not in seen:
            seen.add(key)
            kept.append(document)
    return kept


def _with_few_empty(documents: list[Document], max_empty: int) -> list[Document]:
    if max_empty < 0:
        return documents
    empty = sorted((d for d in documents if not d.mentions), key=lambda d: _hash(d.id))
    kept = {id(d) for d in empty[:max_empty]}
    return [d for d in documents if d.mentions or id(d) in kept]


def same_text_key(text: str) -> str:
    """Two texts with the same key are one text: case, links, handles, punctuation and spaces do not count."""
    return " ".join(_MASK.sub(" ", text).casefold().split())


def _group(document: Document) -> str:
    post = document.meta.get("post")
    return f"{document.meta.get('drug', '')}/{post}" if post else same_text_key(document.text)


def _hash(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
