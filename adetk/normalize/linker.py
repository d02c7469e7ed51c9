"""The linker, as served: which term does a mention mean?

    linker = Linker.over("MedAscii/")
    linker.add_synonym("brain shut off", "10022437")
    linker.link("can't sleep")[0].name

The rule of Sakhovskiy et al. (SMM4H 2021): the nearest term by BERT vectors when its distance is below tau,
else the classifier's answer. Where development mentions show that it is better, one answer of both arms stands in its
place (`adetk.normalize.fusion`). Before it stand the wordings that need no model: a list of one's own, what training
mentions of this wording were coded with most often, a term's own name, a synonym. After it: an answer that is not
confident enough is no answer.

Training mentions go before names because corpora do not code to the letter: out of fold, where both knew a wording,
mentions were right for .98 to 1.00 of them, and one of the terms of that name for .67 to .96
(`scripts/measure_wordings.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from adetk.batches import batched
from adetk.document import ADE, Concept, Document, Link, Mention
from adetk.normalize.conformal import DEPTH, in_sets, refuse_unfitted
from adetk.normalize.embedder import Embedder
from adetk.normalize.explain import explanation
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.index import ConceptIndex
from adetk.normalize.lay import NO_LAY, LayWordings
from adetk.normalize.neighbours import Neighbours
from adetk.normalize.rule import Arms, Rule
from adetk.normalize.settings import LinkerSettings, LinkOptions
from adetk.normalize.surface import fold
from adetk.normalize.synonyms import checked_synonym
from adetk.normalize.terminology import Terminology
from adetk.normalize.wordings import with_lay, with_own, wording_tables

NO_MENTIONS: Mapping[tuple[str, str], int] = MappingProxyType({})


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
        options: what else is asked for; see `with_options`.
        lay: what usual wordings mean; see `with_lay`.
    """

    candidates = 5
    options = LinkOptions()
    lay = NO_LAY

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
        self._neighbours = Neighbours(embedder, index)
        self._phrase_to_id: dict[str, str] = {}
        self._known = wording_tables(terminology, index.rows, row_to_times)
        self._wordings = with_own(self._known, self._phrase_to_id)

    @classmethod
    def over(
        cls, terminology: str | Path | Terminology = "ctcae", bundle: Path | str | None = None
    ) -> Linker:
        """The linker of a bundle over a terminology; see `adetk.normalize.part.open_linker`."""
        from adetk.normalize.part import open_linker  # imports this module

        return open_linker(terminology, bundle)

    def __call__(self, documents: Iterable[Document], batch_size: int = 256) -> Iterator[Document]:
        """Link the ADE mentions of documents lazily, in order; those that are not present lose an earlier link."""
        for group in batched(documents, batch_size):
            asked = [(m.surface(d.text), _is_whole(m, d)) for d in group for m in d.mentions if _is_linked(m)]
            links = iter(self._answers(asked))
            for document in group:
                if not document.labelled(ADE):
                    yield document
                    continue
                mentions = tuple(
                    self._decided(m, m.surface(document.text), next(links)) if _is_linked(m) else _unlinked(m)
                    for m in document.mentions
                )
                yield replace(document, mentions=mentions)

    def with_settings(self, settings: LinkerSettings) -> Linker:
        """The same linker with other thresholds and calibration."""
        changed = copy(self)
        changed.settings = settings
        changed.is_calibrated = settings.terminology == self.terminology.fingerprint
        return changed

    def with_options(self, options: LinkOptions) -> Linker:
        """The same linker, asked for more.

        Raises:
            AdetkError: candidate sets that were not fitted for this terminology, or a synonym of no current term.
        """
        if options.conformal:
            refuse_unfitted(self.settings, self.terminology)
        changed = copy(self)
        changed.options = options
        changed._add(options.synonyms)
        return changed

    def with_lay(self, lay: LayWordings) -> Linker:
        """The same linker, which knows what usual wordings mean; a list of one's own stands before them."""
        changed = copy(self)
        changed.lay = lay
        changed._known = with_lay(self._known, lay.phrase_to_id)
        changed._wordings = with_own(changed._known, changed._phrase_to_id)
        changed.__dict__.pop("_id_to_wordings", None)
        return changed

    def add_synonym(self, phrase: str, concept_id: str) -> None:
        """Let a phrase mean a term from now on, before all else; of two terms the later.

        Raises:
            AdetkError: the phrase has no word, or the terminology offers no such term.
        """
        self._add([(phrase, concept_id)])

    def search(self, text: str, limit: int = 20) -> list[Concept]:
        """Terms by their wording, for people who look one up; see `Terminology.search`."""
        return self.terminology.search(text, limit)

    def link(self, surface: str, candidates: int = 5) -> list[Link]:
        """Candidate terms for one wording, best first; a text that joins several effects has one for each first."""
        return self.link_all([surface], candidates, are_lists=True)[0]

    def link_all(
        self, surfaces: Sequence[str], candidates: int = 5, are_lists: bool = False
    ) -> list[list[Link]]:
        """Candidate terms for each wording, best first; an empty wording has none.

        Args:
            surfaces: the wordings.
            candidates: how many; more where the candidate set, or the effects that a wording joins, are more.
            are_lists: nobody marked these wordings in a text; see `adetk.normalize.composite`.
        """
        rule, depth = self._rule, max(candidates + 1, DEPTH if self.options.conformal else 0)
        neighbours = self._neighbours.of(surfaces, depth)
        # what was chosen over another terminology may not hold where the classifier knows few of the codes
        votes = self._neighbours.votes(neighbours) if self.settings.is_fused and self.is_calibrated else {}
        found = {
            s: self._given(rule.ranked(s, vector, nearest, are_lists, votes.get(s)), candidates)
            for s, (vector, nearest) in neighbours.items()
        }
        return [found.get(surface, []) for surface in surfaces]

    def arms(self, surfaces: Sequence[str], candidates: int = 5) -> list[Arms]:
        """What each arm alone says of each wording; `link_all` weighs the same answers by the rule, or fuses."""
        rule, neighbours = self._rule, self._neighbours.of(surfaces, candidates + 1)
        votes = self._neighbours.votes(neighbours)
        found = {s: rule.arms(s, vector, near, votes[s]) for s, (vector, near) in neighbours.items()}
        return [found.get(surface, Arms()) for surface in surfaces]

    def is_coded(self, link: Link) -> bool:
        """Whether a mention whose best candidate is `link` counts as coded."""
        return 0 < link.score >= self.settings.abstain  # 0: the terminology has no term for these words

    def _answers(self, asked: Sequence[tuple[str, bool]]) -> list[list[Link]]:
        """Candidates for each wording, which may be a list or marked."""
        found: dict[tuple[str, bool], list[Link]] = {}
        for is_list in (False, True):
            surfaces = [surface for surface, is_whole in asked if is_whole == is_list]
            links = self.link_all(surfaces, self.candidates, is_list)
            found |= {(surface, is_list): of_one for surface, of_one in zip(surfaces, links, strict=True)}
        return [found[question] for question in asked]

    def _add(self, rows: Iterable[tuple[str, str]]) -> None:
        added = dict(checked_synonym(phrase, code, self.terminology) for phrase, code in rows)
        self._phrase_to_id = {**self._phrase_to_id, **added}
        self._wordings = with_own(self._known, self._phrase_to_id)
        self.__dict__.pop("_id_to_wordings", None)  # made when it is asked for, out of these

    @property
    def _rule(self) -> Rule:
        wordings = self._id_to_wordings if self.options.explain else None
        without = self.lay.without - {fold(phrase) for phrase in self._phrase_to_id}
        return Rule(
            self.terminology, self._wordings, self.classifier, self.settings, wordings, frozenset(without)
        )

    @cached_property
    def _id_to_wordings(self) -> dict[str, list[str]]:
        """Wordings of each concept, a list of one's own first."""
        found: dict[str, list[str]] = {}
        for wording, concept_id in (
            *self._phrase_to_id.items(),
            *self.lay.phrase_to_id.items(),
            *self.row_to_times,
            *self.index.rows,
        ):
            found.setdefault(concept_id, []).append(wording)
        return found

    def _given(self, links: list[Link], candidates: int) -> list[Link]:
        """The best candidates, all effects that are joined, and all of the candidate set where it is asked for."""
        if self.options.conformal:
            links = in_sets(links, self.settings)
        return [
            link
            for rank, link in enumerate(links)
            if rank < candidates or link.in_set or link.conjunct is not None
        ]

    def _decided(self, mention: Mention, surface: str, links: Sequence[Link]) -> Mention:
        decided = replace(mention, links=tuple(links), status=self._status(links), explanation=None)
        if not self.options.explain:
            return decided
        return replace(decided, explanation=explanation(decided, surface, self.settings))

    def _status(self, links: Sequence[Link]) -> str:
        if not links:
            return "none"
        if self.options.review and self._is_doubtful(links):
            return "review"
        return "coded" if self.is_coded(links[0]) else "none"

    def _is_doubtful(self, links: Sequence[Link]) -> bool:
        answers = [link for link in links if link.conjunct is not None] or links[:1]
        has_others = any(link.in_set for link in links[len(answers) :])
        least = max(self.settings.sure, self.settings.abstain)
        return has_others or min(link.score for link in answers) < least


def _is_linked(mention: Mention) -> bool:
    return mention.label == ADE and mention.assertion == "present"


def _unlinked(mention: Mention) -> Mention:
    """An effect that is not there has no code; other mentions stay as they are."""
    return replace(mention, links=(), status="none", explanation=None) if mention.label == ADE else mention


def _is_whole(mention: Mention, document: Document) -> bool:
    """Whether a mention is its whole text: a verbatim that nobody marked."""
    return mention.spans == ((0, len(document.text)),)
