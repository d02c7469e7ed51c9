"""A list of one's own: phrases and the terms that they mean, before all that a linker knows.

A `.tsv` file, tab-separated in UTF-8, with the columns `phrase` and `code`, as `adetk review apply` writes it. Other
columns are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adetk.errors import AdetkError
from adetk.io.sheet import read_sheet, write_sheet
from adetk.normalize.surface import fold
from adetk.normalize.terminology import UPPER_LEVELS, Terminology

COLUMNS = ("phrase", "code")


def read_synonyms(path: Path, terminology: Terminology) -> dict[str, str]:
    """Phrase to code, in the file's order.

    Raises:
        AdetkError: no such file or column, a code that the terminology does not offer, or a phrase of two codes; names
            the rows.
    """
    phrase_to_id: dict[str, str] = {}
    key_to_row: dict[str, tuple[int, str]] = {}
    problems = []
    for number, row in read_sheet(path, COLUMNS):
        try:
            phrase, code = checked_synonym(row["phrase"], row["code"], terminology)
        except AdetkError as error:
            problems.append(f"row {number}: {error}")
            continue
        first, known = key_to_row.setdefault(fold(phrase), (number, code))
        if known != code:
            problems.append(f"row {number}: {phrase!a} is {code}, in row {first} {known}")
        phrase_to_id[phrase] = code
    if problems:
        raise AdetkError(f"{path}: {'; '.join(problems)}; expected one current term a phrase")
    return phrase_to_id


def write_synonyms(path: Path, phrase_to_id: Mapping[str, str]) -> None:
    """Write what `read_synonyms` reads, whole or not at all."""
    write_sheet(path, COLUMNS, ({"phrase": phrase, "code": code} for phrase, code in phrase_to_id.items()))


def checked_synonym(phrase: str, code: str, terminology: Terminology) -> tuple[str, str]:
    """The phrase with single spaces, and the code.

    Raises:
        AdetkError: the phrase has no letter or digit, or the terminology offers no such term.
    """
    tidy = " ".join(phrase.split())
    if not fold(tidy):
        raise AdetkError(f"phrase {phrase!a} has no word")
    refuse_unoffered(code, terminology)
    return tidy, code


def refuse_unoffered(code: str, terminology: Terminology) -> None:
    """Refuse a code that nothing may be coded to.

    Raises:
        AdetkError: no such code, or one of an old or upper term; names the one to use today.
    """
    concept = terminology.concepts.get(code)
    if concept is None or concept.level in UPPER_LEVELS:
        raise AdetkError(f"code {code!a} is no term of {terminology.label} that one may code to")
    if not concept.is_current:
        now = terminology.current(code)
        today = f"; use {now.id} {now.name}" if now.is_current else ""
        raise AdetkError(f"code {code} ({concept.name}) is not current in {terminology.label}{today}")
