"""COMETA: terms of Reddit posts with a general and a specific SNOMED CT concept each.

The general concept is what the term says by itself, the specific one what it means in its post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_columns
from adetk.readers.phrases import phrase_document

# Each published way of splitting has its folder; the concepts that it was split by are the gold.
WAY_TO_CONCEPTS = {
    "stratified_general": "General",
    "stratified_specific": "Specific",
    "zeroshot_general": "General",
    "zeroshot_specific": "Specific",
}
PARTS = ("train", "dev", "test")
_CODE = re.compile(r"\d+")


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one part of one way of splitting, such as `stratified_general-train`.

    Each term is one ADE mention over its whole text, though not all of them are effects. `meta` has the
    concept's name and the post (`example`) that the term was taken from.

    Raises:
        AdetkError: the file or a column is missing, quotes do not pair, or a code is no number.
    """
    way, _, part = split.partition("-")
    kind = WAY_TO_CONCEPTS[way]
    columns = ("ID", "Term", f"{kind} SNOMED ID", f"{kind} SNOMED Label", "Example")
    for where, (id, term, code, concept, example) in read_columns(folder / way / f"{part}.csv", columns):
        if not _CODE.fullmatch(code):
            raise AdetkError(f"{where}: code {code!a}; expected digits")
        if not term:
            raise AdetkError(f"{where}: term {id} is empty; expected words")
        yield phrase_document(id, term, code, {"concept": concept, "example": example})


CORPUS = Corpus(
    name="cometa",
    splits=tuple(f"{way}-{part}" for way in WAY_TO_CONCEPTS for part in PARTS),
    read=read,
    folder="cometa/splits",
    licence="on request from its authors; posts of Reddit",
    licence_class="B",
    codes="SNOMED CT",
    expected={},
)
