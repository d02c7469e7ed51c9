"""SMM4H-2020 Task 2: Russian tweets, labelled as ADE or not.

Tab-separated with a header and with quoting. Some tweets hold U+2028, which is no line end here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_columns
from adetk.readers.releases import TWEETS_LICENCE

COLUMNS = ("tweet_id", "tweet", "class")
LABELS = {"1": ADE, "0": NO_ADE}


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one published split; `meta` says `lang=ru`.

    Raises:
        AdetkError: the file is missing, its quotes do not pair, a label is unknown, or an id stands twice.
    """
    ids: set[str] = set()
    for where, (id, text, label) in read_columns(folder / f"ru_task2_{split}.tsv", COLUMNS):
        if label not in LABELS:
            raise AdetkError(f"{where}: label {label!a}; expected 1 or 0")
        if id in ids:
            raise AdetkError(f"{where}: tweet {id} stands here a second time; expected each id once")
        ids.add(id)
        yield Document(id, text, label=LABELS[label], meta={"lang": "ru"})


CORPUS = Corpus(
    name="smm4h2020_ru",
    splits=("train", "valid"),
    read=read,
    folder="smm4h2020_ru",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="",
    expected={
        "train": {"documents": 6_090, "ADE documents": 533},
        "valid": {"documents": 1_522, "ADE documents": 133},
    },
)
