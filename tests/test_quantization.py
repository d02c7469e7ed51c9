import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")
onnx = pytest.importorskip("onnx", reason="training is not installed")
pytest.importorskip("nncf", reason="training is not installed")

from onnx import numpy_helper  # noqa: E402

from adetk.classify.network import PostClassifier  # noqa: E402
from adetk.encoder import Tokenizer, pad, run_windows  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.networks import TorchNetwork, export_onnx, load_pretrained  # noqa: E402
from adetk.quantization import quantize_static, restore_floats  # noqa: E402
from adetk.runtime import installed_runtimes, open_graph  # noqa: E402


@pytest.fixture(scope="module")
def exported(tiny_encoder, posts, tmp_path_factory):
    """A network, windows for it, and its graph quantised in either way."""
    torch.manual_seed(1)
    encoder, backend = load_pretrained(str(tiny_encoder))
    network, tokenizer = PostClassifier(encoder), Tokenizer(backend, 40)
    windows = [w for ws in tokenizer.windows([p.text for p in posts]) for w in ws]
    folder = tmp_path_factory.mktemp("graphs")
    examples = [pad([window], tokenizer.pad_id) for window in windows]
    for name, given in (("dynamic", ()), ("static", examples)):
        export_onnx(network, pad(windows[:2], tokenizer.pad_id), folder / f"{name}.onnx", ("batch",), given)
    return network, windows, examples, folder


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_a_graph_with_ranges_is_close_to_torch_and_blind_to_the_batch(exported, runtime):
    network, windows, _, folder = exported
    graph = open_graph(folder / "static.onnx", 1, runtime)
    together, alone, exact = (
        np.stack(run_windows(n, windows, 0, size))
        for n, size in ((graph, 16), (graph, 1), (TorchNetwork(network), 16))
    )
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.abs(together - exact).max() < 0.2 * max(1.0, np.abs(exact).max())
    assert np.corrcoef(together[:, 1] - together[:, 0], exact[:, 1] - exact[:, 0])[0, 1] > 0.95


def test_its_weights_are_int8_in_seven_bits(exported):
    *_, folder = exported
    model = onnx.load(folder / "static.onnx")
    types = {node.op_type for node in model.graph.node}
    assert "QuantizeLinear" in types
    assert "MatMulNBits" not in types
    name_to_array = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    products = {name for node in model.graph.node if node.op_type == "MatMul" for name in node.input}
    dequantized = {node.output[0]: node.input[0] for node in model.graph.node if "Dequantize" in node.op_type}
    weights = [name_to_array[w] for p, w in dequantized.items() if p in products and w in name_to_array]
    assert len(weights) >= 6 * 2  # of each of the two layers
    for weight in weights:
        assert weight.dtype == np.int8
        assert np.abs(weight.astype(int)).max() <= 64


def test_floats_are_restored_from_blocks_and_can_be_quantised_again(exported, tmp_path):
    network, windows, examples, folder = exported
    restore_floats(folder / "dynamic.onnx", tmp_path / "float.onnx")
    quantize_static(tmp_path / "float.onnx", tmp_path / "again.onnx", examples)
    exact = np.stack(run_windows(TorchNetwork(network), windows, 0))
    for name, tolerance in (("float", 0.05), ("again", 0.2)):
        graph = open_graph(tmp_path / f"{name}.onnx", 1, "onnxruntime")
        found = np.stack(run_windows(graph, windows, 0))
        assert np.abs(found - exact).max() < tolerance * max(1.0, np.abs(exact).max())


def test_a_graph_without_blocks_is_refused(exported, tmp_path):
    *_, folder = exported
    with pytest.raises(AdetkError, match=r"static\.onnx: not a graph whose .* row by row; .* train the part"):
        restore_floats(folder / "static.onnx", tmp_path / "float.onnx")


def test_quantising_says_nothing_on_stdout(exported, tmp_path, capfd):
    _, _, examples, folder = exported
    restore_floats(folder / "dynamic.onnx", tmp_path / "float.onnx")
    quantize_static(tmp_path / "float.onnx", tmp_path / "again.onnx", examples)
    assert capfd.readouterr().out == ""
