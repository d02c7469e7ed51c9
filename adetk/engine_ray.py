"""The same run on more than one machine: a folder of shards coded by the worker processes of a Ray cluster.

A task is a shard, from its file to its file, by the very `process` that codes a single file; a worker is an actor that
opens the step once and takes one shard after the other. The shard of a worker that died goes to another
(`adetk.shard_workers`); a shard is written whole or not at all, and counted once (`adetk.io.shards`).

Ray Data is not used, though it maps over files with actors. It cuts files into blocks and writes a file a block: no
file of the output belongs to one of the input, so none can be passed over when a run goes on, and a bad row has lost
its line. Its checkpoints (beta) are of rows, by an id that no two rows of all shards may share. Its readers are not
those of `adetk run`, so rows would come in otherwise than on one machine. Actors need no more of Ray than its core.

Input and output are folders that all machines see under one path, as are the bundle and the terminology. The cluster
is the one that `$RAY_ADDRESS` names (`auto`: that of this machine), else processes of this machine.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adetk.errors import AdetkError
from adetk.io.run import RunOptions, RunSummary, Step
from adetk.io.shards import (
    Shard,
    check_bad_rows_file,
    discard_unfinished,
    finished,
    open_output,
    shards_of,
    write_bad_rows,
)
from adetk.shard_workers import Crew, ShardWorker

ADDRESS_VARIABLE = "RAY_ADDRESS"
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # what is run here is nobody's business
    "RAY_worker_niceness": "0",  # of 15 by default, at which any other program on the machine goes before
}
PATIENCE_SECONDS = 10
OBJECT_STORE_BYTES = 2**27  # near the least that Ray takes: only paths and counts go through it

Ray = Any
"""The module, which is imported only when it is needed and has types of its own for nothing that is used here."""


@dataclass(frozen=True, slots=True)
class Workers:
    """How many worker processes, and how large.

    Attributes:
        number: of processes; None: as many as the cluster has cores for. Those for which it has no room yet start when
            it has.
        threads: of each: cores that Ray sets apart for it.
    """

    number: int | None = None
    threads: int = 1


ONE_A_CORE = Workers()


def run_shards(
    source: Path,
    out: Path,
    open_step: Callable[[], Step],
    options: RunOptions | None = None,
    workers: Workers = ONE_A_CORE,
) -> RunSummary:
    """Run a step over all shards of a folder, each into a file of its own.

    A shard's documents, their order and their bytes are those that `process` gives for that file; no order is promised
    between shards. The first error ends the run; shards that are done stay, and a run with `resume` passes over them.

    Args:
        source: folder of files in any format of `read_documents`; names that begin with `.` or `_` are passed over.
        out: folder to write, a file a shard.
        open_step: called once by each worker, to which it goes by pickle.
        options: as of `process`, but `errors` gets the bad rows of all shards at the end, each with its shard's name,
            and `progress` is called after each shard.
        workers: how many, and how large.

    Returns:
        The counts of all shards, those of an earlier run that went before `resume` included.

    Raises:
        AdetkError: Ray is not installed or cannot be reached; what `shards_of`, `open_output` and `finished` refuse;
            what `process` refuses in a shard, which is named; a shard over which one worker after the other died.
    """
    started = time.monotonic()
    ray = _imported()
    options = RunOptions() if options is None else options
    options = replace(options, format="jsonl" if options.format is None else options.format)
    shards = shards_of(source.absolute(), out.absolute(), options)
    if options.errors is not None:
        check_bad_rows_file(options.errors, shards)
    open_output(out, options.resume)
    shard_to_summary = {shard: finished(shard, options) for shard in shards}
    done = [summary for summary in shard_to_summary.values() if summary is not None]
    left = [shard for shard, summary in shard_to_summary.items() if summary is None]
    for summary in _coded(ray, left, open_step, options, workers) if left else ():
        done.append(summary)
        if options.progress is not None:
            options.progress(sum(summary.written for summary in done))
    if options.errors is not None:
        write_bad_rows(shards, options.errors)
    discard_unfinished(out)
    read, written, bad = (sum(getattr(s, name) for s in done) for name in ("read", "written", "bad"))
    return RunSummary(read, written, bad, time.monotonic() - started)


def _coded(
    ray: Ray, shards: Sequence[Shard], open_step: Callable[[], Step], options: RunOptions, workers: Workers
) -> Iterator[RunSummary]:
    """Code shards on workers of a cluster; counts as they come."""
    # The bar of the driver stays where it is; bad rows have their place with the shard.
    options = replace(options, progress=None, errors=None)
    with _cluster(ray, workers):
        room = _room(ray, workers.threads)
        number = room if workers.number is None else workers.number
        actor = ray.remote(ShardWorker).options(num_cpus=workers.threads)
        crew = Crew(ray, lambda: actor.remote(open_step, options, workers.threads))
        yield from crew.summaries(shards, min(number, len(shards)))


def _room(ray: Ray, threads: int) -> int:
    """Workers for which the cluster's nodes have cores; one that no node could hold would be waited for for ever."""
    node_to_cores = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    most = max(node_to_cores, default=0)
    if most < threads:
        raise AdetkError(
            f"--threads {threads}: the largest node of the Ray cluster has {most} cores; expected room for a worker: "
            "ask for fewer"
        )
    return sum(cores // threads for cores in node_to_cores)


@contextmanager
def _cluster(ray: Ray, workers: Workers) -> Iterator[None]:
    """The cluster that the caller is connected to, else the one that the environment names, else one for this run."""
    if ray.is_initialized():
        yield
        return
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    address = os.environ.get(ADDRESS_VARIABLE)
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    own = {
        "num_cpus": None if workers.number is None else workers.number * workers.threads,
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE_BYTES,
    }
    try:
        if address:
            _knock(address)
        ray.init(address or "local", **quiet, **({} if address else own))
    except (OSError, RuntimeError, ValueError) as error:
        where = f"${ADDRESS_VARIABLE} is {address!r}" if address else "this machine"
        reason = " ".join(str(error).split())[:200]
        raise AdetkError(
            f"{where}: {reason}; expected a Ray cluster: start one with `ray start`, or leave "
            f"${ADDRESS_VARIABLE} unset, which starts one here"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise an `OSError` at once where nobody listens; Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdecimal():
        socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS).close()


def _imported() -> Ray:
    try:
        import ray
    except ImportError as error:
        raise AdetkError("--engine ray needs Ray, not installed here; pip install 'adetk[ray]'") from error
    return ray
