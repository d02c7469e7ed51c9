import gzip
import json
import logging
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.official import submission
from adetk.readers import read_brat, read_conll, read_corpus, read_jsonl, read_path
from adetk.readers.export import convert, write_brat, write_jsonl
from adetk.readers.spans import in_text_order

POST = Document(
    "made/up:1",
    'Zorafen: ears buzz\nand "hum",\tno rash\u2028at all 😵 ok',
    label="ADE",
    score=0.25,
    mentions=(
        Mention(((9, 18),), drug=1, gold=(frozenset({"90000002", "90000001"}), frozenset({"90000003"}))),
        Mention(((0, 7),), label="DRUG"),
        Mention(((9, 13), (24, 27)), gold=()),
        Mention(((14, 28),)),
        Mention(((30, 44),), assertion="negated"),
        Mention(((45, 46),), assertion="hypothetical", drug=1),
    ),
    meta={"source": "made\tup\n"},
)


def test_brat_by_hand(tmp_path):
    assert write_brat([POST], tmp_path / "brat") == 1
    assert sorted(path.name for path in (tmp_path / "brat").iterdir()) == [
        "annotation.conf",
        "documents.jsonl",
        "made_up_1.ann",
        "made_up_1.txt",
    ]
    assert (tmp_path / "brat" / "made_up_1.txt").read_bytes().decode() == POST.text
    assert (tmp_path / "brat" / "made_up_1.ann").read_bytes().decode() == (
        "T1\tADE 9 18\tears buzz\n"
        "R1\tAbout Arg1:T1 Arg2:T2\n"
        "#1\tAnnotatorNotes T1\tcodes: 90000001/90000002 + 90000003\n"
        "T2\tDRUG 0 7\tZorafen\n"
        "T3\tADE 9 13;24 27\tears hum\n"
        "#3\tAnnotatorNotes T3\tcodes: none\n"
        'T4\tADE 14 18;19 28\tbuzz and "hum"\n'
        "T5\tADE 30 37;38 44\tno rash at all\n"
        "A5\tAssertion T5 negated\n"
        "T6\tADE 45 46\t😵\n"
        "A6\tAssertion T6 hypothetical\n"
        "R6\tAbout Arg1:T6 Arg2:T2\n"
    )
    assert json.loads((tmp_path / "brat" / "documents.jsonl").read_text()) == {
        "file": "made_up_1",
        "id": "made/up:1",
        "label": "ADE",
        "score": 0.25,
        "meta": {"source": "made\tup\n"},
    }
    assert (tmp_path / "brat" / "annotation.conf").read_text() == (
        "[entities]\nADE\nDRUG\n[relations]\nAbout\tArg1:<ENTITY>, Arg2:<ENTITY>\n[events]\n"
        "[attributes]\nAssertion\tArg:<ENTITY>, Value:present|negated|hypothetical\n"
    )
    assert list(read_brat(tmp_path / "brat")) == [POST]


def test_ids_that_no_file_can_have(tmp_path):
    ids = ["../a", ".b", "c d", "c_d", "C_D", "", "x" * 300, "я", "c_d"]
    documents = [Document(id, f"text {number}") for number, id in enumerate(ids)]
    folder = tmp_path / "brat"
    assert write_brat(documents, folder) == len(ids)
    names = [path.name for path in folder.glob("*.txt")]
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{,110}", name) for name in names)
    assert list(read_brat(folder)) == documents


def test_what_brat_cannot_hold_is_counted(tmp_path, caplog):
    link = Link("90000001", "Ear noise")
    document = Document(
        "1",
        "ears\nbuzz \nand hum",
        mentions=(
            Mention(((0, 4),), score=0.5, status="coded", links=(link,)),
            Mention(((0, 5),)),
            Mention(((0, 4), (5, 9))),
        ),
    )
    with caplog.at_level(logging.WARNING, logger="adetk.readers.lost"):
        write_brat([document], tmp_path / "brat")
    assert caplog.messages == [
        f"{tmp_path / 'brat'}: the format cannot hold: 1 scores of mentions, "
        "2 spans of mentions (edges cut, or fragments joined), 1 statuses and links of mentions"
    ]
    assert [mention.spans for mention in next(read_brat(tmp_path / "brat")).mentions] == [
        ((0, 4),),
        ((0, 4),),
        ((0, 9),),
    ]


@pytest.mark.parametrize(
    ("mention", "message"),
    [
        (
            Mention(((0, 4),), label="SIDE EFFECT"),
            r"document 1: label 'SIDE EFFECT' is no brat type; expected",
        ),
        (
            Mention(((0, 4),), gold=(frozenset({"1/2"}),)),
            r"document 1: code '1/2'; expected no blank, / or \+",
        ),
        (Mention(((0, 4),), gold=(frozenset({"none"}),)), r"document 1: code 'none'; expected"),
        (Mention(((0, 4),), gold=(frozenset(),)), r"document 1: a conjunct without codes; expected"),
        (Mention(((4, 5),)), r"document 1: a mention is nothing but line ends"),
    ],
)
def test_what_would_be_read_back_as_something_else_is_refused(tmp_path, mention, message):
    with pytest.raises(AdetkError, match=message):
        write_brat([Document("1", "rash\n", mentions=(mention,))], tmp_path / "brat")


def test_folder_that_is_not_empty(tmp_path):
    (tmp_path / "old.txt").write_text("old")
    with pytest.raises(AdetkError, match=r"is not empty; expected a new folder"):
        write_brat([POST], tmp_path)


def test_no_half_of_a_folder_is_left_behind(tmp_path):
    odd = replace(POST, mentions=(Mention(((0, 1),), label="MY LABEL"),))
    with pytest.raises(AdetkError, match="is no brat type"):
        write_brat([POST, odd], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    write_brat([POST], tmp_path / "out")
    assert list(read_brat(tmp_path / "out")) == [POST]


@pytest.mark.parametrize(
    ("name", "format", "reader"),
    [
        ("out", None, read_brat),
        ("out.d", "brat", read_brat),
        ("out.jsonl", None, read_jsonl),
        ("out.txt", "jsonl", read_jsonl),
        ("out.CONLL", None, read_conll),
        ("out.bio", None, read_conll),
    ],
)
def test_convert_goes_by_name_or_format(tmp_path, name, format, reader):
    documents = [POST, Document("2", "nothing", label="noADE")]
    assert convert(iter(documents), tmp_path / name, format) == 2
    found = list(reader(tmp_path / name))
    assert [len(document.mentions) for document in found] == ([5, 0] if reader is read_conll else [6, 0])
    assert reader is read_conll or found == documents


def test_convert_to_an_unknown_format(tmp_path):
    with pytest.raises(
        AdetkError, match=r"out\.xml: ends in '\.xml'; expected a folder \(brat\), \.conll or"
    ):
        convert([POST], tmp_path / "out.xml")
    with pytest.raises(
        AdetkError, match=r"out\.jsonl: format 'xml'; expected .* one of brat, conll, jsonl, smm4h"
    ):
        convert([POST], tmp_path / "out.jsonl", "xml")


ANSWERED = Document(
    "a1",
    "ears buzz, legs hum, no rash",
    label="ADE",
    mentions=(
        Mention(((0, 9),), gold=(frozenset({"90000002", "90000001"}), frozenset({"90000003"}))),
        Mention(((11, 15), (16, 19)), gold=()),
        Mention(((24, 28),), assertion="negated", gold=(frozenset({"90000004"}),)),
        Mention(((0, 4),), label="DRUG"),
    ),
)
SILENT = Document("a2", "nothing", label="noADE")


@pytest.mark.parametrize(
    ("task", "lines"),
    [
        (
            "smm4h2022-1c",
            [
                "a1\tADE\t0\t9\tears buzz\t90000001",
                "a1\tADE\t0\t9\tears buzz\t90000003",
                "a1\tADE\t11\t19\tlegs hum\t-",
            ],
        ),
        ("smm4h2023", ["a1\t90000001 & 90000003"]),
        ("smm4h2021-1a", ["tweet_id\tlabel", "a1\tADE", "a2\tNoADE"]),
        ("smm4h2025", ["id,predicted_label", "a1,1", "a2,0"]),
    ],
)
def test_gold_as_a_submission(tmp_path, caplog, task, lines):
    assert convert([ANSWERED, SILENT], tmp_path / "gold.tsv", task) == 2
    assert (tmp_path / "gold.tsv").read_text().splitlines() == lines
    assert caplog.messages == [
        f"{tmp_path / 'gold.tsv'}: the format cannot hold: 1 codes accepted beside another, "
        "1 fragments of mentions (joined into one span)"
    ]


def test_predictions_are_not_filled_in_from_gold(tmp_path):
    link = Link("90000009", "Guess")
    guessed = Document(
        "a1",
        "ears buzz",
        mentions=(Mention(((0, 9),), status="review", links=(link,), gold=(frozenset({"1"}),)),),
    )
    assert list(submission("smm4h2022-1c", [guessed])) == ["a1\tADE\t0\t9\tears buzz\t-"]


def test_codes_of_whole_posts_as_a_submission(fixtures, tmp_path):
    documents = read_corpus("smm4h2023", "train", fixtures)
    convert(documents, tmp_path / "norms.tsv", "smm4h2023")
    assert (tmp_path / "norms.tsv").read_text() == "fix11\t90000001 & 90000002\n"
    convert(documents, tmp_path / "class.tsv", "smm4h2022-1a")
    assert (tmp_path / "class.tsv").read_text() == "fix11\tADE\t0\t0\t-\n"
    with pytest.raises(AdetkError, match=r"fix11: its codes are the whole post's, without words; expected"):
        convert(documents, tmp_path / "spans.tsv", "smm4h2022-1c")


def test_what_is_not_labelled_has_no_right_answer(tmp_path):
    with pytest.raises(AdetkError, match=r"document a3: is not labelled, .* expected a labelled split"):
        convert([Document("a3", "x")], tmp_path / "gold.csv", "smm4h2025")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_source_leaves_no_file(tmp_path):
    def broken():
        yield POST
        raise AdetkError("broken")

    with pytest.raises(AdetkError, match=r"^broken$"):
        write_jsonl(broken(), tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_read_path(tmp_path):
    write_brat([POST], tmp_path / "brat")
    write_jsonl([POST], tmp_path / "a.jsonl")
    assert list(read_path(tmp_path / "brat")) == list(read_path(tmp_path / "a.jsonl")) == [POST]
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    (tmp_path / "c.jsonl").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "a.jsonl").read_bytes())
    assert list(read_path(tmp_path / "b.jsonl.gz")) == list(read_path(tmp_path / "c.jsonl")) == [POST]
    (tmp_path / "d.jsonl.gz").write_bytes((tmp_path / "b.jsonl.gz").read_bytes()[:-9])
    with pytest.raises(AdetkError, match=r"d.jsonl.gz: cannot be read \(Compressed file ended"):
        list(read_path(tmp_path / "d.jsonl.gz"))
    with pytest.raises(
        AdetkError, match=r"a\.xml: expected a folder of brat files, or a file in \.jsonl, \.conll"
    ):
        read_path(tmp_path / "a.xml")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(
    "ab \n\t\r\u2028;😵", max_size=30
)
NAMES = st.text("ABC_-1", min_size=1, max_size=4)
GOLDS = st.none() | st.lists(
    st.frozensets(st.text("C019", min_size=1, max_size=4), min_size=1, max_size=3), max_size=3
)


@st.composite
def documents(draw):
    """Documents as readers give them: spans in text order, none that begins or ends with white space."""
    text = draw(TEXTS)
    words = [match.span() for match in re.finditer(r"\S+", text)]
    number = draw(st.integers(0, 4)) if words else 0
    mentions = []
    for _ in range(number):
        chosen = draw(st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True))
        gold = draw(GOLDS)
        mentions.append(
            Mention(
                in_text_order(chosen, text),
                label=draw(NAMES),
                assertion=draw(st.sampled_from(["present", "negated", "hypothetical"])),
                drug=draw(st.none() | st.integers(0, number - 1)),
                gold=None if gold is None else tuple(gold),
            )
        )
    return Document(
        draw(TEXTS),
        text,
        label=draw(st.sampled_from([None, "ADE", "noADE"])),
        score=draw(st.none() | st.sampled_from([0.0, 0.5, 1.0])),
        mentions=tuple(mentions),
        meta=draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
    )


@settings(deadline=None)  # files are written, and how long that takes is not what is tested
@given(written=st.lists(documents(), min_size=1, max_size=4))
def test_brat_and_jsonl_give_the_same_documents_back(written, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    convert(written, folder / "brat")
    assert list(read_brat(folder / "brat")) == written
    convert(written, folder / "a.jsonl")
    assert list(read_jsonl(folder / "a.jsonl")) == written


@pytest.mark.parametrize("corpus", ["cadec", "tac2017", "psytar"])
def test_real(corpora, tmp_path, caplog, corpus):
    written = read_corpus(corpus, "all", corpora)
    caplog.clear()
    convert(written, tmp_path / "brat")
    assert list(read_brat(tmp_path / "brat")) == written
    assert caplog.messages == []
