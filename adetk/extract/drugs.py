"""DRUG mentions by dictionary: names, brands, slang, and misspellings at edit distance 1.

They are given for every post, whatever the gate says: they are the denominators of safety counts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adetk.document import ADE, DRUG, Document, Link, Mention
from adetk.lexicon import Lexicon, tokenize
from adetk.text import clean

FUZZY_SCORE = 0.8
"""Score of a misspelt name; an exact one has 1."""


class DrugFinder:
    """Adds DRUG mentions to documents and points each ADE mention at the nearest one.

    Args:
        lexicon: drug names with ids.
        id_to_name: the generic name of each id.
    """

    def __init__(self, lexicon: Lexicon, id_to_name: Mapping[str, str]) -> None:
        self._lexicon = lexicon
        self._id_to_name = id_to_name

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Replace the DRUG mentions of each document, lazily."""
        for document in documents:
            others = tuple(m for m in document.mentions if m.label != DRUG)
            mentions = (*others, *self.mentions(document))
            yield replace(document, mentions=_with_nearest_drug(mentions))

    def mentions(self, document: Document) -> list[Mention]:
        """The DRUG mentions of a post, in text order; a name of several drugs links to each."""
        cleaned = clean(document.text, document.meta.get("lang", "en"))
        tokens = tokenize(cleaned.text)
        found = []
        for match in self._lexicon.matches(tokens, fuzzy=True):
            span = cleaned.to_raw(tokens.spans[match.start][0], tokens.spans[match.end - 1][1])
            score = FUZZY_SCORE if match.fuzzy else 1.0
            links = tuple(
                Link(i, self._id_to_name.get(i, i), score=score, method="synonym" if match.fuzzy else "exact")
                for i in match.ids
            )
            found.append(Mention((span,), DRUG, score, status="coded", links=links))
        return found


def _with_nearest_drug(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Point each ADE mention at the DRUG mention with the fewest characters between; the earlier one on a tie."""
    places = [i for i, m in enumerate(mentions) if m.label == DRUG]
    if not places:
        return tuple(replace(m, drug=None) if m.drug is not None else m for m in mentions)
    drugs = [mentions[i] for i in places]
    ends = [drug.end for drug in drugs]
    return tuple(
        replace(m, drug=places[_nearest(m, drugs, ends)] if m.label == ADE else None) for m in mentions
    )


def _nearest(effect: Mention, drugs: Sequence[Mention], ends: Sequence[int]) -> int:
    """Number of the nearest drug; they are in text order, so it is the last before the effect or the next."""
    after = bisect_right(ends, effect.start)
    before = bisect_left(ends, ends[after - 1]) if after > 0 else 0  # of those that end there, the first
    if after == len(drugs):
        return before
    gap = max(drugs[after].start - effect.end, 0)
    return before if after > 0 and effect.start - ends[before] <= gap else after
