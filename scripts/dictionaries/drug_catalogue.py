"""Every drug that the sources know, with every name that they give it, before any choice."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import load_workbook

from dictionaries.tables import fold, read_rows

SLANG = Path(__file__).with_name("drug_slang.tsv")
ABROAD = Path(__file__).with_name("drugs_abroad.tsv")
_CANONICAL_COLUMNS = (
    "canonical",
    "name",
    "drugbank_id",
    "mesh_id",
    "medline_plus_id",
    "nhs_url",
    "wikipedia_url",
    "formula",
    "smiles",
)
_MAX_INGREDIENTS = 4
# What may follow a drug's name without making it another drug: salts, and forms to take it in.
_SALT_OR_FORM = re.compile(
    r" (?:acetate|axetil|besylate|bitartrate|bromide|buccal|calcium|capsules|chloride|citrate|cream"
    r"|decanoate|dimesylate|dihydrochloride|dipropionate|disodium|etexilate|ethylsuccinate|eye drops"
    r"|fumarate|furoate|hydrobromide|hydrochloride|implant|inhalers|injections|intravesical|iodide"
    r"|lactate|lipid complex|maleate|meglumine|medoxomil|mesylate|nasal|nasal gel|nasal powder|nitrate"
    r"|otic|palmitate|pamoate|patch|phosphate|potassium|propionate|proxetil|sodium|sodium phosphate"
    r"|spray|sublingual|succinate|sulfate|tartrate|tosylate|tromethamine|vaginal|valerate|viscous"
    r"|xinafoate)$"
)
_BIOLOGIC_SUFFIX = re.compile(r"-[a-z]{4}$")
_AND = re.compile(r",? and |, |/")


@dataclass
class Drug:
    """A drug while names are collected."""

    concept_id: str
    name: str
    known: bool = (
        False  # somebody's patients are told about it: MedlinePlus, NHS, Drugs@FDA or the everyday list
    )
    wiki: bool = False
    smiles: str = ""
    variants: dict[str, tuple[str, str]] = field(default_factory=dict)  # variant -> kind, source

    def add(self, variant: str, kind: str, source: str) -> None:
        """Add a name unless a source asked before had it."""
        self.variants.setdefault(" ".join(variant.lower().split()), (kind, source))


class Catalogue:
    """All drugs with all their names, before any choice."""

    def __init__(self) -> None:
        self._canonical_to_drug: dict[str, Drug] = {}
        self._name_to_canonical: dict[str, str] = {}

    @classmethod
    def read(cls, folder: Path, mesh: Path) -> Catalogue:
        """Read every source, the most trusted first: a name keeps the source that had it first.

        Args:
            folder: holds `drug_canonical.tsv`, `drug_variants.tsv`, `drugbank_vocabulary.csv` and
                `products.xlsx`.
            mesh: MeSH's own table of ids and names.
        """
        catalogue = cls()
        mesh_id_to_name = {mesh_id: fold(name) for mesh_id, name in read_rows(mesh, ("mesh_id", "mesh_name"))}
        vocabulary = list(_vocabulary(folder / "drugbank_vocabulary.csv"))
        name_to_drugbank = {name.lower(): id for id, _, synonyms in vocabulary for name in synonyms}
        name_to_drugbank |= {name.lower(): id for id, name, _ in vocabulary}
        catalogue._add_canonical(folder / "drug_canonical.tsv", mesh_id_to_name, name_to_drugbank)
        variants = list(_variants(folder / "drug_variants.tsv"))
        for variant, canonical, _ in variants:
            catalogue._name_to_canonical.setdefault(variant, canonical)
        catalogue._add_everyday(SLANG)
        catalogue._add_everyday(ABROAD)
        catalogue._add_drugbank(vocabulary)
        catalogue._add_fda(folder / "products.xlsx")
        for variant, canonical, is_brand in variants:
            if canonical in catalogue._canonical_to_drug:
                catalogue._canonical_to_drug[canonical].add(
                    variant, "brand" if is_brand else "synonym", "drug-ner"
                )
        return catalogue

    def drugs(self) -> Iterable[Drug]:
        """Every drug once, in the order in which it was first met."""
        return {id(drug): drug for drug in self._canonical_to_drug.values()}.values()

    def _add_canonical(
        self, path: Path, mesh_id_to_name: dict[str, str], name_to_drugbank: dict[str, str]
    ) -> None:
        """Add the drugs with a DrugBank id, then the others, if they are no wording of a drug that is there.

        The table gives many drugs the MeSH id of a group that they belong to, so an id is taken only if MeSH
        calls it by the drug's name.
        """
        rows = sorted(
            read_rows(path, _CANONICAL_COLUMNS), key=lambda row: (not row[2], len(row[0].split()), row[0])
        )
        id_to_drug: dict[str, Drug] = {}
        for canonical, name, drugbank, mesh, medline, nhs, wiki, _, smiles in rows:
            mesh_id = mesh if mesh_id_to_name.get(mesh) == fold(name) else ""
            new = Drug(drugbank or mesh_id or f"name:{canonical}", name, smiles=smiles)
            base = (
                None
                if drugbank
                else id_to_drug.get(name_to_drugbank.get(canonical, ""), self._base(canonical))
            )
            drug = new if base is None else base
            if not drug.smiles:  # the table has some structures of salts only; users strip the salt
                drug.smiles = smiles
            drug.known |= bool(medline or nhs)
            drug.wiki |= bool(wiki)
            self._canonical_to_drug[canonical] = id_to_drug[drug.concept_id] = drug

    def _base(self, canonical: str) -> Drug | None:
        """The drug that this one is a salt, a form or a make of, or the combination that it spells out."""
        for pattern in (_SALT_OR_FORM, _BIOLOGIC_SUFFIX):
            shorter = pattern.sub("", canonical)
            if shorter != canonical and shorter in self._canonical_to_drug:
                return self._canonical_to_drug[shorter]
        parts = [self._canonical_to_drug.get(part) for part in _AND.split(canonical)]
        drugs = [drug for drug in parts if drug is not None]
        return self._combined(drugs) if len(drugs) == len(parts) > 1 else None

    def _combined(self, drugs: Iterable[Drug]) -> Drug:
        """The drug that holds these."""
        return self._named(" / ".join(sorted({drug.name.lower() for drug in drugs})))

    def _find(self, name: str) -> Drug | None:
        """The drug of a name, also when a salt or form follows it."""
        words = name.lower().split()
        for end in range(len(words), 0, -1):
            start = " ".join(words[:end])
            canonical = start if start in self._canonical_to_drug else self._name_to_canonical.get(start, "")
            if canonical in self._canonical_to_drug:
                return self._canonical_to_drug[canonical]
        return None

    def _named(self, name: str) -> Drug:
        """The drug of exactly this name; a new one without a code if there is none."""
        canonical = name if name in self._canonical_to_drug else self._name_to_canonical.get(name, name)
        return self._canonical_to_drug.setdefault(canonical, Drug(f"name:{name}", name, known=True))

    def _add_everyday(self, path: Path) -> None:
        for variant, name, kind in read_rows(path, ("variant", "name", "kind")):
            drug = self._named(name)
            drug.known = True
            drug.add(variant, kind, "adetk")

    def _add_drugbank(self, vocabulary: Iterable[tuple[str, str, list[str]]]) -> None:
        for drugbank_id, name, synonyms in vocabulary:
            drug = self._canonical_to_drug.get(name.lower())
            if drug is not None and drug.concept_id == drugbank_id:
                drug.add(name, "generic", "DrugBank")
                for synonym in synonyms:
                    drug.add(synonym, "synonym", "DrugBank")

    def _add_fda(self, path: Path) -> None:
        for brand, ingredients in sorted(_products(path)):
            drugs = [self._find(ingredient) for ingredient in ingredients]
            found = [drug for drug in drugs if drug is not None]
            if len(found) < len(drugs) or len(drugs) > _MAX_INGREDIENTS:
                continue
            drug = found[0] if len(found) == 1 else self._combined(found)
            drug.known = True
            is_generic = fold(ingredients[0]).split()[0] in fold(brand).split()
            drug.add(brand, "generic" if is_generic else "brand", "Drugs@FDA")


def _vocabulary(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Id, name and synonyms of every drug of DrugBank's open vocabulary."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row["DrugBank ID"], row["Common name"], row["Synonyms"].split(" | ")


def _variants(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Variant, canonical name and whether it is a brand; rows that markup has broken are not read."""
    for variant, canonical, is_brand in read_rows(path, ("variant", "canonical", "is_brand")):
        if is_brand in ("", "0", "1"):
            yield variant.lower(), canonical, is_brand == "1"


def _products(path: Path) -> set[tuple[str, tuple[str, ...]]]:
    """Trade name and active ingredients of every product of Drugs@FDA, lower-case."""
    sheet = load_workbook(path, read_only=True).worksheets[0]
    rows = sheet.iter_rows(min_row=2, min_col=6, max_col=7, values_only=True)
    return {
        (str(brand).strip().lower(), tuple(part.strip().lower() for part in str(ingredients).split(";")))
        for brand, ingredients in rows
        if brand and ingredients
    }
