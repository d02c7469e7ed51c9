"""A gate or tagger that goes on from where another part's encoder stopped."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is not installed")
pytest.importorskip("transformers", reason="training is not installed")

from adetk.bundle import TOKENIZER, TORCH  # noqa: E402
from adetk.encoder import Tokenizer, pad  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.extract.network import PieceTagger  # noqa: E402
from adetk.networks import load_pretrained, resolve_encoder, save_network  # noqa: E402
from adetk.pretrain import PretrainConfig, pretrain  # noqa: E402


@pytest.fixture(params=["tiny_encoder", "tiny_roberta"])
def trained(request):
    """A tagger whose encoder is no longer as it was pretrained."""
    encoder, backend = load_pretrained(str(request.getfixturevalue(request.param)))
    torch.manual_seed(5)
    with torch.no_grad():
        for weights in encoder.parameters():
            weights.add_(torch.randn_like(weights) * 0.1)
    return PieceTagger(encoder, n_tags=5, n_dictionaries=2), Tokenizer(backend, 24)


@pytest.fixture
def part(trained, tmp_path):
    network, tokenizer = trained
    save_network(network, tmp_path / "part" / TORCH)
    tokenizer.save(tmp_path / "part" / TOKENIZER)
    return tmp_path / "part"


def test_the_encoder_of_a_part_has_the_weights_that_it_was_trained_to(trained, part, posts):
    network, tokenizer = trained
    encoder, backend = load_pretrained(str(part))
    again = Tokenizer(backend, 24)
    texts = [post.text for post in posts[:6]]
    assert again.windows(texts) == tokenizer.windows(texts)
    batch = pad([ws[0] for ws in again.windows(texts)], again.pad_id)
    ids, mask = torch.from_numpy(batch.input_ids), torch.from_numpy(batch.attention_mask)
    with torch.inference_mode():
        other = PieceTagger(
            encoder, n_tags=3, n_dictionaries=0
        ).eval()  # another head: other tags, no dictionary
        np.testing.assert_array_equal(other.hidden(ids, mask), network.eval().hidden(ids, mask))


def test_a_longer_window_than_the_parts_is_no_obstacle(part, posts):
    _, backend = load_pretrained(str(part))
    text = " ".join(post.text for post in posts)
    assert {len(w.ids) for w in Tokenizer(backend, 60).windows([text])[0][:-1]} == {60}


def test_a_part_that_is_not_whole_is_one_line(part):
    (part / TORCH / "model.safetensors").unlink()
    with pytest.raises(AdetkError, match="train or copy the part again") as caught:
        load_pretrained(str(part))
    assert "\n" not in str(caught.value)


def test_linkers_and_pretraining_want_an_encoder(part, tmp_path):
    with pytest.raises(AdetkError, match="is a trained part, from which gates and taggers may start"):
        resolve_encoder(str(part))
    with pytest.raises(AdetkError, match="is a trained part"):
        pretrain(str(part), ["so sick"], tmp_path / "out", PretrainConfig())
