"""What a coder is to look at: mentions with the status `review`, as a sheet that comes back with decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from adetk.document import Document, Link, Mention
from adetk.io.sheet import SheetWriter

Step = Callable[[Iterable[Document]], Iterator[Document]]

COLUMNS = (
    "id", "spans", "verbatim", "context", "proposed_code", "proposed_name", "score", "alternatives", "terminology",
    "decision", "code", "comment", "reviewer",
)  # fmt: skip
ACCEPT, CORRECT, REJECT = "accept", "correct", "reject"
JOINED = " + "
"""Between the codes, and the names, of a mention that joins several effects."""
CONTEXT = 60
"""Characters on each side of a mention."""
ALTERNATIVES = 10


def collected(step: Step, path: Path) -> Step:
    """The same step, which also writes the sheet `path` while documents pass.

    Raises:
        AdetkError: the sheet cannot be written.
    """

    def through(documents: Iterable[Document]) -> Iterator[Document]:
        with SheetWriter(path, COLUMNS) as sheet:
            for document in step(documents):
                for mention in document.mentions:
                    if mention.status == "review" and mention.links:  # another program's may have none
                        sheet.write(_row(mention, document))
                yield document

    return through


def spans_cell(mention: Mention) -> str:
    """The spans as one cell, `start end;start end`: with the post's id, what names a mention."""
    return ";".join(f"{start} {end}" for start, end in mention.spans)


def proposed(mention: Mention) -> tuple[Link, ...]:
    """The terms that a mention has, or would have if it were coded."""
    joined = tuple(link for link in mention.links if link.conjunct is not None)
    return joined if joined else mention.links[:1]


def _row(mention: Mention, document: Document) -> dict[str, str]:
    links = proposed(mention)
    others = mention.links[len(links) :][:ALTERNATIVES]
    start, end = max(0, mention.start - CONTEXT), mention.end + CONTEXT
    return dict.fromkeys(COLUMNS, "") | {
        "id": document.id,
        "spans": spans_cell(mention),
        "verbatim": mention.surface(document.text),
        "context": document.text[start:end],
        "proposed_code": JOINED.join(link.concept_id for link in links),
        "proposed_name": JOINED.join(link.name for link in links),
        "score": f"{min(link.score for link in links):.3f}",
        "alternatives": "; ".join(f"{link.concept_id} {link.name} {link.score:.3f}" for link in others),
        "terminology": links[0].terminology,
    }
