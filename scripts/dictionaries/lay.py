"""Usual wordings of CTCAE terms, written for this project: from a list by terms' names to a table by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adetk.errors import AdetkError

LAY_COLUMNS = ["concept_id", "wording"]
LAY = Path(__file__).with_name("ctcae_lay.txt")
NO_TERM = "-"


def lay_rows(path: Path, id_to_name: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Rows (code, wording), sorted; the code is empty where CTCAE has no term for the wording.

    Raises:
        AdetkError: a line without a colon, or a name that no term has.
    """
    name_to_id = {name: concept for concept, name in id_to_name.items()} | {NO_TERM: ""}
    rows: list[tuple[str, ...]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            continue
        name, colon, wordings = line.partition(":")
        if not colon or name not in name_to_id:
            raise AdetkError(
                f"{path}:{number}: {name!a} is no term of CTCAE; expected its name, a colon, wordings"
            )
        rows += [(name_to_id[name], wording.strip()) for wording in wordings.split(";")]
    return sorted(rows)
