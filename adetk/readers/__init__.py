"""Corpora in their native formats, read into documents: a table of them and one function to read them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers import (
    ade_corpus_v2,
    askapatient,
    cadec,
    cadec_snomed,
    cometa,
    jsonl,
    mcn,
    phee,
    psytar,
    rudrec,
    smm4h2017,
    smm4h2019,
    smm4h2020_en,
    smm4h2020_ru,
    smm4h2020_spans,
    smm4h2021,
    smm4h2022,
    smm4h2023,
    smm4h2024,
    smm4h2025,
    tac2017,
    twadrl,
)
from adetk.readers.brat_folder import read_brat
from adetk.readers.conll import read_conll
from adetk.readers.corpus import Corpus, count
from adetk.readers.jsonl import read_jsonl

__all__ = ["CORPORA", "Corpus", "count", "read_brat", "read_conll", "read_corpus", "read_jsonl", "read_path"]

CORPORA: dict[str, Corpus] = {
    corpus.name: corpus
    for corpus in (
        smm4h2022.CORPUS,
        smm4h2020_ru.CORPUS,
        smm4h2017.CORPUS,
        cadec.CORPUS,
        psytar.CORPUS,
        phee.CORPUS,
        ade_corpus_v2.CORPUS,
        tac2017.CORPUS,
        rudrec.CORPUS,
        askapatient.CORPUS,
        twadrl.CORPUS,
        *mcn.CORPORA,
        cometa.CORPUS,
        cadec_snomed.CORPUS,
        smm4h2019.CORPUS,
        smm4h2020_en.CORPUS,
        smm4h2020_spans.CORPUS,
        smm4h2021.CORPUS,
        smm4h2023.CORPUS,
        smm4h2024.CORPUS,
        *smm4h2025.CORPORA,
        jsonl.CORPUS,
    )
}
_REPOSITORY = Path(__file__).parents[2]
_log = logging.getLogger(__name__)


def read_corpus(name: str, split: str, root: Path) -> list[Document]:
    """Read one split of a corpus.

    Counts that differ from the expected ones are logged as one warning: the copy is not the published whole.

    Args:
        name: a key of `CORPORA`.
        split: one of that corpus's splits.
        root: the folder of all corpora; the corpus lies in its `folder` below.

    Raises:
        AdetkError: no such corpus, split or folder (the message lists what there is), or unreadable data.
    """
    if name not in CORPORA:
        raise AdetkError(f"no corpus is called {name!a}; expected one of: {', '.join(CORPORA)}")
    corpus = CORPORA[name]
    if split not in corpus.splits:
        raise AdetkError(f"corpus {name} has no split {split!a}; expected one of: {', '.join(corpus.splits)}")
    folder = _folder(corpus, root)
    documents = list(corpus.read(folder, split))
    if not documents:
        raise AdetkError(f"corpus {name}: no documents of {split} in {folder}; expected the published files")
    _compare(corpus, split, documents)
    return documents


def read_path(path: Path) -> Iterator[Document]:
    """Read documents by path: a folder of brat files, a `.jsonl` file, or a `.conll` or `.bio` file, also `.gz`.

    Raises:
        AdetkError: there is nothing, its name has another ending, or the data is unreadable.
    """
    suffix_to_reader = {".jsonl": read_jsonl, ".conll": read_conll, ".bio": read_conll}
    if path.is_dir():
        return read_brat(path)
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in suffix_to_reader:
        raise AdetkError(
            f"{path}: expected a folder of brat files, or a file in {', '.join(suffix_to_reader)}"
        )
    return suffix_to_reader[suffix](path)


def _folder(corpus: Corpus, root: Path) -> Path:
    folders = [root / corpus.folder]
    if corpus.bundled:
        folders += [root / Path(corpus.folder).name, _REPOSITORY / corpus.folder]
    for folder in folders:
        if folder.is_dir():
            return folder
    present = [other.name for other in CORPORA.values() if (root / other.folder).is_dir()]
    raise AdetkError(
        f"corpus {corpus.name}: no folder {folders[0]}; corpora found below {root}: "
        f"{', '.join(present) if present else 'none'}; name the folder in which {corpus.folder}/ lies"
    )


def _compare(corpus: Corpus, split: str, documents: list[Document]) -> None:
    counts = count(documents)
    expected = corpus.expected.get(split, {})
    differing = [
        f"{counts[key]} {key} (expected {number})"
        for key, number in expected.items()
        if counts[key] != number
    ]
    if differing:
        _log.warning("%s %s: %s", corpus.name, split, ", ".join(differing))
