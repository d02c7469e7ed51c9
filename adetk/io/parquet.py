"""A table of text as a Parquet file (needs pyarrow)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from adetk.errors import AdetkError
from adetk.io.formats import allow_long_fields

INTEGER_COLUMNS = ("start", "end")
SCORE_COLUMNS = ("mention_score", "score", "post_score")
ROWS_A_BATCH = 10_000


def require_pyarrow(where: str) -> None:
    """Fail early when the extra is missing.

    Raises:
        AdetkError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise AdetkError(f"{where}: Parquet needs pyarrow: pip install adetk[parquet]") from error


def parquet_from_csv(source: Path, target: Path) -> None:
    """Convert a CSV file with a header; offsets become integers, scores floats, empty ones null."""
    import pyarrow
    from pyarrow import parquet

    allow_long_fields()
    kinds = dict.fromkeys(INTEGER_COLUMNS, pyarrow.int64()) | dict.fromkeys(SCORE_COLUMNS, pyarrow.float64())
    with source.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in header])
        with parquet.ParquetWriter(target, schema) as writer:
            for batch in _batches(rows):
                cells = zip(*batch, strict=True)
                arrays = [
                    pyarrow.array([_value(cell, name) for cell in column], type=kind)
                    for column, name, kind in zip(cells, header, schema.types, strict=True)
                ]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(islice(rows, ROWS_A_BATCH)):
        yield batch


def _value(cell: str, column: str) -> str | int | float | None:
    kinds: dict[str, Callable[[str], int | float]]
    kinds = dict.fromkeys(INTEGER_COLUMNS, int) | dict.fromkeys(SCORE_COLUMNS, float)
    if column not in kinds:
        return cell
    return None if cell == "" else kinds[column](cell)
