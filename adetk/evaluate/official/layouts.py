"""The layouts of submissions: what each task wants to be told of a post, as lines of its file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from adetk.document import ADE, Document, Mention
from adetk.evaluate.official.smm4h2023 import BETWEEN_IDS

NO_CODE = "-"
ADR = "ADR"  # the type of an effect up to 2020
SPAN_HEADER = "tweet_id\tbegin\tend\ttype\textraction"

Lines = Callable[[Document], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a task's file is written.

    Attributes:
        lines: a post -> its lines, none where the task leaves it out.
        header: the first line; empty where there is none.
        has_words: whether the lines tell where or in which words an effect is reported.
    """

    lines: Lines
    header: str = ""
    has_words: bool = False


def clean_cell(text: str) -> str:
    """A cell that keeps to its column and line: tabs and line breaks are spaces, none at the ends."""
    return re.sub(r"[\t\r\n]", " ", text).strip()


def _positives(document: Document) -> Iterator[str]:
    if _is_ade(document):
        yield _row(document.id, ADE, "0", "0", NO_CODE)


def _classes(yes: str, no: str, document: Document) -> Iterator[str]:
    yield _row(document.id, yes if _is_ade(document) else no)


def _spans(document: Document) -> Iterator[str]:
    for mention in _present(document):
        yield _row(document.id, ADE, str(mention.start), str(mention.end), _words(document, mention))


def _coded_spans(document: Document) -> Iterator[str]:
    for mention in _present(document):
        offsets = str(mention.start), str(mention.end)
        for ptid in _ptids(mention):
            yield _row(document.id, ADE, *offsets, _words(document, mention), ptid)


def _typed_spans(has_codes: bool, document: Document) -> Iterator[str]:
    for mention in _present(document):
        cells = document.id, str(mention.start), str(mention.end), ADR, _words(document, mention)
        for code in [(ptid,) for ptid in _ptids(mention)] if has_codes else [()]:
            yield _row(*cells, *code)


def _sets(document: Document) -> Iterator[str]:
    ptids = dict.fromkeys(ptid for mention in _present(document) for ptid in _ptids(mention))
    ptids.pop(NO_CODE, None)
    if ptids:
        yield _row(document.id, BETWEEN_IDS.join(ptids))


def _coded_words(document: Document) -> Iterator[str]:
    for mention in _present(document):
        for ptid in _ptids(mention):
            yield _row(document.id, _words(document, mention), ptid)


def _labels(document: Document) -> Iterator[str]:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([document.id, int(_is_ade(document))])
    yield line.getvalue()


_BINARY = partial(_classes, "1", "0")
TASK_TO_LAYOUT: Mapping[str, Layout] = {
    "smm4h2019-1": Layout(_BINARY, "tweet_id\tclass"),
    "smm4h2019-2": Layout(partial(_typed_spans, False), SPAN_HEADER, has_words=True),
    "smm4h2019-3": Layout(partial(_typed_spans, True), f"{SPAN_HEADER}\tmeddra_code", has_words=True),
    "smm4h2020-2": Layout(_BINARY, "tweet_id\tclass"),
    "smm4h2020-3": Layout(partial(_typed_spans, True), f"{SPAN_HEADER}\tmeddra_code", has_words=True),
    "smm4h2021-1a": Layout(partial(_classes, ADE, "NoADE"), "tweet_id\tlabel"),
    "smm4h2021-1b": Layout(_spans, has_words=True),
    "smm4h2021-1c": Layout(_coded_spans, has_words=True),
    "smm4h2021-2": Layout(_BINARY, "tweet_id\tlabel"),
    "smm4h2022-1a": Layout(_positives),
    "smm4h2022-1b": Layout(_spans, has_words=True),
    "smm4h2022-1c": Layout(_coded_spans, has_words=True),
    "smm4h2023": Layout(_sets),
    "smm4h2024": Layout(_coded_words, has_words=True),
    "smm4h2025": Layout(_labels, "id,predicted_label"),
}


def _is_ade(document: Document) -> bool:
    return document.label == ADE if document.label is not None else bool(_present(document))


def _present(document: Document) -> list[Mention]:
    return [mention for mention in document.labelled(ADE) if mention.assertion == "present"]


def _ptids(mention: Mention) -> list[str]:
    """The PTs of a mention, one an effect that it joins, or `NO_CODE`; a term itself where its PT is not known."""
    ptids = [link.pt_id if link.pt_id else link.concept_id for link in mention.answers]
    return ptids if ptids else [NO_CODE]


def _words(document: Document, mention: Mention) -> str:
    return document.text[mention.start : mention.end]


def _row(*cells: str) -> str:
    return "\t".join(clean_cell(cell) for cell in cells)
