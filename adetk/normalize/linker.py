"""The linker, as served: which term does a mention mean?

The rule of Sakhovskiy et al. (SMM4H 2021): the nearest term by BERT vectors when its distance is below tau,
else the classifier's answer. Before it stand the wordings that need no model: what training mentions of this wording
were coded with most often, a term's own name, a synonym. After it: an answer that is not confident enough is no answer.

Training mentions go before names because corpora do not code to the letter: out of fold, where both knew a wording,
mentions were right for .98 to 1.00 of them, and one of the terms of that name for .67 to .96
(`scripts/measure_wordings.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from adetk.batches import batched
from adetk.document import ADE, Document, Link, Mention
from adetk.normalize.embedder import Embedder
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.index import ConceptIndex, Vectors
from adetk.normalize.terminology import Terminology
from adetk.normalize.wordings import wording_tables

Nearest = Sequence[tuple[str, float, str]]
"""Neighbours as the index gives them: concept, distance, the row's surface."""

NO_MENTIONS: Mapping[tuple[str, str], int] = MappingProxyType({})


@dataclass(frozen=True)
class LinkerSettings:
    """What was tuned on development mentions.

    Attributes:
        tau: the nearest term answers when its distance (1 - cosine) is below this.
        abstain: an answer with a lower score leaves the mention uncoded.
        method_to_line: method -> (slope, intercept) of the logistic that turns the method's evidence into
            the probability of being right: 1 - distance for `similarity`, the log-odds of its probability
            for `classifier`, 1 for `exact` and `synonym`.
        terminology: fingerprint of the terminology that all this was fitted for.
    """

    tau: float = 0.35
    abstain: float = 0.0
    method_to_line: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    terminology: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Arms:
    """What each arm of the rule says of one wording, asked alone; None where it says nothing.

    Attributes:
        exact: a term of this name.
        wording: a term of this wording, by training mentions, its name or a synonym: what the rule takes before it
            asks a model.
        similarity: the nearest term.
        classifier: the classifier's first answer.
    """

    exact: Link | None = None
    wording: Link | None = None
    similarity: Link | None = None
    classifier: Link | None = None


class Linker:
    """Sets `links` and `status` of ADE mentions.

    Args:
        terminology: where the terms come from.
        embedder: the encoder.
        index: over the terminology's rows, made by this encoder.
        classifier: the fallback; None = similarity alone.
        settings: thresholds and calibration; links are `calibrated` when they were fitted for this terminology.
        row_to_times: `(wording, concept)` of training mentions to how often each stood there.

    Attributes:
        candidates: how many links a mention gets.
    """

    candidates = 5

    def __init__(
        self,
        terminology: Terminology,
        embedder: Embedder,
        index: ConceptIndex,
        classifier: ConceptClassifier | None,
        settings: LinkerSettings,
        row_to_times: Mapping[tuple[str, str], int] = NO_MENTIONS,
    ) -> None:
        self.terminology = terminology
        self.embedder = embedder
        self.index = index
        offered = {concept.id for concept in terminology.offered()}
        self.classifier = None if classifier is None else classifier.masked(offered)
        self.settings = settings
        self.is_calibrated = settings.terminology == terminology.fingerprint
        self.row_to_times = row_to_times
        self._wordings = wording_tables(terminology, index.rows, row_to_times)

    def __call__(self, documents: Iterable[Document], batch_size: int = 256) -> Iterator[Document]:
        """Link the ADE mentions of documents lazily, in order."""
        for group in batched(documents, batch_size):
            surfaces = [m.surface(d.text) for d in group for m in d.mentions if _is_linked(m)]
            links = iter(self.link_all(surfaces, self.candidates))
            for document in group:
                mentions = tuple(
                    self._decided(m, next(links)) if _is_linked(m) else m for m in document.mentions
                )
                yield replace(document, mentions=mentions)

    def with_settings(self, settings: LinkerSettings) -> Linker:
        """The same linker with other thresholds and calibration."""
        changed = copy(self)
        changed.settings = settings
        changed.is_calibrated = settings.terminology == self.terminology.fingerprint
        return changed

    def link(self, surface: str, candidates: int = 5) -> list[Link]:
        """Candidate terms for one wording, best first."""
        return self.link_all([surface], candidates)[0]

    def link_all(self, surfaces: Sequence[str], candidates: int = 5) -> list[list[Link]]:
        """Candidate terms for each wording, best first; an empty wording has none."""
        found = {
            surface: self._ranked(surface, vector, nearest)[:candidates]
            for surface, (vector, nearest) in self._neighbours(surfaces, candidates + 1).items()
        }
        return [found.get(surface, []) for surface in surfaces]

    def arms(self, surfaces: Sequence[str], candidates: int = 5) -> list[Arms]:
        """What each arm alone says of each wording; `link_all` weighs the same answers by the rule."""
        found = {
            surface: self._arms(surface, vector, nearest)
            for surface, (vector, nearest) in self._neighbours(surfaces, candidates + 1).items()
        }
        return [found.get(surface, Arms()) for surface in surfaces]

    def is_coded(self, link: Link) -> bool:
        """Whether a mention whose best candidate is `link` counts as coded."""
        return link.score >= self.settings.abstain

    def _neighbours(self, surfaces: Sequence[str], k: int) -> dict[str, tuple[Vectors, Nearest]]:
        """Vector and nearest concepts of each wording, once each; an empty wording has none."""
        wanted = [s for s in dict.fromkeys(surfaces) if s.strip()]
        if not wanted:
            return {}
        vectors = self.embedder(wanted)
        return dict(zip(wanted, zip(vectors, self.index.search(vectors, k), strict=True), strict=True))

    def _ranked(self, surface: str, vector: Vectors, nearest: Nearest) -> list[Link]:
        """The answer by the rule, then the other neighbours as runners-up."""
        first = self._by_wording(surface, nearest)
        if not first and self.classifier is not None and nearest[0][1] >= self.settings.tau:
            first = [self._classified(vector, self.classifier, nearest)]
        answered = {link.concept_id for link in first}
        return [*first, *(self._similar(n) for n in nearest if n[0] not in answered)]

    def _arms(self, surface: str, vector: Vectors, nearest: Nearest) -> Arms:
        exact, wording = self._by_wording(surface, nearest, ("exact",)), self._by_wording(surface, nearest)
        return Arms(
            exact[0] if exact else None,
            wording[0] if wording else None,
            self._similar(nearest[0]),
            None if self.classifier is None else self._classified(vector, self.classifier, nearest),
        )

    def _by_wording(
        self, surface: str, nearest: Nearest, methods: Sequence[str] = ("exact", "synonym")
    ) -> list[Link]:
        """Concepts that have this very wording, the most used first; the first comparison that finds any wins."""
        id_to_distance = _distances(nearest)
        for key_of, method, key_to_ids in self._wordings:
            known = key_to_ids.get(key_of(surface)) if method in methods else None
            if known:
                return [self._link(c, method, 1.0, id_to_distance.get(c)) for c in known]
        return []

    def _similar(self, neighbour: tuple[str, float, str]) -> Link:
        concept, distance, _ = neighbour
        return self._link(concept, "similarity", 1 - distance, distance)

    def _classified(self, vector: Vectors, classifier: ConceptClassifier, nearest: Nearest) -> Link:
        probabilities = classifier.probabilities(vector[None])[0]
        best = int(probabilities.argmax())
        p = float(np.clip(probabilities[best], 1e-6, 1 - 1e-6))
        concept = classifier.concept_ids[best]
        return self._link(concept, "classifier", float(np.log(p / (1 - p))), _distances(nearest).get(concept))

    def _link(self, concept_id: str, method: str, evidence: float, distance: float | None) -> Link:
        slope, intercept = self.settings.method_to_line.get(method, _DEFAULT_LINES[method])
        score = float(1 / (1 + np.exp(-(slope * evidence + intercept))))
        return self.terminology.link(
            concept_id, score=score, calibrated=self.is_calibrated, distance=distance, method=method
        )

    def _decided(self, mention: Mention, links: Sequence[Link]) -> Mention:
        status = "coded" if links and self.is_coded(links[0]) else "none"
        return replace(mention, links=tuple(links), status=status)


_DEFAULT_LINES: Mapping[str, tuple[float, float]] = {
    "exact": (0.0, 4.6),
    "synonym": (0.0, 3.0),
    "similarity": (10.0, -6.0),
    "classifier": (1.0, 0.0),
}
"""Before anything is fitted: .99, .95, even odds at cosine .6, the classifier's own probability."""


def _distances(nearest: Nearest) -> dict[str, float]:
    return {concept: distance for concept, distance, _ in nearest}


def _is_linked(mention: Mention) -> bool:
    return mention.label == ADE and mention.assertion == "present"
