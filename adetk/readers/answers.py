"""Gold as answers: a corpus's annotations in the place of predictions, for a submission that is all right.

Only here does gold become links. What a linker could not code must never be filled in from the gold that a
document still carries, so a submission of predictions does not look at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from adetk.document import ADE, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.readers.post_codes import codes_of_post


def as_answers(document: Document, lost: Counter[str], whole_posts: bool = False) -> Document:
    """A document whose ADE mentions are coded with their gold: one mention a conjunct, coded with one code.

    Args:
        document: annotated.
        lost: counts, to be added to, of accepted codes that could not be kept, and of fragments joined.
        whole_posts: codes of the whole post become mentions from end to end. Right only where words do not
            matter.

    Raises:
        AdetkError: the document has no label, or codes without words where words matter.
    """
    if document.label is None:
        raise AdetkError(
            f"document {document.id}: is not labelled, so there is no right answer; expected a labelled split"
        )
    codes = codes_of_post(document)
    if codes and not whole_posts:
        raise AdetkError(
            f"document {document.id}: its codes are the whole post's, without words; expected a task of codes alone"
        )
    mentions = [answer for mention in document.mentions for answer in _answers(mention, lost)]
    mentions += [_coded(Mention(((0, len(document.text)),)), code) for code in codes]
    return replace(document, mentions=tuple(mentions))


def _answers(mention: Mention, lost: Counter[str]) -> Iterator[Mention]:
    if mention.label != ADE:
        return
    lost["fragments of mentions (joined into one span)"] += len(mention.spans) > 1
    if not mention.gold:
        yield replace(mention, status="none", links=(), drug=None)
        return
    for accepted in mention.gold:
        lost["codes accepted beside another"] += len(accepted) > 1
        yield _coded(mention, min(accepted))


def _coded(mention: Mention, code: str) -> Mention:
    return replace(mention, status="coded", links=(Link(code, ""),), drug=None)
