"""SMM4H-2020 Task 2: English tweets, labelled as ADE or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import distinct, read_columns, read_rows
from adetk.readers.releases import TWEETS_LICENCE

SPLIT_TO_FILE = {"train": "task2_en_training.tsv", "valid": "task2_en_validation.tsv"}
COLUMNS = ("tweet_id", "user_id", "class", "tweet")
LABELS = {"1": ADE, "0": NO_ADE}


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one published split; ids of users are not kept, `meta` says `lang=en`.

    Where every row of the file is well quoted, quotes are the file's, as in the Russian half of the task;
    else they are the tweets'. Rows that repeat another are left out and counted in one log line.

    Raises:
        AdetkError: the file or a column is missing, a row has too few cells, a label is unknown, or an id stands
            twice with different contents.
    """
    path = folder / SPLIT_TO_FILE[split]
    ids: set[str] = set()
    for where, (id, _, label, text) in distinct(_rows(path), path):
        if label not in LABELS:
            raise AdetkError(f"{where}: label {label!a}; expected 1 or 0")
        if id in ids:
            raise AdetkError(f"{where}: tweet {id} stands here a second time; expected each id once")
        ids.add(id)
        yield Document(id, text, label=LABELS[label], meta={"lang": "en"})


def _rows(path: Path) -> list[tuple[str, list[str]]]:
    try:
        return list(read_columns(path, COLUMNS))
    except AdetkError:
        (where, header), *rows = list(read_rows(path, len(COLUMNS))) or [(str(path), [])]
    header = [name.rstrip("\r") for name in header]
    if header != list(COLUMNS):
        raise AdetkError(f"{where}: header {' '.join(header)[:60]!a}; expected {' '.join(COLUMNS)}")
    return [(place, [*cells[:-1], cells[-1].removesuffix("\r")]) for place, cells in rows]


CORPUS = Corpus(
    name="smm4h2020_en",
    splits=tuple(SPLIT_TO_FILE),
    read=read,
    folder="smm4h2020_en",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="",
    expected={"train": {"documents": 20_544}},
)
