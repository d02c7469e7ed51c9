import json
import os
from dataclasses import replace

import pytest

from adetk.errors import AdetkError
from adetk.io import InputOptions, RunOptions, process
from adetk.io.shards import (
    STATE,
    Shard,
    check_bad_rows_file,
    code_shard,
    discard_unfinished,
    finished,
    open_output,
    shards_of,
    write_bad_rows,
)

OPTIONS = RunOptions(format="jsonl", fingerprint='{"gate": "model"}')
FINE = '{"id": "1", "text": "slept badly"}\n{"id": "2", "text": "fine again"}\n'


def loud(documents):
    return (replace(d, label="ADE", score=0.5) for d in documents)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "posts"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "coded"
    open_output(folder, resume=False)
    return folder


@pytest.fixture
def shard(source, out):
    (source / "a.jsonl").write_text(FINE, encoding="utf-8")
    return Shard(source / "a.jsonl", out / "a.jsonl")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_file_has_one_of_its_own(source, tmp_path):
    (source / "empty.csv").touch()
    for name in ("b.JSONL.gz", "a.parquet", "c.d.tsv", "_SUCCESS", ".a.parquet.crc"):
        (source / name).write_text(FINE, encoding="utf-8")
    shards = shards_of(source, tmp_path / "out", replace(OPTIONS, format="csv.gz"))
    assert [(s.source.name, s.out.name) for s in shards] == [
        ("a.parquet", "a.csv.gz"),
        ("b.JSONL.gz", "b.csv.gz"),
        ("c.d.tsv", "c.d.csv.gz"),
    ]


def test_a_format_that_is_given_is_that_of_all(source, tmp_path):
    (source / "part-0001.2024").write_text(FINE, encoding="utf-8")
    options = replace(OPTIONS, input=InputOptions(format="txt"))
    assert [s.out.name for s in shards_of(source, tmp_path / "out", options)] == ["part-0001.2024.jsonl"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "posts: is empty; expected at least one shard"),
        (["_SUCCESS"], "posts: is empty"),
        (["a.jsonl", "notes.md"], "notes.md: has the ending 'md'"),
        (["a.jsonl", "a.tsv"], "a.tsv: and a.jsonl would both be written to"),
        (["2024/a.jsonl"], "2024: is a folder in a folder of shards"),
    ],
)
def test_what_is_no_folder_of_shards_is_refused(source, tmp_path, files, said):
    for name in files:
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(FINE, encoding="utf-8")
    with pytest.raises(AdetkError, match=said):
        shards_of(source, tmp_path / "out", OPTIONS)


def test_a_file_is_no_folder_of_shards(source, tmp_path):
    path = source / "a.jsonl"
    path.write_text(FINE, encoding="utf-8")
    for place in (path, tmp_path / "nowhere"):
        with pytest.raises(AdetkError, match="is no folder; expected a folder of shards"):
            shards_of(place, tmp_path / "out", OPTIONS)


@pytest.mark.parametrize("out", ["posts", "posts/coded", "."])
def test_input_and_output_are_folders_apart(source, tmp_path, out):
    with pytest.raises(AdetkError, match="expected a folder apart"):
        shards_of(source, tmp_path / out, OPTIONS)


def test_an_unknown_output_format_is_refused(source, tmp_path):
    (source / "a.jsonl").write_text(FINE, encoding="utf-8")
    with pytest.raises(AdetkError, match="format is 'xml'"):
        shards_of(source, tmp_path / "out", replace(OPTIONS, format="xml"))


def test_a_folder_with_something_in_it_is_only_resumed(tmp_path):
    (tmp_path / "old.jsonl").touch()
    with pytest.raises(AdetkError, match="is not empty; add --resume"):
        open_output(tmp_path, resume=False)
    open_output(tmp_path, resume=True)
    assert names(tmp_path) == [STATE, "old.jsonl"]
    with pytest.raises(AdetkError, match="is a file; expected a folder"):
        open_output(tmp_path / "old.jsonl", resume=True)


def test_a_run_that_did_nothing_yet_is_begun_again(out):
    (out / STATE / "17-abc").mkdir()
    open_output(out, resume=False)
    assert names(out / STATE) == []


def test_a_shard_has_the_bytes_of_a_run_of_its_file(shard, tmp_path):
    summary = code_shard(shard, loud, OPTIONS)
    process(shard.source, tmp_path / "alone.jsonl", loud, OPTIONS)
    assert shard.out.read_bytes() == (tmp_path / "alone.jsonl").read_bytes()
    assert (summary.read, summary.written, summary.bad) == (2, 2, 0)
    assert names(shard.out.parent) == [STATE, "a.jsonl"]
    assert names(shard.out.parent / STATE) == ["a.jsonl.json"]
    assert finished(shard, OPTIONS) == summary


def test_nothing_is_there_until_all_of_it_is(shard):
    def breaks(documents):
        yield next(iter(documents))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        code_shard(shard, breaks, OPTIONS)
    assert names(shard.out.parent) == [STATE]
    (begun,) = (shard.out.parent / STATE).iterdir()
    assert begun.name.startswith(f"{os.getpid()}-")
    assert names(begun) == ["a.jsonl.partial", "bad"]
    assert finished(shard, OPTIONS) is None
    discard_unfinished(shard.out.parent)
    assert names(shard.out.parent / STATE) == []


def test_a_shard_without_its_record_is_not_done(shard):
    code_shard(shard, loud, OPTIONS)
    first = shard.out.read_bytes()
    shard.record.unlink()  # its worker died after the last but one rename
    assert finished(shard, OPTIONS) is None
    code_shard(shard, loud, OPTIONS)
    assert shard.out.read_bytes() == first


def test_a_shard_that_was_removed_is_not_done(shard):
    code_shard(shard, loud, OPTIONS)
    shard.out.unlink()
    assert finished(shard, OPTIONS) is None


def test_other_settings_are_refused_by_name(shard):
    code_shard(shard, loud, OPTIONS)
    with pytest.raises(
        AdetkError, match=r"a.jsonl: was coded with other settings \(gate was 'model' and is now"
    ):
        finished(shard, replace(OPTIONS, fingerprint='{"gate": "none"}'))
    with pytest.raises(AdetkError, match="id column was None and is now 'post'"):
        finished(shard, replace(OPTIONS, input=InputOptions(id_column="post")))


def test_another_errors_file_is_no_other_setting(shard, tmp_path):
    code_shard(shard, loud, OPTIONS)
    assert finished(shard, replace(OPTIONS, errors=tmp_path / "bad.jsonl", strict=True)) is not None


def test_a_shard_that_changed_is_refused_and_one_that_was_touched_is_not(shard):
    code_shard(shard, loud, OPTIONS)
    os.utime(shard.source, ns=(0, 0))
    assert finished(shard, OPTIONS) is not None
    for content in (FINE.replace("badly", "sadly"), FINE + FINE):  # as long as before, and longer
        shard.source.write_text(content, encoding="utf-8")
        with pytest.raises(AdetkError, match="has changed since it was coded; remove"):
            finished(shard, OPTIONS)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"settings": {}}', '{"settings": {}, "input": 3, "summary": {}}']
)
def test_a_damaged_record_is_refused(shard, content):
    code_shard(shard, loud, OPTIONS)
    shard.record.write_text(content, encoding="utf-8")
    with pytest.raises(AdetkError, match="is damaged; expected a shard's record"):
        finished(shard, OPTIONS)


def test_a_shard_of_bad_rows_alone_stops_nobody(shard):
    shard.source.write_text("[1]\n", encoding="utf-8")
    summary = code_shard(shard, loud, OPTIONS)
    assert (summary.written, summary.bad) == (0, 1)
    assert shard.out.read_bytes() == b""


def test_bad_rows_of_all_shards_are_in_one_file(source, out, tmp_path):
    rows = {"a": FINE, "b": 'no JSON\u2028 at all\n{"id": "3", "text": " "}\n' + FINE, "c": "no\n" + FINE}
    for name, content in rows.items():
        (source / f"{name}.jsonl").write_text(content, encoding="utf-8")
    shards = shards_of(source, out, OPTIONS)
    assert [code_shard(shard, loud, OPTIONS).bad for shard in shards] == [0, 2, 1]
    bad = tmp_path / "bad.jsonl"
    check_bad_rows_file(bad, shards)
    assert not bad.exists()
    write_bad_rows(shards, bad)
    with bad.open(encoding="utf-8", newline="\n") as lines:
        found = [json.loads(line) for line in lines]
    assert [(row["shard"], row["line"]) for row in found] == [("b.jsonl", 1), ("b.jsonl", 2), ("c.jsonl", 1)]
    assert found[0]["raw"] == "no JSON\u2028 at all"
    assert found[1]["reason"] == "empty text"


def test_bad_rows_that_were_corrected_are_forgotten(shard):
    shard.source.write_text("no\n" + FINE, encoding="utf-8")
    code_shard(shard, loud, OPTIONS)
    assert shard.bad_rows.exists()
    shard.source.write_text(FINE, encoding="utf-8")
    code_shard(shard, loud, OPTIONS)
    assert not shard.bad_rows.exists()


def test_a_strict_run_names_shard_and_line(shard):
    shard.source.write_text(FINE + "no\n", encoding="utf-8")
    with pytest.raises(AdetkError, match=r"posts/a.jsonl:3: invalid JSON"):
        code_shard(shard, loud, replace(OPTIONS, strict=True))
    assert not shard.out.exists()


def test_the_errors_file_is_not_among_the_shards_and_can_be_written(shard, tmp_path):
    for path in (
        shard.source,
        shard.out,
        shard.source.with_name("bad.jsonl"),
        shard.out.with_name("bad.jsonl"),
    ):
        with pytest.raises(AdetkError, match="among the shards; expected an errors file elsewhere"):
            check_bad_rows_file(path, [shard])
        assert path == shard.source or not path.exists()
    with pytest.raises(AdetkError, match="cannot be written"):
        check_bad_rows_file(tmp_path / "no" / "bad.jsonl", [shard])
