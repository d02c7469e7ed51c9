"""Which format a file has: by its name, or by what the caller says."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

from adetk.errors import AdetkError

INPUT_FORMATS = ("tsv", "csv", "jsonl", "txt", "parquet")
OUTPUT_FORMATS = ("jsonl", "tsv", "csv", "parquet")
STANDARD_STREAM: Literal["-"] = "-"

# The csv module's own limit is 128 KiB a field. A bound is needed: a quote that is never closed would
# otherwise take the rest of the file into memory.
MAX_FIELD = 64 * 2**20

Location = Path | Literal["-"]
"""A file, or `-` for standard input or output."""


def format_of(location: Location, given: str | None, known: tuple[str, ...]) -> tuple[str | None, bool]:
    """The format of a file and whether it is gzipped.

    Args:
        location: a file name such as `posts.tsv.gz`; its case does not matter.
        given: the caller's choice, e.g. `jsonl` or `jsonl.gz`; it goes before the name.
        known: the formats that are possible here.

    Returns:
        The format, None for `-` without a choice; and True when the content is gzipped.

    Raises:
        AdetkError: the format is not known, or is a gzipped Parquet file.
    """
    name = "" if location == STANDARD_STREAM else Path(location).name.lower()
    chosen = given.lower() if given is not None else None
    compressed = name.endswith(".gz") or (chosen is not None and chosen.endswith(".gz"))
    if chosen is None and location == STANDARD_STREAM:
        return None, False
    found = Path(name.removesuffix(".gz")).suffix[1:] if chosen is None else chosen.removesuffix(".gz")
    if found not in known:
        what = f"has the ending {found!r}" if chosen is None else f"format is {given!r}"
        raise AdetkError(f"{location}: {what}; expected {', '.join(known)} (or --format)")
    if found == "parquet" and compressed:
        raise AdetkError(f"{location}: Parquet is compressed inside; leave out .gz")
    return found, compressed


def allow_long_fields() -> None:
    """Let the csv module read fields up to `MAX_FIELD` characters; its limit holds for the whole process."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))
