"""CTCAE, the terminology that travels with adetk.

The Common Terminology Criteria for Adverse Events are published by the US National Cancer Institute. Their
terms carry MedDRA codes. MedDRA is a registered trademark of ICH; CTCAE incorporates elements of MedDRA.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.data import dictionaries_folder
from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.terminology import Terminology

CONCEPTS, SOCS = "ctcae_concepts.tsv", "ctcae_socs.tsv"
SYNONYMS = ("ctcae_synonyms.tsv", "hpo_synonyms.tsv")
PATIENT_PHRASES = "patient_phrases.tsv"


def read_ctcae(dictionaries: Path | None = None, patient_phrases: bool = True) -> Terminology:
    """Read CTCAE's terms with their synonyms.

    Terms of earlier CTCAE versions are offered too: the version named is the latest among them.

    Args:
        dictionaries: folder with the tables; None = the one that travels with adetk.
        patient_phrases: whether phrases in patients' own words become synonyms. Switch them off when
            scoring on a corpus that some of them come from. A folder may lack any of the synonym files.

    Raises:
        AdetkError: a table is missing, malformed, or gives a synonym to an unknown code.
    """
    folder = dictionaries_folder() if dictionaries is None else dictionaries
    socs = {row["id"]: row["name"] for _, row in _table(folder / SOCS, ("id", "name"))}
    concepts: dict[str, Concept] = {}
    versions: set[str] = set()
    for place, row in _table(folder / CONCEPTS, ("id", "name", "soc_id", "versions")):
        if row["id"] in concepts:
            raise AdetkError(f"{place}: code {row['id']} is given twice; expected one row a code")
        if row["soc_id"] not in socs:
            raise AdetkError(f"{place}: SOC {row['soc_id']!r} is not in {SOCS}; add it there")
        concepts[row["id"]] = Concept(row["id"], row["name"], "CTCAE", parent_id=row["soc_id"])
        versions.update(version.strip() for version in row["versions"].split(","))
    latest = max(versions - {""}, key=_version_key, default="")
    terminology = Terminology("CTCAE", latest, "English", concepts, socs)
    names = (*SYNONYMS, PATIENT_PHRASES) if patient_phrases else SYNONYMS
    return terminology.with_synonyms([pair for name in names for pair in _synonyms(folder / name, concepts)])


def _synonyms(path: Path, concepts: dict[str, Concept]) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    for place, row in _table(path, ("concept_id", "synonym")):
        if row["concept_id"] not in concepts:
            raise AdetkError(f"{place}: code {row['concept_id']!r} is not in {CONCEPTS}; remove the row")
        yield row["concept_id"], row["synonym"]


def _table(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield where a row stands (file and line) and its fields by column name. No quoting, as written."""
    if not path.is_file():
        raise AdetkError(f"no {path.name} in {path.parent}: expected adetk's dictionaries folder")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise AdetkError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    header = lines[0].split("\t")
    absent = [column for column in needed if column not in header]
    if absent:
        raise AdetkError(f"{path}:1: no column {', '.join(absent)}; found {', '.join(header)}")
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        fields = line.split("\t")
        if len(fields) != len(header):
            raise AdetkError(f"{path}:{number}: {len(fields)} fields; expected {len(header)}, as in line 1")
        yield f"{path}:{number}", dict(zip(header, fields, strict=True))


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in version.split("."))
