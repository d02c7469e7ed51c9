import os
import shutil
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def fixtures():
    """Made-up corpora in their native formats."""
    return FIXTURES


@pytest.fixture
def copied(tmp_path):
    """The made-up corpora in a place where a test may damage them."""
    return Path(shutil.copytree(FIXTURES, tmp_path / "corpora"))


@pytest.fixture
def corpora():
    """The folder of real corpora; the test is skipped where there is none."""
    root = Path(os.environ.get("ADETK_CORPORA", REPOSITORY.parent / "shared" / "corpora"))
    if not root.is_dir():
        pytest.skip(f"no corpora at {root}; set ADETK_CORPORA")
    return root


@pytest.fixture
def edit():
    """A function that replaces a text that stands in a file just once."""

    def replace(path, old, new):
        text = path.read_bytes().decode()
        assert text.count(old) == 1
        path.write_bytes(text.replace(old, new).encode())

    return replace
