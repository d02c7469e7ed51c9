"""The rule that weighs what is known of one wording: see `adetk.normalize.linker`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adetk.document import Link
from adetk.normalize.composite import conjuncts
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.fusion import fused
from adetk.normalize.index import Vectors
from adetk.normalize.settings import RUNNER_UP, LinkerSettings
from adetk.normalize.surface import fold, normalise
from adetk.normalize.terminology import Terminology
from adetk.normalize.wordings import Table, matched

Nearest = Sequence[tuple[str, float, str]]
"""Neighbours as the index gives them: concept, distance, the row's surface."""


@dataclass(frozen=True, slots=True)
class Arms:
    """What each arm of the rule says of one wording, asked alone; None where it says nothing.

    Attributes:
        exact: a term of this name.
        wording: a term of this wording, by a list of one's own, training mentions, its name or a synonym: what the rule
            takes before it asks a model.
        similarity: the nearest term.
        classifier: the classifier's first answer.
        fused: the answer of both, see `adetk.normalize.fusion`; the published rule does not ask for it.
    """

    exact: Link | None = None
    wording: Link | None = None
    similarity: Link | None = None
    classifier: Link | None = None
    fused: Link | None = None


@dataclass(frozen=True)
class Rule:
    """Answers for one wording, its vector and its neighbours.

    Attributes:
        terminology: where the terms come from.
        tables: what is known of wordings, the strictest comparison first.
        classifier: the fallback, over terms that are offered; None = similarity alone.
        settings: thresholds and calibration.
        id_to_wordings: concept -> its wordings, to say which of them won; None = nobody asks.
        without: wordings, as `fold` leaves them, that no term is for: their candidates have the score 0.
    """

    terminology: Terminology
    tables: Sequence[Table]
    classifier: ConceptClassifier | None
    settings: LinkerSettings
    id_to_wordings: Mapping[str, Sequence[str]] | None = None
    without: frozenset[str] = frozenset()

    def ranked(
        self,
        surface: str,
        vector: Vectors,
        nearest: Nearest,
        is_list: bool,
        votes: Mapping[str, float] | None = None,
    ) -> list[Link]:
        """The answer, or one for each effect that is joined; then others of this wording, then other neighbours.

        Args:
            surface: the wording.
            vector: its own.
            nearest: its neighbours, at least one.
            is_list: nobody marked it; see `conjuncts`.
            votes: as `ConceptIndex.votes` gives them, where both arms answer as one; None = by tau.
        """
        known = self._by_wording(surface, nearest)
        if fold(surface) in self.without or (not known and normalise(surface) in self.without):
            candidates = (self._link(c, "similarity", 0.0, distance, s) for c, distance, s in nearest)
            return list({link.concept_id: link for link in candidates}.values())
        answers = known[:1] or self._joined(surface, is_list)
        if not answers and votes is not None:
            answers = [self._fused(vector, nearest, votes)]
        if not answers and self.classifier is not None and nearest[0][1] >= self.settings.tau:
            answers = [self._classified(vector, self.classifier, nearest)]
        answers = answers or [self._similar(nearest[0])]
        return [*answers, *self._runners_up(answers, known[1:], nearest)]

    def arms(self, surface: str, vector: Vectors, nearest: Nearest, votes: Mapping[str, float]) -> Arms:
        """What each arm alone says; `votes` as `ConceptIndex.votes` gives them."""
        exact, wording = self._by_wording(surface, nearest, ("exact",)), self._by_wording(surface, nearest)
        return Arms(
            exact[0] if exact else None,
            wording[0] if wording else None,
            self._similar(nearest[0]),
            None if self.classifier is None else self._classified(vector, self.classifier, nearest),
            self._fused(vector, nearest, votes),
        )

    def _runners_up(self, answers: Sequence[Link], known: Sequence[Link], nearest: Nearest) -> Iterator[Link]:
        """The others that have this wording, then the other neighbours, with their share of what the answer leaves."""
        left = 1 - answers[0].score
        taken = {link.concept_id for link in answers}
        for link in known:
            taken.add(link.concept_id)
            yield replace(link, score=left * self.settings.chance(RUNNER_UP, 1.0))
        for concept, distance, surface in nearest:
            if concept not in taken:
                score = left * self.settings.chance(RUNNER_UP, 1 - distance)
                yield self._link(concept, "similarity", score, distance, surface)

    def _joined(self, surface: str, is_list: bool) -> list[Link]:
        """The answers for the effects that a wording joins; none where they are all one, or it joins none."""
        answers: dict[str, Link] = {}
        for part in conjuncts(surface, lambda part: bool(self._by_wording(part, ())), is_list):
            link = self._by_wording(part, ())[0]
            answers.setdefault(self.terminology.pt_of(link.concept_id), link)
        if len(answers) < 2:
            return []
        return [replace(link, conjunct=number) for number, link in enumerate(answers.values())]

    def _by_wording(
        self, surface: str, nearest: Nearest, methods: Sequence[str] = ("exact", "synonym")
    ) -> list[Link]:
        """Concepts that have this very wording, the most used first; the first comparison that finds any wins."""
        id_to_distance = _distances(nearest)
        for table in self.tables:
            known = table.key_to_ids.get(table.key_of(surface)) if table.method in methods else None
            if known:
                if table.method == "exact":
                    known = sorted(known, key=lambda c: _unlike(surface, self.terminology.concept(c).name))
                score = 1.0 if table.is_sure else self.settings.chance(table.method, 1.0)
                return [
                    self._link(c, table.method, score, id_to_distance.get(c), self._won(c, surface, table))
                    for c in known
                ]
        return []

    def _similar(self, neighbour: tuple[str, float, str]) -> Link:
        concept, distance, surface = neighbour
        return self._link(
            concept, "similarity", self.settings.chance("similarity", 1 - distance), distance, surface
        )

    def _classified(self, vector: Vectors, classifier: ConceptClassifier, nearest: Nearest) -> Link:
        probabilities = classifier.probabilities(vector[None])[0]
        best = int(probabilities.argmax())
        score = self.settings.chance("classifier", _log_odds(float(probabilities[best])))
        concept = classifier.concept_ids[best]
        return self._link(concept, "classifier", score, _distances(nearest).get(concept))

    def _fused(self, vector: Vectors, nearest: Nearest, votes: Mapping[str, float]) -> Link:
        probabilities: dict[str, float] = {}
        if self.classifier is not None:
            of_classes = self.classifier.probabilities(vector[None])[0].tolist()
            probabilities = dict(zip(self.classifier.concept_ids, of_classes, strict=True))
        answer = fused(votes, probabilities, self.terminology.pt_of)
        score = self.settings.chance("fused", _log_odds(answer.probability))
        return self._link(answer.concept_id, "fused", score, _distances(nearest).get(answer.concept_id))

    def _won(self, concept_id: str, surface: str, table: Table) -> str:
        if self.id_to_wordings is None:
            return ""
        if table.method == "exact":
            return self.terminology.concept(concept_id).name
        return matched(surface, table.key_of, self.id_to_wordings.get(concept_id, ()))

    def _link(
        self, concept_id: str, method: str, score: float, distance: float | None, surface: str = ""
    ) -> Link:
        link = self.terminology.link(
            concept_id,
            score=score,
            calibrated=self.settings.terminology == self.terminology.fingerprint,
            distance=distance,
            method=method,
        )
        return link if self.id_to_wordings is None else replace(link, surface=surface)


def _unlike(surface: str, name: str) -> tuple[bool, bool]:
    """What orders names that are compared alike: first the one in these letters, then in these but for their case."""
    plain, other = ("".join(text.split()) for text in (surface, name))
    return plain != other, plain.casefold() != other.casefold()


def _log_odds(probability: float) -> float:
    p = float(np.clip(probability, 1e-6, 1 - 1e-6))
    return float(np.log(p / (1 - p)))


def _distances(nearest: Nearest) -> dict[str, float]:
    return {concept: distance for concept, distance, _ in nearest}
