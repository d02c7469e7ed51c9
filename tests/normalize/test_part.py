import logging
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from adetk.bundle import read_manifest
from adetk.cache import cache_folder
from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.index import ConceptIndex
from adetk.normalize.part import (
    ctcae_wordings,
    load_linker,
    open_index,
    read_mentions,
    write_mentions,
)
from adetk.normalize.terminology import Terminology, open_terminology


class Embedder:
    """Keeps what it is asked; a wording's vector is its length and its first letter."""

    fingerprint = "lengths"

    def __init__(self):
        self.calls = 0
        self.asked = []

    def __call__(self, surfaces):
        self.calls += 1
        self.asked += surfaces
        rows = np.array([[len(s), ord(s[0]) % 7 + 1] for s in surfaces], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    in_bulk = __call__

    def know(self, surface_to_vector):
        self.known = surface_to_vector


def terms(*names):
    concepts = {str(i): Concept(str(i), name, "CTCAE") for i, name in enumerate(names)}
    return Terminology("Invented", "1", "", concepts)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ADETK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def embedder():
    return Embedder()


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("ADETK_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("ADETK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "adetk"


def test_an_index_is_built_once_and_kept(cache, embedder, tmp_path):
    first = open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    again = open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    assert embedder.calls == 1
    assert first.rows == again.rows == [("rash", "0"), ("cough", "1")]
    assert len(list((cache / "index").glob("*/*"))) == 1
    assert not (tmp_path / "own").exists()


def test_other_rows_and_other_encoders_have_their_own_index(cache, embedder, tmp_path):
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    open_index(terms("rash", "hiccups"), [], embedder, tmp_path / "own")
    open_index(terms("rash", "cough"), [("spots", "0")], embedder, tmp_path / "own")
    embedder.fingerprint = "other weights"
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    assert embedder.asked == ["rash", "cough", "hiccups", "spots", "rash", "cough"]
    assert len(list((cache / "index").glob("*/*"))) == 3


def test_an_index_that_is_whole_in_a_new_one_makes_room_for_it(cache, embedder, tmp_path):
    own = tmp_path / "own"
    open_index(terms("rash", "cough"), [], embedder, own).save(own)
    shutil.rmtree(cache)
    open_index(terms("rash", "cough"), [("spots", "0")], embedder, own)
    open_index(terms("rash", "cough"), [("spots", "0"), ("hack", "1")], embedder, own)
    (folder,) = (cache / "index").glob("*/*")
    assert len(ConceptIndex.load(folder).rows) == 4
    assert ConceptIndex.load(own).rows == [("rash", "0"), ("cough", "1")]  # the part's own stays
    open_index(terms("rash", "cough"), [("spots", "0")], embedder, own)
    assert len(list((cache / "index").glob("*/*"))) == 2
    assert embedder.asked == ["rash", "cough", "spots", "hack"]


def test_the_embedder_gets_to_know_the_vectors_of_the_index(cache, embedder, tmp_path):
    for _ in range(2):  # built, then read
        index = open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
        assert embedder.known.keys() == {"rash", "cough"}
        assert index.search(np.array([embedder.known["cough"]], np.float32), 1)[0][0][0] == "1"


def test_mentions_are_rows_where_the_terminology_offers_their_concept(cache, embedder, tmp_path):
    mentions = [("spots", "0"), ("sneezes", "77"), ("rash", "0"), ("spots", "0")]
    index = open_index(terms("rash", "cough"), mentions, embedder, tmp_path)
    assert index.rows == [("rash", "0"), ("cough", "1"), ("spots", "0")]


def test_the_parts_own_index_is_taken_when_it_fits(cache, embedder, tmp_path):
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own").save(tmp_path / "own")
    shutil.rmtree(cache)
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    assert embedder.calls == 1
    open_index(terms("rash", "hives"), [], embedder, tmp_path / "own")
    assert embedder.calls == 2


def test_of_a_changed_terminology_only_new_wordings_are_embedded(cache, embedder, tmp_path):
    open_index(terms("rash", "cough", "dry mouth"), [], embedder, tmp_path / "own")
    open_index(terms("hives"), [], embedder, tmp_path / "own")  # has less of what follows
    del embedder.asked[:]
    changed, spots = terms("cough", "fever", "rash", "cough"), [("red spots", "2")]
    index = open_index(changed, spots, embedder, tmp_path / "own")
    assert embedder.asked == ["fever", "red spots"]
    whole = ConceptIndex.build(index.rows, Embedder(), index.fingerprint, embedder.fingerprint)
    index.save(tmp_path / "incremental")
    whole.save(tmp_path / "whole")
    for name in ("vectors.npy", "rows.tsv", "index.json"):
        assert (tmp_path / "incremental" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    queries = embedder(["coughing", "rashes", "spots all over"])
    assert index.search(queries, 3) == whole.search(queries, 3)


def test_vectors_of_another_encoder_are_not_taken(cache, embedder, tmp_path):
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    embedder.fingerprint = "other weights"
    del embedder.asked[:]
    open_index(terms("rash", "hives"), [], embedder, tmp_path / "own")
    assert embedder.asked == ["rash", "hives"]


def test_a_damaged_index_gives_no_vectors(cache, embedder, tmp_path, caplog):
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    (folder,) = (cache / "index").glob("*/*")
    (folder / "vectors.npy").write_bytes(b"")
    del embedder.asked[:]
    open_index(terms("rash", "hives"), [], embedder, tmp_path / "own")
    assert embedder.asked == ["rash", "hives"]
    assert "build it again" in caplog.text


def test_of_a_licensed_terminology_nothing_is_written_outside_the_cache(tiny_bundle, tmp_path, monkeypatch):
    home = tmp_path / "home"
    for name in ("bundle", "release", "work"):
        (home / name).mkdir(parents=True)
    shutil.copytree(tiny_bundle, home / "bundle", dirs_exist_ok=True)
    lines = ["19000001$Wobbling of the elbow$19000001$", "19000002$Humming knees$19000002$"]
    (home / "release" / "llt.asc").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(home / "work")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home / "work"))
    monkeypatch.setenv("ADETK_CACHE", str(tmp_path / "cache"))
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    settings = read_manifest(home / "bundle", "bundle").settings["normalize"]
    linker = load_linker(home / "bundle" / "normalize", settings, open_terminology(home / "release"))
    assert linker.link("humming knees")[0].concept_id == "19000002"
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    (rows,) = (tmp_path / "cache").rglob("rows.tsv")
    assert "Humming knees" in rows.read_text(encoding="utf-8")


@pytest.mark.parametrize("damaged", ["vectors.npy", "rows.tsv", "index.json"])
@pytest.mark.parametrize("content", [None, b"", b"\x00\xff damaged"])
def test_a_damaged_index_in_the_cache_is_built_again(cache, embedder, tmp_path, caplog, damaged, content):
    expected = open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    (folder,) = (cache / "index").glob("*/*")
    (folder / damaged).unlink()
    if content is not None:
        (folder / damaged).write_bytes(content)
    index = open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    assert (index.rows, embedder.calls) == (expected.rows, 2)
    assert "build" in caplog.text
    assert ConceptIndex.load(folder).rows == expected.rows
    open_index(terms("rash", "cough"), [], embedder, tmp_path / "own")
    assert embedder.calls == 2


def test_a_cache_that_cannot_be_written_costs_only_time(monkeypatch, embedder, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ADETK_CACHE", str(tmp_path / "file"))
    assert len(open_index(terms("rash", "cough"), [], embedder, tmp_path / "own").rows) == 2
    assert "could not be kept" in caplog.text


def test_mentions_come_back_as_they_were_written(tmp_path):
    row_to_times = {("dry mouth", "1"): 3, ('a "rash"', "2"): 1}
    write_mentions(tmp_path / "mentions.tsv", row_to_times)
    assert read_mentions(tmp_path / "mentions.tsv") == row_to_times
    assert read_mentions(tmp_path / "absent.tsv") == {}
    (tmp_path / "old.tsv").write_text("1\tdry mouth\n", encoding="utf-8")
    assert read_mentions(tmp_path / "old.tsv") == {("dry mouth", "1"): 0}


def test_a_part_over_its_own_terminology_is_calibrated_and_builds_nothing(tiny_bundle, cache):
    manifest = read_manifest(tiny_bundle, "bundle")
    linker = load_linker(tiny_bundle / "normalize", manifest.settings["normalize"], open_terminology("ctcae"))
    assert linker.is_calibrated
    assert not cache.exists()
    link = linker.link("Dry mouths")[0]
    assert (link.name, link.method, link.calibrated) == ("Dry mouth", "exact", True)
    assert link.terminology.startswith("CTCAE ")


def test_a_part_over_another_terminology_is_not_calibrated_and_keeps_its_index(tiny_bundle, cache, caplog):
    settings = read_manifest(tiny_bundle, "bundle").settings["normalize"]
    ours = open_terminology("ctcae")
    few = {c.id: c for c in ours.offered()[:40]}
    other = Terminology(
        "Invented", "7", "", {**few, "x1": Concept("x1", "Wobbly elbows", "CTCAE")}, ours.socs
    )
    with caplog.at_level(logging.WARNING):
        linker = load_linker(tiny_bundle / "normalize", settings, other)
    assert "not calibrated" in caplog.text
    assert set(linker.classifier.concept_ids) <= set(few)
    link = linker.link("wobbly elbows")[0]
    assert (link.concept_id, link.method, link.calibrated) == ("x1", "exact", False)
    assert all(not found.calibrated for found in linker.link("dizzy as a top"))
    (folder,) = (cache / "index").glob("*/*")
    stamp = (folder / "index.json").stat().st_mtime_ns
    load_linker(tiny_bundle / "normalize", settings, other)
    assert (folder / "index.json").stat().st_mtime_ns == stamp
    (folder / "vectors.npy").write_bytes(b"")
    again = load_linker(tiny_bundle / "normalize", settings, other)
    assert again.link("dizzy as a top") == linker.link("dizzy as a top")


def house_table(folder, system):
    """A code of CTCAE's with another meaning, and one of the house's own."""
    code = open_terminology("ctcae").offered()[0].id
    rows = [f"{code}\tWobbly elbows{system}", f"x1\tDistant humming{system}"]
    header = "code\tname\tsystem" if system else "code\tname"
    path = folder / "house.tsv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return open_terminology(path)


@pytest.mark.parametrize(
    ("system", "said"),
    [("\tHouse list", "house.tsv .* has House list"), ("", "has no column that says which")],
)
def test_over_other_codes_only_the_encoder_is_used(tiny_bundle, cache, tmp_path, caplog, system, said):
    settings = read_manifest(tiny_bundle, "bundle").settings["normalize"]
    table = house_table(tmp_path, system)
    linker = load_linker(tiny_bundle / "normalize", settings, table)
    assert linker.classifier is None
    assert linker.index.rows == table.rows()
    assert re.search(f"learnt codes of MedDRA, {said}" if system else said, caplog.text)
    best = linker.link("distant HUMMING")[0]
    assert (best.concept_id, best.method, best.calibrated) == ("x1", "exact", False)
    assert len(list((cache / "index").glob("*/*"))) == 1


def test_over_a_table_of_the_same_codes_what_was_learnt_is_used(tiny_bundle, cache, tmp_path):
    settings = dict(read_manifest(tiny_bundle, "bundle").settings["normalize"])
    mentions = read_mentions(tiny_bundle / "normalize" / "mentions.tsv")
    wording, code = next(iter(mentions))
    path = tmp_path / "house.tsv"
    path.write_text(f"code\tname\tsystem\n{code}\tOur own name\tCTCAE\nx1\tHum\tCTCAE\n", encoding="utf-8")
    linker = load_linker(tiny_bundle / "normalize", settings, open_terminology(path))
    assert (linker.link(wording)[0].concept_id, linker.link(wording)[0].method) == (code, "synonym")
    assert linker.classifier.concept_ids == [code]
    assert not linker.is_calibrated
    del settings["codes"]  # as parts were written before
    again = load_linker(tiny_bundle / "normalize", settings, open_terminology(path))
    assert again.index.rows == linker.index.rows
    assert again.classifier.concept_ids == [code]


def test_ctcaes_wordings_are_for_other_terminologies_of_its_codes():
    ours = open_terminology("ctcae")
    assert ctcae_wordings(True, ours) == []
    assert ctcae_wordings(True, terms("rash")) == ours.rows()
    assert ctcae_wordings(False, terms("rash")) == []
    assert 0 < len(ctcae_wordings(True, terms("rash"), patient_phrases=False)) < len(ours.rows())
    assert ctcae_wordings(True, replace(terms("rash"), codes="UMLS")) == []


def test_a_part_without_its_tokenizer_is_one_line(tiny_bundle, tmp_path):
    folder = shutil.copytree(tiny_bundle / "normalize", tmp_path / "normalize")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(AdetkError, match="no tokenizer there"):
        load_linker(folder, read_manifest(tiny_bundle, "bundle").settings["normalize"], terms("rash"))
