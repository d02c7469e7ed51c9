"""Texts that stand in the training data too: scores are given with and without them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adetk.document import Document
from adetk.text import clean

# What `clean` leaves of handles and links (masked or not), and whitespace.
_IGNORED = re.compile(r"@user\b|\blink\b|\s+")


def shared_texts(train: Sequence[Document], scored: Sequence[Document]) -> list[int]:
    """Indices of the scored documents whose text occurs in the training data.

    Texts are compared without case, whitespace, handles and links: a repost often differs in nothing else.
    A text of which nothing is left is shared with none.
    """
    seen = {_normalized(document.text) for document in train} - {""}
    return [i for i, document in enumerate(scored) if _normalized(document.text) in seen]


def _normalized(text: str) -> str:
    return _IGNORED.sub("", clean(text).text.casefold())
