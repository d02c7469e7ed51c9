"""DRUG mentions by dictionary: names, brands, slang, and misspellings by one letter or two swapped ones.

They are given for every post, whatever the gate says: they are the denominators of safety counts. An effect that is a
drug's name, spelt right, and nothing else is left out: of 1,290 effects that a tagger found in tweets 20 were such, of
9,700 that people marked (smm4h2022, CADEC and PsyTAR, training splits) 3 are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from adetk.document import ADE, DRUG, Document, Link, Mention
from adetk.extract.concern import with_concern
from adetk.language import language_of
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
        self.id_to_name = id_to_name

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Replace the DRUG mentions of each document, and leave out effects that are none, lazily."""
        for document in documents:
            drugs = self.mentions(document)
            names = {m.spans for m in drugs if m.score > FUZZY_SCORE}
            others = (
                m for m in document.mentions if m.label != DRUG and not (m.label == ADE and m.spans in names)
            )
            mentions = (*others, *drugs)
            changed = mentions or document.mentions  # most posts have none, before and after
            yield with_concern(replace(document, mentions=mentions) if changed else document)

    def mentions(self, document: Document) -> list[Mention]:
        """The DRUG mentions of a post, in text order; a name of several drugs links to each."""
        cleaned = clean(document.text, language_of(document))
        tokens = tokenize(cleaned.text)
        found = []
        for match in self._lexicon.matches(tokens, fuzzy=True):
            span = cleaned.to_raw(tokens.spans[match.start][0], tokens.spans[match.end - 1][1])
            score = FUZZY_SCORE if match.fuzzy else 1.0
            links = tuple(
                Link(i, self.id_to_name.get(i, i), score=score, method="synonym" if match.fuzzy else "exact")
                for i in match.ids
            )
            found.append(Mention((span,), DRUG, score, status="coded", links=links))
        return found

    def ids(self, document: Document) -> frozenset[str]:
        """The drugs that a post names."""
        return frozenset(link.concept_id for mention in self.mentions(document) for link in mention.links)
