import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "make_results.py"
PAGE = "# tool\n\n<!-- results:begin -->\nold\n<!-- results:end -->\n\n## more\n"
README = PAGE.replace("results:", "headlines:")
GATE = {
    "benchmark": "mine_gate",
    "task": "classify",
    "corpus": "mine",
    "split": "valid",
    "systems": [
        {"system": "TF-IDF", "f1": 0.25, "f1_low": 0.125, "f1_high": 0.5, "n": 7},
        {
            "system": "adetk, recipe mine",
            "f1": 0.5,
            "f1_low": 0.25,
            "f1_high": 0.75,
            "difference": 0.25,
            "difference_low": -0.0625,
            "difference_high": 0.375,
            "n": 7,
        },
    ],
}
SPANS = {
    "benchmark": "mine_spans",
    "task": "extract",
    "corpus": "mine",
    "split": "valid",
    "gate": "oracle",
    "systems": [{"system": "ours", "strict_f1": 0.375, "n": 7}],
}
PUBLISHED = "benchmark\tsystem\tfigure\tvalue\ton\tsource\nmine_gate\tBERT\tf1\t.72\ttest\ta paper\n"


def make_results(*arguments):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def places(tmp_path):
    """The pages and results of a project with two benchmarks and a published figure."""
    page, results = tmp_path / "RESULTS.md", tmp_path / "results"
    (results / "quality").mkdir(parents=True)
    page.write_text(PAGE, encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    for report in (GATE, SPANS):
        path = results / "quality" / f"{report['benchmark']}.json"
        path.write_text(json.dumps(report), encoding="utf-8")
    (results / "published.tsv").write_text(PUBLISHED, encoding="utf-8")
    return "--page", page, "--results", results, "--readme", tmp_path / "README.md"


def test_systems_stand_side_by_side_with_published_ones(places):
    assert make_results(*places).returncode == 0
    page = places[1].read_text(encoding="utf-8")
    assert page.startswith(
        "# tool\n\n<!-- results:begin -->\n**Does the post report an adverse drug event?**\n"
    )
    assert page.endswith("<!-- results:end -->\n\n## more\n")
    assert "| scored | system | F1 | more than the first row | n |\n" in page
    assert "| mine valid | TF-IDF | 0.250 [0.125, 0.500] |  | 7 |\n" in page
    assert (
        "| mine valid | adetk, recipe mine | 0.500 [0.250, 0.750] | +0.250 [-0.062, +0.375] | 7 |\n" in page
    )
    assert "| mine test | published: BERT (a paper) | .72 |  |  |\n" in page
    assert "| mine valid, oracle gate | ours | 0.375 |  | 7 |\n" in page
    assert "old" not in page


def test_the_readme_has_the_best_of_each_kind(places):
    systems = [
        *GATE["systems"],
        {"system": "SVM", "f1": 0.375, "n": 7},
        {"system": "adetk, default bundle", "f1": 0.125, "n": 7},
    ]
    path = places[3] / "quality" / "mine_gate.json"
    path.write_text(json.dumps({**GATE, "systems": systems}), encoding="utf-8")
    assert make_results(*places).returncode == 0
    readme = places[5].read_text(encoding="utf-8")
    assert readme.startswith("# tool\n\n<!-- headlines:begin -->\n| scored | figure | baseline |")
    assert "| mine valid | F1 | 0.375 | 0.125 | 0.500 [0.250, 0.750] | .72 (test) |\n" in readme
    assert "| mine valid, oracle gate | F1, same borders | 0.375 |  |  |  |\n" in readme
    assert "old" not in readme


def test_links_say_over_which_terms_and_how_concepts_do_that_were_not_learnt(places):
    scored = {"accuracy_at_1": 0.5, "unseen_concept_accuracy_at_1": 0.125, "n": 7}
    about = {"task": "normalize", "corpus": "mine", "split": "test", "terminology": "T 1", "coded": "7 of 9"}
    report = {"benchmark": "mine_links", **about, "systems": [{"system": "ours", **scored}]}
    (places[3] / "quality" / "mine_links.json").write_text(json.dumps(report), encoding="utf-8")
    assert make_results(*places).returncode == 0
    page = places[1].read_text(encoding="utf-8")
    assert "| scored | system | accuracy at 1 | at 1, concept not in training | more than" in page
    assert "| mine test, T 1, 7 of 9 | ours | 0.500 | 0.125 |  | 7 |\n" in page


def test_check_fails_until_the_page_is_written_and_changes_nothing(places):
    checked = make_results(*places, "--check")
    assert checked.returncode == 1
    assert len(checked.stderr.splitlines()) == 1
    assert places[1].read_text(encoding="utf-8") == PAGE
    make_results(*places)
    assert make_results(*places, "--check").returncode == 0


def test_what_splits_share_is_shown(places):
    counts = {"scored_texts": 9, "n_texts": 2, "scored_mentions": 8, "n_mentions": 3}
    pair = {"train": "a train", "scored": "a test", **counts, "scored_groups": 0, "n_groups": 0}
    leaks = {"date": "2026-01-09", "command": "python leaks", "pairs": [pair]}
    (places[3] / "leaks.json").write_text(json.dumps(leaks), encoding="utf-8")
    make_results(*places)
    page = places[1].read_text(encoding="utf-8")
    assert "**What splits share** (2026-01-09, `python leaks`)" in page
    assert "| a train | a test | 2 of 9 | 3 of 8 |  |\n" in page


def test_serving_is_shown_with_its_command(places):
    serving = {"posts": 20, "posts_per_second": 12.5, "cold_start_seconds": 1.25}
    report = {"date": "2026-01-09", "command": "python bench", "cpus": 2, "serving": serving}
    (places[3] / "bench_serving.json").write_text(json.dumps(report), encoding="utf-8")
    make_results(*places)
    page = places[1].read_text(encoding="utf-8")
    assert "**Serving** (20 posts; 2 CPUs, 2026-01-09, `python bench`)" in page
    assert "| posts a second, start included | 12.5 |\n" in page


def test_what_written_posts_add_is_shown(places):
    points = [
        {
            "posts": n,
            "development": {"int8_average_precision": 0.7},
            "valid": {"average_precision": ap, "f1": 0.25},
        }
        for n, ap in ((0, 0.25), (1000, 0.5))
    ]
    about = {
        "recipe": "mine",
        "corpus": "tweets",
        "split": "valid",
        "date": "2026-01-02",
        "command": "python x.py",
    }
    (places[3] / "curve.json").write_text(json.dumps({**about, "points": points}), encoding="utf-8")
    assert make_results(*places).returncode == 0
    page = places[1].read_text(encoding="utf-8")
    assert "**What written posts add** (`mine` on tweets valid; 2026-01-02, `python x.py`)" in page
    assert "| 0 | 0.250 | 0.250 | 0.700 |\n| 1,000 | 0.500 | 0.250 | 0.700 |\n" in page


def test_a_page_without_marks_is_refused(places):
    places[1].write_text("# tool\n", encoding="utf-8")
    refused = make_results(*places)
    assert refused.returncode == 1
    assert "results:begin" in refused.stderr
    assert places[1].read_text(encoding="utf-8") == "# tool\n"


def test_the_pages_show_what_was_measured():
    if not any((ROOT / "results" / "quality").glob("*.json")):
        pytest.skip("results/quality holds nothing: nothing was scored yet")
    checked = make_results("--check")
    assert checked.returncode == 0, checked.stderr


def test_gates_get_a_table_each_for_decisions_streams_and_recall(places):
    def bounded(**values):
        return {
            k: v
            for name, at in values.items()
            for k, v in ((name, at), (f"{name}_low", at), (f"{name}_high", at))
        }

    scores = bounded(f1=0.5, average_precision=0.625, ece=0.125)
    gate = {
        "corpus": "mine",
        "seeds": [13, 14],
        "chosen_on": "out_of_fold",
        "split": "valid",
        "out_of_fold": {"plain": scores, "tuned": {**scores, **bounded(more_than_plain_f1=0.25)}},
        "valid": {"plain": bounded(f1=0.375)},
        "prevalence": {"0.07": bounded(f1_as_it_is=0.5, f1_adapted=0.75, gain=0.25, estimated=0.0625)},
        "min_recall": {
            "0.95": {"held": 0.5, "mean_recall": 0.955, "lowest_recall": 0.9, "passed": 0.25, "splits": 200}
        },
    }
    report = {"recipes": {"mine_classify": gate}, "date": "2026-01-02", "command": "bench"}
    (places[3] / "gates.json").write_text(json.dumps(report), encoding="utf-8")
    made = make_results(*places)
    assert made.returncode == 0, made.stderr
    page = places[1].read_text(encoding="utf-8")
    assert "| mine (mine) | as trained, at .5 | 2 | 0.500 [0.500, 0.500] |  | 0.625" in page
    assert "| 0.375 [0.375, 0.375] |\n" in page
    assert "Platt scaling and threshold | 2 | 0.500 [0.500, 0.500] | 0.250 [0.250, 0.250] |" in page
    assert "| mine | 0.07 | 0.500 [0.500, 0.500] | 0.750 [0.750, 0.750] |" in page
    assert "| mine | 0.95 | 0.955 | 0.900 | 0.50 of 200 splits | 0.250 |" in page


def test_gates_without_a_final_split_show_no_empty_column(places):
    scores = {"f1": 0.5, "average_precision": 0.625, "ece": 0.125}
    gate = {"corpus": "mine", "seeds": [13], "chosen_on": "out_of_fold", "split": "valid"}
    gate["out_of_fold"] = {"plain": scores, "tuned": scores | {"more_than_plain_f1": 0.25}}
    report = {"recipes": {"mine_classify": gate}, "date": "2026-01-02", "command": "bench"}
    (places[3] / "gates_out_of_fold.json").write_text(json.dumps(report), encoding="utf-8")
    made = make_results(*places)
    assert made.returncode == 0, made.stderr
    page = places[1].read_text(encoding="utf-8")
    assert "**Gates by loss, calibration and ensemble, out of fold**" in page
    assert "average precision, held out | ECE, held out |\n" in page
    assert "| mine (mine) | as trained, at .5 | 1 | 0.500 |  | 0.625 | 0.125 |\n" in page


def test_taggers_get_a_row_for_each_gate(places):
    at = {"strict_f1": 0.5, "relaxed_f1": 0.625, "official_relaxed_f1": 0.75}
    more = {"more_than_plain_strict_f1": 0.25, "discontinuous_recall": 0.125}
    tagger = {"corpus": "mine", "seeds": [13, 14], "chosen_on": "development", "split": "test"}
    tagger |= {"plain": "mine_extract", "development": {"oracle": at, "none": at}}
    biohd = tagger | {"development": {"oracle": at | more, "none": at}, "test": {"oracle": at | more}}
    report = {"date": "2026-01-02", "command": "bench"}
    (places[3] / "spans.json").write_text(
        json.dumps(report | {"recipes": {"mine_extract": tagger, "mine_biohd_extract": biohd}})
    )
    made = make_results(*places)
    assert made.returncode == 0, made.stderr
    page = places[1].read_text(encoding="utf-8")
    assert "**Taggers by recipe** (medians over seeds;" in page
    assert "| mine (mine) | none | 2 | development | 0.500 |  | 0.625 |  |  |  |  |  |\n" in page
    figures = "0.500 | mine: 0.250 | 0.625 | 0.125 | 0.500 | 0.625 | 0.750 | 0.125"
    assert f"| mine_biohd (mine) | oracle | 2 | development | {figures} |\n" in page
