"""The user's cache folder: what costs time to make and can be made again."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "ADETK_CACHE"


def cache_folder() -> Path:
    """Where indexes and compiled graphs are kept: `$ADETK_CACHE`, else `adetk` in the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else (Path(base) if base else Path.home() / ".cache") / "adetk"
