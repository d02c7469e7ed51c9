"""Symptom phrases, as evidence for the tagger: words, not codes of a terminology."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dictionaries.tables import Row, fold, read_rows

SYMPTOM_COLUMNS = ("phrase", "source", "source_id", "licence")

_SYNONYM = re.compile(r'synonym: "(.+)" EXACT')
# Headings and congenital diseases that the two tables file under symptoms.
_NO_SYMPTOM = re.compile(
    r"\b(?:symptoms?|signs?|manifestations?|disease|deficiency|syndromes?|mental retardation"
    r"|dystrophy|leukodystrophy|ataxias|lissencephalies|pseudophakia|threshold|weight|waist|wheelbarrowing|hopping"
    r"|hemi(?:walking|standing)|proprioception|hind limb|droopy ears|head pressing|circling|recumbency"
    r"|lameness|withdrawal reflex|join pain|perception|involvement|alteration of|hematogenous)\b",
    re.IGNORECASE,
)
_KEPT = frozenset({"weight gain", "weight loss", "restless legs syndrome"})
_EVERYDAY = frozenset(
    {"blood pressure", "boil", "congestion", "crinkle", "discharge", "fecal", "gas", "shock", "tics"}
)
_LONGEST = 5  # words


def symptom_rows(folder: Path) -> list[Row]:
    """One row a folded phrase; the Symptom Ontology has the first word."""
    fold_to_row: dict[str, Row] = {}
    for phrase, source, source_id, licence in (
        *_ontology(folder / "symp.obo"),
        *_mesh(folder / "symptoms.tsv"),
    ):
        folded = fold(phrase)
        if folded in _EVERYDAY or (folded not in _KEPT and _NO_SYMPTOM.search(phrase)):
            continue
        if len(folded.split()) <= _LONGEST:
            fold_to_row.setdefault(folded, (folded, source, source_id, licence))
    return list(fold_to_row.values())


def _ontology(path: Path) -> Iterator[Row]:
    """Names and exact synonyms of the terms that are not obsolete."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = block.strip().splitlines()
        if not lines or lines[0] != "[Term]" or "is_obsolete: true" in lines:
            continue
        source_id = lines[1].removeprefix("id: ")
        names = [line.removeprefix("name: ") for line in lines if line.startswith("name: ")]
        synonyms = [match[1] for match in map(_SYNONYM.match, lines) if match]
        for phrase in names + synonyms:
            if "(" not in phrase and "," not in phrase:
                yield phrase, "SYMP", source_id, "CC0"


def _mesh(path: Path) -> Iterator[Row]:
    """Descriptors, their inverted form (`Pain, Chronic`) turned round."""
    for mesh_id, name in read_rows(path, ("mesh_id", "mesh_name")):
        head, _, modifier = name.partition(", ")
        if "," not in modifier:
            yield f"{modifier} {head}".strip(), "MeSH", mesh_id, "NLM-PD"
