"""What people call effects, and the CTCAE term that a coder would take: a list that travels with adetk.

CTCAE was made for oncologists: it has no plain rash and no swelling of the ankles, so that the nearest term to a bare
word is often an odd one. The list says what the most usual bare wordings mean, and of which CTCAE has no term; it is
for CTCAE alone, as another terminology has other terms for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adetk.data import dictionaries_folder
from adetk.errors import AdetkError
from adetk.io.sheet import read_sheet
from adetk.normalize.surface import fold
from adetk.normalize.synonyms import checked_synonym
from adetk.normalize.terminology import Terminology

LAY = "ctcae_lay.tsv"
COLUMNS = ("concept_id", "wording")


@dataclass(frozen=True)
class LayWordings:
    """Usual wordings.

    Attributes:
        phrase_to_id: wording -> its concept.
        without: wordings, as `fold` leaves them, that the terminology has no term for.
    """

    phrase_to_id: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """One sum over the list."""
        lines = [*(f"{p}\t{c}" for p, c in self.phrase_to_id.items()), *sorted(self.without)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


NO_LAY = LayWordings()


def lay_wordings(terminology: Terminology) -> LayWordings:
    """The list for a terminology: empty for all but CTCAE."""
    return read_lay(dictionaries_folder() / LAY, terminology) if terminology.name == "CTCAE" else NO_LAY


def read_lay(path: Path, terminology: Terminology) -> LayWordings:
    """Read a list; a row without a concept is a wording that the terminology has no term for.

    Raises:
        AdetkError: no such file or column, a code that the terminology does not offer, or a wording given twice.
    """
    phrase_to_id: dict[str, str] = {}
    key_to_row: dict[str, int] = {}
    without = set()
    for number, row in read_sheet(path, COLUMNS):
        key = fold(row["wording"])
        first = key_to_row.setdefault(key, number)
        if first != number:
            raise AdetkError(
                f"{path}: row {number}: {row['wording']!a} is in row {first} too; expected it once"
            )
        if not row["concept_id"]:
            without.add(key)
            continue
        try:
            phrase, code = checked_synonym(row["wording"], row["concept_id"], terminology)
        except AdetkError as error:
            raise AdetkError(f"{path}: row {number}: {error}") from error
        phrase_to_id[phrase] = code
    return LayWordings(phrase_to_id, frozenset(without))
