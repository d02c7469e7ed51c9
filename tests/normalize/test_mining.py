from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("faiss", reason="the linker is not installed")

from adetk.document import Concept
from adetk.normalize.mining import CONFUSED, HardNegatives, meanings_of, siblings_of
from adetk.normalize.terminology import Terminology

ROWS = [
    ("Rash", "M:1"),
    ("red dots", "M:1"),
    ("Hives", "M:2"),
    ("Cough", "M:3"),
    ("Sneezing", "M:4"),
    ("spots", "S:7"),
]
ANGLES = {"Rash": 0, "red dots": 5, "Hives": 10, "HIVES": 10, "spots": 3, "Cough": 90, "Sneezing": 60}


def embed(wordings):
    radians = np.radians([ANGLES[w] for w in wordings])
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def drawn(negatives, pair, times=40):
    return {negatives.mine([pair], embed)[0] for _ in range(times)}


def test_a_negative_is_near_and_never_of_the_meaning_or_of_another_system_alone(monkeypatch):
    monkeypatch.setattr("adetk.normalize.mining.CONFUSED", 2)
    found = drawn(HardNegatives(ROWS, {}, {}, 0), ("red dots", "Rash"))
    assert found == {"Hives", "Sneezing"}  # not `spots`, the nearest: S has its own codes; not the far Cough


def test_siblings_are_drawn_as_often_as_what_is_near():
    negatives = HardNegatives(ROWS, {}, {"M:1": ["M:3"]}, 0)
    draws = [negatives.mine([("red dots", "Rash")], embed)[0] for _ in range(300)]
    assert 0.5 < draws.count("Cough") / len(draws) < 0.8  # half, and a third of the other half


def test_what_shares_a_pt_or_a_wording_is_no_negative():
    rows = [*ROWS, ("HIVES", "M:1")]
    assert "Hives" not in drawn(HardNegatives(rows[:-1], {"M:2": "M:1"}, {}, 0), ("red dots", "Rash"))
    found = drawn(HardNegatives(rows, {}, {}, 0), ("red dots", "Rash"))
    assert found == {"Cough", "Sneezing"}


def test_a_wording_of_two_systems_is_a_siblings_in_both():
    rows = [("Hives", "S:7"), ("Hives", "M:2"), ("Rash", "M:1"), ("Cough", "M:3")]
    negatives = HardNegatives(rows, {}, {"M:1": ["M:2"]}, 0)
    assert drawn(negatives, ("Rash", "Rash")) == {"Hives", "Cough"}
    assert negatives._siblings(frozenset({"M:1"})) == ["Hives"]


def test_the_seed_decides_and_the_encoder_as_it_stands():
    pairs = [("red dots", "Rash"), ("Cough", "Cough"), ("Hives", "Hives")] * 9
    assert HardNegatives(ROWS, {}, {}, 1).mine(pairs, embed) == HardNegatives(ROWS, {}, {}, 1).mine(
        pairs, embed
    )
    assert HardNegatives(ROWS, {}, {}, 1).mine(pairs, embed) != HardNegatives(ROWS, {}, {}, 2).mine(
        pairs, embed
    )


def test_where_all_around_means_the_same_one_is_taken_from_afar():
    rows = [(f"rash {i}", "M:1") for i in range(60)] + [("Cough", "M:3")]

    def flat(wordings):
        return np.array([[float(w != "Cough"), float(w == "Cough")] for w in wordings], np.float32)

    assert HardNegatives(rows, {}, {}, 0).mine([("rash 1", "rash 2")], flat) == ["Cough"]
    assert CONFUSED < 32


def test_siblings_stand_under_the_nearest_known_parent_and_llts_count_as_their_pt():
    concepts = {
        c.id: c
        for c in (
            Concept("1", "Rash", "LLT", parent_id="1"),
            Concept("11", "Red dots", "LLT", parent_id="1"),
            Concept("2", "Hives", "LLT", parent_id="2"),
            Concept("3", "Cough", "LLT", parent_id="3"),
        )
    }
    pts = {i: Concept(i, n, "PT", parent_id="90") for i, n in (("1", "Rash"), ("2", "Hives"), ("3", "Cough"))}
    paths = {"1": (("1", "50", "70", "90"),), "2": (("2", "50", "70", "90"),), "3": (("3", "", "", "90"),)}
    terms = Terminology("MedDRA", "1", "", concepts, {"90": "Skin"}, pts, paths)
    assert siblings_of(terms) == {
        "MedDRA:1": ["MedDRA:2"],
        "MedDRA:2": ["MedDRA:1"],
        "MedDRA:3": [],
    }
    assert meanings_of(terms)["MedDRA:11"] == "MedDRA:1"
    retired = {**concepts, "12": Concept("12", "Dots", "LLT", parent_id="1", is_current=False)}
    assert meanings_of(replace(terms, concepts=retired))["MedDRA:12"] == "MedDRA:1"
