"""SMM4H-2017 Task 3: phrases of tweets with MedDRA preferred terms.

The tweets are those of SMM4H-2022, and most of its scored phrases stand here with other codes: nothing of
this corpus may serve as training data or synonym for a score on `smm4h2022`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_rows
from adetk.readers.phrases import phrase_document

STEM = "task_3_normalization"
TRAIN = tuple(f"training{number}" for number in (1, 2, 3, 4))
TEST = ("evaluation",)
# Slips of the release: a header amid the rows, and a row whose code has run into the next row's id.
KNOWN_SLIPS = {("40000", "MEDDRA PT"), ("42912", "1002243744151")}
_CODE = re.compile(r"\d{8}")
_log = logging.getLogger(__name__)


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read a split; each phrase is one ADE mention over its whole text, with one PT.

    `refined` is the test rows whose phrase stands in no training row, repeats included (published as 831
    with the header amid the rows, which is no phrase); `refined_unique` has each of those phrases once.
    Known slips of the release are left out and counted in one log line.

    Raises:
        AdetkError: a file is missing, a line has fewer than three cells, or a code is not 8 digits.
    """
    dropped: list[str] = []
    if split in ("train", "test"):
        yield from _documents(folder, TRAIN if split == "train" else TEST, dropped)
    else:
        seen = {document.text for document in _documents(folder, TRAIN, dropped)}
        for document in _documents(folder, TEST, dropped):
            if document.text not in seen:
                yield document
            if split == "refined_unique":
                seen.add(document.text)
    if dropped:
        _log.warning("smm4h2017 %s: known slips of the release left out: rows %s", split, ", ".join(dropped))


def _documents(folder: Path, parts: tuple[str, ...], dropped: list[str]) -> Iterator[Document]:
    for part in parts:
        for where, (id, phrase, code) in read_rows(folder / f"{STEM}_{part}.txt", 3):
            code = code.rstrip("\r")
            if (id, code) in KNOWN_SLIPS:
                dropped.append(id)
                continue
            if not _CODE.fullmatch(code):
                raise AdetkError(f"{where}: code {code!a}; expected 8 digits")
            yield phrase_document(id, phrase, code)


CORPUS = Corpus(
    name="smm4h2017",
    splits=("train", "test", "refined", "refined_unique"),
    read=read,
    folder="smm4h2017/subtask3",
    licence="CC BY 4.0 by its record; the readme inside asks not to redistribute",
    licence_class="A",
    codes="MedDRA",
    # Of the published 6,650 and 2,500 rows one each is a slip; so is one of the published 831.
    expected={
        "train": {"documents": 6_649, "ADE": 6_649},
        "test": {"documents": 2_499, "ADE": 2_499},
        "refined": {"documents": 830, "ADE": 830},
        "refined_unique": {"documents": 796, "ADE": 796},
    },
)
