"""DRUG mentions by dictionary: names, brands, slang, and misspellings at edit distance 1.

They are given for every post, whatever the gate says: they are the denominators of safety counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    drugs = [i for i, m in enumerate(mentions) if m.label == DRUG]
    if not drugs:
        return tuple(replace(m, drug=None) if m.drug is not None else m for m in mentions)

    def distance(effect: Mention, drug: Mention) -> int:
        return max(drug.start - effect.end, effect.start - drug.end, 0)

    return tuple(
        replace(m, drug=min(drugs, key=lambda i: distance(m, mentions[i]))) if m.label == ADE else m
        for m in mentions
    )
