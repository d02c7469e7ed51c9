"""Who does which shard, with a stand-in for Ray: tasks run when they are waited for, and workers die as told."""

import logging
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from adetk.errors import AdetkError
from adetk.io import RunOptions, RunSummary
from adetk.io.shards import Shard, open_output
from adetk.runtime import cores
from adetk.shard_workers import RETRIES, THREAD_VARIABLES, Crew, ShardWorker

OPTIONS = RunOptions(format="jsonl")


class RayError(Exception):
    pass


class RayTaskError(RayError):
    def __init__(self, cause):
        self.cause = cause


class Died(RayError):
    pass


class Ray:
    """`ray.wait` takes the first task whose worker has room; `die` says of a worker and a shard whether it dies."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, room=9, die=lambda number, name: False):
        self.room, self.die = room, die
        self.begun, self.killed, self.dead = [], [], 0
        self.actors = []

    def actor(self, worker):
        number = len(self.actors)

        def method(name):
            return SimpleNamespace(remote=lambda *shards: (number, getattr(worker, name), *shards))

        self.actors.append(SimpleNamespace(number=number, open=method("open"), code=method("code")))
        return self.actors[-1]

    def wait(self, tasks, timeout):
        placed = [task for task in tasks if task[0] < self.room]
        assert placed or timeout is not None, "waits for ever"
        return placed[:1], tasks

    def get(self, task):
        number, method, *shards = task
        name = shards[0].source.name if shards else None
        self.begun.append((number, name))
        if self.die(number, name):
            raise Died("killed")
        try:
            return method(*shards)
        except Exception as error:
            raise RayTaskError(error) from error

    def kill(self, actor):
        self.killed.append(actor.number)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    for variable in THREAD_VARIABLES:
        monkeypatch.setenv(variable, "1")
    before = list(logging.getLogger("adetk").handlers)
    yield
    logging.getLogger("adetk").handlers[:] = before


@pytest.fixture
def shards(tmp_path):
    """Three of them, `c` the largest and `a` the smallest."""
    open_output(tmp_path / "out", resume=False)
    found = []
    for size, name in enumerate("abc", start=1):
        path = tmp_path / f"{name}.jsonl"
        path.write_text('{"id": "1", "text": "slept badly"}\n' * size, encoding="utf-8")
        found.append(Shard(path, tmp_path / "out" / path.name))
    return found


def loud():
    return lambda documents: (replace(d, score=0.5) for d in documents)


def crew(ray, open_step=loud):
    return Crew(ray, lambda: ray.actor(ShardWorker(open_step, OPTIONS, 2)))


def written(shards):
    return {shard.out.name: len(shard.out.read_text(encoding="utf-8").splitlines()) for shard in shards}


def test_each_shard_is_done_once_the_largest_first(shards):
    ray = Ray()
    summaries = list(crew(ray).summaries(shards, 2))
    assert [name for _, name in ray.begun if name] == ["c.jsonl", "b.jsonl", "a.jsonl"]
    assert sorted(summary.written for summary in summaries) == [1, 2, 3]
    assert written(shards) == {"a.jsonl": 1, "b.jsonl": 2, "c.jsonl": 3}
    assert sorted(ray.killed) == [0, 1]


def test_the_step_is_opened_once_by_each_worker(shards):
    opened = []

    def open_step():
        opened.append(1)
        return loud()

    list(crew(Ray(), open_step).summaries(shards, 2))
    assert len(opened) == 2


def test_threads_are_told_to_the_libraries():
    ShardWorker(loud, OPTIONS, 3)
    assert [os.environ[variable] for variable in THREAD_VARIABLES] == ["3", "3"]
    ShardWorker(loud, OPTIONS, 1)
    assert cores() == 1


def test_the_shard_of_a_dead_worker_goes_to_another(shards):
    ray = Ray(die=lambda number, name: number == 0 and name is not None)
    assert len(list(crew(ray).summaries(shards, 2))) == 3
    assert written(shards) == {"a.jsonl": 1, "b.jsonl": 2, "c.jsonl": 3}
    assert len(ray.actors) == 3
    assert len([1 for number, name in ray.begun if number == 0 and name]) == 1


def test_a_shard_does_not_wait_for_a_worker_that_finds_no_room(shards):
    ray = Ray(room=2, die=lambda number, name: number == 0 and name is not None)
    assert len(list(crew(ray).summaries(shards, 2))) == 3
    assert len(ray.actors) == 3
    assert {number for number, _ in ray.begun} == {0, 1}


def test_fewer_workers_than_asked_for_do_it_too(shards):
    ray = Ray(room=1)
    assert len(list(crew(ray).summaries(shards, 3))) == 3


def test_a_cluster_without_any_room_is_not_waited_for_for_ever(shards):
    with pytest.raises(
        AdetkError, match="no worker was ready within 600 s; expected room in the Ray cluster"
    ):
        list(crew(Ray(room=0)).summaries(shards, 2))


def test_a_shard_that_kills_every_worker_is_named(shards, caplog):
    ray = Ray(die=lambda number, name: name == "b.jsonl")
    with pytest.raises(AdetkError, match=r"b.jsonl: a worker died over it \(Died\), and 3 before it"):
        list(crew(ray).summaries(shards, 1))
    assert len([name for _, name in ray.begun if name == "b.jsonl"]) == RETRIES + 1
    assert len(caplog.messages) == RETRIES
    assert sorted(ray.killed) == list(range(len(ray.actors)))


def test_workers_that_die_on_opening_are_no_endless_row(shards):
    ray = Ray(room=99, die=lambda number, name: name is None)
    with pytest.raises(AdetkError, match="opening the bundle: a worker died over it"):
        list(crew(ray).summaries(shards, 1))
    assert len(ray.actors) == RETRIES + 1


def test_deaths_over_different_shards_do_not_add_up(shards):
    died = set()

    def once(number, name):
        is_first = name not in died
        died.add(name)
        return is_first and name is not None

    assert len(list(crew(Ray(die=once)).summaries(shards, 1))) == 3


def test_what_a_worker_raises_comes_as_it_is(shards):
    shards[2].source.write_text("", encoding="utf-8")
    ray = Ray()
    with pytest.raises(AdetkError, match=r"c.jsonl: is empty; expected at least one row"):
        list(crew(ray).summaries(shards, 1))
    shards[2].source.unlink()
    shards[2].source.mkdir()
    with pytest.raises(IsADirectoryError):
        list(crew(Ray()).summaries(shards, 1))
    assert ray.killed == [0]


def test_an_error_of_ours_keeps_the_trace_of_its_worker(shards):
    def open_step():
        raise ZeroDivisionError

    with pytest.raises(RayTaskError):
        list(crew(Ray(), open_step).summaries(shards, 1))


def test_a_worker_keeps_what_is_logged(shards):
    def open_step():
        logging.getLogger("adetk.part").warning("%d codes are unknown", 2)
        logging.getLogger("adetk.part").info("opened")

        def step(documents):
            yield from documents
            logging.getLogger("adetk.language").warning("odd language")

        return step

    worker = ShardWorker(open_step, OPTIONS, 1)
    assert worker.open() == (None, ["2 codes are unknown"])
    assert worker.code(shards[0])[1] == ["odd language"]
    assert worker.open() == (None, [])


def test_what_workers_log_is_said_once(shards, caplog):
    worker = SimpleNamespace(
        open=lambda: (None, ["2 codes are unknown"]),
        code=lambda shard: (RunSummary(1, 1, 0, 0.1), ["odd language"]),
    )
    ray = Ray()
    list(Crew(ray, lambda: ray.actor(worker)).summaries(shards, 2))
    assert caplog.messages == ["2 codes are unknown", *(f"{name}.jsonl: odd language" for name in "cba")]
