"""The packaged tables, as they lie there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "dictionaries"


def rows(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    return [line.split("\t") for line in lines]


def fold(text):
    return " ".join(re.sub(r"[^\w]+|_", " ", text.casefold()).split())
