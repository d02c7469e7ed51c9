"""Other wordings of the CTCAE terms: which of the collected ones are good enough to ship."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from adetk.errors import AdetkError
from dictionaries.tables import Row, fold, read_rows

SYNONYM_COLUMNS = ("concept_id", "synonym", "source", "source_id", "licence")
CLINICAL = ("DOID2016", "ICD10CM", "MeSH", "SYMP")
HPO = ("HPO",)
PATIENTS = ("PsyTAR", "TwADR-L")
REJECTED = Path(__file__).with_name("rejected_synonyms.tsv")

# What only a classification says: residual classes, SNOMED tags, coding advice, inverted index terms.
_CLASSIFIER = re.compile(
    r"\bNOS\b|\bNEC\b|unspecified|specified|classifi|not elsewhere|applicable|this code|sequelae|due to"
    r"|following |^(?:other|any) |[,;()\[\]]",
    re.IGNORECASE,
)
# One post's dose of an effect (how long, how much, whether it went away), not a wording of the effect itself.
_ONE_POST = re.compile(
    r"\d|#|@|\b(?:first|second|third|initial\w*|begin\w*|started|early on|last\w*|days?|weeks?|months?|years?"
    r"|night|morning|entire|once|sometimes?|occas\w*|(?:at|from) (?:first|times|time)|went|gone|never"
    r"|stopped|subsid\w*|fading|improve\w*|settling|short term|long term|return\w*|for a|lbs?|pounds?)\b",
    re.IGNORECASE,
)
_LONGEST = 6  # words
_SHORTEST = 4  # letters; fewer stand for too many things
_ABBREVIATIONS = frozenset({"tia"})


def read_synonyms(folder: Path, sources: Iterable[str]) -> list[Row]:
    """The collected rows of these sources, in the file's order; columns as SYNONYM_COLUMNS."""
    columns = ("code", "synonym", "source", "source_id", "licence")
    wanted = frozenset(sources)
    return [row for row in read_rows(folder / "ctcae_synonyms.tsv", columns) if row[2] in wanted]


def clinical_fits(synonym: str) -> bool:
    """Whether a classification's wording could be somebody's own."""
    return not _CLASSIFIER.search(synonym)


def patient_fits(synonym: str) -> bool:
    """Whether a patient's phrase names an effect and nothing of one post only."""
    return clinical_fits(synonym) and not _ONE_POST.search(synonym) and short_fits(synonym)


def short_fits(synonym: str) -> bool:
    """Whether a wording is short enough to be one; more words are a definition or a sentence."""
    return len(fold(synonym).split()) <= _LONGEST


def read_rejected(path: Path, id_to_name: dict[str, str]) -> set[tuple[str, str]]:
    """Pairs of concept and folded synonym that a reader turned down.

    Raises:
        AdetkError: a row names an unknown concept or gives no reason.
    """
    rejected = set()
    for concept_id, synonym, reason in read_rows(path, ("concept_id", "synonym", "reason")):
        if concept_id not in id_to_name or not reason:
            raise AdetkError(
                f"{path.name}: {synonym!r} needs a known concept and a reason, found {concept_id!r}"
            )
        rejected.add((concept_id, fold(synonym)))
    return rejected


class Selection:
    """Chooses rows so that no wording, in any of the files made with it, stands for two concepts."""

    def __init__(self, id_to_name: dict[str, str], rejected: set[tuple[str, str]]) -> None:
        self._rejected = rejected
        self._fold_to_id = {fold(name): concept_id for concept_id, name in id_to_name.items()}
        self._names = frozenset(self._fold_to_id)
        self.dropped: Counter[str] = Counter()

    def choose(self, rows: Iterable[Row], fits: Callable[[str], bool]) -> list[Row]:
        """The rows to keep; `dropped` counts the others by reason. Files made earlier have the first word."""
        kept: dict[tuple[str, str], Row] = {}
        for row in rows:
            key = row[0], fold(row[1])
            reason = self._reason(row, fits) or ("repeated" if key in kept else "")
            if reason:
                self.dropped[reason] += 1
            else:
                kept[key] = row
        fold_to_ids = defaultdict(set)
        for concept_id, folded in kept:
            fold_to_ids[folded].add(concept_id)
        chosen = [row for (_, folded), row in kept.items() if len(fold_to_ids[folded]) == 1]
        self.dropped["ambiguous"] += len(kept) - len(chosen)
        self._fold_to_id.update({fold(row[1]): row[0] for row in chosen})
        return chosen

    def _reason(self, row: Row, fits: Callable[[str], bool]) -> str:
        """Why a row is dropped, empty when it is not."""
        concept_id, folded = row[0], fold(row[1])
        if folded in self._names:
            return "is a term"
        if (concept_id, folded) in self._rejected:
            return "rejected by hand"
        if self._fold_to_id.get(folded, concept_id) != concept_id:
            return "ambiguous"
        if len(folded) < _SHORTEST and folded not in _ABBREVIATIONS:
            return "too short"
        return "" if fits(row[1]) else "no one's own wording"
