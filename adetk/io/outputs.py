"""Documents out: JSON lines, TSV, CSV and Parquet, never a half-written file under the final name.

Everything is first written as plain lines to `OUT.partial`, so that an interrupted run can be taken up at any
byte; compression and Parquet are made from it at the end.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TextIO

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io.formats import OUTPUT_FORMATS, STANDARD_STREAM, Location, format_of
from adetk.io.parquet import parquet_from_csv, require_pyarrow
from adetk.record import META_COLUMN, TABLE_COLUMNS, record_from_document, rows_from_document

try:
    import fcntl
except ImportError:  # Windows: two runs into one file are not told apart there
    fcntl = None  # type: ignore[assignment]

# What any reader may take for the end of a cell or line. One character becomes one space, so offsets hold.
_TSV_BREAK = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


class Writer:
    """Writes documents in order; a context manager.

    A clean exit gives the file its name. After an exception `OUT.partial` stays, unless it is empty, for a
    later resume.
    Standard output (`-`) and devices are written directly; a link is followed. In TSV, tabs and line breaks inside
    a cell become one space each. The columns of a table are `TABLE_COLUMNS`, those of the first document's `meta`,
    and `meta`: a JSON object with what later documents have beyond these.

    Attributes:
        format: `jsonl`, `tsv`, `csv` or `parquet`.
        columns: of a table, once the first document is written; empty before and for JSON lines.
        n_bytes: written to the partial file so far.

    Raises:
        AdetkError: from the constructor when the place cannot be written, or another process is writing it; later
            when the disk is full.
    """

    def __init__(
        self, out: Location, format: str | None = None, n_bytes: int = 0, columns: Sequence[str] = ()
    ) -> None:
        """Open the output.

        Args:
            out: the file to make, or `-` for standard output.
            format: one of `OUTPUT_FORMATS`, also with `.gz`; None: by the name, JSON lines for `-`.
            n_bytes: how much of an existing partial file to keep; 0 begins anew.
            columns: the table columns of what is kept.
        """
        self.is_direct = out == STANDARD_STREAM or is_device(Path(out))
        if self.is_direct and format is None:
            format = "jsonl"
        name, self._compressed = format_of(out, format, OUTPUT_FORMATS)
        self.format = "jsonl" if name is None else name
        self.out, self.n_bytes, self.columns = out, n_bytes, tuple(columns)
        if self.is_direct and (self._compressed or self.format == "parquet"):
            raise AdetkError(f"{out}: cannot stream {format}; expected jsonl, tsv or csv, or a file")
        if self.format == "parquet":
            require_pyarrow(str(out))
        self._file = self._opened()

    def write(self, document: Document) -> None:
        """Append one document.

        Raises:
            AdetkError: the disk is full or gone, or a score is not a number.
            BrokenPipeError: nobody reads standard output any more.
        """
        if self.format == "jsonl":
            self._put(_line_from(record_from_document(document)) + "\n")
            return
        rows = rows_from_document(document)
        header = ""
        if not self.columns:
            extra = [name for name in rows[0] if name not in TABLE_COLUMNS]
            self.columns = (*TABLE_COLUMNS, *extra, META_COLUMN)
            header = self._row(self.columns)
        self._put(header + "".join(self._row(_cells(row, self.columns)) for row in rows))

    def flush(self) -> None:
        """Hand what is written to the operating system."""
        with write_errors(self.out):
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self.is_direct:
            self._finish()
        elif self.out == STANDARD_STREAM:
            self.flush()
        else:
            self._close()

    def _opened(self) -> BinaryIO:
        if self.out == STANDARD_STREAM:
            return sys.stdout.buffer
        if Path(self.out).is_dir():
            raise AdetkError(f"{self.out}: is a folder; expected the name of a file to write")
        with write_errors(self.out):
            if self.is_direct:
                return Path(self.out).open("wb")
            file = partial_of(self.out).open("ab")
            _lock(file, self.out)  # before anything is cut off
            file.truncate(self.n_bytes)
            return file

    def _close(self) -> None:
        with write_errors(self.out):
            self._file.close()
            if self.n_bytes == 0 and not self.is_direct:
                partial_of(self.out).unlink()

    def _put(self, content: str) -> None:
        # In JSON, a lone surrogate comes out as the very escape that spells it.
        data = content.encode("utf-8", "backslashreplace")
        with write_errors(self.out):
            self._file.write(data)
        self.n_bytes += len(data)

    def _row(self, cells: Sequence[str]) -> str:
        if self.format == "tsv":
            return "\t".join(_TSV_BREAK.sub(" ", cell) for cell in cells) + "\n"
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerow(cells)
        return buffer.getvalue()

    def _finish(self) -> None:
        if self.format != "jsonl" and not self.columns:
            self.columns = (*TABLE_COLUMNS, META_COLUMN)
            self._put(self._row(self.columns))
        with write_errors(self.out):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            partial = partial_of(self.out)
            if not self._compressed and self.format != "parquet":
                partial.replace(_followed(self.out))
                return
            convert: Callable[[Path, Path], None] = _gzipped
            if self.format == "parquet":
                convert = parquet_from_csv
            converted = Path(f"{partial}.converted")
            convert(partial, converted)
            converted.replace(_followed(self.out))
            partial.unlink()


def partial_of(out: Location | str) -> Path:
    """Where the unfinished output is kept: beside the file that it is to be."""
    return Path(f"{_followed(out)}.partial")


def _followed(out: Location | str) -> Path:
    """The file that a link leads to, which may be on another disk; any other path as it is."""
    path = Path(out)
    return path.resolve() if path.is_symlink() else path


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that gets its name when all is written, so that no half of it is taken for the whole.

    A link is followed, a device is written directly. Line ends are written as they come, a lone surrogate as the
    escape that spells it in JSON.

    Raises:
        AdetkError: it cannot be opened or finished; what happens between is the caller's, see `write_errors`.
    """
    direct = is_device(path)
    place = path if direct else partial_of(path)
    with write_errors(path):
        file = place.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    try:
        yield file
        with write_errors(path):
            file.close()
            if not direct:
                place.replace(_followed(path))
    finally:
        with suppress(OSError):
            file.close()
            if not direct:
                place.unlink(missing_ok=True)


def is_device(out: Path) -> bool:
    """Whether this is a pipe or a device, such as `/dev/null`, that is written without a partial file."""
    return out.exists() and not out.is_file() and not out.is_dir()


def _cells(row: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    beyond = {name: value for name, value in row.items() if name not in columns}
    cells = {**row, META_COLUMN: _line_from(beyond) if beyond else ""}
    return [cells.get(column, "") for column in columns]


def _lock(file: BinaryIO, out: Location) -> None:
    """Keep other processes out until the file is closed."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AdetkError(
            f"{partial_of(out)}: another process is writing it; wait for its end, or name another output"
        ) from None
    except OSError:
        pass  # a file system without locks


_line_from = json.JSONEncoder(ensure_ascii=False).encode


def _gzipped(source: Path, target: Path) -> None:
    # No name and no time inside: the same documents give the same bytes.
    with source.open("rb") as plain, target.open("wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            shutil.copyfileobj(plain, packed, 2**20)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def write_errors(out: object) -> Iterator[None]:
    """Turn what the operating system refuses into one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AdetkError(
            f"{out}: cannot be written ({error.strerror}: {error.filename or out}); expected a folder "
            "that is there, with room and permission: choose another"
        ) from error
