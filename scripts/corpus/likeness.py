"""How alike posts are: near copies among them, and how far one set of posts can be told from another.

Needs scikit-learn (`pip install adetk[train]`). Nothing here returns a post's text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline

from adetk.document import DRUG, Document, Mention
from adetk.extract.drugs import DrugFinder
from adetk.held_out import same_text_key
from adetk.lexicon import tokenize
from adetk.text import clean

NEAR = 0.7
"""Cosine of TF-IDF weighted runs of five characters from which two posts are near copies."""
TOP = (100, 1000, 3000)
FOLDS = 5
WRITTEN = r"\w+|[^\w\s]"
WORDS = r"[^\W\d_]+"


@dataclass(frozen=True)
class Pair:
    """Two posts, by their places in the sequence, and their cosine."""

    first: int
    second: int
    cosine: float


def near_pairs(texts: Sequence[str]) -> list[Pair]:
    """The pairs of near copies; case, links, handles and punctuation do not count."""
    vectors = _runs().fit_transform(map(same_text_key, texts))
    neighbours = NearestNeighbors(metric="cosine").fit(vectors)
    distances, places = neighbours.radius_neighbors(vectors, radius=1 - NEAR)
    return [
        Pair(i, int(j), 1 - float(distance))
        for i in range(len(texts))
        for distance, j in sorted(zip(distances[i], places[i], strict=True))
        if i < j
    ]


def nearest_cosines(texts: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """For each text the cosine of the nearest of `others`, by the same vectors. Shape: (texts,)."""
    vectorizer = _runs().fit(map(same_text_key, [*texts, *others]))
    there = vectorizer.transform(map(same_text_key, others))
    neighbours = NearestNeighbors(n_neighbors=1, metric="cosine").fit(there)
    distances, _ = neighbours.kneighbors(vectorizer.transform(map(same_text_key, texts)))
    return 1 - np.asarray(distances[:, 0], dtype=np.float64)


def scores_apart(texts: Sequence[str], others: Sequence[str], tokens: str) -> NDArray[np.float64]:
    """How sure a classifier is that each text is one of the first: probabilities out of fold, texts then others.

    TF-IDF of tokens and pairs of them, logistic regression, five folds.

    Args:
        texts: posts without drug names.
        others: the posts to tell them from.
        tokens: `WRITTEN`: words as they are cased, numbers and punctuation marks; `WORDS`: lower-cased words.
    """
    is_first = np.repeat([1, 0], [len(texts), len(others)])
    vectorizer = TfidfVectorizer(
        token_pattern=tokens, lowercase=tokens == WORDS, ngram_range=(1, 2), min_df=2, sublinear_tf=True
    )
    model = make_pipeline(vectorizer, LogisticRegression(C=10, class_weight="balanced", solver="liblinear"))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return cross_val_predict(model, [*texts, *others], is_first, cv=folds, method="predict_proba")[:, 1]


def without_drug_names(document: Document, finder: DrugFinder) -> str:
    """A cleaned post in which the names that the drug dictionary finds are masked, whatever is marked."""
    return clean(_masked(document.text, finder.mentions(document))).text


def without_marked_drugs(document: Document) -> str:
    """A post in which the words that are marked as drugs are masked."""
    return _masked(document.text, document.labelled(DRUG))


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in the posts, lower-cased; numbers and punctuation are no words."""
    return Counter(
        word
        for text in texts
        for word in tokenize(clean(text).text).folded
        if any(letter.isalpha() for letter in word)
    )


def vocabulary_overlap(ours: Counter[str], theirs: Counter[str]) -> dict[str, float]:
    """Shares of our running words, and of our different words, that are known to the others, in [0, 1]."""
    known = [word for word in ours if word in theirs]
    return {"running": sum(ours[word] for word in known) / ours.total(), "different": len(known) / len(ours)}


def lacking(ours: Counter[str], theirs: Counter[str]) -> list[dict[str, float]]:
    """Of the others' most frequent words, how many ours lack, and their share of all the others' running words."""
    rows = []
    for top in TOP:
        absent = [number for word, number in theirs.most_common(top) if word not in ours]
        rows.append({"top": top, "lacking": len(absent), "share": sum(absent) / theirs.total()})
    return rows


def _masked(text: str, drugs: Iterable[Mention]) -> str:
    for start, end in sorted((span for mention in drugs for span in mention.spans), reverse=True):
        text = f"{text[:start]}DRUG{text[end:]}"
    return text


def _runs() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char", ngram_range=(5, 5), dtype=np.float32)
