"""Worker processes of a cluster, each with the step opened once, and who does which shard.

When a worker dies (killed, out of memory, its machine gone), a new one is asked for and its shard goes to whoever is
free first. Ray could restart the worker itself, but would give the shard to no other, and where there is no room for
the new worker that shard would never be done.
"""

from __future__ import annotations

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from adetk.errors import AdetkError
from adetk.io.run import RunOptions, RunSummary, Step
from adetk.io.shards import Shard, code_shard
from adetk.runtime import THREADS_VARIABLE

logger = logging.getLogger(__name__)

RETRIES = 3
"""How often a shard whose worker died is tried again; likewise the opening of the step."""
MOST_WAITING_SECONDS = 600
"""How long nobody may be at work or ready for it."""
THREAD_VARIABLES = (THREADS_VARIABLE, "RAYON_NUM_THREADS")
"""Read as the step is opened and later: the first by `adetk.runtime.cores`, which networks and searches go by, the
second by the tokenizers' Rayon."""


class ShardWorker:
    """What is in a worker process: the step.

    Its methods also give what was logged meanwhile, to be said where somebody reads it.

    Args:
        open_step: makes the step; called once.
        options: as of `code_shard`.
        threads: of the libraries that do the work.
    """

    def __init__(self, open_step: Callable[[], Step], options: RunOptions, threads: int) -> None:
        for variable in THREAD_VARIABLES:
            os.environ[variable] = str(threads)
        self._open_step, self._options = open_step, options
        self._log = _Log()
        logging.getLogger("adetk").addHandler(self._log)

    def open(self) -> tuple[RunSummary | None, list[str]]:
        """Open the step."""
        _ = self._step
        return None, self._log.taken()

    def code(self, shard: Shard) -> tuple[RunSummary | None, list[str]]:
        """Code a shard; gives its counts."""
        return code_shard(shard, self._step, self._options), self._log.taken()

    @cached_property
    def _step(self) -> Step:
        return self._open_step()


class Crew:
    """The workers of a run.

    Args:
        ray: the module, or what has its `wait`, `get`, `kill` and `exceptions`.
        hire: starts a `ShardWorker` as an actor.
    """

    def __init__(self, ray: Any, hire: Callable[[], Any]) -> None:
        self._ray, self._hire = ray, hire
        self._actors: list[Any] = []
        self._idle: list[Any] = []
        self._task_to_work: dict[Any, tuple[Any, Shard | None]] = {}
        self._shard_to_deaths: Counter[Shard | None] = Counter()
        self._said: set[str] = set()

    def summaries(self, shards: Sequence[Shard], number: int) -> Iterator[RunSummary]:
        """Have shards coded by so many workers, each one at a time; their counts as they are done.

        Raises:
            AdetkError: what a worker raised; or `RETRIES` + 1 workers in a row died over the same.
            OSError: what a worker raised.
        """
        # The largest first, so that nobody is left with one when all others are done.
        waiting = deque(sorted(shards, key=lambda shard: shard.source.stat().st_size, reverse=True))
        n_done = 0
        try:
            for _ in range(number):
                self._add()
            while n_done < len(shards):  # not until each worker is there: for some there may never be room
                while waiting and self._idle:
                    self._begin(self._idle.pop(), waiting.popleft())
                shard, summary = self._next()
                if summary is not None:
                    n_done += 1
                    yield summary
                elif shard is not None:
                    waiting.appendleft(shard)
        finally:
            for actor in self._actors:
                self._ray.kill(actor)

    def _add(self) -> None:
        actor = self._hire()
        self._actors.append(actor)
        self._task_to_work[actor.open.remote()] = (actor, None)

    def _begin(self, actor: Any, shard: Shard) -> None:
        self._task_to_work[actor.code.remote(shard)] = (actor, shard)

    def _next(self) -> tuple[Shard | None, RunSummary | None]:
        """Wait for a task: the shard that it had, if any, and its counts if it is done.

        A shard may take hours; the cluster's room for a first worker may not.
        """
        is_any_begun = any(shard is not None for _, shard in self._task_to_work.values())
        patience = None if is_any_begun else MOST_WAITING_SECONDS
        done, _ = self._ray.wait(list(self._task_to_work), timeout=patience)
        if not done:
            raise AdetkError(
                f"no worker was ready within {MOST_WAITING_SECONDS} s; expected room in the Ray cluster for one: end "
                "what else runs there, or ask for fewer --threads"
            )
        (task,) = done
        actor, shard = self._task_to_work.pop(task)
        failures = self._ray.exceptions
        try:
            summary, messages = self._ray.get(task)
        except failures.RayTaskError as error:  # the worker lives and raised something
            raise (error.cause if isinstance(error.cause, AdetkError | OSError) else error) from None
        except failures.RayError as error:
            self._count_death(shard, error)
            self._add()
            return shard, None
        del self._shard_to_deaths[shard]
        self._idle.append(actor)
        self._say(messages, shard)
        return shard, summary

    def _count_death(self, shard: Shard | None, error: Exception) -> None:
        self._shard_to_deaths[shard] += 1
        what = "opening the bundle" if shard is None else str(shard.source)
        died = f"{what}: a worker died over it ({type(error).__name__})"
        if self._shard_to_deaths[shard] > RETRIES:
            raise AdetkError(
                f"{died}, and {RETRIES} before it; expected one to live: give each more memory, with fewer "
                "--workers, then go on with --resume"
            ) from error
        logger.warning("%s; it is tried again", died)

    def _say(self, messages: Sequence[str], shard: Shard | None) -> None:
        """Log what a worker logged; what all say alike, once."""
        for message in messages:
            text = message if shard is None else f"{shard.source.name}: {message}"
            if text not in self._said:
                logger.warning("%s", text)
            self._said.add(text)


class _Log(logging.Handler):
    """Keeps warnings until they are asked for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())

    def taken(self) -> list[str]:
        messages, self._messages = self._messages, []
        return messages
