"""The files that a command reads and writes: no two of them may be one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adetk.errors import AdetkError
from adetk.io.formats import STANDARD_STREAM, Location
from adetk.io.outputs import is_device, partial_of, write_errors

OUTPUT = "output"
"""The place that may be standard output."""


def check_places(
    reads: Mapping[str, Location | str | None], writes: Mapping[str, Location | str | None]
) -> None:
    """Refuse what would write one file twice, or over one that is read; unfinished files count as well.

    Args:
        reads: what it is, such as `input`, to the place; what is no file there is passed over.
        writes: likewise. A device may be there more than once.

    Raises:
        AdetkError: names the file and both of its purposes; or a dash, where documents are not meant.
    """
    path_to_name = {
        Path(place).resolve(): name
        for name, place in reads.items()
        if place is not None and place != STANDARD_STREAM and Path(place).is_file()
    }
    for name, place in writes.items():
        if place is None or is_device(Path(place)):
            continue
        if str(place) == STANDARD_STREAM:
            if name == OUTPUT:
                continue
            raise AdetkError(
                f"{place}: is no place for the {name}; expected a file: only documents go to stdout"
            )
        for path in (Path(place), partial_of(place)):
            other = path_to_name.setdefault(path.resolve(), name)
            if other != name:
                raise AdetkError(f"{path}: is both {other} and {name}; expected different files")


def check_writable(path: Path) -> None:
    """Refuse, before hours of work, a place that cannot be written; what is there stays.

    Raises:
        AdetkError: its folder is not there, or full, or not ours.
    """
    if is_device(path):
        return
    with write_errors(path):
        existed = path.exists()
        path.open("ab").close()
        if not existed:
            path.unlink()
