"""Splits made by a hash, for corpora that ship none or a leaking one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def split_of(key: str, split_to_percent: Mapping[str, int]) -> str:
    """The split that a key falls in: the same on every machine, whatever else the corpus holds.

    All documents with one key stay together, so the key names what must not be torn apart (a post, a drug).
    Upper and lower case make no difference.

    Args:
        key: hashed with SHA-256; its first 8 bytes modulo 100 are the draw.
        split_to_percent: shares that add up to 100.
    """
    digest = hashlib.sha256(key.casefold().encode("utf-8")).digest()
    draw = int.from_bytes(digest[:8], "big") % 100
    for split, percent in split_to_percent.items():
        if draw < percent:
            return split
        draw -= percent
    raise ValueError(f"shares add up to {sum(split_to_percent.values())}; expected 100")
