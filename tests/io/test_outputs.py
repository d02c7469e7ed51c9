import csv
import gzip
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io import BadRow, ErrorLog, InputOptions, Writer, read_documents
from adetk.io.outputs import new_file
from adetk.record import TABLE_COLUMNS

RASH = Mention(((4, 8),), score=0.5, status="coded", links=(Link("7", "Rash", score=0.25),))
ZORVEX = Mention(((12, 18),), "DRUG")
POSTS = [
    Document("1", 'bad rash on Zorvex,\t"x"\r\n', "ADE", 0.75, (RASH, ZORVEX), {"lang": "en"}),
    Document("2", "fine, 😀", "noADE", 0.25, (), {"lang": "de", "stars": "5"}),
]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path, documents=POSTS, **options):
    with Writer(path, **options) as writer:
        for document in documents:
            writer.write(document)
    return path


@pytest.mark.parametrize("name", ["out.jsonl", "OUT.JSONL.GZ"])
def test_jsonl_comes_back_whole(tmp_path, name):
    path = write(tmp_path / name)
    assert list(read_documents(path)) == POSTS
    assert names(tmp_path) == [name]


def test_tsv_has_one_row_a_mention_and_breaks_are_spaces(tmp_path):
    lines = write(tmp_path / "out.tsv").read_text(encoding="utf-8").split("\n")
    header, rash, zorvex, fine, last = [line.split("\t") for line in lines]
    assert header == [*TABLE_COLUMNS, "lang", "meta"]
    cells = dict(zip(header, rash, strict=True))
    assert (cells["text"], cells["verbatim"], cells["llt_code"]) == ('bad rash on Zorvex, "x"  ', "rash", "7")
    assert cells["text"][int(cells["start"]) : int(cells["end"])] == "rash"
    assert dict(zip(header, zorvex, strict=True))["verbatim"] == "Zorvex"
    cells = dict(zip(header, fine, strict=True))
    assert (cells["id"], cells["verbatim"], cells["post_label"], cells["lang"]) == ("2", "", "noADE", "de")
    assert json.loads(cells["meta"]) == {"stars": "5"}
    assert last == [""]


def test_csv_keeps_every_character(tmp_path):
    with write(tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [row["id"] for row in rows] == ["1", "1", "2"]
    assert rows[0]["text"] == POSTS[0].text
    assert rows[2]["text"] == "fine, 😀"


def test_parquet_has_numbers_where_numbers_are(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the parquet extra")
    table = parquet.read_table(write(tmp_path / "out.parquet"))
    assert table.column_names == [*TABLE_COLUMNS, "lang", "meta"]
    assert table["start"].to_pylist() == [4, 12, None]
    assert table["score"].to_pylist() == [0.25, None, None]
    assert table["post_score"].to_pylist() == [0.75, 0.75, 0.25]
    assert table["text"].to_pylist() == [POSTS[0].text, POSTS[0].text, POSTS[1].text]
    assert names(tmp_path) == ["out.parquet"]


def test_parquet_without_its_extra_fails_at_once(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AdetkError, match=r"pip install adetk\[parquet\]"):
        Writer(tmp_path / "out.parquet")


@pytest.mark.parametrize("name", ["out.tsv", "out.csv", "out.parquet"])
def test_no_documents_give_a_table_with_a_header(tmp_path, name):
    path = write(tmp_path / name, [])
    options = InputOptions(text_column="text")
    assert list(read_documents(path, options)) == []


def test_no_documents_give_an_empty_jsonl(tmp_path):
    assert write(tmp_path / "out.jsonl", []).read_bytes() == b""


def test_gzip_bytes_do_not_depend_on_time_or_name(tmp_path, monkeypatch):
    one = write(tmp_path / "one.tsv.gz").read_bytes()
    monkeypatch.setattr("time.time", lambda: 1.0)
    assert write(tmp_path / "two.tsv.gz").read_bytes() == one
    assert gzip.decompress(one) == write(tmp_path / "three.tsv").read_bytes()


def test_a_good_file_is_never_replaced_by_half_a_one(tmp_path):
    path = write(tmp_path / "out.jsonl")
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write(path, (replace(POSTS[n], id=str(1 // (1 - n))) for n in (0, 1)))
    assert path.read_bytes() == before
    assert (tmp_path / "out.jsonl.partial").read_bytes() == before.splitlines(keepends=True)[0]


def test_an_empty_partial_file_is_not_left_behind(tmp_path):
    with pytest.raises(ZeroDivisionError), Writer(tmp_path / "out.tsv"):
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_a_lone_surrogate_is_written_as_its_json_escape(tmp_path):
    path = write(tmp_path / "out.jsonl", [Document("1", "a\ud800")])
    assert json.loads(path.read_bytes())["text"] == "a\ud800"


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(AdetkError, match=r"out.jsonl: cannot be written .No such file"):
        Writer(tmp_path / "missing" / "out.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(AdetkError, match="is a folder; expected the name of a file"):
        Writer(tmp_path / "folder.jsonl")
    (tmp_path / "file").touch()
    with pytest.raises(AdetkError, match=r"cannot be written .Not a directory"):
        Writer(tmp_path / "file" / "out.jsonl")
    with pytest.raises(AdetkError, match="ending 'txt'; expected jsonl, tsv, csv, parquet"):
        Writer(tmp_path / "out.txt")
    assert names(tmp_path) == ["file", "folder.jsonl"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line():
    with pytest.raises(AdetkError, match="No space left"), Writer(Path("/dev/full")) as writer:
        writer.write(Document("1", "rash " * 10_000))


def test_a_device_gets_no_partial_file():
    write(Path("/dev/null"))
    assert not Path("/dev/null.partial").exists()


def test_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "real.jsonl").write_text("old\n", encoding="utf-8")
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "disk" / "real.jsonl")
    write(link)
    assert link.is_symlink()
    assert len(link.read_text(encoding="utf-8").splitlines()) == len(POSTS)
    sheet = tmp_path / "sheet.tsv"
    sheet.symlink_to(tmp_path / "disk" / "sheet.tsv")
    with new_file(sheet) as file:
        file.write("new\n")
    assert sheet.is_symlink()
    assert names(tmp_path / "disk") == ["real.jsonl", "sheet.tsv"]
    assert names(tmp_path) == ["disk", "link.jsonl", "sheet.tsv"]


def test_a_new_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), new_file(path) as file:
        file.write("half" * (1 // 0))
    assert (names(tmp_path), path.read_text(encoding="utf-8")) == (["a.txt"], "old")
    with (
        pytest.raises(AdetkError, match=r"none/a.txt: cannot be written"),
        new_file(tmp_path / "none" / "a.txt"),
    ):
        pass
    with new_file(Path("/dev/null")) as file:
        file.write("into a device")
    assert Path("/dev/null").is_char_device()


class Stdout:
    def __init__(self):
        self.buffer = io.BytesIO()


def test_standard_output(monkeypatch):
    monkeypatch.setattr("sys.stdout", Stdout())
    write("-")
    write("-", [POSTS[1]], format="tsv")
    lines = sys.stdout.buffer.getvalue().decode().split("\n")
    assert [json.loads(line)["id"] for line in lines[:2]] == ["1", "2"]
    assert lines[2].split("\t") == [*TABLE_COLUMNS, "lang", "stars", "meta"]
    for format in ("parquet", "jsonl.gz"):
        with pytest.raises(AdetkError, match="cannot stream"):
            Writer("-", format)


def test_error_log(tmp_path):
    path = tmp_path / "errors.jsonl"
    with ErrorLog(path) as log:
        log.write(BadRow(3, "empty text", "x" * 500))
        log.write(BadRow(5, "not UTF-8", "\ufffd"))
    assert log.count == 2
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        {"line": 3, "reason": "empty text", "raw": "x" * 200},
        {"line": 5, "reason": "not UTF-8", "raw": "\ufffd"},
    ]
    with ErrorLog(None) as log:
        log.write(BadRow(1, "empty text", ""))
    assert (log.count, log.n_bytes) == (1, 0)
    with pytest.raises(AdetkError, match="cannot be written"):
        ErrorLog(tmp_path / "missing" / "errors.jsonl")
    with pytest.raises(AdetkError, match="has lost rows"):
        ErrorLog(path, n_bytes=10**6)
