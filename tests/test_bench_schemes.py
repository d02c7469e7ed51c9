import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import bench_schemes  # noqa: E402

from adetk.document import ADE, Document, Mention  # noqa: E402

APART = Document(
    "1", "legs and feet hurt", mentions=(Mention(((0, 4), (14, 18)), ADE), Mention(((9, 13),), ADE))
)


@pytest.fixture
def run(monkeypatch, tmp_path):
    def read(corpus, split, root):
        if corpus != "cadec":
            raise bench_schemes.AdetkError(f"corpus {corpus}: no folder")
        return [APART]

    monkeypatch.setattr(bench_schemes, "read_corpus", read)
    out = tmp_path / "schemes.json"

    def run(*arguments):
        monkeypatch.setattr(
            sys, "argv", ["bench_schemes.py", "--corpora", "C", "--out", str(out), *arguments]
        )
        return bench_schemes.main(), json.loads(out.read_text(encoding="utf-8")) if out.exists() else None

    return run


def test_every_scheme_is_counted_and_written(run, capsys):
    status, content = run()
    assert status == 0
    assert {
        r["scheme"]: (r["kept"], r["given"], r["discontinuous_kept"], r["f1"]) for r in content["rows"]
    } == {
        "bio": (1, 3, 0, 0.4),
        "bioes": (1, 3, 0, 0.4),
        "biohd": (2, 2, 1, 1.0),
        "pairs": (2, 2, 1, 1.0),
    }
    printed = capsys.readouterr()
    assert "1 of 2" in printed.out
    assert "passed over psytar train: corpus psytar: no folder" in printed.err
    assert APART.text not in json.dumps(content)


def test_one_corpus_is_printed_only(run, capsys):
    assert run("--corpus", "cadec", "--split", "dev", "--labels", "DRUG,ADE") == (0, None)
    assert "cadec dev             biohd     1.000          2 of 2" in capsys.readouterr().out
    assert run("--corpus", "phee") == (1, None)
