"""Writing files whole, and saying once what their format could not hold."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from adetk.io.outputs import write_errors

_log = logging.getLogger(__name__)


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that gets its name when all is written, so that no half of it is taken for the whole.

    Raises:
        AdetkError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    with write_errors(path):
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                yield file
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def report_lost(lost: Counter[str], where: Path) -> None:
    """Log what was lost and how often, in one line; nothing when nothing was."""
    counts = ", ".join(f"{number} {what}" for what, number in sorted(lost.items()) if number)
    if counts:
        _log.warning("%s: the format cannot hold: %s", where, counts)
