"""What a coder is to look at: mentions with the status `review`, as a sheet that comes back with decisions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from adetk.document import ADE, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io.sheet import SheetWriter, read_sheet

Step = Callable[[Iterable[Document]], Iterator[Document]]

COLUMNS = (
    "id", "spans", "verbatim", "context", "proposed_code", "proposed_name", "score", "alternatives", "terminology",
    "decision", "code", "comment", "reviewer", "mention",
)  # fmt: skip
ACCEPT, CORRECT, REJECT = "accept", "correct", "reject"
JOINED = " + "
"""Between the codes, and the names, of a mention that joins several effects."""
CONTEXT = 60
"""Characters on each side of a mention."""
ALTERNATIVES = 10


def collected(step: Step, path: Path, earlier: Iterable[Document] = ()) -> Step:
    """The same step, which also writes the sheet `path` while documents pass.

    Args:
        step: gives the documents.
        path: sheet to write.
        earlier: documents that the step gave before a run was cut off; they come first.

    Raises:
        AdetkError: the sheet cannot be written.
    """

    def through(documents: Iterable[Document]) -> Iterator[Document]:
        keys = MentionKeys()
        with SheetWriter(path, COLUMNS) as sheet:

            def put(document: Document) -> None:
                for mention in document.mentions:
                    key = keys.of(mention, document)
                    if mention.status == "review" and key is not None:
                        sheet.write(_row(mention, document, key))

            for document in earlier:
                put(document)
            for document in step(documents):
                put(document)
                yield document

    return through


def refuse_decided(path: Path) -> None:
    """Refuse to write a sheet over one in which a coder has decided something, or over what is no sheet.

    Raises:
        AdetkError: names the first row that has something.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return
    for number, row in read_sheet(path, COLUMNS):
        filled = [column for column in ("decision", "code", "comment", "reviewer") if row[column]]
        if filled:
            raise AdetkError(
                f"{path}: row {number} has a {filled[0]}; expected a sheet that nobody has worked on: apply it (adetk "
                "review apply), or name another file for the new one"
            )


class MentionKeys:
    """Names the mentions of an output, met in its order, so that a row of a sheet finds its own and no other.

    A key is made of the post's id, the spans, the words there, and how often all three were met before. It begins with
    a letter: a spreadsheet rounds the id of a tweet, which is a number to it, and leaves a key as it is.
    """

    def __init__(self) -> None:
        """Nothing was met yet."""
        self._met: Counter[bytes] = Counter()

    def of(self, mention: Mention, document: Document) -> str | None:
        """The key of a mention that may be decided on: an ADE with candidates. None for another."""
        if mention.label != ADE or not mention.links:
            return None
        parts = (document.id, _spans_cell(mention), mention.surface(document.text))
        name = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8)
        self._met[name.digest()] += 1
        number = self._met[name.digest()]
        return f"m{name.hexdigest()}" + (f".{number}" if number > 1 else "")


def _spans_cell(mention: Mention) -> str:
    """The spans as one cell, `start end;start end`."""
    return ";".join(f"{start} {end}" for start, end in mention.spans)


def proposed(mention: Mention) -> tuple[Link, ...]:
    """The terms that a mention has, or would have if it were coded."""
    joined = tuple(link for link in mention.links if link.conjunct is not None)
    return joined if joined else mention.links[:1]


def _row(mention: Mention, document: Document, key: str) -> dict[str, str]:
    links = proposed(mention)
    others = mention.links[len(links) :][:ALTERNATIVES]
    start, end = max(0, mention.start - CONTEXT), mention.end + CONTEXT
    return dict.fromkeys(COLUMNS, "") | {
        "id": document.id,
        "spans": _spans_cell(mention),
        "verbatim": mention.surface(document.text),
        "context": document.text[start:end],
        "proposed_code": JOINED.join(link.concept_id for link in links),
        "proposed_name": JOINED.join(link.name for link in links),
        "score": f"{min(link.score for link in links):.3f}",
        "alternatives": "; ".join(f"{link.concept_id} {link.name} {link.score:.3f}" for link in others),
        "terminology": links[0].terminology,
        "mention": key,
    }
