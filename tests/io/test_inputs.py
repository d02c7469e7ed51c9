import gzip
import json
import subprocess
import sys

import pytest
from input_rows import read

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io import BadRow
from adetk.record import TABLE_COLUMNS, record_from_document

# Formats


def test_tsv_is_raw(write):
    path = write(
        "posts.tsv", 'id\ttext\tlang\r\n1\t"Zorvex" made me &amp; mine ill 😀\ten\r\n2\t said "no\tde\r\n'
    )
    assert read(path) == [
        Document("1", '"Zorvex" made me &amp; mine ill 😀', meta={"lang": "en"}),
        Document("2", ' said "no', meta={"lang": "de"}),
    ]


def test_tsv_of_two_columns_needs_no_header(write):
    path = write("tweets.tsv", "a1\tfirst post\na2\tsecond\twith a tab\n")
    assert read(path) == [Document("a1", "first post"), Document("a2", "second\twith a tab")]


def test_a_blank_behind_a_column_s_name_is_no_post(write):
    assert read(write("posts.tsv", "id \ttext \n1\trash\n")) == [Document("1", "rash")]


def test_tsv_without_header_is_not_guessed_when_a_column_is_asked_for(write):
    path = write("tweets.tsv", "a1\tfirst post\na2\tsecond\n")
    with pytest.raises(AdetkError, match=r"no column 'body'; found 'a1', 'first post'"):
        read(path, text_column="body")


def test_tsv_keeps_tabs_only_in_a_text_that_comes_last(write):
    path = write("posts.tsv", "text\tid\nhead\tache\t1\nrash\t2\n")
    assert read(path) == [
        BadRow(2, "3 fields; expected 2: text, id", "head\tache\t1"),
        Document("2", "rash"),
    ]


def test_csv_follows_rfc_4180(write):
    path = write("posts.csv", 'id,text,lang\n1,"a ""quoted"", word\r\nand a line",en\n\n2,plain,de\n')
    assert read(path) == [
        Document("1", 'a "quoted", word\r\nand a line', meta={"lang": "en"}),
        Document("2", "plain", meta={"lang": "de"}),
    ]


def test_csv_of_a_spreadsheet_that_puts_semicolons_between(write):
    path = write("posts.csv", 'id;text;dose\r\n1;"rash; hives, both";0,5\r\n2;fine, so far;1\r\n')
    assert read(path) == [
        Document("1", "rash; hives, both", meta={"dose": "0,5"}),
        Document("2", "fine, so far", meta={"dose": "1"}),
    ]
    assert read(write("one.csv", "text\nrash; and hives\n")) == [Document("1", "rash; and hives")]
    assert read(write("commas.csv", 'text,"a;b"\nrash,x\n')) == [Document("1", "rash", meta={"a;b": "x"})]


def test_csv_that_says_what_stands_between(write):
    rows = read(write("posts.csv", "sep=;\r\nid;text\r\n1;rash, hives\r\n2\r\n"))
    assert rows[0] == Document("1", "rash, hives")
    assert (rows[1].line, rows[1].reason) == (4, "1 fields; expected 2: id, text")


def test_txt_is_a_post_a_line(write):
    path = write("posts.txt", "first  \r\nsecond\u2028still second")
    assert read(path) == [Document("1", "first  "), Document("2", "second\u2028still second")]


def test_jsonl_that_adetk_wrote_comes_back_whole(write):
    mention = Mention(((0, 4),), score=0.5, status="coded", links=(Link("7", "Rash", score=0.25),))
    document = Document("1", "rash again", "ADE", 0.75, (mention,), {"lang": "en"})
    assert read(write("out.jsonl", json.dumps(record_from_document(document)))) == [document]


def test_jsonl_of_another_program_keeps_its_columns(write):
    record = {"tweet_id": 12, "Tweet": "rash", "label": 1, "score": 5, "status": None, "stars": [1, 2]}
    path = write("posts.jsonl", json.dumps(record) + "\n\n" + '{"text": "no id", "meta": {"lang": "en"}}\n')
    assert read(path) == [
        Document("12", "rash", meta={"label": "1", "score": "5", "stars": "[1, 2]"}),
        Document("3", "no id", meta={"lang": "en"}),
    ]


def test_a_label_of_ours_counts_without_mentions(write):
    path = write("posts.jsonl", '{"id": "1", "text": "rash", "label": "noADE", "score": 0.25}')
    assert read(path) == [Document("1", "rash", "noADE", 0.25)]


@pytest.mark.parametrize("ours", ['"label": "ADE"', '"mentions": []'])
def test_jsonl_of_ours_with_a_key_of_anothers_and_no_meta(write, ours):
    for meta, found in (
        ("null", {"lang": "en"}),
        ('{"a": "b"}', {"lang": "en", "a": "b"}),
        ('"x"', None),
        ("[]", None),
    ):
        line = f'{{"id": "1", "text": "sick", {ours}, "meta": {meta}, "lang": "en"}}'
        [row] = read(write("posts.jsonl", line))
        assert (row.meta if isinstance(row, Document) else None) == found, row


def test_jsonl_with_another_text_column_drops_no_key(write):
    path = write("posts.jsonl", '{"id": "1", "text": "rash", "verbatim": "hives", "label": "ADE"}')
    assert read(path, text_column="verbatim") == [
        Document("1", "hives", meta={"text": "rash", "label": "ADE"})
    ]


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="needs the parquet extra")
    from pyarrow import parquet

    path = tmp_path / "posts.parquet"
    parquet.write_table(
        pyarrow.table({"id": [1, 2, 3], "text": ["rash", None, "😀"], "n": [0.5, None, 2]}), path
    )
    assert read(path) == [
        Document("1", "rash", meta={"n": "0.5"}),
        BadRow(2, "empty text", "2,,"),
        Document("3", "😀", meta={"n": "2.0"}),
    ]


def test_parquet_of_numbers_and_bytes(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="needs the parquet extra")
    from pyarrow import parquet

    path = tmp_path / "posts.parquet"
    ids = [1.0, 12345678901.0, float("nan"), None, 2.5]
    texts = ["rash 😀".encode(), b"hum", b"a", b"b", b"\xff"]
    parquet.write_table(pyarrow.table({"id": ids, "text": texts, "n": ids}), path)
    assert [(row.id, row.text) if isinstance(row, Document) else row.reason for row in read(path)] == [
        ("1", "rash 😀"),
        ("12345678901", "hum"),
        "empty id",
        "empty id",
        "not UTF-8: byte 0xff after 0 characters",
    ]


def test_damaged_parquet(write):
    pytest.importorskip("pyarrow", reason="needs the parquet extra")
    with pytest.raises(AdetkError, match="cannot be read as Parquet"):
        read(write("posts.parquet", b"PAR1 not really"))


def test_parquet_without_its_extra(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AdetkError, match=r"pip install adetk\[parquet\]"):
        read(write("posts.parquet", b"PAR1"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.tsv.gz", "id\ttext\n1\trash\n"),
        ("p.csv.gz", "id,text\n1,rash\n"),
        ("p.jsonl.gz", '{"id": "1", "text": "rash"}\n'),
        ("P.TXT.GZ", "rash\n"),
    ],
)
def test_gzipped(write, name, content):
    assert read(write(name, gzip.compress(content.encode()))) == [Document("1", "rash")]


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b' {"id": "1", "text": "rash"}\n', None),
        (b'\xef\xbb\xbf{"id": "1", "text": "rash"}\n', None),
        (b"rash\n", None),
        (b"id,text\n1,rash\n", "csv"),
        (gzip.compress(b"1\trash\n"), "tsv.gz"),
    ],
)
def test_standard_input(stdin, content, format):
    stdin(content)
    assert read("-", format=format) == [Document("1", "rash")]


def test_importing_is_light():
    code = "import sys, adetk.io; print([m for m in ('pyarrow', 'pandas', 'torch') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


# Columns


@pytest.mark.parametrize(
    "header", ["id,text", "ID,Text", "tweet_id,tweet", " post_id , post ", "id,verbatim"]
)
def test_usual_column_names(write, header):
    assert read(write("posts.csv", f"{header}\n9,rash\n")) == [Document("9", "rash")]


def test_named_columns(write):
    path = write("posts.csv", "key,body,text\n9,rash,old\n")
    assert read(path, id_column="KEY", text_column="body") == [Document("9", "rash", meta={"text": "old"})]


def test_without_id_column_ids_are_row_numbers(write):
    path = write("posts.tsv", "text\nrash\n\n \nhives\n")
    assert read(path) == [Document("1", "rash"), BadRow(4, "empty text", " "), Document("3", "hives")]


def test_missing_columns(write):
    with pytest.raises(AdetkError, match=r"posts.csv: no column 'text'; found 'id', 'comment'"):
        read(write("posts.csv", "id,comment\n1,rash\n"))
    with pytest.raises(AdetkError, match="no column 'key'; found 'id', 'text'"):
        read(write("posts.csv", "id,text\n1,rash\n"), id_column="key")
    with pytest.raises(AdetkError, match="no column 'body'; found 'id', 'text'"):
        read(write("posts.jsonl", '{"id": "1", "text": "rash"}'), text_column="body")


def test_column_names_that_clash_or_lack(write):
    with pytest.raises(AdetkError, match="column 'text' is there twice"):
        read(write("posts.csv", "text,text\na,b\n"))
    assert read(write("posts.csv", ",text\n0,rash\n")) == [Document("1", "rash", meta={"column_1": "0"})]


def test_a_table_of_mentions_is_no_input(write):
    path = write("out.tsv", "\t".join((*TABLE_COLUMNS, "meta")) + "\n")
    with pytest.raises(AdetkError, match="pass JSON lines between steps"):
        read(path)
    assert read(path, text_column="verbatim") == []
