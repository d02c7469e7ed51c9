"""Documents into the formats of other tools and of shared tasks, and into adetk's own JSON lines."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from adetk.document import Document, Mention, Span
from adetk.errors import AdetkError
from adetk.evaluate.official.submission import SUBMISSIONS, WITHOUT_WORDS, write_submission
from adetk.io.outputs import new_file, write_errors
from adetk.readers.answers import as_answers
from adetk.readers.brat_folder import ABOUT, ASSERTION, CODES_NOTE, DOCUMENTS_FILE, FILE_KEY, NO_CODES
from adetk.readers.conll import write_conll
from adetk.readers.lost import report_lost
from adetk.readers.spans import in_text_order
from adetk.record import record_from_document

__all__ = ["FORMATS", "convert", "write_answers", "write_brat", "write_conll", "write_jsonl"]

BRAT, CONLL, JSONL = "brat", "conll", "jsonl"
FORMATS = (BRAT, CONLL, JSONL, *SUBMISSIONS)
SUFFIX_TO_FORMAT = {"": BRAT, ".conll": CONLL, ".bio": CONLL, ".jsonl": JSONL}
CONFIGURATION_FILE = "annotation.conf"
MAX_NAME = 100  # characters of a file name, far below what file systems allow
# What may end a line for a reader of the `.ann` file, brat's among them; no brat fragment holds any.
_LINE_BREAK = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_BRAT_LABEL = re.compile(r"[A-Za-z0-9_-]+")
_CODE = re.compile(r"[^\s/+]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def convert(documents: Iterable[Document], out: Path, format: str | None = None) -> int:
    """Write documents and return their number.

    Args:
        documents: of any reader.
        out: file, or folder for brat.
        format: one of `FORMATS`; None takes it from the name of `out` (no ending is brat). The name of a shared
            task is its submission file, with the gold as the answers.

    Raises:
        AdetkError: the format is unknown, `out` cannot be written, or the format cannot hold a document.
    """
    known = SUFFIX_TO_FORMAT.get(out.suffix.lower()) if format is None else format
    if known not in FORMATS:
        found = f"ends in {out.suffix!a}" if format is None else f"format {format!a}"
        raise AdetkError(
            f"{out}: {found}; expected a folder (brat), .conll or .jsonl, or one of {', '.join(FORMATS)}"
        )
    if known in SUBMISSIONS:
        return write_answers(known, documents, out)
    write = {BRAT: write_brat, CONLL: write_conll, JSONL: write_jsonl}[known]
    return write(documents, out)


def write_answers(task: str, documents: Iterable[Document], path: Path) -> int:
    """Write the gold as a submission to a shared task, and return the number of documents.

    What the task's rows cannot hold, fragments and a second accepted code, is counted in one log line.

    Raises:
        AdetkError: as `as_answers` and `write_submission`.
    """
    lost: Counter[str] = Counter()
    answers = [as_answers(document, lost, task in WITHOUT_WORDS) for document in documents]
    write_submission(task, answers, path)
    report_lost(lost, path)
    return len(answers)


def write_jsonl(documents: Iterable[Document], path: Path) -> int:
    """Write one JSON object a line, which `read_jsonl` reads back equal, and return their number."""
    number = 0
    with new_file(path) as file, write_errors(path):
        for document in documents:
            file.write(json.dumps(record_from_document(document), ensure_ascii=False) + "\n")
            number += 1
    return number


def write_brat(documents: Iterable[Document], folder: Path) -> int:
    """Write a folder that brat opens and that `read_brat` reads back equal, and return the number of documents.

    The conventions are those of `adetk.readers.brat_folder`; `annotation.conf` declares the labels. A file is
    named after its document's id as far as names of files allow. Fragments are cut at line ends, which no
    brat fragment may hold, and joined again on reading. Scores, statuses and links of mentions, line ends at
    the edge of a fragment, and fragments with white space alone between them have no place in brat: mentions
    that lose one are counted in one log line.

    Raises:
        AdetkError: the folder is there and not empty, or cannot be written, or a label or code holds
            characters that brat's format takes for its own.
    """
    lost: Counter[str] = Counter()
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise AdetkError(f"{folder}: is not empty; expected a new folder, or documents would mix")
        begun = Path(tempfile.mkdtemp(dir=folder))
        try:
            number = _write_documents(documents, begun, lost)
            for path in begun.iterdir():
                path.rename(folder / path.name)
        finally:
            shutil.rmtree(begun)
    report_lost(lost, folder)
    return number


def _write_documents(documents: Iterable[Document], folder: Path, lost: Counter[str]) -> int:
    labels: set[str] = set()
    names: set[str] = set()
    with (folder / DOCUMENTS_FILE).open("w", encoding="utf-8", newline="") as known:
        for document in documents:
            lines = list(_annotation_lines(document, lost))
            name = _new_name(document.id, names)
            (folder / f"{name}.txt").write_bytes(document.text.encode("utf-8"))
            (folder / f"{name}.ann").write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8"))
            known.write(_document_line(name, document))
            labels |= {mention.label for mention in document.mentions}
    (folder / CONFIGURATION_FILE).write_text(_configuration(labels), encoding="utf-8")
    return len(names)


def _document_line(name: str, document: Document) -> str:
    record = record_from_document(document)
    kept = {key: value for key, value in record.items() if key not in ("text", "mentions")}
    return json.dumps({FILE_KEY: name, **kept}, ensure_ascii=False) + "\n"


def _new_name(id: str, names: set[str]) -> str:
    """A file name for an id; names that differ only in case would be one file on some systems."""
    stem = _UNSAFE.sub("_", id)[:MAX_NAME].lstrip(".") or "document"
    name, number = stem, 1
    while name.casefold() in names:
        number += 1
        name = f"{stem}-{number}"
    names.add(name.casefold())
    return name


def _annotation_lines(document: Document, lost: Counter[str]) -> Iterator[str]:
    for number, mention in enumerate(document.mentions, start=1):
        if not _BRAT_LABEL.fullmatch(mention.label):
            raise AdetkError(
                f"document {document.id}: label {mention.label!a} is no brat type; "
                "expected letters, digits, _ or -"
            )
        spans = _fragments(mention, document, lost)
        places = ";".join(f"{start} {end}" for start, end in spans)
        yield f"T{number}\t{mention.label} {places}\t{Mention(spans).surface(document.text)}"
        if mention.assertion != "present":
            yield f"A{number}\t{ASSERTION} T{number} {mention.assertion}"
        if mention.drug is not None:
            yield f"R{number}\t{ABOUT} Arg1:T{number} Arg2:T{mention.drug + 1}"
        if mention.gold is not None:
            yield f"#{number}\tAnnotatorNotes T{number}\t{CODES_NOTE}{_codes(mention.gold, document.id)}"
        lost["scores of mentions"] += mention.score != 1.0
        lost["statuses and links of mentions"] += mention.status != "none" or mention.links != ()


def _fragments(mention: Mention, document: Document, lost: Counter[str]) -> tuple[Span, ...]:
    cut: list[Span] = []
    for start, end in in_text_order(mention.spans, document.text):
        at = start
        for match in _LINE_BREAK.finditer(document.text, start, end):
            cut.append((at, match.start()))
            at = match.end()
        cut.append((at, end))
    kept = tuple((start, end) for start, end in cut if start < end)
    if not kept:
        raise AdetkError(f"document {document.id}: a mention is nothing but line ends; brat cannot hold it")
    lost["spans of mentions (edges cut, or fragments joined)"] += (
        in_text_order(kept, document.text) != mention.spans
    )
    return kept


def _codes(gold: tuple[frozenset[str], ...], id: str) -> str:
    for code in (code for conjunct in gold for code in conjunct):
        if not _CODE.fullmatch(code) or code == NO_CODES:
            raise AdetkError(
                f"document {id}: code {code!a}; expected no blank, / or + in it, and not {NO_CODES}"
            )
    if not all(gold):
        raise AdetkError(f"document {id}: a conjunct without codes; expected one accepted code at least")
    return " + ".join("/".join(sorted(conjunct)) for conjunct in gold) if gold else NO_CODES


def _configuration(labels: set[str]) -> str:
    lines = [
        "[entities]",
        *sorted(labels),
        "[relations]",
        f"{ABOUT}\tArg1:<ENTITY>, Arg2:<ENTITY>",
        "[events]",
    ]
    lines += ["[attributes]", f"{ASSERTION}\tArg:<ENTITY>, Value:present|negated|hypothetical"]
    return "\n".join(lines) + "\n"
