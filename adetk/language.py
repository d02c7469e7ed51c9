"""Which language a post is in: as its `lang` column says, else as its letters do; and a warning of others than learnt.

English and Russian, the two languages that there is training data for, differ in their alphabets: the share of
Cyrillic letters tells them apart, where detectors err on short posts. Others are recognized (by CLD2, with that
share as a hint) only to be counted.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import pycld2

from adetk.document import Document

Step = Callable[[Iterable[Document]], Iterator[Document]]

logger = logging.getLogger(__name__)

COLUMN = "lang"
"""Column of the input, so key of `Document.meta`, that says a post's language: `ru`, `RU`, `ru-RU`."""
ENGLISH, RUSSIAN = "en", "ru"
LEAST_SHARE = 0.01
"""Share of training documents from which on a language counts as learnt."""

_LONG_TO_SHORT = {"eng": ENGLISH, "rus": RUSSIAN}
"""Of ISO 639-2, the codes of what is looked at."""
_CODE = re.compile(r"([a-z]{2,3})(?:[-_].*)?")
_NO_LANGUAGE = re.compile("und|mis|mul|zxx|q[a-t][a-z]")
"""Codes of ISO 639 for no certain language; X writes some where it could not tell, or saw nothing but links."""
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_NO_WORD = re.compile(r"(?:https?://|www\.|[@#])\S+")
_LETTER = re.compile(r"[^\W\d_]")


def language_of(document: Document) -> str:
    """ISO 639 code: the document's own where its `meta` says one, else `ru` if most letters are Cyrillic, else `en`.

    In this language emoji are named. A language that the emoji package lacks gets English names.
    """
    given = _given(document)
    return _by_script(document.text) if given is None else given


def languages_of(documents: Sequence[Document]) -> list[str]:
    """The languages of at least 1 % of documents, in alphabetical order: what a part that they train has learnt."""
    counts = Counter(map(language_of, documents))
    return sorted(code for code, number in counts.items() if number >= LEAST_SHARE * len(documents))


def watched(step: Step, learnt: Collection[str]) -> Step:
    """A step that does the same and, at the end, logs one warning if some posts are in languages not `learnt`."""
    return lambda documents: step(_counted(documents, learnt))


def recognized(document: Document) -> str:
    """As `language_of`, but any language: of a post that does not say its own, CLD2's answer where it is sure."""
    given = _given(document)
    if given is not None:
        return given
    script = _by_script(document.text)
    try:
        words = _NO_WORD.sub(" ", document.text)
        is_sure, _, best_first = pycld2.detect(words, isPlainText=True, hintLanguage=script)
    except (pycld2.error, UnicodeEncodeError):  # control characters, lone surrogates
        return script
    return str(best_first[0][1]) if is_sure else script


def _counted(documents: Iterable[Document], learnt: Collection[str]) -> Iterator[Document]:
    counts: Counter[str] = Counter()
    total = 0
    for document in documents:
        total += 1
        language = recognized(document)
        if language not in learnt:
            counts[language] += 1
        yield document
    if counts:
        logger.warning(
            "%d of %d posts seem to be in a language that this bundle did not learn (%s; it learnt %s): they come "
            "out like all others, but what is said of them means little",
            counts.total(),
            total,
            ", ".join(f"{code} {number}" for code, number in counts.most_common()),
            ", ".join(sorted(learnt)),
        )


def _given(document: Document) -> str | None:
    code = _CODE.fullmatch(str(document.meta.get(COLUMN, "")).strip().lower())
    if code is None or _NO_LANGUAGE.fullmatch(code[1]):
        return None
    return _LONG_TO_SHORT.get(code[1], code[1])


def _by_script(text: str) -> str:
    if text.isascii():
        return ENGLISH
    words = _NO_WORD.sub(" ", text)
    return RUSSIAN if 2 * len(_CYRILLIC.findall(words)) > len(_LETTER.findall(words)) else ENGLISH
