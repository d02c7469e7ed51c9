"""One training of a tagger, kept as numbers: the mentions that it finds in what it did not learn from."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from run_data import OUT_OF_FOLD, documents_of, plan_of
from trained_runs import Run, Scored, digest_of, how_made

from adetk.bundle import read_manifest
from adetk.document import ADE, Document, Mention, Span
from adetk.extract.tagger import Tagger
from adetk.recipe import Recipe

DIGITS = 4


class Found(NamedTuple):
    """A mention that a tagger found.

    Attributes:
        document: number of its document.
        spans: fragments in raw characters.
        label: what it is.
        score: the tagger's.
        is_told: whether the tagger finds it only when it is told that the post reports an effect.
    """

    document: int
    spans: tuple[Span, ...]
    label: str
    score: float
    is_told: bool = False


@dataclass(frozen=True)
class Mentions(Scored):
    """Documents as one tagger saw them; `mentions`: of all documents, in order."""

    mentions: tuple[Found, ...]


def span_run(table: dict[str, Any]) -> Run[Mentions]:
    """The run that a JSON file holds.

    Raises:
        ValueError, KeyError, TypeError: it holds none.
    """
    scored = {
        k: Mentions(s["sha256"], tuple(map(_found, s["mentions"]))) for k, s in table.pop("scored").items()
    }
    return Run(**table, scored=scored)


def train_run(
    recipe: Recipe, seed: int, fold: tuple[int, int], corpora: Path, command: str, work: Path
) -> Run[Mentions]:
    """Train a recipe's tagger once and let it tag what it did not learn from, as it is served.

    Args:
        recipe: for a tagger.
        seed: in place of the recipe's.
        fold: number of the fold to leave out, or `WHOLE`; and how many folds there are.
        corpora: folder of all corpora.
        command: what was called, for the record.
        work: folder to train in; a training that was cut off there goes on.

    Raises:
        AdetkError: data that cannot be read, or that hold no mention.
    """
    from adetk.extract.train import train_tagger

    started = time.monotonic()
    to_score = documents_of(scored_part_of(recipe), corpora, fold)
    train_tagger(plan_of(recipe, seed, to_score.get(OUT_OF_FOLD), corpora, work), corpora, work / "part")
    scored = tagged_by(work / "part", to_score)
    made = how_made(command, round(time.monotonic() - started))
    return Run(recipe.path.stem, digest_of(recipe.path), seed, *fold, scored, made)


def tagged_by(part: Path, to_score: Mapping[str, Sequence[Document]]) -> dict[str, Mentions]:
    """What a tagger's part finds in documents, by the name of their split."""
    tagger = Tagger.load(part, read_manifest(part, "extract").settings)
    return {name: _scored(tagger, documents) for name, documents in to_score.items()}


def scored_part_of(recipe: Recipe) -> Recipe:
    """The recipe with its first source only, and with all posts of it: what is scored.

    Posts without a mention that `max_empty` leaves out of training are posts like others to a tagger without a gate,
    and recipes for the same corpus are compared on the same documents.
    """
    return replace(recipe, data=(replace(recipe.data[0], max_empty=-1),))


def predicted(documents: Sequence[Document], found: Mentions, is_told: bool = False) -> list[Document]:
    """The documents with the mentions that a tagger found in them, in place of their own.

    Args:
        documents: what was tagged.
        found: in them.
        is_told: whether the tagger is told which posts report an effect.
    """
    mentions: list[list[Mention]] = [[] for _ in documents]
    for one in found.mentions:
        if is_told or not one.is_told:
            mentions[one.document].append(Mention(one.spans, one.label, one.score))
    return [replace(d, mentions=tuple(own)) for d, own in zip(documents, mentions, strict=True)]


def digest(documents: Sequence[Document]) -> str:
    """Sum over ids, labels and the spans of effects: equal sums, equal documents in the same order, same answers."""
    answers = [[d.id, d.label, [m.spans for m in d.labelled(ADE)]] for d in documents]
    return hashlib.sha256(json.dumps(answers).encode()).hexdigest()


def _scored(tagger: Tagger, documents: Sequence[Document]) -> Mentions:
    bare = [replace(d, mentions=(), label=None, score=None) for d in documents]
    told = [replace(b, label=d.label) for b, d in zip(bare, documents, strict=True)]
    pairs = zip(tagger(bare), tagger(told), strict=True)
    found = (
        Found(number, m.spans, m.label, round(m.score, DIGITS), is_told)
        for number, (alone, when_told) in enumerate(pairs)
        for is_told in (False, True)
        for m in (when_told if is_told else alone).mentions
        if not is_told or m not in alone.mentions
    )
    return Mentions(digest(documents), tuple(found))


def _found(row: Sequence[Any]) -> Found:
    number, spans, label, score, *told = row  # a run that told nothing has four
    fragments = tuple((int(start), int(end)) for start, end in spans)
    return Found(int(number), fragments, str(label), float(score), *map(bool, told))
