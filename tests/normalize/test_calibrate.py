import json
import logging
from itertools import product

import pytest

pytest.importorskip("sklearn", reason="training is not installed")

from adetk.bundle import read_manifest
from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.normalize.calibrate import calibrate
from adetk.normalize.part import load_linker
from adetk.normalize.table import read_table
from adetk.pipeline import Pipeline

NAME_TO_CODE = {"Knee hum": "A1", "Elbow glow": "A2", "Ear tickle": "A3", "Toe chill": "A4"}
KINDS = ("loud", "quiet", "left", "right", "odd", "old", "new", "slow", "quick", "dull")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "house.tsv"
    rows = [f"{code}\t{name}\tHouse list" for name, code in NAME_TO_CODE.items()]
    path.write_text("\n".join(["code\tname\tsystem", *rows]), encoding="utf-8")
    return path


@pytest.fixture
def documents():
    """Forty verbatims, ten a term."""
    texts = [
        (f"{kind} {name.split()[1]}", code) for (name, code), kind in product(NAME_TO_CODE.items(), KINDS)
    ]
    return [
        Document(text, text, mentions=(Mention(((0, len(text)),), ADE, gold=(frozenset({code}),)),))
        for text, code in texts
    ]


def test_a_bundle_is_refitted_for_another_terminology(tiny_bundle, table, documents, tmp_path, caplog):
    out = tmp_path / "house bundle"
    scores = calibrate(tiny_bundle, table, documents, out)
    assert set(scores) == {
        f"int8_{name}"
        for name in (
            *("accuracy_at_1", "precision", "recall", "f1"),
            *("fusion_gain", "fusion_gain_low", "fusion_gain_high"),
        )
    }
    before, after = (read_manifest(folder, "bundle") for folder in (tiny_bundle, out))
    terms = read_table(table)
    settings = after.settings["normalize"]
    assert settings["linker"]["terminology"] == terms.fingerprint
    assert settings["development"] == scores
    assert settings["calibrated_for"] == terms.label
    assert settings["encoder"] == before.settings["normalize"]["encoder"]
    assert after.settings["classify"] == before.settings["classify"]
    changed = {name for name in before.files if before.files[name] != after.files[name]}
    assert changed == {"README.md"}
    assert before.files.keys() == after.files.keys()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        links = Pipeline.from_pretrained(out, table).linker.link("loud hum")
    assert all(link.calibrated for link in links)
    assert caplog.messages == []
    assert not Pipeline.from_pretrained(tiny_bundle, table).linker.link("loud hum")[0].calibrated
    assert f"were calibrated for {terms.label}, on other mentions" in (out / "README.md").read_text(
        encoding="utf-8"
    )


def test_a_part_is_refitted_too(tiny_parts, table, documents, tmp_path):
    out = tmp_path / "part"
    calibrate(tiny_parts.folders["normalize"], table, documents, out)
    settings = read_manifest(out, "normalize").settings
    assert load_linker(out, settings, read_table(table)).is_calibrated


def test_what_cannot_be_fitted_is_refused(tiny_bundle, table, documents, tmp_path):
    with pytest.raises(AdetkError, match="9 development mentions to choose by"):
        calibrate(tiny_bundle, table, documents[:9], tmp_path / "out")
    strange = [
        Document(str(i), f"a hum {i}", mentions=(Mention(((0, 7),), ADE, gold=(frozenset({"77"}),)),))
        for i in range(10)
    ]
    with pytest.raises(AdetkError, match="offers none of the codes of the 10 mentions"):
        calibrate(tiny_bundle, table, strange, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(AdetkError, match="is not empty"):
        calibrate(tiny_bundle, table, documents, tmp_path / "full")


def test_new_parts_keep_what_candidate_sets_need(tiny_parts):
    linker = read_manifest(tiny_parts.folders["normalize"], "normalize").settings["linker"]
    assert {"tau", "abstain", "sure", "method_to_line", "quantile", "terminology"} <= set(linker)
    assert json.loads(json.dumps(linker, allow_nan=False)) == linker
