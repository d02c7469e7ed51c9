"""The types that flow through every step: Document, Mention, Link, Concept.

Gold and predicted are the same types. All are frozen; a step returns a changed copy (`dataclasses.replace`).
Offsets count Unicode code points of the raw text, end exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

ADE, NO_ADE = "ADE", "noADE"
DRUG = "DRUG"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Concept:
    """One term of a terminology.

    Attributes:
        id: code, e.g. an 8-digit MedDRA code.
        name: the term's own wording.
        level: `LLT`, `PT`, `HLT`, `HLGT`, `SOC` or `CTCAE`.
        synonyms: other wordings that may be matched.
        parent_id: LLT -> PT, PT -> primary SOC, CTCAE term -> SOC; empty when unknown.
        is_current: False for LLTs that MedDRA keeps only for old data.
    """

    id: str
    name: str
    level: str = "LLT"
    synonyms: tuple[str, ...] = ()
    parent_id: str = ""
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A candidate term for a mention.

    `method` is `exact`, `synonym`, `similarity`, `classifier` or `fused`, or `review` where a coder chose the term.
    `score` is a probability when `calibrated`. `distance` is 1 - cosine, None where no vector was compared.
    `in_set` says whether the link lies in the conformal candidate set, None where no set was asked for.
    `conjunct` is the number, from 0, of the effect that the link is for, where the mention joins several.
    `surface` is the wording of the term that won, empty where no explanation was asked for or none won.
    """

    concept_id: str
    name: str
    level: str = ""
    pt_id: str = ""
    pt_name: str = ""
    soc_id: str = ""
    soc_name: str = ""
    terminology: str = ""
    score: float = 0.0
    calibrated: bool = False
    distance: float | None = None
    method: str = "exact"
    in_set: bool | None = None
    conjunct: int | None = None
    surface: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a mention has its answer.

    Attributes:
        text: in words.
        thresholds: name -> number that the decision was held against.
    """

    text: str
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of a post that carry an effect or a drug.

    Attributes:
        spans: one or more `(start, end)` in raw characters, in text order; more than one = discontinuous.
        label: `ADE`, `DRUG`, or whatever a corpus adds.
        score: confidence in [0, 1].
        assertion: `present`, `negated` or `hypothetical`.
        drug: index in the document's mentions of the DRUG that this is about, or None.
        status: `coded` (see `answers`), `review` (a coder is to say) or `none`.
        links: candidates, best first.
        gold: one set of accepted codes per conjunct; empty = annotated as having no concept;
            None = not annotated.
        explanation: why the linker answers as it does; None where nobody asked.
    """

    spans: tuple[Span, ...]
    label: str = ADE
    score: float = 1.0
    assertion: str = "present"
    drug: int | None = None
    status: str = "none"
    links: tuple[Link, ...] = ()
    gold: tuple[frozenset[str], ...] | None = None
    explanation: Explanation | None = None

    @property
    def answers(self) -> tuple[Link, ...]:
        """The terms of a coded mention: its first link, or one an effect where it joins several; else none."""
        if self.status != "coded":
            return ()
        joined = tuple(link for link in self.links if link.conjunct is not None)
        return joined if joined else self.links[:1]

    @property
    def start(self) -> int:
        """Start of the first fragment."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """End (exclusive) of the last fragment."""
        return self.spans[-1][1]

    def surface(self, text: str) -> str:
        """The mention's words, fragments joined by one space."""
        return " ".join(text[start:end] for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class Document:
    """A post. `text` is raw and never rewritten.

    `label` (`ADE` or `noADE`) and `score` (probability of ADE) are None while not classified. `meta` carries
    the input's other columns through to the output.
    """

    id: str
    text: str
    label: str | None = None
    score: float | None = None
    mentions: tuple[Mention, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)

    def labelled(self, label: str) -> tuple[Mention, ...]:
        """The mentions with this label, in order."""
        return tuple(m for m in self.mentions if m.label == label)


def as_verbatim(document: Document) -> Document:
    """A document with its whole text as one ADE mention; one with mentions, or without a word, stays as it is."""
    if document.mentions or not document.text.strip():
        return document
    return replace(document, mentions=(Mention(((0, len(document.text)),), ADE),))
