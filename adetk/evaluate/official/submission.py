"""Documents as submissions to the shared tasks, in the layout that their scorers accept."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.official.smm4h2023 import BETWEEN_IDS

NO_CODE = "-"


def submission(task: str, documents: Iterable[Document]) -> Iterator[str]:
    """The lines of a submission, without line ends, in the order of the documents.

    What is submitted: posts labelled ADE (where there is no label: with an ADE mention), and ADE mentions that are
    present, neither negated nor hypothetical. A mention of several fragments becomes the one span from its first
    character to its last: the tasks know no others. Tabs and line breaks within words become spaces. Mentions
    that are not coded get the id "-", and no row in 2023.

    - `smm4h2022-1a`: `id ADE 0 0 -`, one row a post with an ADE: the scorer accepts five cells, not two.
    - `smm4h2022-1b`: `id ADE start end words`.
    - `smm4h2022-1c`: `id ADE start end words ptid`.
    - `smm4h2023`: `id ptid & ptid`, for posts with a code.
    - `smm4h2024`: `id words ptid`.
    - `smm4h2025`: CSV of `id,predicted_label`, 1 or 0 for every post.

    Raises:
        AdetkError: the task is unknown, an id is repeated or cannot stand in a row.
    """
    if task not in _TASK_TO_LINES:
        raise AdetkError(f"task {task!r}: unknown; expected one of {', '.join(_TASK_TO_LINES)}")
    return _lines(task, documents)


def write_submission(task: str, documents: Iterable[Document], out: Path) -> int:
    """Write a submission in UTF-8 and return how many rows it has, without the header of a CSV.

    Raises:
        AdetkError: as `submission`, or the file cannot be written.
    """
    lines = list(submission(task, documents))
    try:
        with out.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise AdetkError(
            f"{out}: cannot be written ({error.strerror}); name a file in a folder that exists"
        ) from error
    return len(lines) - (task in _TASK_TO_HEADER)


def _lines(task: str, documents: Iterable[Document]) -> Iterator[str]:
    if task in _TASK_TO_HEADER:
        yield _TASK_TO_HEADER[task]
    done: set[str] = set()
    for document in documents:
        _check_id(document.id, done)
        done.add(document.id)
        # Identical rows would count once only.
        yield from dict.fromkeys(_TASK_TO_LINES[task](document))


def _check_id(id: str, done: set[str]) -> None:
    if id in done:
        raise AdetkError(f"id {id!r} stands more than once; expected each post once: keep one of them")
    if not id or id != _cell(id):
        raise AdetkError(
            f"id {id!r} is empty or has a tab, a line break or blanks at its ends; expected the task's own ids"
        )


def _classes(document: Document) -> Iterator[str]:
    if _is_ade(document):
        yield _row(document.id, ADE, "0", "0", NO_CODE)


def _spans(document: Document) -> Iterator[str]:
    for mention in _present(document):
        yield _row(document.id, ADE, str(mention.start), str(mention.end), _words(document, mention))


def _coded_spans(document: Document) -> Iterator[str]:
    for mention in _present(document):
        offsets = str(mention.start), str(mention.end)
        yield _row(document.id, ADE, *offsets, _words(document, mention), _ptid(mention))


def _sets(document: Document) -> Iterator[str]:
    ptids = dict.fromkeys(_ptid(mention) for mention in _present(document))
    ptids.pop(NO_CODE, None)
    if ptids:
        yield _row(document.id, BETWEEN_IDS.join(ptids))


def _coded_words(document: Document) -> Iterator[str]:
    for mention in _present(document):
        yield _row(document.id, _words(document, mention), _ptid(mention))


def _labels(document: Document) -> Iterator[str]:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([document.id, int(_is_ade(document))])
    yield line.getvalue()


_TASK_TO_LINES: Mapping[str, Callable[[Document], Iterator[str]]] = {
    "smm4h2022-1a": _classes,
    "smm4h2022-1b": _spans,
    "smm4h2022-1c": _coded_spans,
    "smm4h2023": _sets,
    "smm4h2024": _coded_words,
    "smm4h2025": _labels,
}
_TASK_TO_HEADER = {"smm4h2025": "id,predicted_label"}


def _is_ade(document: Document) -> bool:
    return document.label == ADE if document.label is not None else bool(_present(document))


def _present(document: Document) -> list[Mention]:
    return [mention for mention in document.labelled(ADE) if mention.assertion == "present"]


def _ptid(mention: Mention) -> str:
    """The PT of a coded mention; the term itself where its PT is not known."""
    if mention.status != "coded" or not mention.links:
        return NO_CODE
    link = mention.links[0]
    return link.pt_id if link.pt_id else link.concept_id


def _words(document: Document, mention: Mention) -> str:
    return document.text[mention.start : mention.end]


def _row(*cells: str) -> str:
    return "\t".join(_cell(cell) for cell in cells)


def _cell(text: str) -> str:
    return re.sub(r"[\t\r\n]", " ", text).strip()
