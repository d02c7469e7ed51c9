"""One run: posts in, a step over them, documents out; bad rows aside; interrupted runs taken up again."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from adetk import __version__
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io.errorlog import ErrorLog
from adetk.io.formats import STANDARD_STREAM, Location
from adetk.io.inputs import read_documents
from adetk.io.outputs import Writer
from adetk.io.places import OUTPUT, check_places
from adetk.io.resume import (
    Position,
    Settings,
    discard_position,
    load_position,
    refuse_interrupted,
    save_position,
)
from adetk.io.rows import BadRow, InputOptions

Step = Callable[[Iterable[Document]], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run.

    Attributes:
        input: how to read the posts.
        format: of the output; None: by its name.
        errors: where bad rows are written; None: they are only counted.
        resume: go on where an interrupted run to the same output stopped.
        strict: stop at the first bad row.
        fingerprint: everything that decides what the step gives; best a JSON object of settings, so that an
            error can say which of them differ. A resumed run must have the same.
        flush_every: documents between two saved positions; a killed run repeats at most so many.
        progress: called with the number of documents written, after each.
        may_be_bad: whether an input of bad rows alone is taken; it may be one of many.
    """

    input: InputOptions = field(default_factory=InputOptions)
    format: str | None = None
    errors: Path | None = None
    resume: bool = False
    strict: bool = False
    fingerprint: str = ""
    flush_every: int = 256
    progress: Callable[[int], None] | None = None
    may_be_bad: bool = False


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did, the part before a resume included (but not in `seconds`)."""

    read: int
    written: int
    bad: int
    seconds: float


def process(source: Location, out: Location, step: Step, options: RunOptions | None = None) -> RunSummary:
    """Stream the posts of `source` through `step` into `out`.

    Interrupted in any way (Ctrl-C, an error, a kill), the partial output stays beside `out` and a run with
    `resume` goes on from it: the file it makes is the same, byte for byte, as without interruption.

    Args:
        source: a file, or `-` for standard input.
        out: a file, or `-` for standard output.
        step: lazy; gives one document for each that it takes, in the same order.
        options: see `RunOptions`.

    Raises:
        AdetkError: bad input, output that cannot be written, a bad row when `strict`, or a resume that does
            not fit the interrupted run.
        KeyboardInterrupt: as it came.
    """
    started = time.monotonic()
    options = RunOptions() if options is None else options
    if out != STANDARD_STREAM:
        out = Path(out)
    if options.resume and out == STANDARD_STREAM:
        raise AdetkError("standard output cannot be resumed; expected a file with --resume: add -o FILE")
    check_places({"input": source}, {OUTPUT: out, "errors file": options.errors})
    settings = settings_of(options)
    start = load_position(out, settings) if options.resume and isinstance(out, Path) else Position()
    if isinstance(out, Path) and not options.resume:
        refuse_interrupted(out)
    rows = _begun(read_documents(source, options.input))  # before an older file is emptied
    with (
        Writer(out, options.format, start.n_bytes, start.columns) as writer,
        ErrorLog(options.errors, start.error_bytes, start.bad) as errors,
    ):
        if isinstance(out, Path) and start.documents == 0:
            discard_position(out)
        run = _Run(writer, errors, start, settings, options)
        run.drain(step(run.posts(rows, str(source))))
        run.refuse_none(str(source))
    if isinstance(out, Path):
        discard_position(out)
    return RunSummary(run.n_rows, run.position.documents, errors.count, time.monotonic() - started)


class _Run:
    """The two ends of a run: what the step is fed, and what comes out of it.

    A step reads ahead by a batch or more, so each post carries the place of its row until its document is
    written; only then has the run come so far.
    """

    def __init__(
        self, writer: Writer, errors: ErrorLog, start: Position, settings: Settings, options: RunOptions
    ) -> None:
        self.writer, self.errors, self.settings, self.options = writer, errors, settings, options
        self.start = self.position = start
        self.n_rows = 0
        self.first_bad: BadRow | None = None
        self.in_step: deque[tuple[str, Position]] = deque()

    def posts(self, rows: Iterable[Document | BadRow], where: str) -> Iterator[Document]:
        """Posts that are still to do, in order; bad rows go to the log."""
        digest = hashlib.blake2b(digest_size=16)
        for row in rows:
            self.n_rows += 1
            if self.first_bad is None and isinstance(row, BadRow):
                self.first_bad = row
            digest.update(_trace(row))
            if self.n_rows <= self.start.rows:
                self._compare(digest.hexdigest(), where)
            elif isinstance(row, Document):
                place = Position(
                    rows=self.n_rows,
                    bad=self.errors.count,
                    error_bytes=self.errors.n_bytes,
                    digest=digest.hexdigest(),
                )
                self.in_step.append((row.id, place))
                yield row
            elif self.options.strict:
                raise AdetkError(f"{where}:{row.line}: {row.reason}; correct it or leave out --strict")
            else:
                self.errors.write(row)
        if self.n_rows < self.start.rows:
            raise _changed_input(where, f"{self.n_rows} rows, {self.start.rows} were read before")

    def drain(self, documents: Iterable[Document]) -> None:
        """Write what comes out of the step and save the position now and then.

        An early end saves nothing more: a resumed run starts at a multiple of `flush_every`, so that a step
        which works in batches of that size sees the same batches, and gives the same last digits, as in a run
        that was never interrupted.
        """
        for document in documents:
            self._write(document)
        if self.in_step:
            raise AdetkError(f"the step gave nothing for post {self.in_step[0][0]!r}; expected one document")

    def refuse_none(self, where: str) -> None:
        """Refuse an input without a single post: it is likelier misread than empty of them."""
        if self.position.documents > 0 or self.first_bad is None or self.options.may_be_bad:
            return
        hint = "" if self.options.errors else "; --errors FILE keeps all with their reasons"
        raise AdetkError(
            f"{where}: none of its {self.n_rows} rows is a post, the first is line {self.first_bad.line}: "
            f"{self.first_bad.reason}{hint}"
        )

    def _write(self, document: Document) -> None:
        identifier, place = self.in_step.popleft() if self.in_step else (None, Position())
        if document.id != identifier:
            raise AdetkError(f"the step gave post {document.id!r}; expected {identifier!r}: keep the order")
        self.writer.write(document)
        # One assignment, so that an interruption between two statements leaves no half position.
        self.position = replace(
            place,
            documents=self.position.documents + 1,
            n_bytes=self.writer.n_bytes,
            columns=self.writer.columns,
        )
        if self.position.documents % self.options.flush_every == 0:
            self._save()
        if self.options.progress is not None:
            self.options.progress(self.position.documents)

    def _save(self) -> None:
        self.writer.flush()
        self.errors.flush()
        if self.position.documents > 0 and not self.writer.is_direct:
            save_position(Path(self.writer.out), self.position, self.settings)

    def _compare(self, digest: str, where: str) -> None:
        if self.n_rows == self.start.rows and digest != self.start.digest:
            raise _changed_input(where, f"its first {self.n_rows} rows are not those read before")


def _begun(rows: Iterator[Document | BadRow]) -> Iterator[Document | BadRow]:
    """The same rows, the first of them read: what is wrong with the whole input shows there."""
    first = next(rows, None)
    return rows if first is None else chain([first], rows)


def _changed_input(where: str, what: str) -> AdetkError:
    return AdetkError(
        f"{where}: has changed since the interrupted run: {what}; expected the same input, or name another output"
    )


def _trace(row: Document | BadRow) -> bytes:
    parts = (row.id, row.text) if isinstance(row, Document) else (str(row.line), row.reason)
    return "\0".join((*parts, "")).encode("utf-8", "surrogatepass")


def settings_of(options: RunOptions) -> dict[str, object]:
    """What a resumed run must share; a fingerprint that is a JSON object counts setting by setting."""
    try:
        fingerprint = json.loads(options.fingerprint)
    except ValueError:
        fingerprint = None
    if not isinstance(fingerprint, dict):
        fingerprint = {"fingerprint": options.fingerprint}
    return fingerprint | {
        "adetk": __version__,
        "format": options.format,
        "input format": options.input.format,
        "id column": options.input.id_column,
        "text column": options.input.text_column,
        "errors file": None if options.errors is None else str(options.errors.resolve()),
    }
