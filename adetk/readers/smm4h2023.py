"""SMM4H-2023 Task 5: English tweets with the MedDRA PTs that each of them reports, whatever its words.

Codes of a whole tweet belong to no words, so they are no mentions: they stand in `meta`, under `POST_CODES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import distinct, read_rows
from adetk.readers.post_codes import BETWEEN_CODES, POST_CODES
from adetk.readers.releases import (
    HEADER,
    NO_CODE,
    TWEETS_LICENCE,
    check_known,
    gold_of,
    read_texts,
    split_file,
)


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one split; `test` may come without codes, then it has no labels either.

    A tweet is `ADE` if it has a code: the release says no more. `seen_concepts.txt` is for the scorer alone.

    Raises:
        AdetkError: a file is missing, tweets and codes are not about the same ids, or a code is no number.
    """
    folder = folder / split
    id_to_text = read_texts(split_file(folder, split, "tweets"))
    path = split_file(folder, split, "norms")
    if split == "test" and not path.exists():
        yield from (Document(id, text) for id, text in id_to_text.items())
        return
    id_to_codes = _codes(path, id_to_text)
    for id, text in id_to_text.items():
        codes = id_to_codes.get(id, [])
        meta = {POST_CODES: BETWEEN_CODES.join(codes)} if codes else {}
        yield Document(id, text, label=ADE if codes else NO_ADE, meta=meta)


def _codes(path: Path, id_to_text: dict[str, str]) -> dict[str, list[str]]:
    """Tweet id -> its codes, each once, in the order given; "-" is none."""
    id_to_codes: dict[str, list[str]] = {}
    for where, (id, cell) in distinct(read_rows(path, 2), path):
        if id == HEADER:
            continue
        check_known(id, id_to_text, where)
        if id in id_to_codes:
            raise AdetkError(f"{where}: tweet {id} stands here a second time; expected one row a tweet")
        codes = [code.strip() for code in cell.split(BETWEEN_CODES.strip())]
        for code in codes:
            gold_of(code, where)
        id_to_codes[id] = [code for code in dict.fromkeys(codes) if code != NO_CODE]
    return id_to_codes


CORPUS = Corpus(
    name="smm4h2023",
    splits=("train", "valid", "test"),
    read=read,
    folder="smm4h2023",
    licence=TWEETS_LICENCE,
    licence_class="C",
    codes="MedDRA",
    expected={},
)
