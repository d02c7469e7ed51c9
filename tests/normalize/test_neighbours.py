import numpy as np
import pytest

pytest.importorskip("faiss", reason="the linker is not installed")

from adetk.normalize import neighbours as module
from adetk.normalize.index import ConceptIndex
from adetk.normalize.neighbours import Neighbours

ROWS = [("Dry mouth", "1"), ("parched", "1"), ("Rash", "2"), ("Cough", "3")]
ANGLES = {
    "Dry mouth": 0,
    "parched": 5,
    "Rash": 40,
    "Cough": 90,
    "mouth like sand": 10,
    "blotches": 45,
    "hacking": 85,
}


@pytest.fixture
def asked():
    return []


@pytest.fixture
def neighbours(asked):
    def embed(surfaces):
        asked.extend(surfaces)
        radians = np.radians([ANGLES[s] for s in surfaces])
        return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)

    index = ConceptIndex.build(ROWS, embed, "f")
    asked.clear()
    return Neighbours(embed, index)


def test_the_nearest_concepts_of_each_wording_once(neighbours):
    found = neighbours.of(["hacking", "blotches", "hacking", " "], 2)
    assert list(found) == ["hacking", "blotches"]
    (_, near), (vector, _) = found.values()
    assert [concept for concept, _, _ in near] == ["3", "2"]
    assert near[0][1] == pytest.approx(1 - np.cos(np.radians(5)), abs=1e-6)
    np.testing.assert_allclose(vector, [np.cos(np.pi / 4), np.sin(np.pi / 4)], rtol=1e-6)
    votes = neighbours.votes(found)
    assert list(votes) == list(found)
    assert max(votes["hacking"], key=votes["hacking"].__getitem__) == "3"


def test_a_wording_is_looked_up_once_and_memory_is_bounded(neighbours, asked, monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 3)
    first = neighbours.of(["mouth like sand", "blotches", "mouth like sand"], 3)
    again = neighbours.of(["blotches", "hacking"], 3)
    assert again["blotches"] is first["blotches"]
    assert asked == ["mouth like sand", "blotches", "hacking"]
    assert list(neighbours.of(["Rash", "mouth like sand"], 3)) == ["Rash", "mouth like sand"]
    assert asked[3:] == ["Rash"]  # does not fit beside the others: they are forgotten
    assert len(neighbours.of(["mouth like sand"], 2)["mouth like sand"][1]) == 2
    assert asked[4:] == ["mouth like sand"]  # another number of neighbours is another question
    neighbours.of(["blotches"], 3)
    assert asked[5:] == ["blotches"]
