import numpy as np
import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sentence_transformers", reason="training is not installed")

from adetk.encoder import Tokenizer
from adetk.networks import TorchNetwork, load_pretrained
from adetk.normalize.biencoder import pairs_of, train_biencoder
from adetk.normalize.embedder import Embedder
from adetk.normalize.index import ConceptIndex
from adetk.normalize.network import SurfaceEncoder
from adetk.recipe import TrainingConfig

NAMES = [("Rash", "1"), ("spots", "1"), ("rash", "1"), ("Cough", "2"), ("Fever", "3"), ("Pyrexia", "3")]


def test_mentions_meet_a_name_and_another_wording_and_synonyms_meet_the_first_name():
    pairs = pairs_of([("red dots", "1"), ("hacking", "2"), ("unknown to all", "9")], NAMES, seed=0)
    assert {("hacking", "Cough"), ("spots", "Rash"), ("Pyrexia", "Fever"), ("Fever", "Pyrexia")} <= set(pairs)
    partners = {b for a, b in pairs if a == "red dots"}
    assert partners <= {"Rash", "spots", "rash"}
    assert partners
    assert not any("unknown to all" in pair for pair in pairs)


def test_no_wording_meets_itself_in_another_case_by_chance_and_no_pair_comes_twice():
    for seed in range(20):
        pairs = pairs_of([("RASH", "1"), ("Cough", "2")], NAMES, seed)
        drawn = [p for p in pairs if p[0] == "RASH"]
        assert {b for _, b in drawn} == {"spots"}
        assert not [p for p in pairs if p[0] == "Cough"]
        assert len(pairs) == len(set(pairs))


def test_pairs_of_two_concepts_never_meet_and_the_seed_decides():
    surfaces = [(f"wording {c} {i}", c) for c in "123" for i in range(9)]
    pairs = pairs_of(surfaces, NAMES, 1)
    wording_to_concept = dict(surfaces + NAMES)
    assert all(wording_to_concept[a] == wording_to_concept[b] for a, b in pairs)
    assert pairs == pairs_of(surfaces, NAMES, 1)
    assert pairs != pairs_of(surfaces, NAMES, 2)


def test_six_wordings_are_learnt(tiny_encoder, tmp_path, capsys):
    names = [
        ("Dry mouth", "1"),
        ("Rash", "2"),
        ("Cough", "3"),
        ("Fever", "4"),
        ("Insomnia", "5"),
        ("Pain", "6"),
    ]
    said = ["sand on my tongue", "red dots", "barking", "burning up", "wide awake at 4", "ouch ouch"]
    surfaces = [(words, number) for words, (_, number) in zip(said, names, strict=True)]
    config = TrainingConfig(epochs=80, learning_rate=3e-3, batch_size=6, bf16=False)

    def answers(encoder, backend):
        network = TorchNetwork(SurfaceEncoder(encoder))
        embedder = Embedder(Tokenizer(backend, 24), network, "tiny")
        index = ConceptIndex.build(names, embedder, "f")
        return [found[0][0] for found in index.search(embedder(said), 1)]

    before, after = (
        answers(*load_pretrained(str(tiny_encoder))),
        answers(*train_biencoder(str(tiny_encoder), pairs_of(surfaces, names, 0), 24, config, tmp_path)),
    )
    assert capsys.readouterr().out == ""  # stdout is for data
    assert after == [number for _, number in names]
    assert np.mean([a == b for a, b in zip(before, after, strict=True)]) < 0.9
