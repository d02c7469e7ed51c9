"""Ranking of wordings against a typed query, for people who look a term up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz, process

LEAST_SIMILARITY = 60.0  # of 100; below it wordings share little but letters


class Wordings:
    """Wordings and what each stands for.

    Args:
        pairs: wordings with the codes of their terms.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        named = [(wording.casefold(), concept_id) for wording, concept_id in pairs]
        self._wordings = [wording for wording, _ in named]
        self._concept_ids = [concept_id for _, concept_id in named]

    def matching(self, text: str) -> Iterator[str]:
        """Yield codes, best first: of the wording itself, of wordings that begin so, of similar ones.

        Case does not matter. A code may come more than once. Similarity is only computed when somebody asks for
        more than the first two.
        """
        query = text.strip().casefold()
        if not query:
            return
        beginning = [i for i, wording in enumerate(self._wordings) if wording.startswith(query)]
        # The shortest continuation first: an exact wording leads.
        for i in sorted(beginning, key=lambda i: (len(self._wordings[i]), self._wordings[i])):
            yield self._concept_ids[i]
        hits = process.extract(
            query, self._wordings, scorer=fuzz.token_ratio, limit=None, score_cutoff=LEAST_SIMILARITY
        )
        for _, _, position in hits:
            yield self._concept_ids[position]
