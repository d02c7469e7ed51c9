"""Rows, files and folders that cannot be used."""

import gzip
import re
import subprocess

import pytest
from adetk_process import FINE, HEADER, POSTS, records, refused, start, succeeds

BAD_ROWS = {
    b"2": "1 fields; expected 2",
    b"3\t": "empty text",
    b"4\tsick \0 again": "NUL",
    b"5\tsick \xe9 again": "not UTF-8",
}


def test_bad_rows_go_to_the_errors_file_and_the_run_goes_on(tiny_bundle, tmp_path):
    source, errors = tmp_path / "posts.tsv", tmp_path / "errors.jsonl"
    source.write_bytes(HEADER + FINE + b"".join(row + b"\n" for row in BAD_ROWS) + b"6\tdizzy\n")
    out = tmp_path / "coded.jsonl"
    closing = succeeds("run", source, "-o", out, "--bundle", tiny_bundle, "--errors", errors).stderr
    assert closing.endswith(", 4 bad rows left out\n")
    assert [record["id"] for record in records(out.read_bytes())] == ["1", "6"]
    found = records(errors.read_bytes())
    assert [entry["line"] for entry in found] == [3, 4, 5, 6]
    for entry, reason in zip(found, BAD_ROWS.values(), strict=True):
        assert reason in entry["reason"]


def test_without_an_errors_file_the_run_says_how_to_have_one(tiny_bundle, tmp_path, good):
    source = tmp_path / "posts.tsv"
    source.write_bytes(HEADER + FINE + b"4\t\n")
    closing = succeeds("run", source, "-o", good, "--bundle", tiny_bundle).stderr
    assert closing.endswith(", 1 bad rows left out; --errors FILE keeps them, each with the reason\n")


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS.items(), ids=["fields", "empty", "nul", "utf8"])
def test_strict_stops_at_a_bad_row(row, reason, tiny_bundle, tmp_path, good):
    source = tmp_path / "posts.tsv"
    source.write_bytes(HEADER + FINE + row + b"\n" + b"6\tdizzy\n")
    said = refused("classify", source, "-o", good, "--bundle", tiny_bundle, "--strict")
    assert f"posts.tsv:3: {reason}" in said
    assert good.read_bytes() == b"good\n"


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("nothing.tsv", None, (), "no such file"),
        ("empty.tsv", b"", (), "is empty"),
        ("blank.tsv", b"\n\n", (), "only blank lines"),
        ("posts.tsv", HEADER + FINE, ("--text-column", "body"), "no column 'body'; found 'id', 'text'"),
        ("posts.tsv", HEADER + FINE, ("--id-column", "key"), "no column 'key'"),
        ("posts.xlsx", HEADER + FINE, (), "'xlsx'"),
        ("wide.tsv", (HEADER + FINE).decode().encode("utf-16"), (), "UTF-16"),
        ("header.tsv", b"id\tte\xffxt\n" + FINE, (), "first line is damaged"),
        ("plain.tsv.gz", HEADER + FINE, (), "is not gzipped"),
        ("packed.tsv", gzip.compress(HEADER + FINE), (), "is gzipped"),
        ("table.parquet", b"PAR1 no more", (), "cannot be read as Parquet"),
    ],
)
def test_input_that_is_no_table_of_posts(name, content, options, said, tiny_bundle, tmp_path, good):
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    assert said in refused("classify", source, "-o", good, "--bundle", tiny_bundle, *options)
    assert good.read_bytes() == b"good\n"
    assert {path.name for path in tmp_path.iterdir()} <= {name, good.name}


def test_a_gz_cut_short_leaves_the_old_output(tiny_bundle, tmp_path, good):
    lines = b"".join(b"%d\tday %d of zoloft, %x\n" % (n, n, 7**n) for n in range(300))
    source = tmp_path / "posts.tsv.gz"
    source.write_bytes(gzip.compress(HEADER + lines)[:-2000])
    said = refused("run", source, "-o", good, "--bundle", tiny_bundle)
    assert re.search(r"posts\.tsv\.gz: the gzip data end or break after line \d+", said)
    assert good.read_bytes() == b"good\n"


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("nowhere/coded.jsonl", "cannot be written"),
        ("folder.jsonl", "is a folder"),
        ("coded.xml", "'xml'"),
        ("posts.tsv", "is both input and output"),
    ],
)
def test_output_that_cannot_be_written(out, said, posts, tiny_bundle, tmp_path):
    (tmp_path / "folder.jsonl").mkdir()
    assert said in refused("run", posts, "-o", tmp_path / out, "--bundle", tiny_bundle)
    assert posts.read_text(encoding="utf-8") == POSTS


def test_a_full_disk_is_one_line(posts, tiny_bundle):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        process = start("run", posts, "--bundle", tiny_bundle, stdout=full, stderr=subprocess.PIPE)
        said = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 1
    assert len(said.splitlines()) == 1
    assert "No space left" in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (None, "", "no llt.asc"),
        ("pt.asc", "19000001$Zorvitis$\n", "no llt.asc"),
        ("llt.asc", "", "no line in it"),
        ("llt.asc", "19000001$Zorvitis\n", "llt.asc:1: 2 fields"),
        (
            "llt.asc",
            "19000001$Zorvitis$19000001$\n1900$Blenny$19000001$\n",
            "llt.asc:2: found '1900' as a code",
        ),
    ],
)
def test_a_folder_that_is_no_meddra(name, content, said, posts, tiny_bundle, tmp_path, good):
    folder = tmp_path / "MedAscii"
    folder.mkdir()
    if name is not None:
        (folder / name).write_text(content, encoding="utf-8")
    assert said in refused("terminology", "info", folder)
    options = ("--bundle", tiny_bundle, "--terminology", folder)
    assert said in refused("run", posts, "-o", good, *options)
    assert good.read_bytes() == b"good\n"
