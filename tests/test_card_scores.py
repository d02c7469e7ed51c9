import json
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import card_scores  # noqa: E402
from benchmarks import parts_asked  # noqa: E402

from adetk.bundle import KINDS, read_manifest, write_manifest  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "README.md").write_text("# card\n\n## Limits\n\nmany\n", encoding="utf-8")
    (folder / "classify").mkdir()
    (folder / "classify" / "model.onnx").write_bytes(b"weights")
    write_manifest(folder, "bundle", {kind: {"max_length": 8} for kind in KINDS})
    return folder


def results(folder, fingerprint):
    systems = [
        {"system": "floor", "bundle": "", "f1": 0.125, "n": 7},
        {
            "system": "ours",
            "bundle": f"{fingerprint}, {fingerprint}",
            "f1": 0.5,
            "f1_low": 0.25,
            "f1_high": 0.75,
            "n": 7,
        },
        {"system": "another", "bundle": "0" * 12, "f1": 0.875, "n": 7},
    ]
    gate = {"task": "classify", "corpus": "mine", "split": "valid", "systems": systems}
    run = {"task": "run", "corpus": "mine", "split": "valid", "gate": "oracle", "systems": systems[::2]}
    (folder / "quality").mkdir(parents=True)
    for number, report in enumerate((gate, run)):
        (folder / "quality" / f"{number}.json").write_text(json.dumps(report), encoding="utf-8")
    return folder


def test_the_card_gets_the_bundles_own_scores_however_often(bundle, tmp_path):
    before = read_manifest(bundle, "bundle")
    found = results(tmp_path / "results", before.fingerprint_of("classify")[:12])
    card_scores.write_scores(bundle, found)
    once = (bundle / "README.md").read_text(encoding="utf-8")
    assert once.startswith("# card\n\n## Limits\n\nmany\n\n## Scores on public corpora\n")
    assert "| mine valid | 0.500 [0.250, 0.750] | 7 |" in once.splitlines()
    assert "| scored | F1 | n |" in once.splitlines()
    assert "0.875" not in once
    assert "oracle gate" not in once
    after = read_manifest(bundle, "bundle")  # its sums are those of the files
    assert after.files["classify/model.onnx"] == before.files["classify/model.onnx"]
    assert after.settings == before.settings
    assert after.model_fingerprint == before.model_fingerprint
    assert after.fingerprint != before.fingerprint
    card_scores.write_scores(bundle, found)
    assert (bundle / "README.md").read_text(encoding="utf-8") == once


def test_a_bundle_that_was_not_scored_is_left_alone(bundle, tmp_path):
    before = (bundle / "README.md").read_bytes()
    with pytest.raises(AdetkError, match=r"no system there is this bundle \([0-9a-f]{12}\); score it first"):
        card_scores.write_scores(bundle, results(tmp_path / "results", "f" * 12))
    assert (bundle / "README.md").read_bytes() == before
    with pytest.raises(AdetkError, match=r"no manifest\.json there"):
        card_scores.write_scores(tmp_path, tmp_path / "results")


def test_scores_stay_with_the_parts_that_they_were_made_by(bundle, tmp_path):
    before = read_manifest(bundle, "bundle")
    found = results(tmp_path / "results", before.fingerprint_of("classify")[:12])
    write_manifest(bundle, "bundle", {**before.settings, "normalize": {"max_length": 9}})
    card_scores.write_scores(bundle, found)
    write_manifest(bundle, "bundle", {**before.settings, "classify": {"max_length": 9}})
    with pytest.raises(AdetkError, match="no system there is this bundle"):
        card_scores.write_scores(bundle, found)


@pytest.mark.parametrize(
    ("task", "gate", "parts"),
    [
        ("classify", "", {"classify"}),
        ("normalize", "model", {"normalize"}),
        ("extract", "none", {"extract"}),
        ("extract", "model", {"classify", "extract"}),
        ("run", "oracle", {"extract", "normalize"}),
        ("run", "model", set(KINDS)),
    ],
)
def test_a_task_is_done_by_these_parts(task, gate, parts):
    assert set(parts_asked(task, gate)) == parts
