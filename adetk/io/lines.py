"""The lines of a file or of standard input, as bytes, with one error for everything that can go wrong."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from adetk.errors import AdetkError
from adetk.io.formats import STANDARD_STREAM, Location

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MARK = b"\x1f\x8b"


def check_readable(source: Location) -> None:
    """Refuse what is no file before any work is done.

    Raises:
        AdetkError: the file is missing or is a folder.
    """
    if source == STANDARD_STREAM:
        return
    if Path(source).is_dir():
        raise AdetkError(f"{source}: is a folder; expected a file: name one of the files in it")
    if not Path(source).exists():
        raise AdetkError(f"{source}: no such file; check the name and the folder")


def byte_lines(source: Location, compressed: bool) -> Iterator[bytes]:
    """The lines, without a UTF-8 byte order mark; line ends are kept.

    Raises:
        AdetkError: the file is empty, is UTF-16, has carriage returns alone, or is (or is not) gzipped against its
            name. A file that cannot be read on, such as a `.gz` cut short, raises after the lines before the damage.
    """
    lines = _raw_lines(source, compressed)
    first = next(lines, b"")
    # Without a mark, UTF-16 shows as a NUL in every other byte of plain letters.
    if first.startswith(_UTF16_MARKS) or [byte == 0 for byte in first[:4]] in (
        [False, True, False, True],
        [True, False, True, False],
    ):
        raise AdetkError(f"{source}: is UTF-16; expected UTF-8: convert it with iconv -f UTF-16 -t UTF-8")
    if first.startswith(_GZIP_MARK):
        raise AdetkError(f"{source}: is gzipped but its name does not end in .gz; rename or unpack it")
    first = first.removeprefix(_UTF8_MARK)
    if first == b"":
        raise AdetkError(f"{source}: is empty; expected at least one row")
    if b"\r" in first.rstrip(b"\r") and not first.endswith(b"\n"):  # all is one line
        raise AdetkError(
            f"{source}: its lines end in a carriage return alone, as on old Macs; expected line feeds: convert it with "
            "tr '\\r' '\\n'"
        )
    yield from chain([first], lines)


def _raw_lines(source: Location, compressed: bool) -> Iterator[bytes]:
    n_lines = 0
    try:
        with ExitStack() as stack:
            if source == STANDARD_STREAM:
                handle: BinaryIO = sys.stdin.buffer
            else:
                handle = stack.enter_context(Path(source).open("rb"))
            if compressed:
                handle = cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=handle)))
            for line in handle:
                n_lines += 1
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if n_lines == 0 and isinstance(error, gzip.BadGzipFile):
            raise AdetkError(f"{source}: is not gzipped although its name says so; remove .gz") from error
        raise AdetkError(
            f"{source}: the gzip data end or break after line {n_lines} ({error}); expected a whole file: "
            "the rows before it were read, get the file again for the rest"
        ) from error
    except OSError as error:
        raise AdetkError(f"{source}: cannot be read after line {n_lines}: {error.strerror}") from error
