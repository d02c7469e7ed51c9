"""What a linker learns from and is tuned on, out of documents whose mentions are coded.

Every code is of a code system, which the document's corpus or recipe names. Wordings of one concept, of
whatever system, teach the encoder that they mean the same. Only codes of the terminology's own system become
rows of its index, classes of its classifier and answers to choose by: a SNOMED CT code may look like one of
MedDRA.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.held_out import TrainingData
from adetk.normalize.gold import GoldMention
from adetk.normalize.surface import fold
from adetk.normalize.table import code_system
from adetk.normalize.terminology import Terminology
from adetk.recipe import CODES

Rows = list[tuple[str, str]]


def check_codes(data: TrainingData, terminology: Terminology, recipe: Path) -> None:
    """Refuse a terminology whose code system is unknown, or is none of the training documents'.

    Raises:
        AdetkError: names both sides.
    """
    documents = [d for d in data.train if any(m.gold for m in d.mentions)]
    found = ", ".join(sorted({_system(d) for d in documents}))
    if not terminology.codes:
        raise AdetkError(
            f"{terminology.label}: does not say which codes it holds; add a column system, the same in every "
            f"row (the training documents have {found or 'no code'})"
        )
    if not any(_system(d) == terminology.codes for d in documents):
        raise AdetkError(
            f"{recipe}: its training documents have codes of {found or 'no system'}, {terminology.label} those of "
            f"{terminology.codes}; name a source, or a terminology, of the same codes"
        )


def taught_surfaces(documents: Iterable[Document]) -> Rows:
    """`(wording, concept key)` of every mention that means one thing, in whatever code system."""
    return [
        (surface, concept_key(_system(document), code))
        for document, surface, gold in _single(documents)
        for code in sorted(gold)
    ]


def concept_key(system: str, code: str) -> str:
    """A code under its system's name: equal digits of two systems are two concepts."""
    return f"{system}:{code}"


def target_mentions(
    documents: Iterable[Document], terminology: Terminology, longest: int
) -> dict[tuple[str, str], int]:
    """`(wording, code)` of mentions whose code the terminology offers, in order, to how often each stands there.

    Where several codes are accepted, each is right, so each is a row: one a PT, by which answers are compared.

    Args:
        documents: training documents.
        terminology: whose code system counts.
        longest: words of a wording; longer mentions are a corpus's sentences rather than wordings of a term.
    """
    offered = {concept.id for concept in terminology.offered()}
    row_to_times: dict[tuple[str, str], int] = {}
    for document, surface, gold in _single(documents):
        if _system(document) == terminology.codes and len(surface.split()) <= longest:
            pt_to_code = {terminology.pt_of(code): code for code in sorted(gold & offered, reverse=True)}
            for code in sorted(pt_to_code.values()):
                row_to_times[(surface, code)] = row_to_times.get((surface, code), 0) + 1
    return row_to_times


def development_mentions(
    documents: Iterable[Document], terminology: Terminology, known: Sequence[tuple[str, str]]
) -> list[GoldMention]:
    """Mentions to choose by, coded in the terminology's system; one a wording.

    Args:
        documents: development documents.
        terminology: whose code system counts.
        known: rows whose wordings are left out.

    Raises:
        AdetkError: there are fewer than ten.
    """
    seen = {fold(surface) for surface, _ in known}
    found: dict[str, GoldMention] = {}
    for document in documents:
        if _system(document) != terminology.codes:
            continue
        for mention in document.labelled(ADE):
            surface = _surface(document, mention)
            if mention.gold is None or fold(surface) in seen or mention.assertion != "present":
                continue
            codes = frozenset(code for conjunct in mention.gold for code in conjunct)
            found.setdefault(fold(surface), GoldMention(surface, codes))
    if len(found) < 10:
        raise AdetkError(
            f"{len(found)} development mentions to choose by; expected 10 with gold codes: code more, or in a recipe "
            "carve out more or set unseen_only = false"
        )
    return list(found.values())


def _single(documents: Iterable[Document]) -> Iterator[tuple[Document, str, frozenset[str]]]:
    """Document, wording and accepted codes of the mentions that mean one thing."""
    for document in documents:
        for mention in document.labelled(ADE):
            if mention.gold is not None and len(mention.gold) == 1:
                yield document, _surface(document, mention), mention.gold[0]


def _surface(document: Document, mention: Mention) -> str:
    return " ".join(mention.surface(document.text).split())


def _system(document: Document) -> str:
    return code_system(document.meta[CODES])
