"""What a scheme can say at best: mentions that come back from their own tags or relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adetk.document import Document, Mention, Span
from adetk.evaluate.matching import overlaps
from adetk.extract.schemes import AnyScheme
from adetk.extract.segments import clean_mentions, raw_mention
from adetk.language import language_of
from adetk.lexicon import tokenize
from adetk.text import clean


@dataclass(frozen=True, slots=True)
class Expressed:
    """Mentions, and how many of them are the same after the way there and back.

    Attributes:
        mentions: those of the scheme's labels.
        kept: of these, the ones with the same fragments and label afterwards.
        given: how many come back; those beyond `kept` were not there.
        discontinuous: mentions of several fragments.
        discontinuous_kept: of these, the ones that are the same afterwards.
        overlapping: mentions that share a character with another one of the scheme's labels.
        overlapping_kept: of these, the ones that are the same afterwards.
    """

    mentions: int = 0
    kept: int = 0
    given: int = 0
    discontinuous: int = 0
    discontinuous_kept: int = 0
    overlapping: int = 0
    overlapping_kept: int = 0

    @property
    def f1(self) -> float:
        """What a network that is always right would score, same borders."""
        total = self.mentions + self.given
        return 2 * self.kept / total if total else 0.0


def expressed(documents: Sequence[Document], scheme: AnyScheme) -> Expressed:
    """Count what a scheme can say of the mentions of `documents`; words are cut as in `adetk.extract.words`."""
    counts: Counter[str] = Counter()
    for document in documents:
        mentions = [m for m in document.mentions if m.label in scheme.labels]
        if not mentions:
            continue
        back = _there_and_back(document, mentions, scheme)
        counts["given"] += back.total()
        for number, mention in enumerate(mentions):
            key = (mention.spans, mention.label)
            is_kept = back[key] > 0
            back[key] -= is_kept
            for kind in _kinds(mention, [*mentions[:number], *mentions[number + 1 :]]):
                counts[kind] += 1
                counts["kept" if kind == "mentions" else f"{kind}_kept"] += is_kept
    return Expressed(**counts)


def _there_and_back(
    document: Document, mentions: Sequence[Mention], scheme: AnyScheme
) -> Counter[tuple[tuple[Span, ...], str]]:
    cleaned = clean(document.text, language_of(document))
    words = tokenize(cleaned.text).spans
    back = scheme.there_and_back(cleaned.text, words, clean_mentions(mentions, cleaned))
    found = (raw_mention(mention, words, cleaned) for mention in back)
    return Counter((mention.spans, mention.label) for mention in found)


def _kinds(mention: Mention, others: Sequence[Mention]) -> list[str]:
    kinds = ["mentions"]
    if len(mention.spans) > 1:
        kinds.append("discontinuous")
    if any(overlaps(mention, other) for other in others):
        kinds.append("overlapping")
    return kinds
