"""What a run learns from and what it scores: the documents of a recipe, whole or without a fold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trained_runs import WHOLE

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.held_out import fold_of, same_text_key
from adetk.readers import CORPORA
from adetk.recipe import Recipe, Source, read_source, read_training_data
from adetk.record import record_from_document

DEVELOPMENT = "development"
OUT_OF_FOLD = "out_of_fold"
FINAL_SPLITS = ("valid", "test")
"""The first of them that a corpus has is what a recipe is scored on in the end."""


def documents_of(recipe: Recipe, corpora: Path, fold: tuple[int, int]) -> dict[str, list[Document]]:
    """What the run of a fold scores: name -> documents, in the order of the corpus.

    Folds are of the first source: it is the task, the others only help.

    Args:
        recipe: whatever it is for.
        corpora: folder of all corpora.
        fold: number of the fold that is left out, or `WHOLE`; and how many folds there are.

    Raises:
        AdetkError: data that cannot be read, or no final split.
    """
    target = recipe.data[0]
    if fold[0] != WHOLE:
        documents = read_source(target, recipe, corpora)
        return {OUT_OF_FOLD: [d for d in documents if fold_of(d, fold[1]) == fold[0]]}
    split = final_split(recipe)
    return {
        DEVELOPMENT: read_training_data(recipe, corpora).development,
        split: read_source(replace(target, split=split), recipe, corpora),
    }


def by_fold(documents: Sequence[Document], folds: int) -> list[list[Document]]:
    """The documents of each fold, in order."""
    return [[d for d in documents if fold_of(d, folds) == number] for number in range(folds)]


def final_split(recipe: Recipe) -> str:
    """The split that a recipe is scored on in the end.

    Raises:
        AdetkError: the recipe's first source is no corpus, or has no such split.
    """
    corpus = recipe.data[0].corpus
    splits = CORPORA[corpus].splits if corpus in CORPORA else ()
    split = next((split for split in FINAL_SPLITS if split in splits), None)
    if split is None:
        raise AdetkError(
            f"{recipe.path}: its first source has no split {' or '.join(FINAL_SPLITS)}; expected a corpus with one"
        )
    return split


def plan_of(
    recipe: Recipe, seed: int, held: Sequence[Document] | None, corpora: Path, folder: Path
) -> Recipe:
    """The recipe as a run trains it.

    Args:
        recipe: whatever it is for.
        seed: in place of the recipe's.
        held: documents of the first source that are left out, and copies of them in any source; None = none.
        corpora: folder of all corpora.
        folder: where the sources are written that are left.
    """
    plan = replace(recipe, training=replace(recipe.training, seed=seed))
    return plan if held is None else replace(plan, data=_sources_without(recipe, corpora, held, folder))


def _sources_without(
    recipe: Recipe, corpora: Path, held: Sequence[Document], folder: Path
) -> tuple[Source, ...]:
    """The recipe's sources, written to `folder` without the held-out documents and without copies of them."""
    held_ids, held_texts = {d.id for d in held}, {same_text_key(d.text) for d in held}
    sources = []
    for number, source in enumerate(recipe.data):
        path = folder / f"{number}.jsonl"
        is_target = number == 0
        with path.open("w", encoding="utf-8") as file:
            for document in read_source(source, recipe, corpora):
                is_held = is_target and document.id in held_ids
                if not is_held and same_text_key(document.text) not in held_texts:
                    file.write(json.dumps(record_from_document(document)) + "\n")
        codes = CORPORA[source.corpus].codes if source.corpus else source.codes
        # labels are as the source wants them already
        as_written = replace(source, corpus="", path=str(path), codes=codes, labels={}, positive=(), flag="")
        sources.append(as_written)
    return tuple(sources)
