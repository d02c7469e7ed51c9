"""What the releases of SMM4H have in common: names of files, tweets by id, codes with "-" for none."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from adetk.errors import AdetkError
from adetk.readers.files import read_rows

NO_CODE = "-"
HEADER = "tweet_id"  # a row whose first cell is this is a header
TWEETS_LICENCE = "tweets: platform terms and the shared task's agreement; never redistribute"


def split_file(folder: Path, split: str, content: str) -> Path:
    """The file with this content: some splits of a release put their name before it, some do not."""
    plain = folder / f"{content}.tsv"
    return plain if plain.exists() else folder / f"{split}_{content}.tsv"


def split_folder(folder: Path, names: Collection[str]) -> Path:
    """The first of these folders that is there.

    Raises:
        AdetkError: none is there.
    """
    for name in names:
        if (folder / name).is_dir():
            return folder / name
    raise AdetkError(f"{folder}: no folder {' or '.join(names)} in it; expected the release's own")


def read_texts(path: Path) -> dict[str, str]:
    """Tweet id -> text, of `id<TAB>text` without quoting.

    Raises:
        AdetkError: a line has no tab, or an id stands twice.
    """
    id_to_text: dict[str, str] = {}
    for where, (id, text) in read_rows(path, 2):
        if id in id_to_text:
            raise AdetkError(f"{where}: tweet {id} stands here a second time; expected each id once")
        if id != HEADER:
            id_to_text[id] = text
    return id_to_text


def check_known(id: str, ids: Collection[str], where: str) -> None:
    """Raise AdetkError unless the id is one of the split's tweets."""
    if id not in ids:
        raise AdetkError(
            f"{where}: tweet {id} is not in the split's tweets; expected the files of one release"
        )


def gold_of(code: str, where: str) -> tuple[frozenset[str], ...]:
    """Gold of a cell: one code, or none where it reads "-".

    Raises:
        AdetkError: it is neither.
    """
    code = code.strip()
    if not code.isdecimal() and code != NO_CODE:
        raise AdetkError(f"{where}: code {code!a}; expected digits or {NO_CODE}")
    return () if code == NO_CODE else (frozenset({code}),)
