import io
import json
from pathlib import Path

import pytest
from killable_run import BAD, CONTENT, GOOD, files, run, step

from adetk.errors import AdetkError
from adetk.io import InputOptions, RunOptions, process, read_documents


def test_a_run_counts_and_leaves_two_files(folder):
    seen = []
    summary = run(folder, "out.jsonl", progress=seen.append)
    assert (summary.read, summary.written, summary.bad) == (GOOD + BAD, GOOD, BAD)
    assert summary.seconds > 0
    assert seen == list(range(1, GOOD + 1))
    assert files(folder) == ["errors.jsonl", "out.jsonl", "posts.tsv"]
    assert [document.id for document in read_documents(folder / "out.jsonl")] == [
        "1",
        "3",
        "4",
        "5",
        "7",
        "8",
        "9",
    ]
    errors = [json.loads(line) for line in (folder / "errors.jsonl").read_text().splitlines()]
    assert [(error["line"], error["raw"]) for error in errors] == [
        (3, "2\ten\t"),
        (5, "broken"),
        (8, "6\ten\t "),
        (12, "broken too"),
    ]


def test_strict_stops_at_the_first_bad_row(folder):
    with pytest.raises(AdetkError, match=r"posts.tsv:3: empty text; correct it or leave out --strict"):
        run(folder, "out.jsonl", strict=True)
    assert not (folder / "out.jsonl").exists()


def test_unwritable_output_is_found_before_any_work(folder):
    def never(documents):
        raise AssertionError("the step was called")

    with pytest.raises(AdetkError, match="cannot be written"):
        process(folder / "posts.tsv", folder / "missing" / "out.jsonl", never)
    options = RunOptions(errors=folder / "missing" / "errors.jsonl")
    with pytest.raises(AdetkError, match="cannot be written"):
        process(folder / "posts.tsv", folder / "out.jsonl", never, options)
    assert files(folder) == ["posts.tsv"]


def test_input_output_and_errors_are_three_files(folder):
    posts, out = folder / "posts.tsv", folder / "out.tsv"
    with pytest.raises(AdetkError, match="is both input and output"):
        process(posts, posts, step)
    with pytest.raises(AdetkError, match="is both input and errors file"):
        process(posts, out, step, RunOptions(errors=posts))
    with pytest.raises(AdetkError, match="is both output and errors file"):
        process(posts, out, step, RunOptions(errors=out))
    assert posts.read_text(encoding="utf-8") == CONTENT


def test_unfinished_files_and_dashes_count_as_places(folder):
    posts = (folder / "posts.tsv").rename(folder / "out.jsonl.partial")
    with pytest.raises(AdetkError, match=r"out.jsonl.partial: is both input and output"):
        process(posts, folder / "out.jsonl", step, RunOptions(input=InputOptions(format="tsv")))
    assert posts.read_text(encoding="utf-8") == CONTENT
    with pytest.raises(AdetkError, match="-: is no place for the errors file; expected a file"):
        process(posts, folder / "other.jsonl", step, RunOptions(errors=Path("-")))
    devices = RunOptions(InputOptions(format="tsv"), errors=Path("/dev/null"))
    assert process(posts, Path("/dev/null"), step, devices).written == GOOD


def test_an_input_of_bad_rows_alone_is_no_success(folder):
    (folder / "out.jsonl").write_text("old\n", encoding="utf-8")
    (folder / "posts.tsv").write_bytes("id\ttext\n1\tübel\n2\tmüde\n".encode("latin-1"))
    with pytest.raises(
        AdetkError, match="none of its 2 rows is a post, the first is line 2: not UTF-8: byte 0xfc"
    ):
        run(folder, "out.jsonl")
    assert files(folder) == ["errors.jsonl", "out.jsonl", "posts.tsv"]
    assert (folder / "out.jsonl").read_text(encoding="utf-8") == "old\n"
    assert len((folder / "errors.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    (folder / "posts.tsv").write_text("id\ttext\n", encoding="utf-8")
    assert run(folder, "out.jsonl").read == 0


def last_twice(documents):
    *others, last = documents
    yield from [*others, last, last]


def test_a_step_that_loses_or_reorders_posts_is_refused(folder):
    with pytest.raises(AdetkError, match="gave nothing for post '9'; expected one document"):
        process(folder / "posts.tsv", folder / "out.tsv", lambda d: iter(list(d)[:-1]))
    with pytest.raises(AdetkError, match="gave post '9'; expected '1': keep the order"):
        process(folder / "posts.tsv", folder / "out.tsv", lambda d: iter(list(d)[::-1]))
    with pytest.raises(AdetkError, match="gave post '9'; expected None"):
        process(folder / "posts.tsv", folder / "out.tsv", last_twice)


def test_standard_streams(monkeypatch, capfdbinary):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"bad rash\n\nfine\n")))
    summary = process("-", "-", step)
    assert (summary.read, summary.written, summary.bad) == (3, 2, 1)
    lines = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "3"]
