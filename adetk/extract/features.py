"""Dictionary features: for each piece and dictionary whether the piece lies in an entry, and where.

One code for training and serving. (The system of Sakhovskiy et al. 2021 had the same features, all "O" at
prediction by a bug.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from adetk.encoder import Window
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon, Tokens, read_phrases, tokenize

FOLDER = "dictionaries"


class DictionaryFeatures:
    """Adds dictionary tags to windows.

    Args:
        lexicons: one a feature column, in order; none = windows stay as they are.

    Raises:
        AdetkError: two have the same name, and `save` would keep one of them.
    """

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self.lexicons = tuple(lexicons)
        names = [lexicon.name for lexicon in self.lexicons]
        if len(set(names)) < len(names):
            raise AdetkError(f"dictionaries {', '.join(names)}: one name twice; rename a file")

    @classmethod
    def load(cls, folder: Path, names: Sequence[str]) -> DictionaryFeatures:
        """Read the dictionaries that `save` wrote into a part folder."""
        return cls([Lexicon(name, read_phrases(folder / FOLDER / f"{name}.txt")) for name in names])

    def save(self, folder: Path) -> None:
        """Write each dictionary, one phrase a line, so that the part needs no other file."""
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for lexicon in self.lexicons:
            lines = sorted(key.strip() for key in lexicon.phrases)
            (folder / FOLDER / f"{lexicon.name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def __call__(self, windows: Sequence[Window], text: str) -> list[Window]:
        """The windows of one text with `tags`, shape (length, dictionaries)."""
        if not self.lexicons:
            return list(windows)
        tokens = tokenize(text)
        columns = np.array([lexicon.tags(tokens) for lexicon in self.lexicons], np.int64)
        starts = [start for start, _ in tokens.spans]
        return [replace(w, tags=_piece_tags(w, tokens, starts, columns)) for w in windows]


def _piece_tags(
    window: Window,
    tokens: Tokens,
    starts: Sequence[int],
    columns: np.ndarray[tuple[int, int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    tags = np.zeros((len(window.ids), len(columns)), np.int64)
    for piece, (start, end) in enumerate(window.offsets):
        token = bisect_right(starts, start) - 1
        if end > start and token >= 0 and start < tokens.spans[token][1]:
            tags[piece] = columns[:, token]
            if start > tokens.spans[token][0]:
                tags[piece][tags[piece] == 1] = 2  # a later piece of an entry's first word
    return tags
