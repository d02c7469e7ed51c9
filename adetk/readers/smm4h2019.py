"""SMM4H-2019 Tasks 2 and 3: English tweets with the words of each reaction and indication, and MedDRA codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers.annotation_rows import read_annotation_rows
from adetk.readers.corpus import Corpus
from adetk.readers.releases import TWEETS_LICENCE

ORIGINAL = "TrainData*.tsv"
COPY = "SMM4H19_Task2.csv"


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read the training data: the original files, or where they are not the CSV copy that others made of them.

    The test data was given out without answers, as `id<TAB>tweet`.

    Raises:
        AdetkError: neither is there, a tweet stands in two files, or as `read_annotation_rows` says.
    """
    originals = sorted(folder.glob(ORIGINAL))
    ids: set[str] = set()
    for path in originals if originals else [folder / COPY]:
        for document in read_annotation_rows(path):
            if document.id in ids:
                raise AdetkError(
                    f"{path}: tweet {document.id} stands in another file too; expected it in one"
                )
            ids.add(document.id)
            yield document


CORPUS = Corpus(
    name="smm4h2019",
    splits=("train",),
    read=read,
    folder="smm4h2019",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="MedDRA",
    expected={},
)
