"""PsyTAR: sentences of drug reviews, from the published workbook, with UMLS concepts.

The workbook gives mentions as strings without offsets, so they are looked up in their sentence. The shipped
80/10/10 files share posts between splits and are not used: posts are split here by a hash.
"""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.locate import Spans, locate
from adetk.readers.partition import split_of

ALL = "all"
SHARES = {"train": 80, "dev": 10, "test": 10}
FILE = "PsyTAR_dataset.xlsx"
SENTENCES = "Sentence_Labeling"
KIND_TO_SHEET = {"ADR": "ADR_Mapped", "WD": "WD-Mapped", "SSI": "SSI_Mapped", "DI": "DI_Mapped"}
KIND_TO_LABEL = {"ADR": ADE, "WD": "WD", "SSI": "INDICATION", "DI": "INDICATION"}
SENTENCE_COLUMNS = ("id", "drug_id", "sentence_index", "sentences", "ADR", "WD", "EF", "INF", "SSI", "DI")
FLAGS = ("WD", "EF", "INF", "SSI", "DI")
# Names of the other columns differ from sheet to sheet; the places do not.
MENTION_COLUMNS = {1: "drug_id", 4: "UMLS1", 6: "UMLS2"}
_CUI = re.compile(r"C\d{7}")
_log = logging.getLogger(__name__)

Sentence = Mapping[str, Any]
Place = tuple[str, int]
"""Post and position of a sentence in it."""


class Phrase(NamedTuple):
    """A mention as the workbook gives it: kind, words, and the codes, None where they are not read."""

    kind: str
    words: str
    gold: tuple[frozenset[str], ...] | None


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one sentence a document; all sentences of a post are in one split.

    A document is `ADE` if the sentence is labelled ADR; other sentence labels are `meta` columns with `1`.
    Ids are post and the sheet's sentence id (`drug.post:id`): the position in the post is not unique. Gold is
    given for ADE mentions: one set of the concept and of its equivalent that has a SNOMED code; empty where
    the annotators found none. Mentions whose words do not stand in the sentence in order are dropped; their
    number is logged once.

    Raises:
        AdetkError: openpyxl is not installed, or the workbook is missing or lacks a sheet or column.
    """
    sheet_to_rows = _sheets(folder / FILE)
    sentences = _sentences(sheet_to_rows[SENTENCES], folder / FILE)
    phrases = (
        phrase
        for kind, sheet in KIND_TO_SHEET.items()
        for phrase in _phrases(sheet_to_rows[sheet], kind, folder / FILE)
    )
    dropped: Counter[str] = Counter()
    index_to_phrases = _assign(phrases, sentences, dropped)
    for index, sentence in enumerate(sentences):
        if split in (ALL, split_of(sentence["drug_id"], SHARES)):
            yield _document(sentence, index_to_phrases[index], dropped)
    if dropped:
        numbers = ", ".join(f"{number} {kind}" for kind, number in sorted(dropped.items()))
        _log.warning("psytar %s: mentions dropped, not found in their sentence: %s", split, numbers)


def _sheets(path: Path) -> dict[str, list[Sequence[Any]]]:
    """The rows of the sheets that are needed, header first; a space after a sheet's name does not count."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise AdetkError(
            "psytar is an Excel workbook and openpyxl is not installed; run: pip install adetk[train]"
        ) from error
    try:
        workbook = load_workbook(path, read_only=True)
    except OSError as error:
        raise AdetkError(f"{path}: cannot be read ({error.strerror}); expected PsyTAR's workbook") from error
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise AdetkError(
            f"{path}: not an Excel workbook ({error}); expected PsyTAR's as published"
        ) from error
    name_to_sheet = {sheet.title.strip(): sheet for sheet in workbook.worksheets}
    missing = [name for name in (SENTENCES, *KIND_TO_SHEET.values()) if name not in name_to_sheet]
    if missing:
        raise AdetkError(f"{path}: no sheet {missing[0]}; expected PsyTAR's workbook as published")
    return {
        name: list(name_to_sheet[name].iter_rows(values_only=True))
        for name in (SENTENCES, *KIND_TO_SHEET.values())
    }


def _sentences(rows: list[Sequence[Any]], path: Path) -> list[Sentence]:
    header = list(rows[0])
    missing = [column for column in SENTENCE_COLUMNS if column not in header]
    if missing:
        raise AdetkError(
            f"{path}: sheet {SENTENCES} has no column {missing[0]}; expected it in the first row"
        )
    column_to_place = {column: header.index(column) for column in SENTENCE_COLUMNS}
    sentences = [{column: row[place] for column, place in column_to_place.items()} for row in rows[1:]]
    # The last row holds nothing but the sums of the columns.
    return [sentence for sentence in sentences if sentence["drug_id"] is not None]


def _phrases(rows: list[Sequence[Any]], kind: str, path: Path) -> Iterator[tuple[Place, Phrase]]:
    """The place and the phrase of each row of a sheet of mentions."""
    for number, name in MENTION_COLUMNS.items():
        if rows[0][number] != name:
            raise AdetkError(
                f"{path}: sheet {KIND_TO_SHEET[kind]} has {rows[0][number]!a} in column {number + 1}; "
                f"expected {name}"
            )
    for _, post, position, words, umls1, _, umls2, *_ in rows[1:]:
        if (post, words) != (None, None):  # the sheets end in blank rows
            gold = _gold(umls1, umls2) if kind == "ADR" else None
            yield (post, position), Phrase(kind, "" if words is None else words, gold)


def _assign(
    phrases: Iterable[tuple[Place, Phrase]], sentences: list[Sentence], dropped: Counter[str]
) -> defaultdict[int, list[Phrase]]:
    """Index of a sentence -> its phrases. A phrase whose place has no sentence is counted as dropped."""
    place_to_indices = defaultdict(list)
    for index, sentence in enumerate(sentences):
        place_to_indices[sentence["drug_id"], sentence["sentence_index"]].append(index)
    index_to_phrases: defaultdict[int, list[Phrase]] = defaultdict(list)
    for place, phrase in phrases:
        indices = place_to_indices.get(place, [])
        if not indices:
            dropped[phrase.kind] += 1
            continue
        # Of a place that stands twice (a slip of the workbook), the sentence labelled with the kind is meant.
        labelled = [index for index in indices if sentences[index][phrase.kind] == 1]
        index_to_phrases[[*labelled, *indices][0]].append(phrase)
    return index_to_phrases


def _gold(*cells: str | None) -> tuple[frozenset[str], ...]:
    """The cells read `C0000001 / name / semantic type`, or `No code`, or a term that UMLS lacks."""
    codes = frozenset(code for cell in cells if cell is not None for code in _CUI.findall(cell.upper()))
    return (codes,) if codes else ()


def _document(sentence: Sentence, phrases: list[Phrase], dropped: Counter[str]) -> Document:
    text = "" if sentence["sentences"] is None else sentence["sentences"]
    mentions: list[Mention] = []
    kind_to_taken: dict[str, set[Spans]] = defaultdict(set)
    for phrase in phrases:
        spans = locate(phrase.words, text, kind_to_taken[phrase.kind])
        if spans is None:
            dropped[phrase.kind] += 1
            continue
        kind_to_taken[phrase.kind].add(spans)
        mention = Mention(spans, label=KIND_TO_LABEL[phrase.kind], gold=phrase.gold)
        if mention not in mentions:  # SSI and DI often mark the same words
            mentions.append(mention)
    drug, _, post = sentence["drug_id"].rpartition(".")
    return Document(
        id=f"{sentence['drug_id']}:{sentence['id']}",
        text=text,
        label=ADE if sentence["ADR"] == 1 else NO_ADE,
        mentions=tuple(mentions),
        meta={"drug": drug, "post": post} | {flag: "1" for flag in FLAGS if sentence[flag] == 1},
    )


CORPUS = Corpus(
    name="psytar",
    splits=("train", "dev", "test", ALL),
    read=read,
    folder="psytar",
    licence="CC BY 4.0 (sentences, mentions, codes; not the sheet of whole posts)",
    licence_class="A",
    codes="UMLS",
    # Of the published 4,813 ADR mentions, 98 are not found in their sentence.
    expected={
        "train": {"documents": 4_928, "ADE documents": 1_776, "ADE": 3_828},
        "dev": {"documents": 471, "ADE documents": 160, "ADE": 394},
        "test": {"documents": 610, "ADE documents": 232, "ADE": 493},
        ALL: {"documents": 6_009, "ADE documents": 2_168, "ADE": 4_715},
    },
)
