from importlib.metadata import entry_points
from itertools import count, islice

import pytest
import spacy
from spacy import displacy
from spacy.tokens import Doc

from adetk.component import NAME, annotated
from adetk.document import ADE, DRUG, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.pipeline import Pipeline

TEXT = "no hives, but my legs are cramping on zoloft"
CODED = Link("10028334", "Muscle spasms <new>", score=0.9)
MENTIONS = (
    Mention(((3, 8),), ADE, assertion="negated"),
    Mention(((17, 21), (26, 34)), ADE, drug=3, status="coded", links=(CODED,)),
    Mention(((26, 34),), "INDICATION"),
    Mention(((38, 44),), DRUG, status="coded", links=(Link("d", "sertraline"),)),
)
DOCUMENT = Document("1", TEXT, label=ADE, score=0.75, mentions=MENTIONS)


@pytest.fixture(scope="module")
def nlp(tiny_bundle):
    nlp = spacy.blank("en")
    nlp.add_pipe("adetk", config={"bundle": str(tiny_bundle), "gate": "none"})
    return nlp


@pytest.fixture(scope="module")
def texts(easy_posts):
    return [document.text for document in easy_posts[::4]]


def doc_of(document=DOCUMENT):
    return annotated(spacy.blank("en").make_doc(document.text), document)


def test_a_mention_is_a_span_a_fragment_with_its_number_as_id():
    doc = doc_of()
    found = [(span.text, span.label_, span.id_, span.kb_id_) for span in doc.spans[NAME]]
    assert found == [
        ("hives", "ADE", "adetk-0", ""),
        ("legs", "ADE", "adetk-1", "10028334"),
        ("cramping", "ADE", "adetk-1", "10028334"),
        ("cramping", "INDICATION", "adetk-2", ""),
        ("zoloft", "DRUG", "adetk-3", "d"),
    ]


def test_spans_carry_their_mention_and_the_doc_its_document():
    doc = doc_of()
    assert doc._.adetk == DOCUMENT
    assert [span._.adetk for span in doc.spans[NAME]] == [MENTIONS[i] for i in (0, 1, 1, 2, 3)]
    assert doc.spans[NAME][1]._.adetk.links[0].name == "Muscle spasms <new>"


def test_what_adetk_did_not_see_has_no_mention():
    doc = spacy.blank("en")("no hives")
    assert doc._.adetk is None
    assert doc[0:1]._.adetk is None
    other = doc_of()
    assert other[0:1]._.adetk is None
    for name in ("0", "7", "\u00b2"):
        assert spacy.tokens.Span(other, 0, 1, "X", span_id=name)._.adetk is None


def test_a_span_grows_to_whole_tokens():
    document = Document("1", "zoloft!!nausea", mentions=(Mention(((9, 12),)),))
    doc = doc_of(document)
    (span,) = doc.spans[NAME]
    assert span.start_char <= 9
    assert span.end_char >= 12
    assert span._.adetk.spans == ((9, 12),)


def test_a_doc_keeps_all_in_bytes():
    doc = doc_of()
    back = Doc(spacy.blank("en").vocab).from_bytes(doc.to_bytes())
    assert back._.adetk == DOCUMENT
    assert [(s.text, s._.adetk) for s in back.spans[NAME]] == [(s.text, s._.adetk) for s in doc.spans[NAME]]


def test_the_component_finds_what_the_pipeline_finds(nlp, tiny_bundle, texts):
    docs = list(nlp.pipe(texts, batch_size=7))
    pipeline = Pipeline.from_pretrained(tiny_bundle, gate="none")
    expected = list(pipeline(Document(str(i), text) for i, text in enumerate(texts)))
    assert [doc.text for doc in docs] == texts
    assert {m.label for doc in docs for m in doc._.adetk.mentions} == {ADE, DRUG, "INDICATION"}
    for doc, document in zip(docs, expected, strict=True):
        assert [(m.spans, m.label, m.drug, m.status) for m in doc._.adetk.mentions] == [
            (m.spans, m.label, m.drug, m.status) for m in document.mentions
        ]
    alone = nlp(texts[0])
    assert [(s.text, s.label_, s.kb_id_) for s in alone.spans[NAME]] == [
        (s.text, s.label_, s.kb_id_) for s in docs[0].spans[NAME]
    ]


def test_docs_come_lazily(nlp):
    texts = (f"zoloft gave me nausea {number}" for number in count())
    assert [doc.text[-1] for doc in islice(nlp.pipe(texts, batch_size=2), 3)] == ["0", "1", "2"]


def test_an_empty_doc_passes(nlp):
    doc = nlp("")
    assert list(doc.spans[NAME]) == []


def test_a_saved_pipeline_comes_back_with_its_config(nlp, tiny_bundle, tmp_path):
    nlp.to_disk(tmp_path / "nlp")
    back = spacy.load(tmp_path / "nlp")
    component = back.get_pipe("adetk")
    assert component.pipeline.gate == "none"
    assert component.pipeline.bundle == tiny_bundle
    assert back.config["components"]["adetk"] == nlp.config["components"]["adetk"]
    docs = [each("zoloft gave me nausea") for each in (nlp, back)]
    assert [s.text for s in docs[0].spans[NAME]] == [s.text for s in docs[1].spans[NAME]]


def test_spacy_finds_the_factory_by_itself():
    (entry,) = [e for e in entry_points(group="spacy_factories") if e.name == "adetk"]
    assert entry.value == "adetk.component:make_component"


def test_a_wrong_config_is_refused():
    with pytest.raises(AdetkError, match=r"gate 'shut': unknown"):
        spacy.blank("en").add_pipe("adetk", config={"gate": "shut"})


def test_only_a_named_language_is_passed_on(tiny_bundle):
    config = {"bundle": str(tiny_bundle), "gate": "none"}
    for language, meta in (("ru", {"lang": "ru"}), ("xx", {})):
        nlp = spacy.blank(language)
        nlp.add_pipe("adetk", config=config)
        assert nlp("zoloft")._.adetk.meta == meta


def test_displacy_draws_the_spans():
    page = displacy.render(doc_of(), style="span", jupyter=False, options={"spans_key": NAME})
    assert page.count("INDICATION") == 1
    assert "#f4a5a5" in page  # the colours of adetk's own pages
    assert "10028334" in page
