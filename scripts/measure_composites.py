"""How often wordings that join two effects are taken apart rightly, out of fold.

    python scripts/measure_composites.py --corpora CORPORA --terminology MEDASCII

Five folds of each corpus's training split; a wording is known by the terminology and the mentions of the other folds.
Of the wordings that are taken apart, those are `both` whose terms are all right and are all that gold has, `some` of
which one is, `none` of which none is. `marked`: annotated mentions, where effects that share words are taken apart.
`lists of marked`: the same mentions, where others are too. `lists`: two mentions of one code each that nothing but a
joint divides, put together to one verbatim. `adetk.normalize.composite` rests on this.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from adetk.document import ADE, Document
from adetk.normalize.composite import conjuncts
from adetk.normalize.lessons import target_mentions
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.normalize.wordings import Table, wording_tables
from adetk.readers import CORPORA, read_corpus
from adetk.recipe import CODES

NAMES = ("cadec", "smm4h2017", "smm4h2022")
FOLDS = 5
_JOINT = re.compile(r"\s*(?:[,/&+]|,?\s*\band\b)\s*", re.IGNORECASE)

Case = tuple[str, list[frozenset[str]]]
"""A wording and its accepted codes, one set an effect."""


def main() -> None:
    """Parse the command line, print a row a corpus and kind."""
    parser = argparse.ArgumentParser(description="Judge how joined effects are taken apart.")
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--terminology", type=Path, required=True)
    options = parser.parse_args()
    terminology = open_terminology(options.terminology)
    for name in NAMES:
        documents = [
            replace(d, meta={**d.meta, CODES: CORPORA[name].codes})
            for d in read_corpus(name, "train", options.corpora)
        ]
        counts = {kind: Counter[str]() for kind in ("marked", "lists of marked", "lists")}
        for fold in range(FOLDS):
            train = [d for number, d in enumerate(documents) if number % FOLDS != fold]
            judged = documents[fold::FOLDS]
            mentions = target_mentions(train, terminology, 6)
            tables = wording_tables(terminology, [*terminology.rows(), *mentions], mentions)
            marked = list(_marked(judged))
            counts["marked"] += _judged(marked, tables, terminology, is_list=False)
            counts["lists of marked"] += _judged(marked, tables, terminology, is_list=True)
            counts["lists"] += _judged(list(_lists(judged)), tables, terminology, is_list=True)
        for kind, count in counts.items():
            print(f"{name:10} {kind:15} both {count['both']}, some {count['some']}, none {count['none']}")


def _marked(documents: Sequence[Document]) -> Iterator[Case]:
    for document in documents:
        for mention in document.labelled(ADE):
            if mention.gold is not None:
                yield " ".join(mention.surface(document.text).split()), list(mention.gold)


def _lists(documents: Sequence[Document]) -> Iterator[Case]:
    for document in documents:
        single = [m for m in document.labelled(ADE) if m.gold and len(m.gold) == 1 and len(m.spans) == 1]
        single.sort(key=lambda mention: mention.start)
        for left, right in pairwise(single):
            between = document.text[left.end : right.start] if left.end < right.start else ""
            if _JOINT.fullmatch(between) and left.gold and right.gold:
                surface = " ".join(document.text[left.start : right.end].split())
                yield surface, [left.gold[0], right.gold[0]]


def _judged(
    cases: Sequence[Case], tables: Sequence[Table], terminology: Terminology, is_list: bool
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for surface, gold in cases:
        parts = conjuncts(surface, lambda part: _first(part, tables) is not None, is_list)
        found = {terminology.pt_of(code) for part in parts if (code := _first(part, tables)) is not None}
        if len(found) < 2:
            continue
        accepted = [{terminology.pt_of(code) for code in codes} for codes in gold]
        hits = sum(not found.isdisjoint(codes) for codes in accepted)
        is_all = hits == len(accepted) == len(found)
        counts["both" if is_all else "some" if hits else "none"] += 1
    return counts


def _first(surface: str, tables: Sequence[Table]) -> str | None:
    """The most used concept of a wording, by the strictest comparison that knows it."""
    found = (table.key_to_ids.get(table.key_of(surface)) for table in tables)
    return next((concept_ids[0] for concept_ids in found if concept_ids), None)


if __name__ == "__main__":
    main()
