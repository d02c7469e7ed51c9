"""CADEC v2: AskaPatient posts in brat format, with MedDRA codes for the adverse reactions.

`original/` holds the mentions, `meddra/` the codes of the `ADR` ones (`TT7` codes `T7`), `splits/*.id` the
published split. Fragments of one mention are not always in text order, and line ends cut some in two.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adetk.document import ADE, DRUG, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.brat import TextBound, read_annotations
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_text
from adetk.readers.spans import check_bounds, check_surface, fits, in_text_order

ALL = "all"
LABELS = {"ADR": ADE, "Drug": DRUG, "Disease": "DISEASE", "Symptom": "SYMPTOM", "Finding": "FINDING"}
CONCEPT_LESS = "CONCEPT_LESS"
# Slips of the annotation tool in the published files: offsets and words disagree. The offsets are kept.
KNOWN_MISMATCHES = {
    ("DICLOFENAC-SODIUM.7", "T7"),
    ("DICLOFENAC-SODIUM.7", "T8"),
    ("LIPITOR.944", "T5"),
    ("VOLTAREN.34", "T5"),
}
_ALTERNATIVES = re.compile(r"\s*/\s*|\s+or\s+")
_CODE = re.compile(r"\d{8}")
_log = logging.getLogger(__name__)

Counts = Counter[str]
Gold = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Coding:
    """One of the ways in which the mentions are coded.

    Attributes:
        name: of the corpus, as logged.
        folder: of the code files, whose `TT7` codes `T7`.
        gold: what a line of theirs says; counts what does not fit.
        encoding: of the files.
    """

    name: str
    folder: str
    gold: Callable[[TextBound, Counts], Gold]
    encoding: str = "utf-8"


def read(coding: Coding, folder: Path, split: str) -> Iterator[Document]:
    """Read one published split, or `all` posts in the order of drug and number.

    A document is `ADE` if it has an ADE mention. What does not fit is counted and logged once, at the end.

    Raises:
        AdetkError: a file is missing, a line is unreadable, an offset is wrong, or codes and mentions
            disagree.
    """
    odd: Counts = Counter()
    for name in _names(folder, split):
        yield _document(coding, folder, name, odd)
    for what, number in odd.items():
        _log.warning("%s %s: %d %s", coding.name, split, number, what)


def _names(folder: Path, split: str) -> list[str]:
    if split != ALL:
        return read_text(folder / "splits" / f"{split}.id").split()
    names = (path.stem for path in (folder / "text").glob("*.txt"))
    return sorted(names, key=lambda name: (name.rpartition(".")[0], int(name.rpartition(".")[2])))


def _document(coding: Coding, folder: Path, name: str, odd: Counts) -> Document:
    text = read_text(folder / "text" / f"{name}.txt")
    bounds = read_annotations(folder / "original" / f"{name}.ann").text_bounds
    codes = read_annotations(folder / coding.folder / f"{name}.ann", coding.encoding).text_bounds
    id_to_codes = {code.id.removeprefix("T"): code for code in codes}
    for code in codes:
        if code.id.removeprefix("T") not in {bound.id for bound in bounds}:
            raise AdetkError(
                f"{code.where}: {code.id} codes no mention; expected a line in original/{name}.ann"
            )
    for bound in bounds:
        _check(bound, text, name, odd)
    mentions = tuple(
        Mention(
            in_text_order(bound.spans, text),
            label=LABELS[bound.label],
            gold=_gold(coding, bound, id_to_codes.get(bound.id), odd),
        )
        for bound in bounds
    )
    label = ADE if any(mention.label == ADE for mention in mentions) else NO_ADE
    return Document(name, text, label=label, mentions=mentions, meta={"drug": name.rpartition(".")[0]})


def _check(bound: TextBound, text: str, name: str, odd: Counts) -> None:
    if bound.label not in LABELS:
        raise AdetkError(f"{bound.where}: label {bound.label!a}; expected one of {', '.join(LABELS)}")
    if (name, bound.id) in KNOWN_MISMATCHES:
        check_bounds(bound.spans, text, bound.where)
        if not fits(bound.spans, text, bound.surface):
            odd["known mentions whose words differ from their offsets (offsets kept)"] += 1
    else:
        check_surface(bound.spans, text, bound.surface, bound.where)


def _gold(coding: Coding, bound: TextBound, code: TextBound | None, odd: Counts) -> Gold | None:
    if code is None:
        return None
    if sorted(code.spans) != sorted(bound.spans):
        raise AdetkError(f"{code.where}: {code.id} has other offsets than {bound.where}; expected the same")
    return coding.gold(code, odd)


def _meddra(code: TextBound, odd: Counts) -> Gold:
    """`A + B` are two conjuncts, `A/B` and `A or B` alternatives; what has no concept gives no conjunct."""
    conjuncts = [_ALTERNATIVES.split(part.strip()) for part in code.label.split("+")]
    coded = [frozenset(part) for part in conjuncts if part != [CONCEPT_LESS]]
    for part in coded:
        for candidate in part:
            if not _CODE.fullmatch(candidate):
                raise AdetkError(
                    f"{code.where}: code {candidate!a}; expected 8 digits or {CONCEPT_LESS}, joined by + / or"
                )
    if coded and len(coded) < len(conjuncts):
        odd["codings with one part that has no concept (part dropped)"] += 1
    return tuple(coded)


CORPUS = Corpus(
    name="cadec",
    splits=("train", "dev", "test", ALL),
    read=partial(read, Coding("cadec", "meddra", _meddra)),
    folder="cadec",
    licence="CSIRO Data Licence: non-commercial, no redistribution",
    licence_class="B",
    codes="MedDRA",
    expected={
        "train": {"documents": 875, "ADE": 4_430},
        "dev": {"documents": 187, "ADE": 898},
        "test": {"documents": 188, "ADE": 990},
        ALL: {
            "documents": 1_250,
            "ADE": 6_318,
            "DRUG": 1_800,
            "FINDING": 435,
            "DISEASE": 283,
            "SYMPTOM": 275,
        },
    },
)
