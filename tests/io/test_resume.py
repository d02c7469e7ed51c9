import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from killable_run import BAD, CONTENT, GOOD, Killed, files, run, step

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io import InputOptions, RunOptions, Writer, process, read_documents
from adetk.io.resume import difference_of, documents_before
from adetk.io.run import settings_of

FORMATS = ["jsonl", "tsv", "csv", "jsonl.gz"]


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


def test_what_an_interrupted_run_has_done_is_not_thrown_away(folder):
    run(folder, "whole.jsonl")
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=3)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(AdetkError, match=r"out.jsonl.partial: holds what .* add --resume .* or remove out"):
        run(folder, "out.jsonl")
    with pytest.raises(AdetkError, match="no column 'txet'"):
        run(folder, "out2.jsonl", input=InputOptions(text_column="txet"))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "out.jsonl.partial.state").unlink()
    assert run(folder, "out.jsonl").written == GOOD
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_another_errors_file_is_not_cut(folder):
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=5)
    other = folder / "other.jsonl"
    other.write_text("something else\n" * 99, encoding="utf-8")
    with pytest.raises(AdetkError, match=r"errors file was '.*errors.jsonl' and is now '.*other.jsonl'"):
        run(folder, "out.jsonl", resume=True, errors=other)
    assert other.read_text(encoding="utf-8") == "something else\n" * 99


def test_settings_within_settings_are_named():
    before, now = (
        {"linking": {"review": True, "synonyms": None}},
        {"linking": {"review": False, "synonyms": None}},
    )
    assert difference_of(before, now) == "linking review was True and is now False"
    assert difference_of(before, {"linking": None}) == "linking review was True and is now None"
    assert difference_of(now, now) == ""


@pytest.mark.parametrize("stop_after", [0, 1, 4, 6])
def test_what_was_done_before_is_had_as_documents(folder, stop_after):
    run(folder, "whole.jsonl")
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=stop_after, flush_every=2)
    options = RunOptions(errors=folder / "errors.jsonl", flush_every=2)
    found = list(documents_before(folder / "out.jsonl", settings_of(options)))
    assert found == list(read_documents(folder / "whole.jsonl"))[: stop_after // 2 * 2]


def test_two_processes_do_not_write_one_output(folder):
    pytest.importorskip("fcntl", reason="no locks here")
    with Writer(folder / "out.jsonl") as first:
        first.write(Document("1", "mine"))
        with pytest.raises(AdetkError, match="another process is writing it; wait"):
            run(folder, "out.jsonl")
    assert [document.id for document in read_documents(folder / "out.jsonl")] == ["1"]


def test_a_stale_position_is_not_believed(folder):
    """A run that begins anew and dies early must not leave an older run's position behind."""
    with pytest.raises(Killed):
        run(folder, "out.jsonl", stop_after=6)
    (folder / "out.jsonl.partial").unlink()
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


def test_resume_needs_a_file(folder):
    with pytest.raises(AdetkError, match="standard output cannot be resumed"):
        process(folder / "posts.tsv", "-", step, RunOptions(resume=True))


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
