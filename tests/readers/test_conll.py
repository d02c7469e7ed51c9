import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import read_conll, read_path
from adetk.readers.conll import write_conll


def read(tmp_path, content):
    path = tmp_path / "a.conll"
    path.write_bytes(content.encode())
    return list(read_conll(path))


def test_offsets_come_from_tokens_joined_by_one_space(tmp_path):
    assert read(
        tmp_path,
        "-DOCSTART- -X- O\n\nEars\tB-ADE\nbuzz\tI-ADE\n,\tO\nthumbs\tB-ADE\n\n\n"
        "new york\tNN\tB-PLACE\nZorafen\tNN\tB-DRUG\r\n\r\nno O\nrash B-ADE",
    ) == [
        Document("a:1", "Ears buzz , thumbs", mentions=(Mention(((0, 9),)), Mention(((12, 18),)))),
        Document(
            "a:2",
            "new york Zorafen",
            mentions=(Mention(((0, 8),), label="PLACE"), Mention(((9, 16),), label="DRUG")),
        ),
        Document("a:3", "no rash", mentions=(Mention(((3, 7),)),)),
    ]


def test_a_byte_order_mark_is_no_letter(tmp_path):
    assert read(tmp_path, "\ufeffI\tO\nfelt\tO\n")[0].text == "I felt"
    assert read(tmp_path, "\ufeff\tO\nfelt\tO\n")[0].text == "\ufeff felt"


def test_tags_that_begin_without_b(tmp_path):
    mentions = read(tmp_path, "a\tI-ADE\nb\tI-ADE\nc\tI-DRUG\nd\tB-DRUG\ne\tO\nf\tI-DRUG\n")[0].mentions
    assert [(mention.spans, mention.label) for mention in mentions] == [
        (((0, 3),), "ADE"),
        (((4, 5),), "DRUG"),
        (((6, 7),), "DRUG"),
        (((10, 11),), "DRUG"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rash", r"a\.conll:2: 'rash'; expected a token and its tag"),
        ("\tO", r"a\.conll:2: '\\tO'; expected a token and its tag"),
        ("rash\tADE", r"a\.conll:2: tag 'ADE'; expected O, B-LABEL or I-LABEL"),
        ("rash\tE-ADE", r"a\.conll:2: tag 'E-ADE'; expected O, B-LABEL or I-LABEL"),
        ("rash\tB-", r"a\.conll:2: tag 'B-'; expected O, B-LABEL or I-LABEL"),
    ],
)
def test_bad_line(tmp_path, line, message):
    with pytest.raises(AdetkError, match=message):
        read(tmp_path, f"no\tO\n{line}\n")


def test_what_flat_tags_cannot_hold_is_counted(tmp_path, caplog):
    document = Document(
        "1",
        "zod: sore, very sore arms",
        mentions=(
            Mention(((5, 9), (21, 25)), gold=()),
            Mention(((16, 25),)),
            Mention(((0, 2),), label="DRUG"),
        ),
    )
    path = tmp_path / "a.conll"
    with caplog.at_level(logging.WARNING, logger="adetk.readers.lost"):
        assert write_conll([document, Document("2", " \n")], path) == 1
    assert path.read_text() == ("zod\tB-DRUG\n:\tO\nsore\tB-ADE\n,\tO\nvery\tO\nsore\tO\narms\tB-ADE\n\n")
    assert caplog.messages == [
        f"{path}: the format cannot hold: 1 discontinuous mentions (tagged as fragments), "
        "1 documents without a token, 1 mentions that overlap another"
    ]


def test_neighbours_stay_apart(tmp_path):
    document = Document("1", "rash itch", mentions=(Mention(((5, 9),)), Mention(((0, 4),))))
    path = tmp_path / "a.conll"
    write_conll([document], path)
    assert path.read_text() == "rash\tB-ADE\nitch\tB-ADE\n\n"


def test_label_with_a_space(tmp_path):
    with pytest.raises(AdetkError, match=r"document 1: label 'A B'; expected no white space in it"):
        write_conll(
            [Document("1", "rash", mentions=(Mention(((0, 4),), label="A B"),))], tmp_path / "a.conll"
        )
    assert list(tmp_path.iterdir()) == []


@given(tags=st.lists(st.lists(st.sampled_from(["O", "B-ADE", "I-ADE", "B-DRUG"]), min_size=1), min_size=1))
def test_written_tags_are_read_back(tags, tmp_path_factory):
    path = tmp_path_factory.mktemp("conll") / "a.conll"
    lines = ["".join(f"w{i}\t{tag}\n" for i, tag in enumerate(sentence)) for sentence in tags]
    path.write_text("\n".join(lines))
    documents = list(read_path(path))
    assert len(documents) == len(tags)
    assert write_conll(documents, path) == len(tags)
    assert list(read_conll(path)) == documents


def test_real(corpora):
    documents = list(read_conll(corpora / "psytar" / "all" / "dev.txt"))
    labels = [mention.label for document in documents for mention in document.mentions]
    assert (len(documents), labels.count("ADR")) == (550, 293)
