"""Tokenizer and network together, as they are served: no torch here.

A part of a bundle (gate, tagger, linker) is one ONNX graph from piece ids to its output, beside the
tokenizer that made the ids. Training builds the same `Batch` (see `adetk.networks`), so that a text is cut
into pieces by one piece of code only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding
from tokenizers import Tokenizer as Backend

from adetk.errors import AdetkError

_PAD_TOKENS = ("[PAD]", "<pad>")
_ROWS = 4
"""A batch of more rows has a multiple of it, where batches are made by exact length."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text that fits the encoder.

    Attributes:
        ids: piece ids, special pieces included, shape (length,).
        offsets: per piece the characters `[start, end)` of the text; (0, 0) for special pieces.
        words: per piece the number of its word in the text; None for special pieces.
        tags: per piece and dictionary 0, 1 or 2 (see `Lexicon.tags`), shape (length, dictionaries); None where
            the network takes no dictionaries.
        structure: per drug of the whole post its rows in the network's table of structures, the same for each
            window of the post; None where the network takes no structures.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]
    words: list[int | None]
    tags: NDArray[np.int64] | None = None
    structure: tuple[tuple[int, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded windows: `input_ids` and `attention_mask` (n, length) int64, and what the network takes beside them.

    That is `tags` (n, length, dictionaries) and `structure` (n, drugs, rows), 0 = no row.
    """

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    tags: NDArray[np.int64] | None = None
    structure: NDArray[np.int64] | None = None

    def feeds(self) -> dict[str, NDArray[np.int64]]:
        """The network's inputs by name."""
        feeds = {"input_ids": self.input_ids, "attention_mask": self.attention_mask}
        beside = {"tags": self.tags, "structure": self.structure}
        return feeds | {name: values for name, values in beside.items() if values is not None}


Network = Callable[[Batch], NDArray[np.float32]]
"""Anything that turns a batch into outputs, shape (n, ...) or (n, length, ...)."""
Run = Callable[[dict[str, NDArray[np.int64]]], NDArray[np.float32]]
"""Runs a graph: inputs by name -> its first output."""


class Tokenizer:
    """Cuts texts into windows of pieces.

    Args:
        backend: a `tokenizers` tokenizer that adds its special pieces.
        max_length: pieces a window, special pieces included.
        stride: pieces that two neighbouring windows of a long text share.
        is_shared: whether others use the backend, which then stays as it is.
    """

    def __init__(
        self, backend: Backend, max_length: int, stride: int | None = None, is_shared: bool = True
    ) -> None:
        self.max_length = max_length
        self.stride = max_length // 4 if stride is None else stride
        self._backend = Backend.from_str(backend.to_str()) if is_shared else backend
        self._backend.no_padding()
        self._backend.enable_truncation(max_length, stride=self.stride)
        pads = (self._backend.token_to_id(token) for token in _PAD_TOKENS)
        self.pad_id = next((pad for pad in pads if pad is not None), 0)

    @classmethod
    def from_file(cls, path: Path, max_length: int, stride: int | None = None) -> Tokenizer:
        """Read `tokenizer.json`."""
        if not path.is_file():
            raise AdetkError(f"{path}: no tokenizer there; expected a tokenizer.json of a fast tokenizer")
        return cls(Backend.from_file(str(path)), max_length, stride, is_shared=False)

    def save(self, path: Path) -> None:
        """Write `tokenizer.json`."""
        self._backend.save(str(path))

    def windows(self, texts: Sequence[str]) -> list[list[Window]]:
        """The windows of each text, in order: one for a text that fits, overlapping ones for a longer text."""
        return [
            [_window(part, text) for part in (encoding, *encoding.overflowing)]
            for text, encoding in zip(texts, self._backend.encode_batch(list(texts)), strict=True)
        ]


def pad(windows: Sequence[Window], pad_id: int, multiple: int = 1) -> Batch:
    """Put windows into one batch, padded to the longest, or to the next `multiple` of pieces."""
    length = max(len(w.ids) for w in windows)
    length += -length % multiple
    input_ids = np.full((len(windows), length), pad_id, np.int64)
    attention_mask = np.zeros((len(windows), length), np.int64)
    first = windows[0].tags
    tags = None if first is None else np.zeros((len(windows), length, first.shape[1]), np.int64)
    for row, window in enumerate(windows):
        n = len(window.ids)
        input_ids[row, :n] = window.ids
        attention_mask[row, :n] = 1
        if tags is not None and window.tags is not None:
            tags[row, :n] = window.tags
    structures = [w.structure for w in windows if w.structure is not None]
    return Batch(input_ids, attention_mask, tags, _padded_rows(structures) if structures else None)


def run_windows(
    network: Network, windows: Sequence[Window], pad_id: int, batch_size: int = 32
) -> list[NDArray[np.float32]]:
    """Run windows in batches of similar length; outputs, without those of padding, in the order of `windows`."""
    multiple, run = (
        (network.multiple, network.map) if isinstance(network, Graph) else (1, partial(map, network))
    )
    groups = _groups([len(w.ids) for w in windows], multiple, batch_size)
    results = run([pad([windows[i] for i in rows], pad_id, multiple) for rows in groups])
    outputs: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(windows)
    for rows, result in zip(groups, results, strict=True):
        for row, output in zip(rows, result, strict=True):
            outputs[row] = output[: len(windows[row].ids)] if output.ndim > 1 else output
    return outputs


class Graph:
    """An opened graph as a `Network`; `adetk.runtime.open_graph` opens one.

    Args:
        run: from the inputs by name to the graph's first output; may be called by several threads at once.
        inputs: their names.
        workers: batches that `map` runs side by side.
        multiple: of pieces, to which rows are padded; 1 = to the longest beside them.
        is_row_wise: whether a row's output is then the same to the bit, whatever rows stand beside it.
    """

    def __init__(
        self,
        run: Run,
        inputs: Collection[str],
        workers: int = 1,
        multiple: int = 1,
        is_row_wise: bool = False,
    ) -> None:
        self.multiple = multiple
        self.is_row_wise = is_row_wise
        self._run = run
        self._inputs = inputs
        self._workers = workers

    def __call__(self, batch: Batch) -> NDArray[np.float32]:
        """Run the graph on one batch."""
        return self._run({name: values for name, values in batch.feeds().items() if name in self._inputs})

    def map(self, batches: Sequence[Batch]) -> Iterator[NDArray[np.float32]]:
        """Run the graph on batches side by side; outputs in their order."""
        if min(self._workers, len(batches)) < 2:
            yield from map(self, batches)
            return
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(self, batches)


def _groups(lengths: Sequence[int], multiple: int, size: int) -> list[list[int]]:
    """Numbers of windows that make a batch, by length.

    With a `multiple` no row is padded beyond its own, whatever rows stand beside it. The number of rows is then one of
    few too: a runtime keeps what it made ready for each shape that it met, and would grow with every new one.
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    if multiple == 1:
        return [order[at : at + size] for at in range(0, len(order), size)]
    groups = []
    for _, same in groupby(order, key=lambda i: -(-lengths[i] // multiple)):
        rows = list(same)
        while rows:
            number = min(size, len(rows))
            number -= number % _ROWS if number > _ROWS else 0
            groups.append(rows[:number])
            rows = rows[number:]
    return groups


def _padded_rows(structures: Sequence[tuple[tuple[int, ...], ...]]) -> NDArray[np.int64]:
    most_drugs = max(len(drugs) for drugs in structures)
    most_rows = max(len(rows) for drugs in structures for rows in drugs)
    padded = np.zeros((len(structures), most_drugs, most_rows), np.int64)
    for post, drugs in enumerate(structures):
        for drug, rows in enumerate(drugs):
            padded[post, drug, : len(rows)] = rows
    return padded


def _window(encoding: Encoding, text: str) -> Window:
    """A window whose pieces begin at their first letter: those of SentencePiece begin at the space before it."""
    offsets = [
        (start + len(text[start:end]) - len(text[start:end].lstrip()), end)
        if start < end and text[start].isspace()
        else (start, end)
        for start, end in encoding.offsets
    ]
    return Window(encoding.ids, offsets, encoding.word_ids)
