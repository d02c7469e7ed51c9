"""SMM4H-2024 Task 1: English tweets with the words of each ADE and its MedDRA PT, mostly without offsets.

`gold_annotations_complete.tsv` has the rows of `smm4h2022`, with offsets; `gold_annotations_for_evaluation.tsv`
has `tweet_id<TAB>words<TAB>code`, whose words are looked for in the tweet. Tweets without rows report nothing.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import distinct, read_lines
from adetk.readers.locate import Spans, locate
from adetk.readers.releases import (
    HEADER,
    TWEETS_LICENCE,
    check_known,
    gold_of,
    read_texts,
    split_file,
    split_folder,
)
from adetk.readers.smm4h2022 import mention_of

SPLIT_TO_FOLDERS = {
    "train": ("Train_2024", "train"),
    "valid": ("Dev_2024", "valid"),
    "test": ("Test_2024", "test"),
}
GOLD_FILES = ("gold_annotations_complete.tsv", "gold_annotations_for_evaluation.tsv", "gold_annotations*.tsv")
_log = logging.getLogger(__name__)


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one split; `test` may come without annotations, then it has no labels either.

    Annotations whose words are not in their tweet are left out and counted in one log line; their tweet is `ADE`
    all the same. Rows that repeat another are left out and counted too.

    Raises:
        AdetkError: a file is missing, tweets and annotations are not about the same ids, a row has neither three
            nor six cells, or an offset or a code is wrong.
    """
    folder = split_folder(folder, SPLIT_TO_FOLDERS[split])
    id_to_text = read_texts(split_file(folder, split, "tweets"))
    path = next((path for pattern in GOLD_FILES for path in sorted(folder.glob(pattern))), None)
    if path is None:
        if split != "test":
            raise AdetkError(f"{folder}: no {GOLD_FILES[-1]} in it; expected the annotations")
        yield from (Document(id, text) for id, text in id_to_text.items())
        return
    id_to_rows = _rows(path, id_to_text)
    n_lost = 0
    for id, text in id_to_text.items():
        mentions = _mentions(id_to_rows[id], text)
        n_lost += len(id_to_rows[id]) - len(mentions)
        yield Document(id, text, label=ADE if id_to_rows[id] else NO_ADE, mentions=mentions)
    if n_lost:
        _log.warning("%s: %d annotations left out, their words are not in their tweet", path, n_lost)


def _rows(path: Path, id_to_text: dict[str, str]) -> dict[str, list[tuple[str, list[str]]]]:
    """Tweet id -> place and cells after the id of each of its rows."""
    id_to_rows: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    for where, (id, *cells) in distinct(_cells(path), path):
        check_known(id, id_to_text, where)
        id_to_rows[id].append((where, cells))
    return id_to_rows


def _cells(path: Path) -> Iterator[tuple[str, list[str]]]:
    for where, line in read_lines(path):
        cells = line.rstrip("\r").split("\t")
        if len(cells) not in (3, 6):
            raise AdetkError(f"{where}: {len(cells)} tab-separated cells; expected 3 or 6")
        if cells[0] != HEADER:
            yield where, cells


def _mentions(rows: list[tuple[str, list[str]]], text: str) -> tuple[Mention, ...]:
    mentions: list[Mention] = []
    for where, cells in rows:
        if len(cells) > 2:
            mentions.append(mention_of(cells, text, where))
            continue
        words, code = cells
        gold = gold_of(code, where)
        spans = _place(words.strip(), text, [mention.spans for mention in mentions])
        if spans is not None:
            mentions.append(Mention(spans, label=ADE, gold=gold))
    return tuple(mentions)


def _place(words: str, text: str, taken: Collection[Spans]) -> Spans | None:
    """Where the words stand; in their own case if they do, since the task compares them so."""
    exact = re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text) if words else ()
    found = [(match.span(),) for match in exact]
    if found:
        return next((spans for spans in found if spans not in taken), found[0])
    return locate(words, text, taken)


CORPUS = Corpus(
    name="smm4h2024",
    splits=tuple(SPLIT_TO_FOLDERS),
    read=read,
    folder="smm4h2024",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="MedDRA",
    expected={},
)
