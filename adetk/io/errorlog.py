"""Where bad rows go: a file of JSON lines, one a row, with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from adetk.errors import AdetkError
from adetk.io.outputs import write_errors
from adetk.io.rows import BadRow

RAW_CHARACTERS = 200


class ErrorLog:
    """Counts bad rows and, when there is a path, writes them; a context manager.

    Attributes:
        count: bad rows so far.
        n_bytes: written so far.
    """

    def __init__(self, path: Path | None, n_bytes: int = 0, count: int = 0) -> None:
        """Open the log.

        Args:
            path: the file, or None to count only.
            n_bytes: how much of an existing file to keep; 0 begins anew.
            count: bad rows in what is kept.

        Raises:
            AdetkError: the file cannot be written, or is shorter than what is to be kept.
        """
        self.path, self.n_bytes, self.count = path, n_bytes, count
        self._file: BinaryIO | None = None
        if path is None:
            return
        with write_errors(path):
            if n_bytes > 0 and (not path.exists() or path.stat().st_size < n_bytes):
                raise AdetkError(
                    f"{path}: has lost rows since the run began; name another output to start again"
                )
            self._file = path.open("r+b" if n_bytes > 0 else "wb")
            if n_bytes > 0:
                self._file.truncate(n_bytes)
                self._file.seek(n_bytes)

    def write(self, row: BadRow) -> None:
        """Count a bad row and append it, its content cut to `RAW_CHARACTERS`."""
        if self._file is not None:
            record = {"line": row.line, "reason": row.reason, "raw": row.raw[:RAW_CHARACTERS]}
            data = (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
            with write_errors(self.path):
                self._file.write(data)
            self.n_bytes += len(data)
        self.count += 1

    def flush(self) -> None:
        """Hand what is written to the operating system."""
        if self._file is not None:
            with write_errors(self.path):
                self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with write_errors(self.path):
                self._file.close()
