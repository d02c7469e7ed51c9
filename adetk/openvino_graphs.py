"""Graphs in OpenVINO: compiled once, kept in the user's cache folder, and from then on mapped into memory.

To compile a gate takes half a second; to map it takes a tenth, and all copies of it share one memory.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from io import BytesIO
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adetk.cache import cache_folder
from adetk.encoder import Run

logger = logging.getLogger(__name__)

MULTIPLE = 16
"""Of pieces, in 16-bit floats: at other lengths its sums are cut by what stands beside a row, and rounded otherwise."""
MULTIPLE_IN_FLOATS = 4
"""In 32-bit floats they are cut by the number of rows at any length: less padding then, and still few lengths."""

_SHORT_FLOATS = "FP16"
"""Processors that have it multiply matrices in 16-bit floats (Intel's AMX, Arm). Those that have bfloat16 alone, in
AVX512, are faster in int8."""
_FIRST_LOOK = Lock()
_MOST_COPIES = 4
"""Of a network. More would wait: what Python does for a batch takes a quarter of a core's time."""
_PATIENCE_SECONDS = 0.2
"""So long a batch waits for a copy that is at work, before another is made: a network that is seldom asked needs no
second one."""
_SETTINGS = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
"""One stream each: a compiled model that threads share holds them up, two of them are hardly faster than one."""
_IN_INT8 = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 64}
"""Products in int8, activations quantised in blocks as the weights are (`adetk.networks.export_onnx`); all else in
32-bit floats."""
_KEPT = "openvino"
_WORTH_KEEPING = 4 * 2**20
"""Bytes of a graph; smaller ones are compiled in no time."""
_MOST_KEPT = 8
"""Compiled graphs, some 50 MB each; the least recently used one goes."""


def opened(path: Path, workers: int) -> tuple[Run, set[str]]:
    """A graph's function, which that many threads may call at once, and the names of its inputs.

    Raises:
        RuntimeError: OpenVINO cannot read the file.
    """
    graph = _Graph(path, workers)
    return graph, graph.inputs


def has_short_floats() -> bool:
    """Whether it computes in 16-bit floats here."""
    return _has_short_floats(_openvino().Core())


class _Graph:
    """A graph on disk, its copies in memory, and where its compiled form is kept."""

    def __init__(self, path: Path, workers: int) -> None:
        self._openvino = _openvino()
        self._core = self._openvino.Core()
        self._path = path
        self._weights: list[Any] = []  # of the copies; OpenVINO does not hold them
        self._has_short_floats = _has_short_floats(self._core)
        self._settings = _SETTINGS if self._has_short_floats else _SETTINGS | _IN_INT8
        self._kept = self._place() if path.stat().st_size >= _WORTH_KEEPING else None
        first = self._copy()
        self.inputs = {i.get_any_name() for i in first.inputs}
        self._idle: LifoQueue[Any] = LifoQueue()
        self._idle.put(first.create_infer_request())
        self._spare = [self._copy] * (min(workers, _MOST_COPIES) - 1)

    def __call__(self, feeds: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        """The first output."""
        request = self._taken()
        try:
            output: NDArray[np.float32] = request.infer(feeds)[0].copy()
        finally:
            self._idle.put(request)
        return output

    def _taken(self) -> Any:
        try:
            return self._idle.get(timeout=_PATIENCE_SECONDS if self._spare else None)
        except Empty:
            try:
                return self._spare.pop()().create_infer_request()
            except IndexError:  # another thread took the last
                return self._idle.get()

    def _copy(self) -> Any:
        """One compiled model; where it can be kept, all copies share the memory of its weights."""
        if self._kept is None:
            return self._compiled()
        found = self._mapped(self._kept)
        if found is not None:
            return found
        compiled = self._compiled()
        _keep(compiled, self._kept)
        return self._mapped(self._kept) or compiled

    def _compiled(self) -> Any:
        from openvino.passes import ConstantFolding, Manager

        model = self._core.read_model(self._path)
        if self._has_short_floats and not _is_static(model):
            # the int8 weights once and for all as floats: taken apart at each call they would cost a third of the time
            passes = Manager()
            passes.register_pass(ConstantFolding())
            passes.run_passes(model)
        return self._core.compile_model(model, "CPU", self._settings)

    def _mapped(self, kept: Path) -> Any | None:
        """The compiled model of a file; None where there is none that is whole."""
        try:
            content = self._openvino.Tensor(np.memmap(kept, np.uint8, "c"), shared_memory=True)
            found = self._core.import_model(content, "CPU", self._settings)
            self._weights.append(content)
            os.utime(kept)
        except (OSError, ValueError, RuntimeError):  # ValueError: an empty file
            return None
        return found

    def _place(self) -> Path:
        """Where the compiled form is kept: by the graph, by OpenVINO's version, and by the processor."""
        made_for = [
            self._core.get_property("CPU", name) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
        ]
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(repr((self._openvino.__version__, made_for, self._settings)).encode())
        return cache_folder() / _KEPT / digest.hexdigest()[:20]


def _keep(compiled: Any, place: Path) -> None:
    """Write a compiled model whole or not at all; a cache that cannot be written costs only time."""
    content = BytesIO()
    compiled.export_model(content)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent.parent) as new:
            (Path(new) / place.name).write_bytes(content.getbuffer())
            (Path(new) / place.name).replace(place)
        by_age = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in by_age[:-_MOST_KEPT]:
            old.unlink()
    except OSError as error:  # also: another process was faster
        logger.info("%s: the compiled graph could not be kept (%s); it will be compiled again", place, error)


def _openvino() -> Any:
    """OpenVINO, once it has looked at numpy.

    Its first array must not come in two threads at once: each would wait for what the other one holds, for ever.
    """
    import openvino

    with _FIRST_LOOK:
        _ = openvino.Tensor(np.zeros(1, np.float32)).data
    return openvino


def _has_short_floats(core: Any) -> bool:
    return _SHORT_FLOATS in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _is_static(model: Any) -> bool:
    """Whether ranges of activations are in the graph, which then computes in int8 wherever the processor can."""
    return any(op.get_type_name() == "FakeQuantize" for op in model.get_ops())
