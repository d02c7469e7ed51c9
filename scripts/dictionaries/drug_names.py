"""Drug names that patients may write, and the drug that each stands for.

Names come from DrugBank's open vocabulary, Drugs@FDA, a collected list of variants (MeSH, MedlinePlus, NHS)
and two lists written for this project: everyday names, and generic names and brands outside the US. Names of
which Wikipedia (CC BY-SA) may be the only source are left out.
"""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path

from dictionaries.drug_catalogue import Catalogue, Drug
from dictionaries.tables import Row, fold

DRUG_COLUMNS = ("concept_id", "name", "variant", "kind", "source")
SMILES_COLUMNS = ("concept_id", "smiles", "source")
ENGLISH = Path(__file__).with_name("english_drug_names.txt")
REJECTED = Path(__file__).with_name("rejected_drug_names.txt")

_PLAIN = re.compile(r"[a-z][a-z' -]{2,38}[a-z](?:[ -]\d{1,2}[a-z]?)?")
_MAX_WORDS = 4
# What stands in drug tables and is no name that anybody writes: forms, laboratory words, makers.
_NO_NAME = re.compile(
    r"\b(?:in|with|w|for|from|of|nos|kit|container|plastic|preserv\w*|usp|extract|pollen|factor|fragment"
    r"|chain|acid ester|protein|receptor|antigen|antibod\w*|kinase|gene|peptide|cell|cells|agent|compound"
    r"|derivative|human"
    r"|recombinant|anhydrous|\w*hydrate|metabolite|impurity|isomer|virus|\w+-ratiopharm|pms|apo|ratio|novo"
    r"|gen|nu|mylan"
    r"|teva|sandoz|hcl|injection|injectable|solution|suspension|tablets?|capsules?|ointment)\b"
)
_CHEMIST = re.compile(r"(?:yl|oxy|hydro|amino|methyl|chloro|benz)[a-z]*-|-(?:yl|one|ol|diol|oic)\b")
# Stems that WHO gives to drugs: how a new drug is told from a reagent in a table that holds both.
_DRUG_STEM = re.compile(
    r"[a-z]{3,}(?:mab|nib|clib|parib|vir|cept|cillin|mycin|micin|cycline|oxacin|azole|pril|sartan|olol|dipine|statin"
    r"|fibrate|gliptin|gliflozin|glitazone|glutide|caine|azepam|zolam|barbital|oxetine|triptan|triptyline|pramine"
    r"|apine|piprazole|peridone|setron|tidine|astine|tadine|terol|tropium|onide|asone|olone|lukast|steride|estradiol"
    r"|gestrel|mestane|ifene|relix|relin|xaban|gatran|parin|grel|platin|rubicin|taxel|tecan|trexed|poside|mustine"
    r"|dronate|fungin|bactam|penem|imod|afil|gepant|orexant|vaptan|zosin|fenacin|begron|profen|coxib|fenac|adol"
    r"|caftor|lisib|degib|clax|limus|leucel|poetin|grastim|siran|rsen|racetam|zone|azine)"
)
_NO_VOWEL = re.compile(r"\b[^aeiouy ]+\b")


def drug_rows(catalogue: Catalogue, english: frozenset[str]) -> list[Row]:
    """Rows of the table of names.

    Args:
        catalogue: all drugs.
        english: ordinary lower-case words; a name made of nothing else is kept only if a checked list has it.
    """
    allowed = read_list(ENGLISH)
    rejected = read_list(REJECTED)
    fold_to_row: dict[str, tuple[tuple[int, str], Row]] = {}
    for drug in catalogue.drugs():
        for variant, (kind, source) in drug.variants.items():
            folded = fold(variant)
            if folded in rejected or not (
                source == "adetk" or _fits(variant, drug, source, english, allowed)
            ):
                continue
            rank = (_rank(folded, source, drug), drug.concept_id)
            row = (drug.concept_id, " ".join(drug.name.split()), variant, kind, source)
            if folded not in fold_to_row or rank < fold_to_row[folded][0]:
                fold_to_row[folded] = rank, row
    return [row for _, row in fold_to_row.values()]


def structure_rows(catalogue: Catalogue, named: Container[str]) -> list[Row]:
    """Rows of the table of structures, of the drugs whose ids are `named`."""
    return [
        (drug.concept_id, drug.smiles, "PubChem")
        for drug in catalogue.drugs()
        if drug.concept_id in named and drug.smiles
    ]


def read_list(path: Path) -> frozenset[str]:
    """Folded entries of a list: one a line, what follows `#` is its reason."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(filter(None, (fold(line.split("#")[0]) for line in lines)))


def _rank(folded: str, source: str, drug: Drug) -> int:
    """Which of two drugs with the same name has it: lower wins."""
    if source == "adetk":
        return 0
    return 1 if folded == fold(drug.name) else 2 if drug.known else 3


def _fits(variant: str, drug: Drug, source: str, english: frozenset[str], allowed: frozenset[str]) -> bool:
    """Whether a collected name is one that could stand in a post."""
    words = fold(variant).split()
    if not _PLAIN.fullmatch(variant) or len(words) > _MAX_WORDS or max(map(len, words)) < 4:
        return False
    if source != "Drugs@FDA" and (max(map(len, words)) < 5 or _NO_VOWEL.search(variant)):
        return False
    if _NO_NAME.search(variant) or _CHEMIST.search(variant) or _is_latin(variant, drug.name):
        return False
    if source == "drug-ner" and len(words) > 1 and any(word in drug.variants for word in words):
        return False  # a maker's or a salt's name after a name that is there already
    if fold(variant) in allowed:
        return True
    if all(word in english or len(word) == 1 for word in words):
        return False
    if drug.known:
        return not (drug.wiki and source == "drug-ner")
    return source == "DrugBank" and variant == drug.name.lower() and bool(_DRUG_STEM.fullmatch(variant))


def _is_latin(synonym: str, name: str) -> bool:
    """Whether a synonym is only the name's Latin or Romance form (-um, -a, -o), which English posts lack."""
    folded, stem = synonym.lower(), name.lower().rstrip("e")
    return folded != name.lower() and any(folded == stem + ending for ending in ("um", "a", "o"))
