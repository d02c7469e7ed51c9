"""An ONNX graph of 32-bit floats to one of int8, as it is served. Training only.

Embeddings are int8. For the products of matrices there are two ways:

- **dynamic**: weights in blocks of 64 with a scale each; activations are quantised row by row at run time. (ONNX
  Runtime's `quantize_dynamic` takes one scale for the activations of a whole batch: a post's score then depends on the
  posts beside it, and lies twice as far from torch's.)
- **static**: activations by the ranges that they had over some windows of the training posts, which makes a gate a
  third faster; weights a scale per output, in seven bits, since processors without VNNI overflow with eight. What
  activations range widest is moved into the weights first (SmoothQuant, Xiao et al. 2023); NNCF does both.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper

from adetk.encoder import Batch
from adetk.errors import AdetkError

BLOCK = 64
"""Weights that share a scale, where activations are quantised row by row."""
_SMOOTHING = 0.95
"""How much of the range of activations goes into the weights, 0 to 1; NNCF's own for transformers."""
_BLOCKS = "MatMulNBits"
_MIDDLE = 128
"""Stands for a weight of 0 in blocks: they are unsigned."""


def quantize_dynamic(whole: Path, path: Path) -> None:
    """Write a graph whose activations are quantised row by row at run time.

    Args:
        whole: a graph of 32-bit floats.
        path: the file to write.
    """
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    # accuracy level 4 computes in int8
    quantizer = MatMulNBitsQuantizer(
        _embedded(whole), block_size=BLOCK, is_symmetric=True, accuracy_level=4, bits=8
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(path), False)


def quantize_static(whole: Path, path: Path, examples: Sequence[Batch]) -> None:
    """Write a graph whose activations are quantised by the ranges that they take over examples.

    Args:
        whole: a graph of 32-bit floats; its embeddings may be int8 already.
        path: the file to write.
        examples: batches without padding, some hundred.
    """
    os.environ.setdefault("NNCF_CI", "1")  # else NNCF tells its makers that it was used
    import nncf
    from nncf.quantization.advanced_parameters import (
        AdvancedQuantizationParameters,
        AdvancedSmoothQuantParameters,
        OverflowFix,
    )

    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = _embedded(whole)
    names = {i.name for i in model.graph.input}
    feeds = [{name: values for name, values in batch.feeds().items() if name in names} for batch in examples]
    with redirect_stdout(sys.stderr):  # where NNCF would draw its bars, scores are printed
        quantized = nncf.quantize(
            model,
            nncf.Dataset(feeds),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(feeds),
            advanced_parameters=AdvancedQuantizationParameters(
                overflow_fix=OverflowFix.ENABLE,
                smooth_quant_alphas=AdvancedSmoothQuantParameters(matmul=_SMOOTHING),
            ),
        )
    onnx.save(quantized, path)


def restore_floats(path: Path, whole: Path) -> None:
    """Write a graph with its weights in blocks as 32-bit floats again, for a part whose float weights are gone.

    Args:
        path: a graph that `quantize_dynamic` wrote.
        whole: the file to write.

    Raises:
        AdetkError: another graph.
    """
    model = onnx.load(path)
    name_to_array = {i.name: i for i in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type != _BLOCKS:
            nodes.append(node)
            continue
        of_node, blocks, scales = node.input[:3]
        weights = _weights(node, *(numpy_helper.to_array(name_to_array[name]) for name in (blocks, scales)))
        model.graph.initializer.append(numpy_helper.from_array(weights, f"{blocks}_float"))
        nodes.append(helper.make_node("MatMul", [of_node, f"{blocks}_float"], node.output, node.name))
    if all(node.op_type != _BLOCKS for node in model.graph.node):
        raise AdetkError(
            f"{path}: not a graph whose activations are quantised row by row; expected one with weights in blocks, "
            "train the part again"
        )
    used = {name for node in nodes for name in node.input}
    kept = [i for i in model.graph.initializer if i.name in used]
    for field, items in ((model.graph.node, nodes), (model.graph.initializer, kept)):
        del field[:]
        field.extend(items)
    onnx.save(model, whole)


def _weights(node: NodeProto, blocks: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Weights (inputs, outputs) of a node; blocks (outputs, blocks, size), the last one filled up."""
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    outputs, inputs = attributes["N"], attributes["K"]
    weights = (blocks.astype(np.float32) - _MIDDLE) * scales.reshape(outputs, -1, 1)
    return np.ascontiguousarray(weights.reshape(outputs, -1)[:, :inputs].T)


def _embedded(whole: Path) -> ModelProto:
    """The graph with int8 embeddings; those that are int8 stay as they are."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder:
        embedded = Path(folder) / "embedded.onnx"
        quantize_dynamic(
            str(whole),
            str(embedded),
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Gather"],
        )
        return onnx.load(embedded)
