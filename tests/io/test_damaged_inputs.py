import gzip
import json
import tracemalloc

import pytest
from input_rows import read

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io import BadRow, InputOptions, read_documents

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
    content = 'id,text\n1,a,b\n2\n3,"two\nlines"\n4,"x"y\n5,ok\n6,r\0sh\n7,"never closed\n8,kept\n9,"a\nb"\n'
    rows = read(write("posts.csv", content))
    assert reasons(rows) == [
        (2, "3 fields; expected 2: id, text"),
        (3, "1 fields; expected 2: id, text"),
        "3",
        (6, "not CSV (',' expected after '\"') in lines 6 to 6"),
        "5",
        (8, "NUL character"),
        (9, "not CSV (',' expected after '\"') in lines 9 to 11"),
        (12, "1 fields; expected 2: id, text"),
    ]


def test_a_quote_that_is_never_closed_takes_one_row_with_it(write):
    content = 'id,text\n1,"two\nlines"\n2,"i feel sick\n' + "".join(f"{n},dizzy\n" for n in range(3, 500))
    rows = read(write("posts.csv", content))
    assert [row.id for row in rows if isinstance(row, Document)] == ["1", *map(str, range(3, 500))]
    [bad] = [row for row in rows if not isinstance(row, Document)]
    assert (bad.line, bad.raw) == (4, '2,"i feel sick\n')
    assert "a quote is never closed" in bad.reason
    twice = read(write("posts.csv", 'id,text\n1,"a\n2,b\n3,c"d\n4,"e\n5,f\n'))
    assert [row.line if isinstance(row, BadRow) else row.id for row in twice] == [2, 5, "5"]


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.txt", "p.jsonl"])
def test_carriage_returns_alone_are_no_line_ends(write, name):
    with pytest.raises(AdetkError, match=r"carriage return alone, as on old Macs; .* tr "):
        read(write(name, b"id,text\r1,rash\r2,fine\r"))
    assert len(read(write("one.txt", b"rash\r"))) == 1


def test_a_missing_column_does_not_print_the_whole_file(write):
    header = ",".join(f"{'x' * 100}{n}" for n in range(100))
    with pytest.raises(AdetkError, match=r"no column 'text'; found .* and 80 more") as refusal:
        read(write("p.csv", header + "\n"))
    assert len(str(refusal.value)) < 1500


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
