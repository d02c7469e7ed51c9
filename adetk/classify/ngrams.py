"""A linear model over hashed n-grams that stands beside the gate's network. numpy only.

It sees what pieces cut up: spellings, and whole phrases. Features are those of a strong baseline of this task,
n-grams of characters inside words and of words, damped by a logarithm and scaled to length 1 each; hashed, so that no
word of the training posts travels with the model.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adetk.classify.ensemble import Stack
from adetk.errors import AdetkError

if TYPE_CHECKING:  # of training alone
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

FILE = "ngrams.npz"
BUCKETS = 2**17
"""Of each of the two kinds of n-grams."""
LONGEST = 5
"""Characters of an n-gram; the shortest have 2."""
WORDS = (1, 2, 3)
_WORD = re.compile(r"\w\w+")
_BASE = np.uint64(1_000_003)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: its high bits are well mixed
_SHIFT = np.uint64(64 - 17)
_SPACE = ord(" ")


class NgramModel:
    """Log-odds of ADE by a text's n-grams.

    Args:
        weights: of the buckets, shape (2 * BUCKETS,): characters, then words.
        intercept: log-odds of a text without any.
    """

    def __init__(self, weights: NDArray[np.float16], intercept: float) -> None:
        self._weights = weights
        self._intercept = intercept

    @classmethod
    def load(cls, folder: Path) -> NgramModel:
        """Read it from a part folder.

        Raises:
            AdetkError: the file is damaged or of another size.
        """
        path = folder / FILE
        try:
            with np.load(path, allow_pickle=False) as table:
                weights, intercept = table["weights"], float(table["intercept"])
        except (OSError, ValueError, KeyError) as error:
            raise AdetkError(f"{path}: not a model over n-grams ({error}); train the part again") from error
        if weights.shape != (2 * BUCKETS,):
            raise AdetkError(
                f"{path}: weights {weights.shape}; expected ({2 * BUCKETS},), train the part again"
            )
        return cls(weights, intercept)

    def save(self, folder: Path) -> None:
        """Write it into a part folder."""
        np.savez_compressed(folder / FILE, weights=self._weights, intercept=self._intercept)

    def margins(self, texts: Sequence[str]) -> Floats:
        """Log-odds of ADE of cleaned texts, shape (n,)."""
        ngrams = ngrams_of(texts)
        weights = self._weights[ngrams.buckets].astype(np.float64)
        found = np.empty(len(texts))
        for row, (start, end) in enumerate(pairwise(ngrams.ends.tolist())):
            found[row] = ngrams.values[start:end] @ weights[start:end]
        return found + self._intercept


@dataclass(frozen=True)
class Cascade:
    """Posts that the network is not asked about, since their n-grams say enough.

    Attributes:
        below: a post whose n-grams have a lower margin is answered by them alone.
        absent: what stands for the network's margin there: the mean over held-out posts of this kind.
    """

    below: float
    absent: float


@dataclass(frozen=True)
class NgramStack:
    """The linear model, how its margin joins the network's, and which posts it answers alone.

    Attributes:
        model: the linear model.
        stack: over the network's margin and the model's, in this order.
        cascade: None = the network is asked about every post.
    """

    model: NgramModel
    stack: Stack
    cascade: Cascade | None = None

    @classmethod
    def load(cls, folder: Path, settings: Mapping[str, Any]) -> NgramStack:
        """Open a part's n-grams: its folder, and what `as_dict` gave."""
        cascade = settings["cascade"]
        return cls(
            NgramModel.load(folder),
            Stack(**settings["stack"]),
            None if cascade is None else Cascade(**cascade),
        )

    def as_dict(self) -> dict[str, Any]:
        """For a manifest; the model is a file."""
        return {
            "stack": self.stack.as_dict(),
            "cascade": None if self.cascade is None else asdict(self.cascade),
        }

    def margins(self, texts: Sequence[str], network: Callable[[NDArray[np.int64]], Floats]) -> Floats:
        """Margins of both together, shape (n,).

        Args:
            texts: cleaned.
            network: gives the network's margins of the texts with these numbers.
        """
        linear = self.model.margins(texts)
        if self.cascade is None:
            return self.stack.margin(np.stack([network(np.arange(len(texts))), linear]))
        asked = np.flatnonzero(linear >= self.cascade.below)
        found = np.full(len(texts), self.cascade.absent)
        found[asked] = network(asked)
        return self.stack.margin(np.stack([found, linear]))


def fit_ngrams(texts: Sequence[str], labels: NDArray[np.bool_], penalty: float = 0.1) -> NgramModel:
    """Fit the linear model: logistic regression, both kinds of posts weighing the same.

    Args:
        texts: cleaned.
        labels: True = ADE, shape (n,), both kinds.
        penalty: of the squared weights; scikit-learn's 1 / C.
    """
    model = _regression(penalty).fit(_features(texts), labels)
    return NgramModel(model.coef_[0].astype(np.float16), float(model.intercept_[0]))


def held_out_margins(texts: Sequence[str], labels: NDArray[np.bool_], penalty: float = 0.1) -> Floats:
    """What is said of each text by a model that did not learn it, out of five folds, shape (n,).

    Args:
        texts: cleaned, five different ones at least; one text is in one fold, however often it stands there.
        labels: True = ADE, shape (n,), both kinds in each four folds.
        penalty: as for `fit_ngrams`.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict

    _, groups = np.unique(texts, return_inverse=True)
    folds = GroupKFold(5, shuffle=True, random_state=0)
    margins: Floats = cross_val_predict(
        _regression(penalty), _features(texts), labels, groups=groups, cv=folds, method="decision_function"
    )
    return margins


def _regression(penalty: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1 / penalty, class_weight="balanced", max_iter=300)


def _features(texts: Sequence[str]) -> csr_array:
    from scipy.sparse import csr_array

    ngrams = ngrams_of(texts)
    return csr_array((ngrams.values, ngrams.buckets, ngrams.ends), shape=(len(texts), 2 * BUCKETS))


@dataclass(frozen=True, slots=True)
class Ngrams:
    """The n-grams of texts.

    Attributes:
        buckets: of all texts, one text after the other; words come after characters.
        values: each kind of a text has length 1, where there are any.
        ends: where each text begins in the two, and where the last one ends, shape (n + 1,).
    """

    buckets: NDArray[np.int64]
    values: Floats
    ends: NDArray[np.int64]


def ngrams_of(texts: Sequence[str]) -> Ngrams:
    """The n-grams of cleaned texts; all texts at once, since a text alone is too little for numpy."""
    folded = [text.casefold() for text in texts]
    kinds = 2 * len(texts)  # a text's characters, then its words
    found = [_characters(folded), _words(folded)]
    keys = np.concatenate([(2 * row + kind) * BUCKETS + buckets for kind, (row, buckets) in enumerate(found)])
    once, counts = np.unique(keys, return_counts=True)
    values = 1 + np.log(counts)
    borders = np.searchsorted(once, np.arange(kinds + 1) * BUCKETS)
    for start, end in pairwise(borders.tolist()):
        if end > start:
            own = values[start:end]
            own /= np.sqrt((own**2).sum())
    return Ngrams(once % (2 * BUCKETS), values, borders[::2])


def _characters(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """N-grams inside words, a space before and after each word being of it: numbers of their texts, buckets."""
    padded = [f" {' '.join(text.split())} " for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    row = np.repeat(np.arange(len(texts)), [len(text) for text in padded])
    spaces = np.concatenate([[0], np.cumsum(codes == _SPACE)])
    hashes, rows, found = codes.copy(), [row[:0]], [codes[:0]]
    for n in range(2, LONGEST + 1):
        starts = max(0, len(codes) - n + 1)
        hashes = hashes[:starts] * _BASE + codes[n - 1 :]
        inner_spaces = spaces[n - 1 : n - 1 + starts] - spaces[1 : starts + 1]
        is_inside = (inner_spaces == 0) & (row[:starts] == row[n - 1 :])
        rows.append(row[:starts][is_inside])
        found.append(hashes[is_inside])
    return np.concatenate(rows), (np.concatenate(found) * _MIX >> _SHIFT).astype(np.int64)


def _words(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """N-grams of words: numbers of their texts, buckets."""
    rows, found = [], []
    for row, text in enumerate(texts):
        words = _WORD.findall(text)
        hashes = [
            zlib.crc32(" ".join(words[i : i + n]).encode()) for n in WORDS for i in range(len(words) - n + 1)
        ]
        rows += [row] * len(hashes)
        found += hashes
    return np.array(rows, np.int64), np.array(found, np.int64) % BUCKETS
