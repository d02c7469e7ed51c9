import os

import numpy as np
import pytest

pytest.importorskip("torch", reason="the graphs are made here")
pytest.importorskip("openvino", reason="openvino is not installed: pip install '.[fast]'")

from adetk import openvino_graphs
from adetk.classify.network import PostClassifier
from adetk.encoder import Tokenizer, pad
from adetk.networks import export_onnx, load_pretrained
from adetk.openvino_graphs import opened


@pytest.fixture(scope="module")
def exported(tiny_encoder, tmp_path_factory):
    """A gate's graph and a batch for it."""
    encoder, backend = load_pretrained(str(tiny_encoder))
    tokenizer = Tokenizer(backend, 24)
    windows = [ways[0] for ways in tokenizer.windows(["sick", "could not sleep at all last night"])]
    batch = pad(windows, tokenizer.pad_id, openvino_graphs.MULTIPLE)
    path = tmp_path_factory.mktemp("graph") / "model.onnx"
    export_onnx(PostClassifier(encoder), batch, path, ("batch",))
    return path, batch.feeds()


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Where compiled graphs are kept: all sizes, two of them."""
    monkeypatch.setenv("ADETK_CACHE", str(tmp_path))
    monkeypatch.setattr(openvino_graphs, "_WORTH_KEEPING", 0)
    monkeypatch.setattr(openvino_graphs, "_MOST_KEPT", 2)
    return tmp_path / "openvino"


def test_a_kept_graph_says_the_same_to_the_bit_and_is_not_compiled_again(exported, kept, monkeypatch):
    path, feeds = exported
    with monkeypatch.context() as without:
        without.setattr(openvino_graphs, "_WORTH_KEEPING", 2**40)
        compiled, inputs = opened(path, 1)
    assert not kept.exists()
    first, _ = opened(path, 1)
    assert len(list(kept.iterdir())) == 1
    monkeypatch.setattr(openvino_graphs._Graph, "_compiled", lambda self: pytest.fail("compiled again"))
    again, names = opened(path, 1)
    assert names == inputs == {"input_ids", "attention_mask"}
    expected = compiled(feeds)
    assert expected.shape == (2, 2)
    for run in (first, again):
        np.testing.assert_array_equal(run(feeds), expected)


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b"no graph", lambda b: b[: len(b) // 2]])
def test_a_damaged_kept_graph_is_made_again(exported, kept, damage):
    path, feeds = exported
    expected = opened(path, 1)[0](feeds)
    (file,) = kept.iterdir()
    whole = file.stat().st_size
    file.write_bytes(damage(file.read_bytes()))
    np.testing.assert_array_equal(opened(path, 1)[0](feeds), expected)
    assert abs(file.stat().st_size - whole) < 0.01 * whole


def test_the_least_recently_used_graph_goes(exported, kept):
    path, _ = exported
    others = [kept / name for name in ("old", "older")]
    kept.mkdir()
    for age, other in enumerate(others, 1):
        other.write_bytes(b"another graph")
        os.utime(other, (1e9 - age, 1e9 - age))
    opened(path, 1)
    assert others[0].exists()
    assert not others[1].exists()
    assert len(list(kept.iterdir())) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(exported, monkeypatch, tmp_path):
    path, feeds = exported
    monkeypatch.setattr(openvino_graphs, "_WORTH_KEEPING", 0)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ADETK_CACHE", str(tmp_path / "file"))
    assert opened(path, 1)[0](feeds).shape == (2, 2)


def test_copies_work_side_by_side(exported, kept, monkeypatch):
    path, feeds = exported
    monkeypatch.setattr(openvino_graphs, "_PATIENCE_SECONDS", 0.01)
    graph, _ = opened(path, 2)
    held = graph._taken()
    np.testing.assert_array_equal(graph(feeds), held.infer(feeds)[0])


def test_a_graph_with_ranges_is_not_folded_into_floats(tiny_encoder, monkeypatch, tmp_path):
    pytest.importorskip("nncf", reason="training is not installed")
    encoder, backend = load_pretrained(str(tiny_encoder))
    tokenizer = Tokenizer(backend, 24)
    windows = [ways[0] for ways in tokenizer.windows(["sick", "could not sleep at all last night"])]
    batch = pad(windows, tokenizer.pad_id, openvino_graphs.MULTIPLE)
    folded = []
    from openvino.passes import Manager

    class Noting(Manager):
        def run_passes(self, model):
            folded.append(model)
            super().run_passes(model)

    monkeypatch.setattr("openvino.passes.Manager", Noting)
    monkeypatch.setattr(openvino_graphs, "_has_short_floats", lambda core: True)
    outputs = []
    for name, examples in (("dynamic", ()), ("static", [pad([w], tokenizer.pad_id) for w in windows])):
        export_onnx(PostClassifier(encoder).eval(), batch, tmp_path / f"{name}.onnx", ("batch",), examples)
        run, _ = opened(tmp_path / f"{name}.onnx", 1)
        outputs.append(run(batch.feeds()))
    assert len(folded) == 1
    assert outputs[0].shape == outputs[1].shape == (2, 2)
