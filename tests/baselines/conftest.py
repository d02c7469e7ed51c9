import importlib.util
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "scripts" / "baselines"


@pytest.fixture(scope="module")
def baselines():
    """The package as a script beside it imports it."""
    spec = importlib.util.spec_from_file_location("baselines", PACKAGE / "__init__.py")
    package = importlib.util.module_from_spec(spec)
    sys.modules["baselines"] = package  # its modules look one another up there
    spec.loader.exec_module(package)
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "baselines"]:
        del sys.modules[name]
