"""CADEC v2 with the codes of `sct/`: SNOMED CT for mentions of every kind, AMT for drugs.

A coding reads `68962001 | Name | 0 11`, joined by `+` or `or`; some names lack a bar, or stand outside of theirs.
Codes of more than 12 digits are of AMT, the Australian medicines terminology.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from adetk.errors import AdetkError
from adetk.readers import cadec
from adetk.readers.brat import TextBound

_NAME = re.compile(r"\|[^|]*\|")
_ALTERNATIVES = re.compile(r"\s+or\s+")
_CODE = re.compile(r"\s*(\d{6,18})\b.*")


def gold_of(code: TextBound, odd: cadec.Counts) -> cadec.Gold:
    """`A + B` are two conjuncts, `A or B` alternatives; CONCEPT_LESS gives none.

    Raises:
        AdetkError: a part does not begin with a code.
    """
    if code.label == cadec.CONCEPT_LESS:
        return ()
    # Names go first: they may hold what joins codes.
    bare = _NAME.sub(" ", code.label)
    return tuple(
        frozenset(_code(part, code) for part in _ALTERNATIVES.split(conjunct)) for conjunct in bare.split("+")
    )


def _code(part: str, code: TextBound) -> str:
    match = _CODE.fullmatch(part)
    if match is None:
        raise AdetkError(
            f"{code.where}: coding {code.label[:60]!a}; expected codes of 6 to 18 digits with their names "
            f"between bars, joined by + or 'or', or {cadec.CONCEPT_LESS}"
        )
    return match[1]


CORPUS = replace(
    cadec.CORPUS,
    name="cadec_snomed",
    # One file has a byte that is not UTF-8, in words that are compared nowhere.
    read=partial(cadec.read, cadec.Coding("cadec_snomed", "sct", gold_of, encoding="latin-1")),
    codes="SNOMED CT",
)
