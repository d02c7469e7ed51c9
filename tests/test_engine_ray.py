"""A run on a local Ray cluster of two worker processes: what is promised when one is killed, and when it goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from types import SimpleNamespace

import pytest

from adetk.commands import check_engine, stream_shards
from adetk.engine_ray import ENVIRONMENT, Workers, run_shards
from adetk.errors import AdetkError
from adetk.io import RunOptions, process
from adetk.io.shards import STATE
from adetk.pipeline import BATCH, Pipeline

SHARDS = 6
FINE = '{"id": "1", "text": "slept badly"}\n'


@pytest.fixture(scope="module")
def cluster():
    """A Ray cluster of this machine with room for two workers, which runs of this process use."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    os.environ.update(ENVIRONMENT)
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@pytest.fixture
def folder(tmp_path):
    """Four shards; the first and largest has two posts, the second a post and a bad row, the others a post each."""
    source = tmp_path / "posts"
    source.mkdir()
    for name in "abcd":
        (source / f"{name}.jsonl").write_text(FINE, encoding="utf-8")
    (source / "a.jsonl").write_text(FINE + FINE.replace("1", "2"), encoding="utf-8")
    (source / "b.jsonl").write_text(FINE + "no\n", encoding="utf-8")
    return source


def half_sure():
    """The step of workers that need no bundle."""
    return lambda documents: (replace(d, score=0.5) for d in documents)


def lines(*paths):
    return [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def coded(out):
    return sorted(path for path in out.iterdir() if path.name != STATE)


def adetk(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "adetk", *map(str, arguments)], capture_output=True, text=True, timeout=180
    )


def someone_at_work(out, seconds=90):
    """Once a shard is done: the process id of a worker that has begun another, and the place where it writes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        begun = list(out.glob(f"{STATE}/*/*.partial"))
        if begun and coded(out):
            return int(begun[0].parent.name.split("-")[0]), begun[0]
        time.sleep(0.002)
    raise AssertionError(f"no worker began a shard in {seconds} s")


def test_a_worker_killed_half_way_changes_nothing(cluster, tiny_bundle, easy_posts, tmp_path, caplog, capsys):
    posts = [replace(post, id=str(n)) for n, post in enumerate(islice(cycle(easy_posts), SHARDS * BATCH))]
    rows = [json.dumps({"id": post.id, "text": post.text}) + "\n" for post in posts]
    whole, source, out = tmp_path / "posts.jsonl", tmp_path / "shards", tmp_path / "out"
    whole.write_text("".join(rows), encoding="utf-8")
    source.mkdir()
    for shard in range(SHARDS):
        part = rows[shard * BATCH : (shard + 1) * BATCH]
        (source / f"part-{shard}.jsonl").write_text("".join(part), encoding="utf-8")
    opener = partial(Pipeline.from_pretrained, tiny_bundle, "ctcae", "none")
    process(whole, tmp_path / "alone.jsonl", opener())

    with ThreadPoolExecutor() as pool:
        run = pool.submit(stream_shards, (str(source), str(out)), opener(), opener, RunOptions(), (2, None))
        pid, place = someone_at_work(out)
        os.kill(pid, signal.SIGKILL)
        was_left, not_all = place.exists(), len(coded(out)) < SHARDS
        summary = run.result(timeout=120)

    assert capsys.readouterr().out == ""
    assert was_left
    assert not_all
    assert f"{place.name.removesuffix('.partial')}: a worker died over it" in caplog.text
    assert (summary.read, summary.written, summary.bad) == (len(posts), len(posts), 0)
    found = lines(*coded(out))
    assert Counter(json.loads(line)["id"] for line in found) == Counter(post.id for post in posts)
    assert Counter(found) == Counter(lines(tmp_path / "alone.jsonl"))
    assert not [path for path in (out / STATE).iterdir() if path.is_dir()]


def test_a_run_that_broke_goes_on_by_shard(cluster, folder, tmp_path):
    out, bad = tmp_path / "out", tmp_path / "bad.jsonl"
    with pytest.raises(
        AdetkError, match=r"posts/b.jsonl:2: invalid JSON.*; correct it or leave out --strict"
    ):
        run_shards(folder, out, half_sure, RunOptions(strict=True), Workers(1))
    done = coded(out)
    assert done == [out / "a.jsonl"]
    times = [path.stat().st_mtime_ns for path in done]
    with pytest.raises(AdetkError, match="is not empty; add --resume"):
        run_shards(folder, out, half_sure)
    said = []
    summary = run_shards(folder, out, half_sure, RunOptions(resume=True, errors=bad, progress=said.append))
    assert (summary.read, summary.written, summary.bad) == (6, 5, 1)
    assert [said[0], said[-1], len(said)] == [3, 5, 3]
    assert [path.name for path in coded(out)] == ["a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl"]
    assert [path.stat().st_mtime_ns for path in done] == times
    assert [json.loads(line)["score"] for line in lines(*coded(out))] == [0.5] * 5
    assert [(row["shard"], row["line"]) for row in map(json.loads, lines(bad))] == [("b.jsonl", 2)]


def test_other_settings_do_not_go_on(cluster, folder, tmp_path):
    options = RunOptions(fingerprint="one")
    run_shards(folder, tmp_path / "out", half_sure, options)
    with pytest.raises(AdetkError, match=r"was coded with other settings \(fingerprint was 'one'"):
        run_shards(folder, tmp_path / "out", half_sure, replace(options, fingerprint="two", resume=True))


def test_parquet_in_and_out(cluster, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    import pyarrow

    source, out = tmp_path / "posts", tmp_path / "out"
    source.mkdir()
    for n in range(3):
        table = pyarrow.table({"id": [f"{n}-{i}" for i in range(2)], "text": ["slept badly", "fine"]})
        parquet.write_table(table, source / f"part-{n}.parquet")
    assert run_shards(source, out, half_sure, RunOptions(format="parquet")).written == 6
    ids = [row["id"] for path in coded(out) for row in parquet.read_table(path).to_pylist()]
    assert ids == ["0-0", "0-1", "1-0", "1-1", "2-0", "2-1"]


def test_a_worker_larger_than_the_cluster_is_refused(cluster, folder, tmp_path):
    with pytest.raises(AdetkError, match="--threads 3: the largest node of the Ray cluster has 2 cores"):
        run_shards(folder, tmp_path / "out", half_sure, workers=Workers(threads=3))


def test_a_worker_with_another_bundle_is_refused(cluster, folder, tiny_bundle, tmp_path):
    pipeline = Pipeline.from_pretrained(tiny_bundle)
    opener = partial(Pipeline.from_pretrained, tiny_bundle, "ctcae", "none")
    with pytest.raises(AdetkError, match=r"would code otherwise .*gate was 'model' and is now 'none'"):
        stream_shards((str(folder), str(tmp_path / "out")), pipeline, opener, RunOptions(), (1, None))


def test_without_ray_one_line_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(AdetkError, match=r"not installed here; pip install 'adetk\[ray\]'"):
        run_shards(folder, tmp_path / "out", half_sure)
    assert not (tmp_path / "out").exists()


def test_a_cluster_that_is_not_there_is_named(folder, tmp_path, monkeypatch):
    stand_in = SimpleNamespace(is_initialized=lambda: False, init=None)  # nobody is asked to start one
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    for variable in ENVIRONMENT:
        monkeypatch.setenv(variable, "0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
        with pytest.raises(
            AdetkError, match=rf"^\$RAY_ADDRESS is '127.0.0.1:{port}': .*; expected a Ray cluster"
        ):
            run_shards(folder, tmp_path / "out", half_sure)


def test_the_command_starts_workers_of_its_own(cluster, folder, tiny_bundle, tmp_path):
    out, bad = tmp_path / "out", tmp_path / "bad.jsonl"
    command = ["run", folder, "-o", out, "--engine", "ray", "--workers", 2, "--bundle", tiny_bundle]
    done = adetk(*command, "--errors", bad)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("5 posts in ")
    assert done.stderr.splitlines()[-1].endswith("1 bad rows left out")
    assert len(lines(*coded(out))) == 5
    assert len(lines(bad)) == 1
    refused = adetk(*command, "--resume", "--gate", "none")
    assert refused.returncode == 1
    assert "gate was 'model' and is now 'none'" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    again = adetk(*command, "--resume")
    assert again.stderr.splitlines()[-1].startswith("5 posts in ")


@pytest.mark.parametrize(
    ("name", "option"),
    [("local", "--workers"), ("local", "--threads"), ("ray", "--html"), ("ray", "--review")],
)
def test_an_option_of_the_other_engine_is_refused(name, option):
    given = {key: 1 if key == option else None for key in ("--html", "--review", "--workers", "--threads")}
    of_local, of_ray = dict(islice(given.items(), 2)), dict(islice(given.items(), 2, None))
    other = "ray" if name == "local" else "local"
    with pytest.raises(AdetkError, match=f"{option} is of --engine {other}, this is --engine {name}"):
        check_engine(name, of_local, of_ray)
    check_engine(other, of_local, of_ray)


def test_the_command_refuses_in_one_line(folder, tiny_bundle):
    done = adetk("run", folder, "-o", folder.parent / "out", "--bundle", tiny_bundle, "--workers", 2)
    assert done.returncode == 1
    assert done.stderr == "adetk: --workers is of --engine ray, this is --engine local; leave it out\n"


def test_streams_are_no_folders_of_shards(folder, tiny_bundle):
    opener = partial(Pipeline.from_pretrained, tiny_bundle)
    with pytest.raises(AdetkError, match="--engine ray reads and writes folders of shards"):
        stream_shards((str(folder), "-"), opener(), opener, RunOptions(), (None, None))


def test_an_empty_folder_is_refused(cluster, tiny_bundle, tmp_path):
    (tmp_path / "posts").mkdir()
    opener = partial(Pipeline.from_pretrained, tiny_bundle)
    with pytest.raises(AdetkError, match="posts: is empty; expected at least one shard"):
        stream_shards(
            (str(tmp_path / "posts"), str(tmp_path / "out")), opener(), opener, RunOptions(), (None, None)
        )
