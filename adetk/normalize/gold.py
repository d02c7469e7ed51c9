"""Mentions whose right codes are known, and whether an answer is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adetk.document import Link
from adetk.normalize.terminology import Terminology


@dataclass(frozen=True)
class GoldMention:
    """A development mention: its wording and the codes that are right; none = no term is."""

    surface: str
    codes: frozenset[str]


def codable_mentions(mentions: Sequence[GoldMention], terminology: Terminology) -> list[bool]:
    """Per mention whether the terminology offers a term with the PT of a right code."""
    offered = {terminology.pt_of(concept.id) for concept in terminology.offered()}
    return [any(terminology.pt_of(code) in offered for code in mention.codes) for mention in mentions]


def right_answers(
    terminology: Terminology, answers: Sequence[Link | None], mentions: Sequence[GoldMention]
) -> NDArray[np.bool_]:
    """Whether each mention's answer is right; no answer is not."""
    return np.array(
        [
            link is not None and is_right(terminology, link, mention)
            for link, mention in zip(answers, mentions, strict=True)
        ],
        dtype=bool,
    )


def is_right(terminology: Terminology, link: Link, mention: GoldMention) -> bool:
    """Whether a link's PT is that of a right code."""
    return terminology.pt_of(link.concept_id) in {terminology.pt_of(code) for code in mention.codes}
