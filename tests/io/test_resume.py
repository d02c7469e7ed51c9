import io
import itertools
import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.io import InputOptions, RunOptions, process, read_documents

FORMATS = ["jsonl", "tsv", "csv", "jsonl.gz"]
CONTENT = (
    "id\tlang\ttext\n"
    + '1\ten\tbad rash\n2\ten\t\n3\tde\tzorvex and\u2028hives, "really"\nbroken\n4\ten\tfine 😀\n'
    + "5\ten\tfoggy\n6\ten\t \n7\tfr\tnumb hands\n8\ten\tbad rash\n9\ten\tok\nbroken too\n"
)
GOOD, BAD = 7, 4


class Killed(BaseException):
    """Stands for whatever ends a process."""


def step(documents, batch=1, stop_after=None):
    """Marks words; takes a batch before it gives one, as the models do."""
    stream = iter(documents)
    n_given = 0
    while chunk := list(itertools.islice(stream, batch)):
        for document in chunk:
            if n_given == stop_after:
                raise Killed
            n_given += 1
            ends = [n for n, character in enumerate(document.text) if character == " "]
            mentions = tuple(Mention(((0, end),), score=1 / (end + 1)) for end in ends)
            yield replace(document, label="ADE", mentions=mentions)


def last_twice(documents):
    *others, last = documents
    yield from [*others, last, last]


def run(folder, name, stop_after=None, batch=1, **options):
    options.setdefault("errors", folder / "errors.jsonl")
    options.setdefault("flush_every", 1)
    return process(
        folder / "posts.tsv",
        folder / name,
        lambda documents: step(documents, batch, stop_after),
        RunOptions(**options),
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "posts.tsv").write_text(CONTENT, encoding="utf-8")
    return tmp_path


def files(folder):
    return sorted(path.name for path in folder.iterdir())


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


@given(
    st.sampled_from(FORMATS),
    st.lists(st.integers(0, GOOD), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(1, 5),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_interrupted_and_resumed_is_byte_identical(format, stops, batch, flush_every, hard):
    """After any number of documents, several times over; `hard` also loses what was not flushed by a save."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "posts.tsv").write_text(CONTENT, encoding="utf-8")
        run(folder, f"whole.{format}", errors=folder / "whole.errors")
        options = {"batch": batch, "flush_every": flush_every, "resume": True}
        out = f"out.{format}"
        for stop in stops:
            with pytest.MonkeyPatch.context() as patch:
                if hard:
                    patch.setattr("adetk.io.run._Run.drain", drain_without_mercy)
                try:
                    run(folder, out, stop_after=stop, **options)
                except Killed:
                    assert not (folder / out).exists()
                else:
                    break
        else:
            run(folder, out, **options)
        assert (folder / out).read_bytes() == (folder / f"whole.{format}").read_bytes()
        assert (folder / "errors.jsonl").read_bytes() == (folder / "whole.errors").read_bytes()
        assert files(folder) == sorted(["errors.jsonl", out, "posts.tsv", "whole.errors", f"whole.{format}"])


def drain_without_mercy(self, documents):
    """As a power cut: no position is saved at the end."""
    for document in documents:
        self._write(document)


def test_summary_of_a_resumed_run_counts_everything(folder):
    with pytest.raises(Killed):
        run(folder, "out.tsv", stop_after=3)
    summary = run(folder, "out.tsv", resume=True)
    assert (summary.read, summary.written, summary.bad) == (GOOD + BAD, GOOD, BAD)


def test_resumed_run_feeds_only_what_is_left(folder):
    with pytest.raises(Killed):
        run(folder, "out.tsv", stop_after=4)
    fed = []

    def spy(documents):
        for document in documents:
            fed.append(document.id)
            yield document

    options = RunOptions(errors=folder / "errors.jsonl", resume=True)
    process(folder / "posts.tsv", folder / "out.tsv", spy, options)
    assert fed == ["7", "8", "9"]


def test_resumed_run_starts_at_a_multiple_of_flush_every(folder):
    with pytest.raises(Killed):
        run(folder, "out.tsv", stop_after=5, flush_every=2)
    fed = []

    def spy(documents):
        for document in documents:
            fed.append(document.id)
            yield document

    process(
        folder / "posts.tsv",
        folder / "out.tsv",
        spy,
        RunOptions(errors=folder / "errors.jsonl", resume=True, flush_every=2),
    )
    assert fed == ["7", "8", "9"]


def test_parquet_resumes(folder):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the parquet extra")
    run(folder, "whole.parquet")
    with pytest.raises(Killed):
        run(folder, "out.parquet", stop_after=3)
    run(folder, "out.parquet", resume=True)
    assert parquet.read_table(folder / "out.parquet").equals(parquet.read_table(folder / "whole.parquet"))


def test_an_incomplete_last_line_is_cut(folder):
    run(folder, "whole.jsonl")
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=3)
    with (folder / "out.jsonl.partial").open("ab") as file:
        file.write(b'{"id": "5", "te')
    run(folder, "out.jsonl", resume=True)
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_without_resume_a_run_begins_anew(folder):
    run(folder, "whole.jsonl")
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=3)
    assert run(folder, "out.jsonl").written == GOOD
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_a_stale_position_is_not_believed(folder):
    """A run without resume that dies early must not leave an older run's position behind."""
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=6)
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=0)
    assert files(folder) == ["errors.jsonl", "posts.tsv"]


def test_resume_with_nothing_to_resume_is_a_run(folder):
    assert run(folder, "out.jsonl", resume=True).written == GOOD


def test_other_settings_are_named(folder):
    with pytest.raises(Killed):
        run(folder, "out.tsv", stop_after=2, fingerprint='{"gate": "model", "prior": 0.1}')
    with pytest.raises(AdetkError, match=r"other settings \(gate was 'model' and is now 'none'\)"):
        run(folder, "out.tsv", resume=True, fingerprint='{"gate": "none", "prior": 0.1}')
    with pytest.raises(AdetkError, match="id column was None and is now 'id'"):
        run(
            folder,
            "out.tsv",
            resume=True,
            fingerprint='{"gate": "model", "prior": 0.1}',
            input=InputOptions("id"),
        )
    assert (folder / "out.tsv.partial").exists()


def test_plain_fingerprints_are_compared_whole(folder):
    with pytest.raises(Killed):
        run(folder, "out.tsv", stop_after=2, fingerprint="abc")
    with pytest.raises(AdetkError, match="fingerprint was 'abc' and is now 'abd'"):
        run(folder, "out.tsv", resume=True, fingerprint="abd")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENT.replace("bad rash", "BAD rash", 1), "its first 3 rows are not those read before"),
        (CONTENT.replace("1\ten", "0\ten", 1), "its first 3 rows are not those read before"),
        ("id\tlang\ttext\n1\ten\tbad rash\n", "1 rows, 3 were read before"),
    ],
)
def test_changed_input_is_refused(folder, content, message):
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=2)
    (folder / "posts.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(AdetkError, match=message):
        run(folder, "out.jsonl", resume=True)


def test_damaged_state_or_partial_is_refused(folder):
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=2)
    partial, state = folder / "out.jsonl.partial", folder / "out.jsonl.partial.state"
    good = state.read_text()
    for damaged in ("", "[]", '{"settings": {}}', good.replace('"documents"', '"docs"')):
        state.write_text(damaged)
        with pytest.raises(AdetkError, match=r"state: is damaged|other settings"):
            run(folder, "out.jsonl", resume=True)
    state.write_text(good)
    partial.write_bytes(b"{}")
    with pytest.raises(AdetkError, match=r"is shorter than the \d+ bytes"):
        run(folder, "out.jsonl", resume=True)


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


def test_resume_needs_a_file(folder):
    with pytest.raises(AdetkError, match="standard output cannot be resumed"):
        process(folder / "posts.tsv", "-", step, RunOptions(resume=True))


def test_a_step_that_loses_or_reorders_posts_is_refused(folder):
    with pytest.raises(AdetkError, match="gave nothing for post '9'; expected one document"):
        process(folder / "posts.tsv", folder / "out.tsv", lambda d: iter(list(d)[:-1]))
    with pytest.raises(AdetkError, match="gave post '9'; expected '1': keep the order"):
        process(folder / "posts.tsv", folder / "out.tsv", lambda d: iter(list(d)[::-1]))
    with pytest.raises(AdetkError, match="gave post '9'; expected None"):
        process(folder / "posts.tsv", folder / "out.tsv", last_twice)


ENDLESS = """
import sys
from pathlib import Path
from adetk.io import RunOptions, process
def step(documents):
    for n, document in enumerate(documents):
        if n == 700:
            print("ready", flush=True)
            sys.stdin.read() if sys.argv[3] == "wait" else None
        yield document
process(Path(sys.argv[1]), Path(sys.argv[2]), step, RunOptions(resume=True, flush_every=100))
"""


@pytest.mark.parametrize(("how", "n_at_least"), [(signal.SIGINT, 700), (signal.SIGKILL, 700)])
def test_a_signalled_process_can_be_resumed(tmp_path, how, n_at_least):
    posts, out = tmp_path / "posts.txt", tmp_path / "out.csv"
    posts.write_text("".join(f"post number {n}\n" for n in range(1000)))
    process(posts, tmp_path / "whole.csv", iter)
    arguments = [sys.executable, "-c", ENDLESS, str(posts), str(out)]
    child = subprocess.Popen(
        [*arguments, "wait"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a shell that runs the tests in the background hands an ignored SIGINT down to them
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(how)
    child.communicate(timeout=30)
    assert child.returncode != 0
    assert not out.exists()
    state = json.loads((tmp_path / "out.csv.partial.state").read_text())
    assert state["position"]["documents"] == n_at_least
    subprocess.run([*arguments, "go"], check=True, capture_output=True, timeout=30)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert files(tmp_path) == ["out.csv", "posts.txt", "whole.csv"]


def test_standard_streams(monkeypatch, capfdbinary):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"bad rash\n\nfine\n")))
    summary = process("-", "-", step)
    assert (summary.read, summary.written, summary.bad) == (3, 2, 1)
    lines = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "3"]
