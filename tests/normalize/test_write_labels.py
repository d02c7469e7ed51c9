import importlib.util
import sys
from pathlib import Path

import pytest

from adetk.normalize.table import read_table
from adetk.readers import CORPORA

SCRIPT = Path(__file__).parents[2] / "scripts" / "write_labels.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs the script for a corpus; gives exit status and the path of its output."""
    spec = importlib.util.spec_from_file_location("write_labels", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def on(corpus):
        out = tmp_path / "made" / "labels.tsv"
        command = ["write_labels.py", corpus, "--corpora", str(tmp_path), "-o", str(out)]
        monkeypatch.setattr(sys, "argv", command)
        return script.main(), out

    return on


@pytest.fixture
def write(tmp_path):
    """A function that writes the file of every split of a corpus: the same rows, and one more in one split."""

    def written(corpus, pattern, rows, split, extra):
        folder = tmp_path / CORPORA[corpus].folder
        folder.mkdir(parents=True)
        for name in CORPORA[corpus].splits:
            part, _, fold = name.partition("-")
            content = [*rows, extra] if name == split else rows
            (folder / pattern.format(part=part, fold=fold)).write_text("\n".join(content) + "\n", "utf-8")
        return folder

    return written


def test_the_labels_of_all_folds_with_their_names(run, write, capsys):
    rows = ["900000002\tWobble\tall over the place", "900000001\tHum\tbuzzing"]
    write("askapatient", "AskAPatient.fold-{fold}.{part}.txt", rows, "test-7", "900000002\tSway\tat sea")
    status, out = run("askapatient")
    assert status == 0
    assert out.read_text(encoding="utf-8").splitlines() == [
        "code\tname\tsystem",
        "900000001\tHum\tSNOMED CT",
        "900000002\tWobble\tSNOMED CT",  # the usual name first
        "900000002\tSway\tSNOMED CT",
    ]
    assert "2 codes, 3 names, 0 codes without a name" in capsys.readouterr().out
    assert read_table(out).codes == "SNOMED CT"


def test_the_folds_without_names_have_wordings_of_their_own(run, write, capsys):
    rows = ["at sea\t900000002", "buzzing\t900000001"]
    folder = write("mcn_cadec", "{part}_{fold}.tsv", rows, "train-4", "spots\t900000003")
    (folder / "snomed.txt").write_text("a sway\t900000002\na hum\t900000001\nnowhere\t900000009\n", "utf-8")
    status, out = run("mcn_cadec")
    assert status == 0
    assert read_table(out).rows() == [
        ("a hum", "900000001"),
        ("a sway", "900000002"),
        ("900000003", "900000003"),
    ]
    assert "1 codes without a name" in capsys.readouterr().out


def test_no_labels_are_one_line(run, tmp_path, capsys):
    (tmp_path / CORPORA["smm4h2017"].folder).mkdir(parents=True)
    for corpus, message in (("nonsense", "no corpus is called"), ("smm4h2017", "cannot be read")):
        status, out = run(corpus)
        assert status == 1
        assert not out.exists()
        assert message in capsys.readouterr().err
