"""A page that shows the mentions in their posts, drawn by displaCy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path

from adetk.document import ADE, Document, Mention
from adetk.io.outputs import new_file, write_errors

Step = Callable[[Iterable[Document]], Iterator[Document]]

COLOURS: Mapping[str, str] = {"ADE": "#f4a5a5", "DRUG": "#a5c8f4", "INDICATION": "#d5e8b5"}
"""Label to colour; displaCy knows them too, by an entry point."""

_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>adetk</title></head>
<body style="font-family: sans-serif; max-width: 60em; margin: 2em auto">
"""


def shown(step: Step, path: Path, earlier: Iterable[Document] = ()) -> Step:
    """The same step, which also writes `path` while documents pass; posts without a mention are left out.

    Args:
        step: gives the documents.
        path: page to write.
        earlier: documents that the step gave before a run was cut off; they come first.

    Raises:
        AdetkError: when the page cannot be written.
    """

    def through(documents: Iterable[Document]) -> Iterator[Document]:
        with new_file(path) as file:

            def put(text: str) -> None:
                with write_errors(path):
                    file.write(text)

            put(_HEAD)
            for document in earlier:
                put(_section(document))
            for document in step(documents):
                put(_section(document))
                yield document
            put("</body></html>\n")

    return through


def drawn(document: Document) -> str:
    """The mentions over the text, by displaCy's `span` style: overlapping ones in layers, each fragment by itself.

    A label says the term of a coded mention, and where there is no effect: "ADE Nausea", "ADE negated".
    """
    from spacy import displacy  # a second to import: only for who wants a page

    fragments = [(span, escape(_label(m))) for m in document.mentions for span in m.spans]
    cuts = sorted({0, len(document.text), *(end for span, _ in fragments for end in span)})
    cut_to_token = {cut: token for token, cut in enumerate(cuts)}
    return displacy.render(
        {
            "text": document.text,
            "spans": [
                {"start_token": cut_to_token[start], "end_token": cut_to_token[end], "label": label}
                for (start, end), label in fragments
            ],
            # The text is cut where mentions begin and end, and nowhere else: between tokens displaCy puts spaces.
            "tokens": [document.text[start:end] for start, end in pairwise(cuts)],
        },
        style="span",
        manual=True,
        jupyter=False,
        options={"colors": {label: COLOURS.get(label.split(" ")[0], "#ddd") for _, label in fragments}},
    )


def _section(document: Document) -> str:
    if not document.mentions:
        return ""
    score = "" if document.score is None else f" {document.score:.2f}"
    return f"<h3>{escape(document.id)} {escape(document.label or '')}{score}</h3>\n{drawn(document)}\n"


def _label(mention: Mention) -> str:
    if mention.assertion != "present":
        return f"{mention.label} {mention.assertion}"
    if mention.label != ADE or not mention.answers:
        return mention.label
    return f"{mention.label} {' + '.join(link.name for link in mention.answers)}"
