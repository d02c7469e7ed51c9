"""Torch networks around any pretrained encoder: load, keep, export. Training only; serving never comes here."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer as Backend
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel

from adetk.bundle import TOKENIZER, TORCH
from adetk.encoder import Batch
from adetk.errors import AdetkError
from adetk.quantization import quantize_dynamic, quantize_static

ENCODERS_VARIABLE = "ADETK_ENCODERS"
WEIGHTS = "model.safetensors"
_OWN = "encoder."
"""How the names of the encoder's own weights begin among those of an `EncoderNetwork`."""


class EncoderNetwork(nn.Module):
    """A network with an `encoder`; `forward` takes `Batch.feeds()` as tensors and gives one tensor."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder

    @property
    def width(self) -> int:
        """Size of the encoder's hidden state."""
        return int(self.encoder.config.hidden_size)

    def hidden(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Last hidden state, shape (n, length, width)."""
        hidden: Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return hidden

    def pooled(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Mean of the hidden states that are no padding, shape (n, width)."""
        return mean_of(self.hidden(input_ids, attention_mask), attention_mask)


def mean_of(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean over the pieces that are no padding: (n, length, width) -> (n, width)."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1)


def resolve_encoder(name: str) -> str:
    """Where an encoder is: a folder, a name under `$ADETK_ENCODERS` or `encoders/`, else a hub id as it is.

    Raises:
        AdetkError: the folder is a part's, which only `load_pretrained` opens.
    """
    if _is_part(Path(name)):
        raise AdetkError(
            f"encoder {name!r}: is a trained part, from which gates and taggers may start; expected an encoder"
        )
    folders = [Path(name), Path(os.environ.get(ENCODERS_VARIABLE, "encoders")) / name]
    return next((str(folder) for folder in folders if (folder / "config.json").is_file()), name)


def load_pretrained(name: str) -> tuple[PreTrainedModel, Backend]:
    """Load an encoder and its tokenizer from a folder, out of a trained part (its head stays behind), or by hub id.

    Raises:
        AdetkError: when there is no such folder and the hub does not give it, its tokenizer has no fast form, or
            the part is not whole.
    """
    if _is_part(Path(name)):
        return _encoder_of_part(Path(name))
    where = resolve_encoder(name)
    try:
        # eager attention: the form that exports to ONNX with free batch and length
        encoder = AutoModel.from_pretrained(where, dtype=torch.float32, attn_implementation="eager")
        tokenizer = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError) as error:
        raise AdetkError(
            f"encoder {name!r}: not a folder with config.json here or under ${ENCODERS_VARIABLE}, and the hub did "
            f"not give it; put the encoder into a folder and name that ({str(error).splitlines()[0]})"
        ) from error
    if not tokenizer.is_fast:
        raise AdetkError(
            f"encoder {name!r}: its tokenizer has no fast form; convert it to a tokenizer.json first"
        )
    return encoder, tokenizer.backend_tokenizer


def _is_part(folder: Path) -> bool:
    return (folder / TORCH / "config.json").is_file()


def _encoder_of_part(part: Path) -> tuple[PreTrainedModel, Backend]:
    try:
        encoder = empty_encoder(part / TORCH)
        name_to_weights = load_file(str(part / TORCH / WEIGHTS))
        own = {k.removeprefix(_OWN): v for k, v in name_to_weights.items() if k.startswith(_OWN)}
        encoder.load_state_dict(own)
        return encoder, Backend.from_file(str(part / TOKENIZER))
    except Exception as error:  # safetensors' and tokenizers' own share no class that has a name
        reason = " ".join(str(error).split())[:200]
        raise AdetkError(
            f"encoder {str(part)!r}: its weights or its tokenizer cannot be read ({reason}); "
            "train or copy the part again"
        ) from error


def save_network(network: EncoderNetwork, folder: Path) -> None:
    """Write the encoder's config and all weights into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    network.encoder.config.save_pretrained(folder)
    save_file(
        {k: v.contiguous() for k, v in network.state_dict().items()},
        str(folder / WEIGHTS),
        metadata={"format": "pt"},
    )


def empty_encoder(folder: Path) -> PreTrainedModel:
    """An encoder of the kind that `save_network` described, with random weights."""
    config = AutoConfig.from_pretrained(folder)
    return AutoModel.from_config(config, attn_implementation="eager")


def load_weights(network: EncoderNetwork, folder: Path) -> None:
    """Fill `network` with the weights that `save_network` wrote."""
    network.load_state_dict(load_file(str(folder / WEIGHTS)))


class TorchNetwork:
    """A torch network as an `adetk.encoder.Network`, in evaluation mode, on the network's own device."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def __call__(self, batch: Batch) -> NDArray[np.float32]:
        """Run the network without gradients."""
        device = next(self._network.parameters()).device
        was_training = self._network.training
        self._network.eval()
        with torch.inference_mode():
            feeds = {name: torch.from_numpy(values).to(device) for name, values in batch.feeds().items()}
            output: NDArray[np.float32] = self._network(**feeds).float().cpu().numpy()
        self._network.train(was_training)
        return output


def export_onnx(
    network: nn.Module,
    sample: Batch,
    path: Path,
    output_axes: Sequence[str],
    examples: Sequence[Batch] = (),
) -> None:
    """Write `network` as an int8 ONNX graph with free batch and length.

    Args:
        network: takes the sample's feeds by name.
        sample: any batch of two windows or more.
        path: the file to write.
        output_axes: names of the output's free axes, `("batch",)` or `("batch", "length")`.
        examples: the ranges of activations are taken from them (`adetk.quantization.quantize_static`); none =
            activations are quantised row by row at run time.
    """
    feeds = sample.feeds()
    axes = {name: {0: "batch", 1: "length"} for name in feeds}
    if "structure" in axes:
        axes["structure"] = {0: "batch", 1: "drugs", 2: "rows"}
    axes["output"] = dict(enumerate(output_axes))
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecation notes
        whole = Path(folder) / "float.onnx"
        torch.onnx.export(
            network.cpu().eval(),
            tuple(torch.from_numpy(values) for values in feeds.values()),
            str(whole),
            input_names=list(feeds),
            output_names=["output"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        if examples:
            quantize_static(whole, path, examples)
        else:
            quantize_dynamic(whole, path)
