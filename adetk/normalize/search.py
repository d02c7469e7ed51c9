"""Ranking of wordings against a typed query, for people who look a term up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

LEAST_SIMILARITY = 60.0  # of 100; below it wordings share little but letters


def ranked(query: str, wordings: Sequence[str]) -> Iterator[int]:
    """Yield positions of wordings, best first: the query itself, wordings that it begins, similar ones.

    A position may come twice. Similarity is only computed when somebody asks for more than the first two.

    Args:
        query: caseless, not empty.
        wordings: caseless.
    """
    beginning = [i for i, wording in enumerate(wordings) if wording.startswith(query)]
    # The shortest continuation first: an exact wording leads.
    yield from sorted(beginning, key=lambda i: (len(wordings[i]), wordings[i]))
    hits = process.extract(
        query, wordings, scorer=fuzz.token_ratio, limit=None, score_cutoff=LEAST_SIMILARITY
    )
    yield from (position for _, _, position in hits)
