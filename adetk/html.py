"""A page that shows the mentions in their posts, drawn by displaCy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path

from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError

Step = Callable[[Iterable[Document]], Iterator[Document]]

_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>adetk</title></head>
<body style="font-family: sans-serif; max-width: 60em; margin: 2em auto">
"""
_COLOURS = {"ADE": "#f4a5a5", "DRUG": "#a5c8f4", "INDICATION": "#d5e8b5"}


def shown(step: Step, path: Path) -> Step:
    """The same step, which also writes `path` while documents pass; posts without a mention are left out.

    Raises:
        AdetkError: when the page cannot be written.
    """

    def through(documents: Iterable[Document]) -> Iterator[Document]:
        partial = path.with_name(path.name + ".partial")
        try:
            file = partial.open("w", encoding="utf-8")
        except OSError as error:
            raise AdetkError(f"{path}: cannot be written ({error.strerror}); name another page") from error
        with file:
            file.write(_HEAD)
            for document in step(documents):
                if document.mentions:
                    file.write(_section(document))
                yield document
            file.write("</body></html>\n")
        partial.replace(path)

    return through


def _section(document: Document) -> str:
    from spacy import displacy  # a second to import: only for who wants a page

    found = sorted((span, _label(m)) for m in document.mentions for span in m.spans)
    # displaCy draws one layer: of two that overlap, the first
    apart = [item for i, item in enumerate(found) if i == 0 or item[0][0] >= found[i - 1][0][1]]
    entities = [{"start": start, "end": end, "label": label} for (start, end), label in apart]
    colours = {label: _COLOURS.get(label.split(" ")[0], "#ddd") for _, label in apart}
    drawn = displacy.render(
        {"text": document.text, "ents": entities},
        style="ent",
        manual=True,
        jupyter=False,
        options={"colors": colours},
    )
    score = "" if document.score is None else f" {document.score:.2f}"
    return f"<h3>{escape(document.id)} {escape(document.label or '')}{score}</h3>\n{drawn}\n"


def _label(mention: Mention) -> str:
    if mention.label != ADE or mention.status != "coded":
        return mention.label
    return f"{mention.label} {mention.links[0].name}"
