"""The linker's baselines: look-up of training wordings, nearest neighbour and linear SVM over characters.

All link the ADE mentions that documents come with, and answer for each one that they have a candidate for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from adetk.batches import batched
from adetk.document import ADE, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.normalize.surface import fold

Row = tuple[str, str]
"""A wording and its code."""

CANDIDATES = 10
BATCH = 64
"""Mentions compared at a time: each with up to 100,000 rows, one float a pair."""


@dataclass(frozen=True)
class LookUpLinker:
    """The codes that training mentions of the same folded wording have, the most frequent first.

    A mention of another wording stays uncoded. `Link.score` is a code's share of the wording's mentions.

    Attributes:
        wording_to_links: folded wording -> its candidates.
    """

    wording_to_links: Mapping[str, tuple[Link, ...]]

    @classmethod
    def fit(cls, train_documents: Sequence[Document]) -> LookUpLinker:
        """Count codes; of equally frequent ones the alphabetically first leads.

        Raises:
            AdetkError: no training mention has a code.
        """
        rows = _checked(training_rows(train_documents))
        code_to_name = _names(rows)
        wording_to_codes: dict[str, Counter[str]] = {}
        for wording, code in rows:
            wording_to_codes.setdefault(fold(wording), Counter())[code] += 1
        wording_to_codes.pop("", None)  # wordings without a letter or digit are not the same
        return cls({w: _by_frequency(codes, code_to_name) for w, codes in wording_to_codes.items()})

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Link the ADE mentions of documents lazily, in order."""
        return _linked(documents, self.link_all)

    def link_all(self, surfaces: Sequence[str]) -> list[tuple[Link, ...]]:
        """Candidates for each wording, best first."""
        return [self.wording_to_links.get(fold(surface), ()) for surface in surfaces]


@dataclass(frozen=True)
class NearestNeighbourLinker:
    """The codes of the most similar wordings, by cosine of their character n-grams.

    Every mention gets candidates, those that share nothing with any wording too (score 0).

    Attributes:
        vectorizer: wordings to unit vectors.
        vectors: sparse (rows, n-grams); of two equally similar rows the first one leads.
        codes: of the rows.
        code_to_name: code -> the wording that came first.
        candidates: how many different codes a mention gets.
    """

    vectorizer: Any
    vectors: Any
    codes: Sequence[str]
    code_to_name: Mapping[str, str]
    candidates: int

    @classmethod
    def fit(
        cls, train_documents: Sequence[Document], rows: Iterable[Row] = (), candidates: int = CANDIDATES
    ) -> NearestNeighbourLinker:
        """Keep wordings to compare with; of equal ones the more frequent pair of wording and code leads.

        Args:
            train_documents: their mentions that mean one thing become rows; may be empty.
            rows: further wordings and codes, each term's name before its synonyms, as `Terminology.rows`
                gives them.
            candidates: how many different codes a mention gets.

        Raises:
            AdetkError: there is no wording.
        """
        known = _checked([*rows, *training_rows(train_documents)])
        row_to_times = Counter((" ".join(wording.casefold().split()), code) for wording, code in known)
        ordered = sorted(row_to_times, key=lambda row: (-row_to_times[row], row[1], row[0]))
        vectorizer = _characters()
        vectors = vectorizer.fit_transform([wording for wording, _ in ordered])
        return cls(vectorizer, vectors, [code for _, code in ordered], _names(known), candidates)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Link the ADE mentions of documents lazily, in order."""
        return _linked(documents, self.link_all)

    def link_all(self, surfaces: Sequence[str]) -> list[tuple[Link, ...]]:
        """Candidates for each wording, best first."""
        found = []
        for group in batched(surfaces, BATCH):
            cosines = (self.vectorizer.transform(group) @ self.vectors.T).toarray()
            found += [self._nearest(row) for row in cosines]
        return found

    def _nearest(self, cosines: NDArray[np.float32]) -> tuple[Link, ...]:
        code_to_cosine: dict[str, float] = {}
        for i in np.argsort(-cosines, kind="stable"):
            code_to_cosine.setdefault(self.codes[i], float(cosines[i]))
            if len(code_to_cosine) == self.candidates:
                break
        return tuple(
            Link(code, self.code_to_name[code], score=cosine, distance=1 - cosine, method="similarity")
            for code, cosine in code_to_cosine.items()
        )


@dataclass(frozen=True)
class SvmLinker:
    """The codes whose linear classifiers give a mention the largest margins; `Link.score` is the margin.

    Attributes:
        model: wordings to margins (n, codes), or (n,) for two codes, by `decision_function`.
        code_to_name: code -> the wording that came first.
        candidates: how many codes a mention gets, as far as training has them.
    """

    model: Any
    code_to_name: Mapping[str, str]
    candidates: int

    @classmethod
    def fit(
        cls, train_documents: Sequence[Document], rows: Iterable[Row] = (), candidates: int = CANDIDATES
    ) -> SvmLinker:
        """Train a classifier for each code of training mentions that mean one thing.

        Args:
            train_documents: their mentions give the codes, and wordings to learn from.
            rows: further wordings, as `NearestNeighbourLinker.fit` takes them; those of codes that no training
                mention has are left out.
            candidates: how many codes a mention gets.

        Raises:
            AdetkError: the mentions have fewer than two codes.
        """
        mentions = _checked(training_rows(train_documents))
        codes = {code for _, code in mentions}
        if len(codes) < 2:
            raise AdetkError(
                f"{len(mentions)} training mentions, all of code {mentions[0][1]!r}; expected two codes or "
                "more to choose from: name more data"
            )
        known = [*((wording, code) for wording, code in rows if code in codes), *mentions]
        model = make_pipeline(_characters(), LinearSVC(random_state=0))
        model.fit([wording for wording, _ in known], [code for _, code in known])
        return cls(model, _names(known), candidates)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Link the ADE mentions of documents lazily, in order."""
        return _linked(documents, self.link_all)

    def link_all(self, surfaces: Sequence[str]) -> list[tuple[Link, ...]]:
        """Candidates for each wording, best first; of equal ones the alphabetically first code leads."""
        if not surfaces:
            return []
        margins = self.model.decision_function(surfaces)
        if margins.ndim == 1:  # of two codes scikit-learn gives the second one's margin
            margins = np.stack([-margins, margins], axis=1)
        best = np.argsort(-margins, axis=1, kind="stable")[:, : self.candidates]
        return [self._links(order, row) for order, row in zip(best, margins, strict=True)]

    def _links(self, order: NDArray[np.intp], margins: NDArray[np.float64]) -> tuple[Link, ...]:
        codes = [str(self.model.classes_[i]) for i in order]
        return tuple(
            Link(code, self.code_to_name[code], score=float(margins[i]), method="classifier")
            for code, i in zip(codes, order, strict=True)
        )


def training_rows(documents: Sequence[Document]) -> list[Row]:
    """Wording and code of each ADE mention that means one thing, as often as it stands there."""
    return [
        (mention.surface(document.text), code)
        for document in documents
        for mention in document.labelled(ADE)
        if mention.gold is not None and len(mention.gold) == 1
        for code in sorted(mention.gold[0])
    ]


def _checked(rows: list[Row]) -> list[Row]:
    if not rows:
        raise AdetkError(
            "no wording with a code to link by; expected training documents with coded ADE mentions"
        )
    return rows


def _names(rows: Iterable[Row]) -> dict[str, str]:
    code_to_name: dict[str, str] = {}
    for wording, code in rows:
        code_to_name.setdefault(code, wording)
    return code_to_name


def _by_frequency(codes: Counter[str], code_to_name: Mapping[str, str]) -> tuple[Link, ...]:
    ordered = sorted(codes, key=lambda code: (-codes[code], code))
    return tuple(
        Link(code, code_to_name[code], score=codes[code] / codes.total(), method="synonym")
        for code in ordered
    )


def _characters() -> TfidfVectorizer:
    """Word n-grams beside these made both linkers no better out of fold."""
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)


def _linked(
    documents: Iterable[Document], link_all: Callable[[Sequence[str]], list[tuple[Link, ...]]]
) -> Iterator[Document]:
    for group in batched(documents, BATCH):
        links = iter(link_all([m.surface(d.text) for d in group for m in d.labelled(ADE)]))
        for document in group:
            mentions = (_coded(m, next(links)) if m.label == ADE else m for m in document.mentions)
            yield replace(document, mentions=tuple(mentions))


def _coded(mention: Mention, links: tuple[Link, ...]) -> Mention:
    return replace(mention, links=links, status="coded" if links else "none")
