import json
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import check_kept_apart  # noqa: E402

from adetk.readers import read_jsonl  # noqa: E402


def test_a_figure_may_fall_by_the_tolerance_and_no_more(capsys):
    before = {"date": "2026-01-02", "a": 0.5, "b": 0.5, "c": 0.5}
    found = {"a": 0.49, "b": 0.47, "c": 0.7, "new": 0.1}
    assert check_kept_apart.lost(before, found) == ["b"]
    assert check_kept_apart.report_lost(["b"]) == 1
    assert "fallen by more than 0.02: b" in capsys.readouterr().err
    assert check_kept_apart.report_lost([]) == 0


def test_a_bundle_is_held_to_the_figures_that_were_written(tiny_bundle, tmp_path, monkeypatch, capsys):
    some = tmp_path / "posts.jsonl"
    lines = check_kept_apart.POSTS.read_text(encoding="utf-8").splitlines(keepends=True)
    some.write_text("".join(lines[:30]), encoding="utf-8")
    assert {d.label for d in read_jsonl(some)} == {"ADE", "noADE"}
    monkeypatch.setattr(check_kept_apart, "POSTS", some)
    out = tmp_path / "kept_apart.json"
    words = ["check_kept_apart.py", "--bundle", str(tiny_bundle), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", [*words, "--write"])
    assert check_kept_apart.main() == 0
    written = json.loads(out.read_text())
    assert str(tmp_path) not in json.dumps(written)
    assert 0 < written["classify_average_precision"] < 1
    monkeypatch.setattr(sys, "argv", words)
    assert check_kept_apart.main() == 0
    out.write_text(json.dumps({**written, "classify_average_precision": 1.5}))
    assert check_kept_apart.main() == 1
    assert "(was 1.500)" in capsys.readouterr().out
