"""One spelling for wordings that differ only in case, punctuation, number, degree words or British vowels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

ARTICLES = frozenset({"a", "an", "the", "my", "some"})
DEGREES = frozenset({"very", "extreme", "severe", "terrible", "bad", "horrible", "awful", "really", "so"})
FILLERS = ARTICLES | DEGREES | {"slight", "mild", "major", "constant"}

# Roots, not words: `haem` covers haemorrhage and haematoma. Only medical ones, so that no other word changes.
BRITISH_TO_AMERICAN = {
    "aemi": "emi",  # anaemia, ischaemic, hyperglycaemia
    "aesthe": "esthe",  # paraesthesia, anaesthetic
    "behaviour": "behavior",
    "caec": "cec",
    "caesar": "cesar",
    "catheteris": "catheteriz",
    "coeliac": "celiac",
    "crystallis": "crystalliz",
    "discolour": "discolor",
    "faec": "fec",
    "foetal": "fetal",
    "foetus": "fetus",
    "gynaec": "gynec",
    "haem": "hem",
    "hospitalis": "hospitaliz",
    "immunis": "immuniz",
    "leucocyt": "leukocyt",
    "leucopen": "leukopen",
    "oedema": "edema",
    "oesoph": "esoph",
    "oestr": "estr",
    "paed": "ped",
    "paraes": "pares",
    "personalis": "personaliz",
    "pnoea": "pnea",  # dyspnoea, apnoea
    "rrhoe": "rrhe",  # diarrhoea, amenorrhoeic
    "sensitis": "sensitiz",
    "tumour": "tumor",
}
_BRITISH = re.compile("|".join(sorted(BRITISH_TO_AMERICAN, key=len, reverse=True)))
_APOSTROPHES = re.compile("['’‘ʼ＇`´]")
_NOT_WORD = re.compile(r"[\W_]+")
_PLURAL_S = re.compile("(?<=[^ ]{2}[^ sui])s(?= |$)")
"""The last letter of a word of four letters or more, unless it ends in ss, us or is."""


def normalise(surface: str) -> str:
    """Return the key under which two wordings count as the same: `fold`, less leading degree words.

    `My severe headaches` and `headache` share a key. So do `major X` and `X`, which a terminology may hold
    as two terms: compare by `fold` first. Normalising twice changes nothing.

    Args:
        surface: a mention's or a term's wording.

    Returns:
        Lower-case words separated by one space; empty when there is no letter or digit.
    """
    words = fold(surface).split()
    while len(words) > 1 and words[0] in FILLERS:
        del words[0]
    return " ".join(words)


@lru_cache(2**15)  # a terminology's wordings are folded several times as it is opened
def fold(surface: str) -> str:
    """Return the wording without case, punctuation, plural `s` and British vowels; every word stays.

    Args:
        surface: a mention's or a term's wording.

    Returns:
        Lower-case words separated by one space; empty when there is no letter or digit.
    """
    # Apostrophes go first: NFKC would turn some of them into spaces.
    text = _caseless(_APOSTROPHES.sub("", surface))
    words = _NOT_WORD.sub(" ", text).split()
    if _BRITISH.search(text):
        words = [_american(word) for word in words]
    return _PLURAL_S.sub("", " ".join(words))


def new_wordings(added: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those of `added` that are not `known` in any case, once each, in order and without spaces around them."""
    seen = {surface.casefold() for surface in known}
    new = []
    for surface in (wording.strip() for wording in added):
        if surface and surface.casefold() not in seen:
            seen.add(surface.casefold())
            new.append(surface)
    return new


def _caseless(surface: str) -> str:
    if surface.isascii():  # most are, and what follows changes nothing else in them
        return surface.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", surface).casefold())
    # An accent that no letter has absorbed (a stress mark, say) would otherwise cut its word in two.
    return "".join(character for character in folded if not unicodedata.combining(character))


def _american(word: str) -> str:
    changed = _BRITISH.sub(lambda match: BRITISH_TO_AMERICAN[match[0]], word)
    # A change may bring a root together that was not there before.
    return word if changed == word else _american(changed)
