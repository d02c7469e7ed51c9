"""adetk's own format, one JSON object a line, and the corpus `demo` that is kept in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_lines
from adetk.record import document_from_record

ALL = "all"


def read_jsonl(path: Path) -> Iterator[Document]:
    """Read documents, one JSON object a line; a mention may carry `gold`, a list of lists of codes.

    Raises:
        AdetkError: the file is missing, a line is not a JSON object, a field is wrong, or an offset is.
    """
    for where, line in read_lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:  # a number may be too long, too, or brackets too many
            raise AdetkError(f"{where}: not JSON ({error}); expected one object a line") from error
        if not isinstance(record, dict):
            raise AdetkError(f"{where}: a JSON {type(record).__name__}; expected an object with id and text")
        yield document_from_record(record, where)


def _read_demo(folder: Path, split: str) -> Iterator[Document]:
    return read_jsonl(folder / "posts.jsonl")


CORPUS = Corpus(
    name="demo",
    splits=(ALL,),
    read=_read_demo,
    expected={},
    folder="corpora/demo",
    licence="CC0-1.0, written for this project",
    licence_class="A",
    codes="CTCAE",
    bundled=True,
)
