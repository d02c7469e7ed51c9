"""Saying once what a format could not hold."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

_log = logging.getLogger(__name__)


def report_lost(lost: Counter[str], where: Path) -> None:
    """Log what was lost and how often, in one line; nothing when nothing was."""
    counts = ", ".join(f"{number} {what}" for what, number in sorted(lost.items()) if number)
    if counts:
        _log.warning("%s: the format cannot hold: %s", where, counts)
