"""Case forms of Russian names of things, by the regular endings: what a dictionary of nominatives has to match."""

from __future__ import annotations

import re

_HARD = ("а", "у", "ом", "е", "ы", "ов", "ам", "ами", "ах")
_AFTER_VELAR = ("а", "у", "ом", "е", "и", "ов", "ам", "ами", "ах")
_AFTER_SIBILANT = ("а", "у", "ем", "ом", "е", "и", "ей", "ам", "ами", "ах")
_AFTER_TSE = ("а", "у", "ем", "ом", "е", "ы", "ов", "ам", "ами", "ах")
_FEMININE = ("ы", "е", "у", "ой", "ою", "ам", "ами", "ах")
_SOFT_FEMININE = ("и", "е", "ю", "ей", "й", "ям", "ями", "ях")
_SOFT_SIGN = ("я", "ю", "ем", "е", "и", "ью", "ей", "ям", "ями", "ях")
_SHORT_I = ("я", "ю", "ем", "е", "и", "ев", "ям", "ями", "ях")
_MUST_BE_I = "гкхжчшщ"
_SHORTEST = 3
_WORD_END = re.compile("[^ -]*$")


def case_forms(name: str) -> list[str]:
    """A name in all its cases and numbers, the name first; of several words, the last one is declined.

    Gender is told from the last letter; a name in -ь gets masculine and feminine endings; one in another vowel, and
    one whose last word has a letter or two, are not declined. The genitive plural of names in -а is left out: hardly
    anybody writes it, and it looks like other words. Fleeting vowels and adjectives are not known here: write such
    forms out.

    Args:
        name: a nominative, lower-case.
    """
    stem, last = name[:-1], name[-1:]
    if len(_WORD_END.findall(name)[0]) < _SHORTEST:
        return [name]
    if last == "а":
        endings = [("и" if ending == "ы" and stem[-1] in _MUST_BE_I else ending) for ending in _FEMININE]
        return [name, *(stem + ending for ending in endings)]
    declensions = {"я": _SOFT_FEMININE, "ь": _SOFT_SIGN, "й": _SHORT_I}
    if last in declensions:
        return [name, *(stem + ending for ending in declensions[last])]
    if last not in "бвгдзклмнпрстфхцжчшщ":
        return [name]
    return [name, *(name + ending for ending in _endings_after(last))]


def _endings_after(consonant: str) -> tuple[str, ...]:
    if consonant in "гкх":
        return _AFTER_VELAR
    if consonant == "ц":
        return _AFTER_TSE
    return _AFTER_SIBILANT if consonant in "жчшщ" else _HARD
