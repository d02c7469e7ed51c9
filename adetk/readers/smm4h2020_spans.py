"""SMM4H-2020 Task 3: English tweets with the words of each reaction and MedDRA codes, in the rows of 2019."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.readers.annotation_rows import read_annotation_rows
from adetk.readers.corpus import Corpus
from adetk.readers.releases import TWEETS_LICENCE

SPLIT_TO_FILE = {"train": "task3_training.tsv", "valid": "task3_validation.tsv"}


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one published split.

    Raises:
        AdetkError: as `read_annotation_rows` says.
    """
    return read_annotation_rows(folder / SPLIT_TO_FILE[split])


CORPUS = Corpus(
    name="smm4h2020_spans",
    splits=tuple(SPLIT_TO_FILE),
    read=read,
    folder="smm4h2020_spans",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="MedDRA",
    expected={},
)
