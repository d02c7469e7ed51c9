"""Opens a part's ONNX graph: with OpenVINO where that is installed (`pip install 'adetk[fast]'`), else ONNX Runtime.

Both read the same file and compute in its int8, but for OpenVINO on processors that multiply matrices in 16-bit floats
(Intel's AMX, Arm), where the graph has no ranges of activations (`adetk.quantization`). Scores of the two differ in the
third decimal, so a run says which one it was; `scripts/bench_speed.py` compares their speed.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adetk import openvino_graphs
from adetk.encoder import Graph, Run
from adetk.errors import AdetkError

RUNTIME_VARIABLE = "ADETK_RUNTIME"
THREADS_VARIABLE = "OMP_NUM_THREADS"
OPENVINO, ONNXRUNTIME = "openvino", "onnxruntime"


def installed_runtimes() -> list[str]:
    """The runtimes that are installed, the faster one first."""
    return [name for name in (OPENVINO, ONNXRUNTIME) if importlib.util.find_spec(name) is not None]


def runtime_name(asked: str | None = None) -> str:
    """What graphs are opened with: what is asked for, else what `$ADETK_RUNTIME` names, else the first installed one.

    Raises:
        AdetkError: neither runtime is meant, or one that is not installed.
    """
    name = asked or os.environ.get(RUNTIME_VARIABLE) or next(iter(installed_runtimes()), ONNXRUNTIME)
    where = "the runtime" if asked else f"${RUNTIME_VARIABLE}"
    if name not in (OPENVINO, ONNXRUNTIME):
        raise AdetkError(f"{where} is {name!r}; expected {OPENVINO} or {ONNXRUNTIME}, or unset it")
    if name == OPENVINO and name not in installed_runtimes():
        raise AdetkError(f"{where} is {OPENVINO}, which is not installed: pip install 'adetk[fast]'")
    return name


def runtime_fingerprint() -> str:
    """The runtime and, of OpenVINO, what it computes in here: runs under the same one give the same."""
    if runtime_name() == ONNXRUNTIME:
        return ONNXRUNTIME
    return f"{OPENVINO}, {'short floats' if openvino_graphs.has_short_floats() else 'int8'}"


def open_graph(path: Path, workers: int = 0, runtime: str | None = None) -> Graph:
    """Open a graph.

    Args:
        path: an ONNX file that `adetk train` wrote.
        workers: batches that run side by side, each on one core; 0 = as many as there are cores.
        runtime: `openvino` or `onnxruntime`; None = `runtime_name`.

    Raises:
        AdetkError: the file is missing, or is not a graph that the runtime can load; see also `runtime_name`.
    """
    if not path.is_file():
        raise AdetkError(f"{path}: no model there; expected an ONNX file, written by `adetk train`")
    name, workers = runtime_name(runtime), workers or cores()
    try:
        if name == OPENVINO:
            is_row_wise = openvino_graphs.has_short_floats()
            multiple = openvino_graphs.MULTIPLE if is_row_wise else openvino_graphs.MULTIPLE_IN_FLOATS
            return Graph(*openvino_graphs.opened(path, workers), workers, multiple, is_row_wise)
        return Graph(*_in_onnxruntime(path), workers)
    except ImportError as error:
        raise AdetkError(
            f"{name} is installed and cannot be imported ({error}); install it again, or name the other runtime in "
            f"${RUNTIME_VARIABLE}"
        ) from error
    except Exception as error:  # neither runtime has a class of its own for what it cannot read
        reason = " ".join(str(error).split())[:200]
        raise AdetkError(f"{path}: {name} cannot load it ({reason}); export it again") from error


def cores() -> int:
    """Processor cores that this process may use: no more than `$OMP_NUM_THREADS`, which also binds other libraries."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get(THREADS_VARIABLE, "")
    return max(1, min(free, int(asked))) if asked.isdecimal() else free


def _in_onnxruntime(path: Path) -> tuple[Run, set[str]]:
    import onnxruntime  # 0.2 s: not before a network is wanted

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])

    def run(feeds: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = session.run(None, feeds)[0]
        return output

    return run, {i.name for i in session.get_inputs()}
