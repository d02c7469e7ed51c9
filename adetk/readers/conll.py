"""Tagged text with a token a line, as in CoNLL: read and written by path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from adetk.document import Document, Mention, Span
from adetk.errors import AdetkError
from adetk.io.outputs import new_file, write_errors
from adetk.readers.files import read_text
from adetk.readers.lost import report_lost

OUTSIDE = "O"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_TAG = re.compile(r"([BI])-(\S+)")

Token = tuple[str, str]
"""Word and tag."""


def read_conll(path: Path) -> Iterator[Document]:
    """Read one sentence a document; a blank line ends a sentence.

    The first column is the token, the last its tag: `O`, `B-LABEL` or `I-LABEL`. Columns are parted by tabs,
    in lines without tabs by spaces. The text is the tokens joined by one space; the id is the file's name and
    the number of the sentence. An `I-` that continues nothing begins a mention, as in conlleval. Labels stay
    as they are; the document's own label is unknown. Lines of `-DOCSTART-` are passed over.

    Raises:
        AdetkError: the file is missing, a line has fewer than two columns, or a tag is unknown.
    """
    for number, tokens in enumerate(_sentences(path), start=1):
        text = " ".join(word for word, _ in tokens)
        yield Document(f"{path.stem}:{number}", text, mentions=tuple(_mentions(tokens)))


def write_conll(documents: Iterable[Document], path: Path) -> int:
    """Write a token and its BIO tag a line, a blank line after each document, and return their number.

    A token is a stretch of letters and digits, or one other character. Flat tags hold less than documents do:
    ids, labels, codes and assertions are not written, each fragment of a discontinuous mention is tagged by
    itself, and of two that overlap the first (the longer, where both start together). Mentions that this
    touches, and documents without a token, are counted in one log line.

    Raises:
        AdetkError: the file cannot be written, or a label holds white space.
    """
    lost: Counter[str] = Counter()
    number = 0
    with new_file(path) as file, write_errors(path):
        for document in documents:
            lines = [f"{word}\t{tag}\n" for word, tag in _tagged(document, lost)]
            lost["documents without a token"] += not lines
            number += bool(lines)
            file.write("".join([*lines, "\n"]) if lines else "")
    report_lost(lost, path)
    return number


def _sentences(path: Path) -> Iterator[list[Token]]:
    tokens: list[Token] = []
    text = read_text(path)
    if not text.startswith("\ufeff\t"):  # a token
        text = text.removeprefix("\ufeff")  # a byte order mark
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r")
        if not line.strip():
            if tokens:
                yield tokens
            tokens = []
        elif not line.startswith("-DOCSTART-"):
            tokens.append(_token(line, f"{path}:{number}"))
    if tokens:
        yield tokens


def _token(line: str, where: str) -> Token:
    cells = line.split("\t") if "\t" in line else line.split()
    if len(cells) < 2 or not cells[0]:
        raise AdetkError(f"{where}: {line[:60]!a}; expected a token and its tag, parted by a tab")
    if cells[-1] != OUTSIDE and not _TAG.fullmatch(cells[-1]):
        raise AdetkError(f"{where}: tag {cells[-1]!a}; expected {OUTSIDE}, B-LABEL or I-LABEL")
    return cells[0], cells[-1]


def _mentions(tokens: list[Token]) -> Iterator[Mention]:
    start = end = at = 0
    label = ""
    for word, tag in [*tokens, ("", OUTSIDE)]:
        prefix, _, name = tag.partition("-")
        if label and (prefix != "I" or name != label):
            yield Mention(((start, end),), label=label)
            label = ""
        if name and not label:
            start, label = at, name
        end = at + len(word)
        at = end + 1


def _tagged(document: Document, lost: Counter[str]) -> Iterator[tuple[str, str]]:
    spans = _flat(document, lost)
    last: Span | None = None
    for match in _TOKEN.finditer(document.text):
        start, end = match.span()
        found = next((span for span in spans if span[0] < end and span[1] > start), None)
        prefix = "I" if found is not None and found == last else "B"
        yield match.group(), OUTSIDE if found is None else f"{prefix}-{spans[found]}"
        last = found


def _flat(document: Document, lost: Counter[str]) -> dict[Span, str]:
    """Fragments that do not overlap -> label."""
    kept: dict[Span, str] = {}
    ordered = sorted(document.mentions, key=lambda mention: (mention.start, -mention.end))
    for mention in ordered:
        if re.search(r"\s", mention.label) or not mention.label:
            raise AdetkError(
                f"document {document.id}: label {mention.label!a}; expected no white space in it"
            )
        lost["discontinuous mentions (tagged as fragments)"] += len(mention.spans) > 1
        free = [
            span
            for span in mention.spans
            if not any(span[0] < end and start < span[1] for start, end in kept)
        ]
        lost["mentions that overlap another"] += len(free) < len(mention.spans)
        kept |= dict.fromkeys(free, mention.label)
    return kept
