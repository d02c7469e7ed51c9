"""Variants of a recipe's training posts, scored by trained gates: what a smaller gate learns from (distillation).

    python scripts/make_variants.py RECIPE --teachers PART... --corpora CORPORA -o FILE [--times 2]

A teacher knows its training posts by heart, so its scores on them say little more than their labels; on variants of
them it says what it learnt. A variant drops some words, names another drug, or joins the halves of two posts. No
variant is made of a development post. FILE is JSONL in adetk's format, each post with the mean of the teachers' scores;
name it as a source of the smaller gate's recipe, with `development = 0`, and set `soft_labels`. It holds corpus text:
keep it where the corpus is.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from adetk.bundle import read_manifest
from adetk.classify.classifier import Classifier
from adetk.dictionaries import drug_lexicon
from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.extract.drugs import DrugFinder
from adetk.recipe import read_recipe, read_training_data
from adetk.record import record_from_document

Variant = Callable[[Document, random.Random], str]
DROPPED = 0.15
"""Share of a post's words that a variant leaves out."""


def main() -> None:
    """Parse the command line, make variants, score and write them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--teachers", type=Path, nargs="+", required=True, help="trained `classify` parts")
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--times", type=int, default=2, help="variants a post (default: 2)")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    try:
        documents = read_training_data(read_recipe(options.recipe), options.corpora).train
        made = list(variants(documents, options.times, options.seed))
        scored = scored_by(options.teachers, made)
    except AdetkError as error:
        sys.exit(f"make_variants: {error}")
    with options.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record_from_document(document)) + "\n" for document in scored)
    ade = sum(document.label == ADE for document in scored)
    print(
        f"{options.out}: {len(scored)} variants of {len(documents)} posts, {ade} of them ADE to the teachers"
    )


def variants(documents: Sequence[Document], times: int, seed: int) -> Iterator[Document]:
    """`times` variants of each document, by turns of each kind; without labels and mentions."""
    rng = random.Random(seed)
    finder = DrugFinder(*drug_lexicon())
    names = sorted({d.text[m.start : m.end] for d in documents for m in finder.mentions(d)})
    kinds = (_with_other_drugs(finder, names), _halves(documents), _without_words)
    for number, document in enumerate(documents):
        for turn in range(times):
            text = kinds[(number + turn) % len(kinds)](document, rng)
            yield Document(f"{document.id}-{turn}", text, meta=document.meta)


def scored_by(teachers: Sequence[Path], documents: Sequence[Document]) -> list[Document]:
    """The documents with the mean of the teachers' scores, and the label that most of the score says."""
    totals = [0.0] * len(documents)
    for folder in teachers:
        gate = Classifier.load(folder, read_manifest(folder, "classify").settings)
        for row, score in enumerate(gate.scores(documents).tolist()):
            totals[row] += score / len(teachers)
    return [
        replace(document, label=ADE if score >= 0.5 else NO_ADE, score=score)
        for document, score in zip(documents, totals, strict=True)
    ]


def _without_words(document: Document, rng: random.Random) -> str:
    kept = [word for word in document.text.split() if rng.random() >= DROPPED]
    return " ".join(kept) if kept else document.text


def _with_other_drugs(finder: DrugFinder, names: Sequence[str]) -> Variant:
    def variant(document: Document, rng: random.Random) -> str:
        text = document.text
        mentions = finder.mentions(document)
        for mention in reversed(mentions):
            text = text[: mention.start] + rng.choice(names) + text[mention.end :]
        return text if mentions else _without_words(document, rng)

    return variant


def _halves(documents: Sequence[Document]) -> Variant:
    def variant(document: Document, rng: random.Random) -> str:
        first, second = document.text.split(), rng.choice(documents).text.split()
        return " ".join([*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]])

    return variant


if __name__ == "__main__":
    main()
