import gzip
import io
import json
import subprocess
import sys
import tracemalloc

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io import BadRow, InputOptions, read_documents
from adetk.record import TABLE_COLUMNS, record_from_document


def read(path, **options):
    return list(read_documents(path, InputOptions(**options)))


@pytest.fixture
def write(tmp_path):
    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def stdin(monkeypatch):
    def feed(content):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    return feed


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


# Bad rows


def reasons(rows):
    return [(row.line, row.reason) if isinstance(row, BadRow) else row.id for row in rows]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("p.txt", b"", b"\n"), ("p.tsv", b"id\ttext\n1\t", b"\n3\tok\n"), ("p.csv", b"text\n", b"\n")],
)
def test_not_utf8_loses_one_line_only(write, name, before, after):
    rows = read(write(name, before + b"caf\xe9 rash" + after + b"4\tok\n"))
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert [(row.reason, "caf\ufffd rash" in row.raw) for row in bad] == [
        ("not UTF-8: byte 0xe9 after 3 characters", True)
    ]
    assert len(rows) > len(bad)


def test_bad_lines_of_txt(write):
    path = write("posts.txt", b"ok\n\n \t\nnul \0 here\n\xff\nok\n")
    assert reasons(read(path)) == [
        "1",
        (2, "empty text"),
        (3, "empty text"),
        (4, "NUL character"),
        (5, "not UTF-8: byte 0xff after 0 characters"),
        "6",
    ]


def test_bad_rows_of_tsv(write):
    path = write(
        "posts.tsv", "id\tlang\ttext\n1\ten\n2\ten\t\n\ten\trash\n4\ten\tr\0sh\n1\ten\tok\n1\ten\tok\n"
    )
    assert reasons(read(path)) == [
        (2, "2 fields; expected 3: id, lang, text"),
        (3, "empty text"),
        (4, "empty id"),
        (5, "NUL character"),
        "1",
        "1",
    ]


def test_bad_rows_of_csv(write):
    content = 'id,text\n1,a,b\n2\n3,"two\nlines"\n4,"x"y\n5,ok\n6,r\0sh\n7,"never closed\n8,lost\n'
    rows = read(write("posts.csv", content))
    assert reasons(rows) == [
        (2, "3 fields; expected 2: id, text"),
        (3, "1 fields; expected 2: id, text"),
        "3",
        (6, "not CSV (',' expected after '\"') in lines 6 to 6"),
        "5",
        (8, "NUL character"),
        (9, "not CSV (unexpected end of data) in lines 9 to 10"),
    ]


def test_bad_rows_of_jsonl(write):
    lines = [
        b'{"id": "1", "text": "ok"}',
        b'{"id": "2", "text": ',
        b"[1]",
        b'{"id": "4"}',
        b'{"id": "5", "text": 5}',
        b'{"id": "6", "text": "\\ud83d"}',
        b'{"id": "7", "text": "nul \\u0000"}',
        b'{"id": "8", "text": "caf\xe9"}',
        b'{"id": "9", "text": "ab", "mentions": [{"spans": [[0, 3]]}]}',
        b"[" * 100_000,
        b'{"id": "11", "text": " "}',
        b'{"id": "12", "text": "ok", "n": ' + b"9" * 5000 + b"}",
        b'{"id": "13", "text": "ok"}',
    ]
    rows = read(write("posts.jsonl", b"\n".join(lines)))
    found = reasons(rows)
    assert [found[0], found[-1], len(found)] == ["1", "13", 13]
    expected = [
        "invalid JSON: Expecting value",
        "expected a JSON object",
        "no text; expected one of the keys text, tweet, post, verbatim",
        "row: text is 5; expected a string",
        "row: text is '\\ud83d'; expected a string of valid Unicode",
        "NUL character",
        "not UTF-8: byte 0xe9",
        "row, mention 0: span 0-3; expected 0 <= start < end <= 2",
        "invalid JSON: nested too deep",
        "empty text",
        "invalid JSON: Exceeds the limit",
    ]
    for (line, reason), start in zip(found[1:-1], expected, strict=True):
        assert reason.startswith(start), line


def test_a_line_of_two_megabytes(write):
    text = "rash " * 400_000
    assert read(write("p.csv", f'id,text\n1,"{text}"\n')) == [Document("1", text)]
    assert read(write("p.tsv", f"id\ttext\n1\t{text}\n")) == [Document("1", text)]
    assert read(write("p.jsonl", json.dumps({"id": "1", "text": text}))) == [Document("1", text)]
    assert read(write("p.txt", text)) == [Document("1", text)]


# Whole files


def test_files_that_are_not_there_are_refused_before_the_first_row(tmp_path):
    with pytest.raises(AdetkError, match="no such file"):
        read_documents(tmp_path / "posts.tsv")
    with pytest.raises(AdetkError, match="is a folder"):
        read_documents(tmp_path)


def test_unknown_formats(write):
    with pytest.raises(AdetkError, match=r"ending 'xlsx'; expected tsv, csv, jsonl, txt, parquet"):
        read_documents(write("posts.xlsx", "x"))
    with pytest.raises(AdetkError, match="format is 'xml'; expected tsv"):
        read_documents(write("posts.tsv", "x"), InputOptions(format="xml"))
    with pytest.raises(AdetkError, match=r"leave out .gz"):
        read_documents(write("posts.parquet.gz", "x"))


@pytest.mark.parametrize("name", ["p.tsv", "p.csv", "p.jsonl", "p.txt"])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_empty_file(write, name, content):
    with pytest.raises(AdetkError, match="is empty; expected at least one row"):
        read(write(name, content))


def test_empty_gzip_and_blank_table(write):
    with pytest.raises(AdetkError, match="is empty"):
        read(write("p.tsv.gz", gzip.compress(b"")))
    with pytest.raises(AdetkError, match="holds only blank lines"):
        read(write("p.tsv", b"\n\n"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16(write, encoding):
    with pytest.raises(AdetkError, match="is UTF-16; expected UTF-8: convert"):
        read(write("p.tsv", "id\ttext\n1\trash\n".encode(encoding)))


@pytest.mark.parametrize("name", ["p.tsv", "p.csv"])
def test_utf8_byte_order_mark(write, name):
    content = "\ufeffid,text\n1,rash\n".replace(",", "\t" if name == "p.tsv" else ",")
    assert read(write(name, content)) == [Document("1", "rash")]


def test_damaged_header(write):
    with pytest.raises(AdetkError, match=r"first line is damaged .not UTF-8"):
        read(write("p.csv", b"id,t\xe9xt\n1,rash\n"))
    with pytest.raises(AdetkError, match=r"first line is damaged .not CSV"):
        read(write("p.csv", b'id,"text\n1,rash\n'))


def test_gzip_cut_short_delivers_the_rows_before(write):
    lines = [json.dumps({"id": str(n), "text": f"post {n * 7919 % 1000}"}) for n in range(20_000)]
    data = gzip.compress("\n".join(lines).encode())
    seen = []
    rows = read_documents(write("p.jsonl.gz", data[: len(data) // 2]))
    with pytest.raises(AdetkError, match=r"gzip data end or break after line \d+") as error:
        seen.extend(document.id for document in rows)
    assert len(seen) > 1000
    assert seen == [str(n) for n in range(len(seen))]
    assert f"after line {len(seen)} " in str(error.value)


def test_gzip_by_name_only_and_by_content_only(write):
    with pytest.raises(AdetkError, match="is not gzipped although its name says so"):
        read(write("p.tsv.gz", b"id\ttext\n"))
    with pytest.raises(AdetkError, match=r"does not end in .gz"):
        read(write("p.tsv", gzip.compress(b"id\ttext\n")))


def test_reading_does_not_take_the_file_into_memory(write):
    rows = read_documents(write("p.txt", b"rash\n" * 100_000))
    assert next(rows).id == "1"
    tracemalloc.start()
    assert sum(1 for _ in rows) == 99_999
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000
