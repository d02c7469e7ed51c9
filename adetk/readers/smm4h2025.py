"""SMM4H-2025 and 2026 Task 1: posts in several languages and of several platforms, labelled as ADE or not.

CSV with a header; of its columns `id`, `text`, `label` and `language` are read. Labels read `1` or `1.0`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import distinct, read_columns

COLUMNS = ("id", "text", "language")
LABELS = {"1": ADE, "1.0": ADE, "0": NO_ADE, "0.0": NO_ADE}
TEST = "test"


def read(split_to_file: Mapping[str, str], folder: Path, split: str) -> Iterator[Document]:
    """Read one split; `test` has no labels. `meta` says the language (`lang`).

    Rows that repeat another are left out and counted in one log line.

    Raises:
        AdetkError: the file or a column is missing, its quotes do not pair, a label is unknown, or an id stands
            twice with different contents.
    """
    path = folder / split_to_file[split]
    columns = COLUMNS if split == TEST else (*COLUMNS, "label")
    ids: set[str] = set()
    for where, (id, text, language, *labels) in distinct(read_columns(path, columns, delimiter=","), path):
        if id in ids:
            raise AdetkError(f"{where}: post {id} stands here a second time; expected each id once")
        ids.add(id)
        if labels and labels[0] not in LABELS:
            raise AdetkError(f"{where}: label {labels[0]!a}; expected 1 or 0")
        label = LABELS[labels[0]] if labels else None
        yield Document(id, text, label=label, meta={"lang": language})


def _corpus(year: int, test_file: str) -> Corpus:
    split_to_file = {
        "train": f"train_data_SMM4H_{year}_Task_1.csv",
        "valid": f"dev_data_SMM4H_{year}_Task_1.csv",
        TEST: test_file,
    }
    return Corpus(
        name=f"smm4h{year}",
        splits=tuple(split_to_file),
        read=partial(read, split_to_file),
        folder=f"smm4h{year}",
        licence="posts: platform terms and the shared task's agreement; never redistribute",
        licence_class="C",
        codes="",
        expected={},
    )


CORPORA = (
    _corpus(2025, "test_data_SMM4H_2025_Task_1_no_labels.csv"),
    _corpus(2026, "combined_test_data_unlabeled.csv"),
)
