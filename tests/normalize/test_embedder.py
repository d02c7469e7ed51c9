import numpy as np
import pytest

from adetk.encoder import Graph, Tokenizer
from adetk.normalize import embedder as module
from adetk.normalize.embedder import Embedder


@pytest.fixture
def ran():
    return []


@pytest.fixture
def embedder(letter_pieces, ran):
    def network(batch):
        ran.append(len(batch.input_ids))
        sums = (batch.input_ids * batch.attention_mask).sum(1)
        return np.stack([np.cos(sums), np.sin(sums)], axis=1).astype(np.float32)

    return Embedder(Tokenizer(letter_pieces, 12), network, "made up")


def test_surfaces_are_embedded_in_order_once_each(embedder, ran):
    vectors = embedder(["rash", "dry mouth", "rash"])
    assert vectors.shape == (3, 2)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert sum(ran) == 2
    np.testing.assert_array_equal(embedder(["dry mouth", "rash"]), vectors[[1, 0]])
    assert sum(ran) == 2


def test_surfaces_are_cleaned_as_posts_are(embedder, ran):
    first, second = embedder(["@me_too sick &amp; tired", "@USER___ sick & tired"])
    np.testing.assert_array_equal(first, second)
    assert sum(ran) == 1


def test_a_long_surface_is_its_first_window(embedder):
    first, second = embedder(["a" * 40, "a" * 60])
    np.testing.assert_array_equal(first, second)


def test_wordings_of_an_index_need_no_network(embedder, ran):
    expected = embedder(["rash", "dry mouth"])
    embedder.know({"fever": np.array([0.6, 0.8], np.float16), "chills": np.array([1, 0], np.float16)})
    vectors = embedder(["fever", "rash", "chills", "fever", "dry mouth"])
    assert sum(ran) == 2
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[[1, 4]], expected)
    np.testing.assert_allclose(vectors[[0, 2, 3]], [[0.6, 0.8], [1, 0], [0.6, 0.8]], atol=1e-3)


def test_the_memory_of_surfaces_is_bounded(embedder, ran, monkeypatch):
    monkeypatch.setattr(module, "CACHE_SIZE", 3)
    first = embedder(["a", "b", "c"])
    mixed = embedder(["c", "d", "a"])  # does not fit beside the others: they are forgotten
    assert sum(ran) == 4
    embedder(["b"])
    assert sum(ran) == 5
    np.testing.assert_array_equal(mixed[[2, 0]], first[[0, 2]])


def test_what_is_kept_does_not_depend_on_what_was_embedded_beside_it(letter_pieces):
    def run(feeds):  # its last digit depends on the batch
        ids = feeds["input_ids"]
        return (ids.sum(1, keepdims=True) + 0.25 * len(ids)).astype(np.float32)

    def embedder(is_row_wise):
        graph = Graph(run, {"input_ids"}, 1, 16, is_row_wise)
        return Embedder(Tokenizer(letter_pieces, 12), graph, "made up")

    assert embedder(False)(["rash", "dry mouth"])[0] == embedder(False)(["rash"])[0]
    assert (
        embedder(True)(["rash", "dry mouth"])[0] != embedder(True)(["rash"])[0]
    )  # the graph says what is not so


def test_in_bulk_are_the_same_vectors_and_none_is_kept(embedder, ran):
    surfaces = ["rash", "@me_too dry mouth", "rash"]
    bulk = embedder.in_bulk(surfaces)
    assert (bulk.dtype, sum(ran)) == (np.float32, 3)
    np.testing.assert_array_equal(embedder(surfaces), bulk)
    assert sum(ran) == 5
