"""ADE-Corpus-V2: sentences of case reports, with adverse effects and the drugs that they are blamed on.

`DRUG-AE.rel` has a line a relation, `ADE-NEG.txt` a line a sentence without any. Most of PHEE's sentences are
from here: train on one, never score the other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from adetk.document import ADE, DRUG, NO_ADE, Document, Mention, Span
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_lines
from adetk.readers.partition import split_of

ALL = "all"
SHARES = {"train": 80, "dev": 10, "test": 10}
RELATION_CELLS = 8
_NEGATIVE = re.compile(r"(\d+) NEG (.+)")


class Relation(NamedTuple):
    """A line of `DRUG-AE.rel`; offsets count from the start of the abstract."""

    where: str
    abstract: str
    sentence: str
    effect: str
    effect_start: int
    drug: str
    drug_start: int


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one sentence a document: first those with relations, then the others, each in the file's order.

    A sentence that stands several times is one document. All sentences of an abstract are in one split, but
    for those that several abstracts share: they go with the first. Ids are the abstract's PubMed id and the
    number of the sentence in it. An effect's `drug` is its relations' drug if there is just one.

    Raises:
        AdetkError: a file is missing, a line is unreadable, or offsets and sentence disagree.
    """
    sentence_to_relations: dict[str, list[Relation]] = {}
    for relation in _relations(folder / "DRUG-AE.rel"):
        sentence_to_relations.setdefault(relation.sentence, []).append(relation)
    sentence_to_abstract = {text: found[0].abstract for text, found in sentence_to_relations.items()}
    for abstract, sentence in _negatives(folder / "ADE-NEG.txt"):
        sentence_to_abstract.setdefault(sentence, abstract)
    abstract_to_count: defaultdict[str, int] = defaultdict(int)
    for sentence, abstract in sentence_to_abstract.items():
        abstract_to_count[abstract] += 1
        if split in (ALL, split_of(abstract, SHARES)):
            id = f"{abstract}:{abstract_to_count[abstract]}"
            yield _document(id, sentence, sentence_to_relations.get(sentence, []), abstract)


def _relations(path: Path) -> Iterator[Relation]:
    for where, line in read_lines(path):
        cells = line.rstrip("\r").split("|")
        offsets = [*cells[3:5], *cells[6:8]]
        if len(cells) != RELATION_CELLS or not all(offset.isdecimal() for offset in offsets):
            raise AdetkError(
                f"{where}: {line[:60]!a} is no relation; expected "
                "'PubMed id|sentence|effect|start|end|drug|start|end'"
            )
        abstract, sentence, effect, effect_start, effect_end, drug, drug_start, drug_end = cells
        lengths = (int(effect_end) - int(effect_start), int(drug_end) - int(drug_start))
        if lengths != (len(effect), len(drug)) or 0 in lengths:
            raise AdetkError(f"{where}: offsets {offsets} are not as long as {effect!a} and {drug!a}")
        yield Relation(where, abstract, sentence, effect, int(effect_start), drug, int(drug_start))


def _negatives(path: Path) -> Iterator[tuple[str, str]]:
    for where, line in read_lines(path):
        match = _NEGATIVE.fullmatch(line.rstrip("\r"))
        if match is None:
            raise AdetkError(f"{where}: {line[:60]!a}; expected 'PubMed id NEG sentence'")
        yield match[1], match[2]


def _document(id: str, text: str, relations: list[Relation], abstract: str) -> Document:
    effect_to_drugs: dict[Span, set[Span]] = defaultdict(set)
    for effect, drug in _spans(text, relations):
        effect_to_drugs[effect].add(drug)
    drugs = sorted(set().union(*effect_to_drugs.values()))
    mentions = [Mention((drug,), label=DRUG) for drug in drugs]
    for effect, about in sorted(effect_to_drugs.items()):
        index = drugs.index(next(iter(about))) if len(about) == 1 else None
        mentions.append(Mention((effect,), label=ADE, drug=index))
    label = ADE if relations else NO_ADE
    return Document(id, text, label=label, mentions=tuple(mentions), meta={"abstract": abstract})


def _spans(text: str, relations: list[Relation]) -> Iterator[tuple[Span, Span]]:
    """The spans of effect and drug in the sentence, relation by relation."""
    abstract_to_relations: dict[str, list[Relation]] = defaultdict(list)
    for relation in relations:
        abstract_to_relations[relation.abstract].append(relation)
    for group in abstract_to_relations.values():
        first = _sentence_start(text, group)
        for relation in group:
            effect, drug = relation.effect_start - first, relation.drug_start - first
            yield (effect, effect + len(relation.effect)), (drug, drug + len(relation.drug))


def _sentence_start(text: str, relations: list[Relation]) -> int:
    """Where the sentence begins in its abstract: the one place that puts every string where it stands."""
    starts: set[int] | None = None
    for relation in relations:
        for surface, offset in (
            (relation.effect, relation.effect_start),
            (relation.drug, relation.drug_start),
        ):
            found = {offset - match.start() for match in re.finditer(f"(?={re.escape(surface)})", text)}
            starts = found if starts is None else starts & found
            if not starts:
                raise AdetkError(
                    f"{relation.where}: {surface!a} at {offset} does not fit the sentence and the relations "
                    "before it; expected the file as published"
                )
    # Strings that repeat at equal distances leave a choice: take the first place in the sentence.
    return max(starts) if starts else 0


CORPUS = Corpus(
    name="ade_corpus_v2",
    splits=("train", "dev", "test", ALL),
    read=read,
    folder="ade_corpus_v2",
    licence="none stated",
    licence_class="B",
    codes="",
    expected={
        "train": {"documents": 16_843, "ADE documents": 3_456, "ADE": 4_626, "DRUG": 4_122},
        "dev": {"documents": 2_113, "ADE documents": 391, "ADE": 542, "DRUG": 457},
        "test": {"documents": 1_940, "ADE documents": 424, "ADE": 607, "DRUG": 483},
        # Published: 4,271 sentences with relations and 16,695 without, the repeated ones (70) counted again.
        ALL: {"documents": 20_896, "ADE documents": 4_271, "ADE": 5_775, "DRUG": 5_062},
    },
)
