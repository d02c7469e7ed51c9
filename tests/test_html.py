from dataclasses import replace
from html import unescape

import pytest

from adetk.document import ADE, DRUG, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.html import COLOURS, drawn, shown

TEXT = "no hives, but my legs aren't cramping <b> on zoloft"
CODED = Link("10028334", "Muscle spasms <new>", score=0.9)
MENTIONS = (
    Mention(((3, 8),), ADE, assertion="negated"),
    Mention(((17, 21), (29, 37)), ADE, drug=3, status="coded", links=(CODED,)),
    Mention(((22, 37),), "INDICATION"),
    Mention(((45, 51),), DRUG, status="coded", links=(Link("d", "sertraline"),)),
    Mention(((0, 2),), "REMARK"),
)
DOCUMENT = Document("1", TEXT, label=ADE, score=0.75, mentions=MENTIONS)


def test_labels_name_terms_and_flags():
    page = drawn(DOCUMENT)
    assert page.count("ADE negated") == 1
    assert page.count("ADE Muscle spasms &lt;new&gt;") == 2
    assert page.count("INDICATION") == 1
    assert "sertraline" not in page
    assert all(colour in page for colour in [*COLOURS.values(), "#ddd"])


def test_every_effect_that_a_mention_joins_is_named():
    links = (Link("1", "Rash", conjunct=0), Link("2", "Cough", conjunct=1), Link("3", "Itch"))
    mention = Mention(((0, 17),), ADE, status="coded", links=links)
    page = drawn(Document("1", "dots and coughing", mentions=(mention,)))
    assert page.count("ADE Rash + Cough") == 1
    assert "Itch" not in page


def test_documents_of_before_come_first(tmp_path):
    later = replace(DOCUMENT, id="2")
    path = tmp_path / "page.html"
    assert list(shown(iter, path, [DOCUMENT, replace(DOCUMENT, id="0", mentions=())])([later])) == [later]
    page = path.read_text(encoding="utf-8")
    assert page.index("<h3>1 ") < page.index("<h3>2 ")
    assert "<h3>0 " not in page


def test_the_text_is_cut_at_mentions_only_and_escaped():
    page = drawn(DOCUMENT)
    assert " &lt;b&gt; on " in page
    assert "<b>" not in page
    for piece in ("legs", " aren't"[1:], "cramping", "zoloft", ", but my"):
        assert piece in unescape(page)


def test_a_post_without_mentions_has_its_text():
    assert "just zoloft" in drawn(Document("1", "just zoloft"))


def test_a_page_holds_the_posts_with_mentions_and_passes_all_on(tmp_path):
    page = tmp_path / "page.html"
    documents = [DOCUMENT, Document("2", "coffee"), replace(DOCUMENT, id="<3>", score=None, label=None)]
    assert list(shown(iter, page)(documents)) == documents
    html = page.read_text(encoding="utf-8")
    assert "<h3>1 ADE 0.75</h3>" in html
    assert "<h3>&lt;3&gt; </h3>" in html
    assert "coffee" not in html
    assert html.endswith("</body></html>\n")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(AdetkError, match=r"none/page.html: cannot be written"):
        list(shown(iter, tmp_path / "none" / "page.html")([DOCUMENT]))
