import importlib.util
import sys
import threading

import numpy as np
import pytest

pytest.importorskip("torch", reason="the graphs are made here")

from adetk.encoder import Graph, Tokenizer, Window, pad, run_windows
from adetk.errors import AdetkError
from adetk.extract.network import PieceTagger
from adetk.networks import TorchNetwork, export_onnx, load_pretrained
from adetk.runtime import (
    ONNXRUNTIME,
    OPENVINO,
    RUNTIME_VARIABLE,
    open_graph,
    runtime_fingerprint,
    runtime_name,
)

HAS_OPENVINO = importlib.util.find_spec(OPENVINO) is not None
RUNTIMES = [
    ONNXRUNTIME,
    pytest.param(
        OPENVINO,
        marks=pytest.mark.skipif(not HAS_OPENVINO, reason="openvino is not installed: pip install '.[fast]'"),
    ),
]


@pytest.fixture(params=RUNTIMES)
def runtime(request, monkeypatch):
    monkeypatch.setenv(RUNTIME_VARIABLE, request.param)
    return request.param


@pytest.fixture(scope="module")
def exported(tiny_encoder, tmp_path_factory):
    """A tagger, its graph, and windows of different lengths."""
    encoder, backend = load_pretrained(str(tiny_encoder))
    tokenizer = Tokenizer(backend, 24)
    texts = ["sick", "so dizzy after it", "ok " * 9, "could not sleep at all last night", "x"] * 20
    windows = [ways[0] for ways in tokenizer.windows(texts)]
    network = PieceTagger(encoder, n_tags=3, n_dictionaries=0)
    path = tmp_path_factory.mktemp("graph") / "model.onnx"
    export_onnx(network, pad(windows[:2], tokenizer.pad_id), path, ("batch", "length"))
    return TorchNetwork(network), path, windows, tokenizer.pad_id


def test_each_runtime_is_close_to_torch(exported, runtime):
    network, path, windows, pad_id = exported
    true = run_windows(network, windows, pad_id)
    served = run_windows(open_graph(path), windows, pad_id)
    for window, one, other in zip(windows, true, served, strict=True):
        n = len(window.ids)
        assert np.abs(one - other)[:n].max() < 0.1 * max(1.0, np.abs(one[:n]).max())


def test_workers_and_batches_change_nothing(exported, runtime):
    _, path, windows, pad_id = exported
    alone = run_windows(open_graph(path, workers=1), windows, pad_id, batch_size=1)
    together = run_windows(open_graph(path, workers=3), windows, pad_id, batch_size=8)
    for window, one, other in zip(windows, alone, together, strict=True):
        n = len(window.ids)
        assert np.abs(one[:n] - other[:n]).max() < 1e-5


@pytest.mark.parametrize(("short_floats", "expected"), [(True, (16, True)), (False, (4, False))])
def test_rows_are_padded_by_what_they_are_computed_in(exported, runtime, monkeypatch, short_floats, expected):
    monkeypatch.setattr("adetk.openvino_graphs.has_short_floats", lambda: short_floats)
    graph = open_graph(exported[1])
    assert (graph.multiple, graph.is_row_wise) == (expected if runtime == OPENVINO else (1, False))


def test_a_graph_that_is_absent_or_broken_is_one_line(tmp_path, runtime):
    with pytest.raises(AdetkError, match="no model there"):
        open_graph(tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(AdetkError, match=f"{runtime} cannot load it") as caught:
        open_graph(tmp_path / "model.onnx")
    assert "\n" not in str(caught.value)


def test_the_runtime_is_openvino_where_it_is_installed_unless_another_is_named(monkeypatch):
    monkeypatch.delenv(RUNTIME_VARIABLE, raising=False)
    assert runtime_name() == (OPENVINO if HAS_OPENVINO else ONNXRUNTIME)
    monkeypatch.setenv(RUNTIME_VARIABLE, ONNXRUNTIME)
    assert runtime_name() == ONNXRUNTIME
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv(RUNTIME_VARIABLE)
    assert runtime_name() == ONNXRUNTIME
    monkeypatch.setenv(RUNTIME_VARIABLE, OPENVINO)
    with pytest.raises(AdetkError, match=r"not installed: pip install 'adetk\[fast\]'"):
        runtime_name()
    monkeypatch.setenv(RUNTIME_VARIABLE, "abacus")
    with pytest.raises(AdetkError, match="'abacus'; expected openvino or onnxruntime"):
        runtime_name()


def test_a_runtime_that_does_not_exist_is_refused_by_name(exported):
    with pytest.raises(AdetkError, match="the runtime is 'onnx'; expected openvino or onnxruntime"):
        open_graph(exported[1], runtime="onnx")


def test_a_runtime_that_cannot_be_imported_is_said_to_be_that(exported, runtime, monkeypatch):
    broken = {OPENVINO: "openvino.passes", ONNXRUNTIME: "onnxruntime"}[runtime]
    monkeypatch.setitem(sys.modules, broken, None)
    with pytest.raises(AdetkError, match=f"{runtime} is installed and cannot be imported"):
        open_graph(exported[1])


def test_runs_are_told_apart_by_what_computes(monkeypatch):
    monkeypatch.setenv(RUNTIME_VARIABLE, ONNXRUNTIME)
    assert runtime_fingerprint() == ONNXRUNTIME
    if HAS_OPENVINO:
        monkeypatch.setenv(RUNTIME_VARIABLE, OPENVINO)
        assert runtime_fingerprint() in ("openvino, short floats", "openvino, int8")


def test_a_graph_runs_batches_side_by_side_and_keeps_their_order():
    both = threading.Barrier(2, timeout=10)

    def run(feeds):
        both.wait()  # passes only when two batches are under way at once
        return feeds["input_ids"].sum(1, keepdims=True).astype(np.float32)

    windows = [Window([n], [(0, 0)], [None]) for n in (3, 1, 4, 2)]
    outputs = run_windows(Graph(run, {"input_ids"}, workers=2), windows, 0, batch_size=1)
    assert [float(out[0]) for out in outputs] == [3, 1, 4, 2]
