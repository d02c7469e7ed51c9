import json

import numpy as np
import pytest

from adetk.errors import AdetkError
from adetk.normalize import index as module
from adetk.normalize.index import ConceptIndex, encoder_of

DRAW = np.random.default_rng(0)


def unit(rows):
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


ROWS = [(f"wording {i}", f"c{i // 3 if i < 60 else 20}") for i in range(200)]  # c20 has 140 rows
VECTORS = unit(DRAW.normal(size=(200, 8)))


@pytest.fixture
def index():
    return ConceptIndex(ROWS, VECTORS, "made of this")


def brute(query, k):
    """Each concept's best row, nearest first."""
    cosines = VECTORS.astype(np.float16).astype(np.float32) @ query
    best = {}
    for number in np.argsort(-cosines, kind="stable"):
        best.setdefault(ROWS[number][1], (ROWS[number][1], 1 - float(cosines[number]), ROWS[number][0]))
    return list(best.values())[:k]


@pytest.mark.parametrize("k", [1, 3, 6, 50])
def test_the_nearest_concepts_agree_with_comparing_all(index, k):
    queries = unit(DRAW.normal(size=(25, 8)))
    for query, found in zip(queries, index.search(queries, k), strict=True):
        expected = brute(query, k)
        assert [(c, surface) for c, _, surface in found] == [(c, surface) for c, _, surface in expected]
        np.testing.assert_allclose([d for _, d, _ in found], [d for _, d, _ in expected], atol=1e-6)


def test_a_concept_of_many_wordings_does_not_crowd_the_others_out():
    near = unit([[1, 0.001 * i, 0] for i in range(120)])
    far = unit([[0, 1, 0], [0, 0, 1]])
    rows = [*((f"near {i}", "common") for i in range(120)), ("far", "rare"), ("farther", "rarer")]
    index = ConceptIndex(rows, np.vstack([near, far]), "f")
    found = index.search(unit([[1, 0.2, 0.1]]), 3)[0]
    assert [concept for concept, _, _ in found] == ["common", "rare", "rarer"]


def test_of_concepts_with_the_same_wording_the_later_one_comes_first():
    vectors = unit([[1, 0], [0, 1], [0, 1], [0, 1]])
    index = ConceptIndex([("pain", "1"), ("ache", "2"), ("ache", "3"), ("ache", "4")], vectors, "f")
    (found,) = index.search(unit([[1, 2]]), 4)
    assert [concept for concept, _, _ in found] == ["4", "3", "2", "1"]


def test_rows_vote_for_their_concepts_by_their_distance():
    rows = [("a", "1"), ("b", "2"), ("c", "2")]
    index = ConceptIndex(rows, unit([[1, 0], [4, 3], [0, 1]]), "f")
    assert index.votes([], 0.5) == []
    (votes,) = index.votes(unit([[1, 0]]), 0.5)
    assert votes == {
        "1": pytest.approx(1.0, abs=1e-3),
        "2": pytest.approx(np.exp(-0.2 / 0.5) + np.exp(-1 / 0.5), abs=2e-3),
    }


def test_a_distance_is_one_minus_the_cosine_and_never_below_zero():
    index = ConceptIndex([("a", "1"), ("b", "2"), ("c", "3")], unit([[1, 0], [3, 4], [-1, 0]]), "f")
    (found,) = index.search(unit([[1, 0]]), 3)
    assert [(c, pytest.approx(d, abs=1e-3)) for c, d, _ in found] == [("1", 0.0), ("2", 0.4), ("3", 2.0)]
    assert found[0][1] >= 0.0


def test_a_saved_index_gives_the_very_same_answers(index, tmp_path):
    index.save(tmp_path / "index")
    again = ConceptIndex.load(tmp_path / "index")
    queries = unit(DRAW.normal(size=(10, 8)))
    assert again.search(queries, 5) == index.search(queries, 5)
    assert (again.rows, again.fingerprint) == (index.rows, "made of this")


def test_saving_again_leaves_one_whole_index(index, tmp_path):
    index.save(tmp_path)
    ConceptIndex([("x", "1")], unit([[1, 1]]), "other").save(tmp_path)
    assert ConceptIndex.load(tmp_path).rows == [("x", "1")]


def test_a_wording_with_a_line_break_keeps_to_its_row(tmp_path):
    ConceptIndex([("dry\tor\u2028sore\nmouth", "1"), ("b", "2")], unit([[1, 0], [0, 1]]), "f").save(tmp_path)
    assert ConceptIndex.load(tmp_path).rows == [("dry or sore mouth", "1"), ("b", "2")]


def drop_a_row(folder):
    lines = (folder / "rows.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "rows.tsv").write_text("".join(lines[:-1]), encoding="utf-8")


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        *(
            lambda folder, name=name: (folder / name).unlink()
            for name in ("vectors.npy", "rows.tsv", "index.json")
        ),
        *(write(name, b"") for name in ("vectors.npy", "rows.tsv", "index.json")),
        *(write("index.json", c) for c in (b"[]", b"{}", b"null", json.dumps({"rows": 3}).encode())),
        write("vectors.npy", b"\x93NUMPY no"),
        write("rows.tsv", b"no tab\n"),
        write("rows.tsv", b"\xff\t\n"),
        drop_a_row,
        lambda folder: np.save(folder / "vectors.npy", np.array([{}]), allow_pickle=True),
    ],
)
def test_a_damaged_index_is_refused(index, tmp_path, damage):
    index.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(AdetkError, match=r"build (it|the index) again") as caught:
        ConceptIndex.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_terminology_without_rows_has_no_index():
    with pytest.raises(AdetkError, match="no current term"):
        ConceptIndex.build([], lambda surfaces: VECTORS, "f")


def test_building_embeds_each_wording_once_and_in_blocks(monkeypatch):
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 2)
    asked = []

    def embed(surfaces):
        asked.append(surfaces)
        return unit([[len(surface), 1] for surface in surfaces])

    rows = [("a", "1"), ("bb", "2"), ("a", "3"), ("dddd", "1"), ("eeeee", "2"), ("ffffff", "2")]
    known = {"dddd": unit([[4, 1]])[0].astype(np.float16)}
    index = ConceptIndex.build(rows, embed, "f", "e", known)
    assert asked == [["a", "bb"], ["eeeee", "ffffff"]]
    whole = ConceptIndex.build(rows, embed, "f", "e")
    queries = unit([[1, 1], [4, 1]])
    assert index.search(queries, 3) == whole.search(queries, 3)
    assert {concept for concept, distance, _ in index.search(queries, 3)[0] if distance < 1e-3} == {"1", "3"}


def test_an_index_names_its_encoder(index, tmp_path):
    assert encoder_of(tmp_path) == ""
    index.save(tmp_path / "unknown")
    assert encoder_of(tmp_path / "unknown") == ""
    ConceptIndex(ROWS, VECTORS, "f", "weights").save(tmp_path / "known")
    assert encoder_of(tmp_path / "known") == ConceptIndex.load(tmp_path / "known").encoder == "weights"
    settings = json.loads((tmp_path / "known" / "index.json").read_text())
    del settings["encoder"]  # as an earlier adetk wrote it
    (tmp_path / "known" / "index.json").write_text(json.dumps(settings))
    assert (encoder_of(tmp_path / "known"), ConceptIndex.load(tmp_path / "known").encoder) == ("", "")


@pytest.mark.parametrize("together", [2, 4, 5, 6, 64])
def test_a_querys_distances_do_not_depend_on_the_queries_beside_it(together):
    vectors = unit(DRAW.normal(size=(300, 96)))
    index = ConceptIndex([(f"wording {i}", f"c{i // 3}") for i in range(300)], vectors, "f")
    queries = unit(DRAW.normal(size=(together, 96)))
    assert index.search(queries, 5) == [index.search(query[None], 5)[0] for query in queries]
    assert index.votes(queries, 0.1) == [index.votes(query[None], 0.1)[0] for query in queries]


def test_building_embeds_the_wordings_in_order():
    def embed(surfaces):
        assert surfaces == ["a", "b"]
        return unit([[1, 0], [0, 1]])

    assert ConceptIndex.build([("a", "1"), ("b", "2")], embed, "f").search(unit([[0, 1]]), 1)[0][0][0] == "2"
