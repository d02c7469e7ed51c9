import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "make_results.py"
PAGE = "# tool\n\n<!-- results:begin -->\nold\n<!-- results:end -->\n\n## more\n"
SETTINGS = {
    "bundle": "abcdef0123456789",
    "bundle_name": "mine",
    "corpus": "demo",
    "split": "all",
    "terminology": "CTCAE 6.0",
}


def make_results(*arguments):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def scoring(day, gate="model", **figures):
    entry = {"date": f"2026-01-{day:02}T10:00:00+00:00", "adetk": "0.1.0", "gate": gate, "n": 7}
    return json.dumps(entry | SETTINGS | figures) + "\n"


@pytest.fixture
def places(tmp_path):
    """README.md, log and bench of a project that has scored the same bundle thrice."""
    readme, log, bench = tmp_path / "README.md", tmp_path / "log.jsonl", tmp_path / "bench.json"
    readme.write_text(PAGE, encoding="utf-8")
    log.write_text(
        scoring(1, task="extract", strict_f1=0.25, strict_f1_low=0.125, strict_f1_high=0.5)
        + scoring(2, task="extract", strict_f1=0.5, strict_f1_low=0.25, strict_f1_high=0.75)
        + scoring(3, task="extract", gate="none", strict_f1=0.375),
        encoding="utf-8",
    )
    return "--readme", readme, "--log", log, "--bench", bench


def test_the_latest_scoring_of_each_setting_is_shown(places):
    assert make_results(*places).returncode == 0
    page = places[1].read_text(encoding="utf-8")
    assert page.startswith("# tool\n\n<!-- results:begin -->\n**Which words say it?**\n")
    assert page.endswith("<!-- results:end -->\n\n## more\n")
    assert "| bundle | corpus | split | gate | F1, same borders | n | scored |\n" in page
    assert "| mine | demo | all | model | 0.500 [0.250, 0.750] | 7 | 2026-01-02 |\n" in page
    assert "| mine | demo | all | none | 0.375 | 7 | 2026-01-03 |\n" in page
    assert "0.250 [" not in page
    assert "old" not in page
    assert "latest of 3 scorings" in page


def test_check_fails_until_the_page_is_written_and_changes_nothing(places):
    checked = make_results(*places, "--check")
    assert checked.returncode == 1
    assert len(checked.stderr.splitlines()) == 1
    assert places[1].read_text(encoding="utf-8") == PAGE
    make_results(*places)
    assert make_results(*places, "--check").returncode == 0


def test_serving_is_shown_with_its_command(places):
    serving = {"posts": 20, "posts_per_second": 12.5, "cold_start_seconds": 1.25}
    report = {"date": "2026-01-09", "command": "python bench", "cpus": 2, "serving": serving}
    places[5].write_text(json.dumps(report), encoding="utf-8")
    make_results(*places)
    page = places[1].read_text(encoding="utf-8")
    assert "**Serving** (20 posts; 2 CPUs, 2026-01-09, `python bench`)" in page
    assert "| posts a second, start included | 12.5 |\n" in page


def test_a_page_without_marks_is_refused(places):
    places[1].write_text("# tool\n", encoding="utf-8")
    refused = make_results(*places)
    assert refused.returncode == 1
    assert "results:begin" in refused.stderr
    assert places[1].read_text(encoding="utf-8") == "# tool\n"


def test_the_readme_shows_what_was_measured():
    if not (ROOT / "results" / "valid_log.jsonl").is_file():
        pytest.skip("results/valid_log.jsonl is not there: nothing was scored yet")
    checked = make_results("--check")
    assert checked.returncode == 0, checked.stderr
