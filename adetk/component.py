"""adetk in a spaCy pipeline.

    nlp = spacy.blank("en")
    nlp.add_pipe("adetk", config={"gate": "none"})
    doc = nlp("zoloft has me up all night")
    for span in doc.spans["adetk"]:
        print(span.label_, span, span._.adetk.assertion, [link.name for link in span._.adetk.links])
    displacy.render(doc, style="span", options={"spans_key": "adetk"})

A mention is one span a fragment, all with the same `span.id_`: `adetk-` and the mention's number in
`doc._.adetk.mentions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc, Span

from adetk.batches import batched
from adetk.document import Document, Mention
from adetk.document import Span as Offsets
from adetk.pipeline import BATCH, Pipeline
from adetk.record import document_from_record, record_from_document

NAME = "adetk"
"""Of the component, the group of spans, and the extension attributes."""
ID = "adetk-"
"""What the ids of adetk's spans begin with; those of others are theirs."""
_NO_LANGUAGE = ("", "mul", "xx")


class AdetkComponent:
    """Finds and codes mentions; see the module for what a `Doc` then has.

    Args:
        pipeline: what finds them.
        language: ISO 639-1 code of the texts, or spaCy's `xx`.
    """

    def __init__(self, pipeline: Pipeline, language: str) -> None:
        self.pipeline = pipeline
        self._meta = {} if language in _NO_LANGUAGE else {"lang": language}

    def __call__(self, doc: Doc) -> Doc:
        """Add the mentions to one `Doc`."""
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable[Doc], batch_size: int = BATCH) -> Iterator[Doc]:
        """Add the mentions to many, lazily, `batch_size` at a time."""
        for group in batched(docs, batch_size):
            posts = (Document(str(i), doc.text, meta=self._meta) for i, doc in enumerate(group))
            for doc, document in zip(group, self.pipeline(posts), strict=True):
                yield annotated(doc, document)


@Language.factory(
    NAME, default_config={"bundle": None, "terminology": "ctcae", "gate": "model", "threshold": None}
)
def make_component(
    nlp: Language, name: str, bundle: str | None, terminology: str, gate: str, threshold: float | None
) -> AdetkComponent:
    """Make the component; the arguments after `name` are its config, see `Pipeline.from_pretrained`.

    Raises:
        AdetkError: no bundle there, or a damaged one; no such gate; a threshold that is no share.
    """
    return AdetkComponent(Pipeline.from_pretrained(bundle, terminology, gate, threshold), str(nlp.lang))


def annotated(doc: Doc, document: Document) -> Doc:
    """The same `Doc`, with the document as `doc._.adetk` and its mentions as `doc.spans["adetk"]`.

    A span covers all tokens that its fragment touches. `span.kb_id_` is the code of a coded mention.
    """
    # As plain values, which spaCy can serialise and hand to other processes.
    doc.user_data[NAME] = record_from_document(document)
    doc.spans[NAME] = [
        _span(doc, number, mention, fragment)
        for number, mention in enumerate(document.mentions)
        for fragment in mention.spans
    ]
    return doc


def _span(doc: Doc, number: int, mention: Mention, fragment: Offsets) -> Span:
    code = mention.answers[0].concept_id if mention.answers else ""
    span = doc.char_span(
        *fragment, mention.label, kb_id=code, alignment_mode="expand", span_id=f"{ID}{number}"
    )
    assert span is not None  # a fragment inside the text grows to whole tokens
    return span


def _document_of(doc: Doc) -> Document | None:
    record = doc.user_data.get(NAME)
    return None if record is None else document_from_record(record, "doc._.adetk")


def _mention_of(span: Span) -> Mention | None:
    document = span.doc._.adetk
    if document is None or not span.id_.startswith(ID):
        return None
    return document.mentions[int(span.id_.removeprefix(ID))]


Doc.set_extension(NAME, getter=_document_of, force=True)
Span.set_extension(NAME, getter=_mention_of, force=True)
