import importlib
import sys

import pytest
from dictionary_tables import ROOT


@pytest.fixture
def module(monkeypatch):
    """Import a part of the build script, which is no installed package."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield lambda name: importlib.import_module(f"dictionaries.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "dictionaries"]:
        del sys.modules[name]
