import pytest

pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("sentence_transformers", reason="training is not installed")

from adetk.encoder import Tokenizer
from adetk.networks import TorchNetwork, load_pretrained
from adetk.normalize.biencoder import NAME_TO_LOSS, pairs_of, train_biencoder
from adetk.normalize.embedder import Embedder
from adetk.normalize.index import ConceptIndex
from adetk.normalize.mining import HardNegatives
from adetk.normalize.network import SurfaceEncoder
from adetk.normalize.options import LOSSES
from adetk.recipe import TrainingConfig


class Watched(HardNegatives):
    """Keeps what it found."""

    def mine(self, pairs, embed):
        found = super().mine(pairs, embed)
        self.mined = [*getattr(self, "mined", []), found]
        return found


def test_every_loss_of_a_recipe_is_there():
    assert tuple(NAME_TO_LOSS) == LOSSES


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


@pytest.mark.parametrize(
    ("loss", "is_hard"), [("multiple_negatives", False), ("multiple_negatives", True), ("triplet", True)]
)
def test_six_wordings_are_learnt(loss, is_hard, tiny_encoder, tmp_path, capsys):
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

    before = answers(*load_pretrained(str(tiny_encoder)))
    pairs = pairs_of(surfaces, names, 0)
    negatives = Watched([*surfaces, *names], {}, {}, 0) if is_hard else None
    after = answers(*train_biencoder(str(tiny_encoder), pairs, 24, config, tmp_path, loss, negatives))
    if negatives is not None:
        assert len(negatives.mined) == 80  # sought anew each epoch
        assert negatives.mined[0] != negatives.mined[-1]
    assert capsys.readouterr().out == ""  # stdout is for data
    right_before, right_after = (
        sum(a == n for a, (_, n) in zip(x, names, strict=True)) for x in (before, after)
    )
    assert right_after >= (5 if is_hard else 6)
    assert right_after > right_before
