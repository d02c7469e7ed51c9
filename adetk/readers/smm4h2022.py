"""SMM4H-2022 Task 1: English tweets with ADE labels, spans and MedDRA codes.

Files are tab-separated without header and without quoting: a doubled quote or `&amp;` belongs to the tweet,
and offsets count it. `*_spans_norm.tsv` repeats `*_spans.tsv` with the code added, so it alone is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_rows
from adetk.readers.releases import TWEETS_LICENCE, check_known, gold_of, read_texts, split_file
from adetk.readers.spans import check_surface

LABELS = {"ade": ADE, "noade": NO_ADE}  # the 2021 release writes NoADE
SPLIT_TO_FOLDER = {"train": "train", "valid": "valid", "test": "test_unlabelled"}


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one split; `test` has neither labels nor mentions.

    Raises:
        AdetkError: a file is missing, tweets and labels are not about the same ids, or an offset is wrong.
    """
    folder = folder / SPLIT_TO_FOLDER[split]
    id_to_text = read_texts(split_file(folder, split, "tweets"))
    if split == "test":
        yield from (Document(id, text) for id, text in id_to_text.items())
        return
    id_to_label = _labels(split_file(folder, split, "class"), id_to_text)
    id_to_mentions = _mentions(split_file(folder, split, "spans_norm"), id_to_text)
    for id, text in id_to_text.items():
        yield Document(id, text, label=id_to_label[id], mentions=tuple(id_to_mentions[id]))


def _labels(path: Path, id_to_text: dict[str, str]) -> dict[str, str]:
    id_to_label: dict[str, str] = {}
    for where, (id, label) in read_rows(path, 2):
        check_known(id, id_to_text, where)
        if label.strip().casefold() not in LABELS:
            raise AdetkError(f"{where}: label {label!a}; expected {ADE} or {NO_ADE}")
        id_to_label[id] = LABELS[label.strip().casefold()]
    missing = [id for id in id_to_text if id not in id_to_label]
    if missing:
        raise AdetkError(
            f"{path}: no label for {len(missing)} tweets, the first {missing[0]}; expected one each"
        )
    return id_to_label


def _mentions(path: Path, id_to_text: dict[str, str]) -> dict[str, list[Mention]]:
    id_to_mentions: dict[str, list[Mention]] = defaultdict(list)
    for where, (id, *cells) in read_rows(path, 6):
        check_known(id, id_to_text, where)
        id_to_mentions[id].append(mention_of(cells, id_to_text[id], where))
    return id_to_mentions


def mention_of(cells: Sequence[str], text: str, where: str) -> Mention:
    """The mention of a row `label start end words code`, its tweet's id before it.

    Raises:
        AdetkError: an offset or the code is wrong.
    """
    label, start, end, surface, code = cells
    if not (start.isdecimal() and end.isdecimal()):
        raise AdetkError(f"{where}: offsets {start!a} and {end!a}; expected whole numbers")
    span = (int(start), int(end))
    check_surface([span], text, surface, where)
    return Mention((span,), label=label, gold=gold_of(code, where))


CORPUS = Corpus(
    name="smm4h2022",
    splits=("train", "valid", "test"),
    read=read,
    folder="smm4h2022",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="MedDRA",
    expected={
        "train": {"documents": 17_385, "ADE documents": 1_239, "ADE": 1_711},
        "valid": {"documents": 915, "ADE documents": 65, "ADE": 87},
        "test": {"documents": 10_984, "ADE documents": 0, "ADE": 0},
    },
)
