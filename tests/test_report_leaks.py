import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = Path(__file__).parent / "readers" / "fixtures"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs the script on a folder of corpora; gives exit status and the JSON it wrote."""
    spec = importlib.util.spec_from_file_location("report_leaks", ROOT / "scripts" / "report_leaks.py")
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "report_leaks", script)  # dataclasses look their module up there
    spec.loader.exec_module(script)

    def on(corpora):
        out = tmp_path / "results" / "leaks.json"
        monkeypatch.setattr(sys, "argv", ["report_leaks.py", "--corpora", str(corpora), "--out", str(out)])
        status = script.main()
        return status, json.loads(out.read_text()) if out.exists() else None

    return on


def test_pairs_that_are_there_are_counted_and_the_others_named(run, capsys):
    status, written = run(FIXTURES)
    assert status == 0
    found = {(row["train"], row["scored"]): row for row in written["pairs"]}
    row = found["smm4h2017 train+test", "smm4h2022 valid"]
    assert (row["scored_texts"], row["scored_mentions"], row["n_mentions"]) == (1, 1, 0)
    row = found["smm4h2017 train", "smm4h2017 test"]
    assert (row["scored_mentions"], row["n_mentions"], row["scored_surfaces"]) == (5, 1, 3)
    assert all(
        isinstance(value, int) for row in found.values() for key, value in row.items() if key[0] in "n"
    )
    said = capsys.readouterr()
    assert "smm4h2017 train+test" in said.out
    assert "passed over psytar train -> psytar test: corpus psytar: no folder" in said.err


def test_no_corpora(run, tmp_path, capsys):
    assert run(tmp_path / "nowhere") == (1, None)
    assert "no corpus of any pair lies in" in capsys.readouterr().err
