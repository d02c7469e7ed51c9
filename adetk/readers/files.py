"""Raw reading: nothing is unquoted, unescaped, stripped or translated; offsets count in the raw text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.errors import AdetkError


def read_text(path: Path) -> str:
    """The whole file as it is, line ends included.

    Raises:
        AdetkError: the file is missing or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise AdetkError(
            f"{path}: cannot be read ({error.strerror}); expected a file of the corpus"
        ) from error
    except UnicodeDecodeError as error:
        raise AdetkError(
            f"{path}: byte {error.start} is not UTF-8; expected the corpus as published, in UTF-8"
        ) from error


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line that is not blank, after its place (`file:number`, for error messages)."""
    # Only a line feed ends a line: str.splitlines would also cut at U+2028 or a form feed inside a post.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", line


def read_rows(path: Path, n_cells: int) -> Iterator[tuple[str, list[str]]]:
    """The cells of each line of a tab-separated file without quoting; tabs beyond stay in the last cell.

    Raises:
        AdetkError: a line has fewer cells than `n_cells`.
    """
    for where, line in read_lines(path):
        cells = line.split("\t", n_cells - 1)
        if len(cells) < n_cells:
            raise AdetkError(f"{where}: {len(cells)} tab-separated cells; expected {n_cells}")
        yield where, cells
