"""Documents as submissions to the shared tasks, in the layout that their scorers accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.evaluate.official.layouts import TASK_TO_LAYOUT, clean_cell
from adetk.io.outputs import new_file, write_errors

SUBMISSIONS = tuple(TASK_TO_LAYOUT)
WITHOUT_WORDS = frozenset(task for task, layout in TASK_TO_LAYOUT.items() if not layout.has_words)


def submission(task: str, documents: Iterable[Document]) -> Iterator[str]:
    """The lines of a submission, without line ends, in the order of the documents.

    What is submitted: posts labelled ADE (where there is no label: with an ADE mention), and ADE mentions that are
    present, neither negated nor hypothetical. A mention of several fragments becomes the one span from its first
    character to its last: the tasks know no others. Tabs and line breaks within words become spaces. Mentions
    that are not coded get the id "-", and no row in 2023. A mention that joins several effects gets a row for each
    of its ids, as the gold has it: in 2024, whose systems are ranked by the sets of ids, the words said again count
    against the extraction.

    - `smm4h2019-1`, `smm4h2020-2`: header, then `id class`, 1 or 0 for every post.
    - `smm4h2019-2`: header, then `id begin end ADR words`; `smm4h2019-3`, `smm4h2020-3`: the code behind it. The
      columns are the training data's; the organizers' own words for these files are not at hand.
    - `smm4h2021-1a`: header, then `id label`, ADE or NoADE for every post; `smm4h2021-2` (Russian): 1 or 0.
    - `smm4h2021-1b`, `smm4h2021-1c`: as 2022.
    - `smm4h2022-1a`: `id ADE 0 0 -`, one row a post with an ADE: the scorer accepts five cells, not two.
    - `smm4h2022-1b`: `id ADE start end words`.
    - `smm4h2022-1c`: `id ADE start end words ptid`.
    - `smm4h2023`: `id ptid & ptid`, for posts with a code.
    - `smm4h2024`: `id words ptid`.
    - `smm4h2025`: CSV of `id,predicted_label`, 1 or 0 for every post.

    Raises:
        AdetkError: the task is unknown, an id is repeated or cannot stand in a row.
    """
    if task not in TASK_TO_LAYOUT:
        raise AdetkError(f"task {task!r}: unknown; expected one of {', '.join(TASK_TO_LAYOUT)}")
    return _lines(task, documents)


def write_submission(task: str, documents: Iterable[Document], out: Path) -> int:
    """Write a submission in UTF-8 and return how many rows it has, without a header.

    Raises:
        AdetkError: as `submission`, or the file cannot be written.
    """
    lines = list(submission(task, documents))
    with new_file(out) as file, write_errors(out):
        file.writelines(f"{line}\n" for line in lines)
    return len(lines) - (TASK_TO_LAYOUT[task].header != "")


def _lines(task: str, documents: Iterable[Document]) -> Iterator[str]:
    layout = TASK_TO_LAYOUT[task]
    if layout.header:
        yield layout.header
    done: set[str] = set()
    for document in documents:
        _check_id(document.id, done)
        done.add(document.id)
        # Identical rows would count once only.
        yield from dict.fromkeys(layout.lines(document))


def _check_id(id: str, done: set[str]) -> None:
    if id in done:
        raise AdetkError(f"id {id!r} stands more than once; expected each post once: keep one of them")
    if not id or id != clean_cell(id):
        raise AdetkError(
            f"id {id!r} is empty or has a tab, a line break or blanks at its ends; expected the task's own ids"
        )
