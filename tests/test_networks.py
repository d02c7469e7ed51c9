import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("transformers", reason="training is not installed")
pytest.importorskip("onnx", reason="training is not installed")

from adetk.classify.network import CosineHead, PostClassifier  # noqa: E402
from adetk.encoder import Tokenizer, pad, run_windows  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.extract.network import FARTHEST, PairTagger, PieceTagger  # noqa: E402
from adetk.networks import (  # noqa: E402
    TorchNetwork,
    empty_encoder,
    export_onnx,
    load_pretrained,
    load_weights,
    resolve_encoder,
    save_network,
)
from adetk.normalize.network import SurfaceEncoder  # noqa: E402
from adetk.runtime import open_graph  # noqa: E402


@pytest.fixture(params=["tiny_encoder", "tiny_roberta"])
def loaded(request):
    torch.manual_seed(1)
    return load_pretrained(str(request.getfixturevalue(request.param)))


@pytest.fixture
def windows(loaded, posts):
    tokenizer = Tokenizer(loaded[1], 40)
    return tokenizer.pad_id, [w for ws in tokenizer.windows([p.text for p in posts]) for w in ws]


@pytest.mark.parametrize(
    ("make", "axes"),
    [
        (PostClassifier, ("batch",)),
        (lambda encoder: PostClassifier(encoder, cosine_scale=30.0), ("batch",)),
        (lambda encoder: PieceTagger(encoder, n_tags=5, n_dictionaries=0), ("batch", "length")),
        (lambda encoder: PairTagger(encoder, n_relations=4, n_dictionaries=0), ("batch", "length", "length")),
        (SurfaceEncoder, ("batch",)),
    ],
)
def test_an_exported_graph_is_close_to_torch_and_blind_to_the_batch(loaded, windows, make, axes, tmp_path):
    network = make(loaded[0])
    pad_id, rows = windows
    export_onnx(network, pad(rows[:2], pad_id), tmp_path / "model.onnx", axes)
    graph = open_graph(tmp_path / "model.onnx", workers=1)
    together = run_windows(graph, rows, pad_id, batch_size=16)
    alone = run_windows(graph, rows, pad_id, batch_size=1)
    exact = run_windows(TorchNetwork(network), rows, pad_id)
    for row, both, one, true in zip(rows, together, alone, exact, strict=True):
        counted = (slice(0, len(row.ids)),) * axes.count("length")
        assert np.abs(both[counted] - one[counted]).max() < 1e-5
        assert np.abs(both[counted] - true[counted]).max() < 0.15 * max(
            1.0, np.abs(true).max()
        )  # int8, bfloat16


@pytest.mark.parametrize("kind", [PieceTagger, PairTagger])
@pytest.mark.parametrize("dictionaries", [1, 2])
def test_a_tagger_with_dictionaries_exports_their_input(loaded, windows, dictionaries, kind, tmp_path):
    from dataclasses import replace

    network = kind(loaded[0], 3, dictionaries)
    pad_id, rows = windows
    draw = np.random.default_rng(0)
    tagged = [replace(r, tags=draw.integers(0, 3, (len(r.ids), dictionaries))) for r in rows]
    axes = ("batch", "length", "length")[: 3 if kind is PairTagger else 2]
    export_onnx(network, pad(tagged[:2], pad_id), tmp_path / "model.onnx", axes)
    graph = open_graph(tmp_path / "model.onnx", workers=1)
    outputs = (run_windows(n, tagged, pad_id, batch_size=1) for n in (graph, TorchNetwork(network)))
    for row, served, true in zip(tagged, *outputs, strict=True):
        counted = (slice(0, len(row.ids)),) * (len(axes) - 1)
        assert np.abs(served[counted] - true[counted]).max() < 0.1 * np.abs(true[counted]).max()
    outside = [replace(r, tags=np.zeros_like(r.tags)) for r in tagged]
    assert np.abs(run_windows(graph, outside, pad_id)[0] - run_windows(graph, tagged, pad_id)[0]).max() > 0.1


def test_a_pair_of_pieces_sees_which_comes_first_and_how_far_it_is(loaded, windows):
    network = PairTagger(loaded[0], n_relations=3, n_dictionaries=0)
    pad_id, rows = windows
    longest = max(rows, key=lambda row: len(row.ids))
    (logits,) = TorchNetwork(network)(pad([longest], pad_id))
    assert logits.shape == (len(longest.ids), len(longest.ids), 3)
    assert np.abs(logits - logits.transpose(1, 0, 2)).max() > 1e-3
    before = logits[2, 9].copy()
    with torch.no_grad():
        network.distance.weight[FARTHEST + 7] += 5
    (after,) = TorchNetwork(network)(pad([longest], pad_id))
    assert np.abs(after[2, 9] - before).max() > 1e-2
    np.testing.assert_allclose(
        after[2, 2], logits[2, 2], atol=1e-6
    )  # more than three away from any such pair


def test_torch_gives_the_same_for_a_window_whatever_is_beside_it(loaded, windows):
    network = TorchNetwork(PostClassifier(loaded[0]))
    pad_id, rows = windows
    together = np.stack(run_windows(network, rows, pad_id, batch_size=64))
    alone = np.stack(run_windows(network, rows, pad_id, batch_size=1))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_torch_network_leaves_the_training_mode_as_it_was(loaded, windows):
    network = PostClassifier(loaded[0]).train()
    first, second = (TorchNetwork(network)(pad(windows[1][:3], windows[0])) for _ in range(2))
    np.testing.assert_array_equal(first, second)  # no dropout
    assert network.training


def test_a_saved_network_comes_back_bit_for_bit(loaded, windows, tmp_path):
    network = PostClassifier(loaded[0])
    save_network(network, tmp_path)
    again = PostClassifier(empty_encoder(tmp_path))
    load_weights(again, tmp_path)
    batch = pad(windows[1][:5], windows[0])
    np.testing.assert_array_equal(TorchNetwork(again)(batch), TorchNetwork(network)(batch))


def test_the_cosine_head_gives_scaled_cosines():
    head = CosineHead(width=2, classes=2, scale=30.0)
    head.weight.data = torch.tensor([[2.0, 0.0], [0.0, 0.5]])
    logits = head(torch.tensor([[3.0, 4.0]]))
    np.testing.assert_allclose(logits.detach().numpy(), [[18.0, 24.0]], rtol=1e-6)


def test_surface_vectors_have_unit_length_and_ignore_padding(loaded, windows):
    network = TorchNetwork(SurfaceEncoder(loaded[0]))
    vectors = np.stack(run_windows(network, windows[1], windows[0]))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_an_encoder_is_found_by_folder_or_by_name(tiny_encoder, monkeypatch):
    assert resolve_encoder(str(tiny_encoder)) == str(tiny_encoder)
    monkeypatch.setenv("ADETK_ENCODERS", str(tiny_encoder.parent))
    assert resolve_encoder("tiny-bert") == str(tiny_encoder.parent / "tiny-bert")
    assert resolve_encoder("owner/model") == "owner/model"


def test_an_encoder_that_is_nowhere_is_one_line(tmp_path):
    with pytest.raises(
        AdetkError, match=r"encoder 'no-such-encoder': not a folder.*put the encoder"
    ) as caught:
        load_pretrained("no-such-encoder")
    assert "\n" not in str(caught.value)
