"""Codes of a whole post: where a corpus says what a post reports, but not in which words."""

from __future__ import annotations

from adetk.document import Document

POST_CODES = "post_codes"  # key in Document.meta
BETWEEN_CODES = " & "


def codes_of_post(document: Document) -> list[str]:
    """The codes that the whole post was annotated with; empty where it was not, or has none."""
    return [code for code in document.meta.get(POST_CODES, "").split(BETWEEN_CODES) if code]
