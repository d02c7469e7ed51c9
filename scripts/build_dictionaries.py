"""Build the redistributable dictionaries from the collected vocabularies.

    python scripts/build_dictionaries.py --shared ../shared --words /usr/share/dict/american-english

`--shared` holds `vocabularies/ctcae`, `lexicons/drugs`, `lexicons/symptoms`, and `corpora` with PsyTAR and
TwADR-L (to leave out the phrases that are held out there). `--words` is a list of English words, one a line:
Debian's wamerican (SCOWL). The same input gives the same bytes. Needs `pip install adetk[train]` (openpyxl).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from dictionaries.concepts import CONCEPT_COLUMNS, SOC_COLUMNS, read_ctcae
from dictionaries.drug_catalogue import Catalogue
from dictionaries.drug_names import DRUG_COLUMNS, SMILES_COLUMNS, drug_rows, structure_rows
from dictionaries.lay import LAY, LAY_COLUMNS, lay_rows
from dictionaries.licences import write_sources
from dictionaries.misspellings import words_like_names
from dictionaries.patient_phrases import phrases_to_keep
from dictionaries.russian import russian_rows
from dictionaries.symptoms import SYMPTOM_COLUMNS, symptom_rows
from dictionaries.synonyms import (
    CLINICAL,
    HPO,
    PATIENTS,
    REJECTED,
    SYNONYM_COLUMNS,
    Selection,
    clinical_fits,
    patient_fits,
    read_rejected,
    read_synonyms,
    short_fits,
)
from dictionaries.tables import write_lines, write_rows

from adetk.errors import AdetkError

OUTPUT = Path(__file__).parents[1] / "dictionaries"


def main() -> None:
    """Parse the arguments and build everything."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--shared", type=Path, required=True, help="folder of vocabularies, lexicons and corpora"
    )
    parser.add_argument("--words", type=Path, required=True, help="list of English words, one a line")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder to write (default: dictionaries)")
    arguments = parser.parse_args()
    try:
        build(arguments.shared, arguments.words.read_text(encoding="utf-8").split(), arguments.output)
    except AdetkError as error:
        parser.exit(1, f"{error}\n")


def ordinary(words: Iterable[str]) -> frozenset[str]:
    """The ordinary words of a list: lower-case letters only, so no names and no possessives."""
    return frozenset(word for word in words if word.isalpha() and word == word.lower())


def build(shared: Path, words: Sequence[str], output: Path) -> None:
    """Write all dictionaries, then what they are made of."""
    output.mkdir(parents=True, exist_ok=True)
    build_terms(shared, output)
    lexicons = shared / "lexicons"
    catalogue = Catalogue.read(lexicons / "drugs", lexicons / "symptoms" / "terms.tsv")
    drugs = drug_rows(catalogue, ordinary(words))
    russian = russian_rows(catalogue, drugs)
    structures = structure_rows(catalogue, {row[0] for row in [*drugs, *russian]})
    write_rows(output / "drugs.tsv", DRUG_COLUMNS, drugs)
    write_rows(output / "drugs_ru.tsv", DRUG_COLUMNS, russian)
    write_rows(output / "drug_smiles.tsv", SMILES_COLUMNS, structures)
    write_lines(output / "fuzzy_blocked.txt", words_like_names(words, [row[2] for row in drugs]))
    write_rows(output / "symptoms.tsv", SYMPTOM_COLUMNS, symptom_rows(shared / "lexicons" / "symptoms"))
    write_sources(output)
    for name, rows in (("drugs", drugs), ("drugs_ru", russian)):
        print(f"{name}:", dict(Counter(row[3] for row in rows)))
    print("drugs with structures:", len(structures))


def build_terms(shared: Path, output: Path) -> None:
    """Write the terms of CTCAE and their wordings; clinical ones have the first word where two disagree."""
    folder = shared / "vocabularies" / "ctcae"
    ctcae = read_ctcae(folder)
    write_rows(output / "ctcae_concepts.tsv", CONCEPT_COLUMNS, ctcae.concepts)
    write_rows(output / "ctcae_socs.tsv", SOC_COLUMNS, ctcae.socs)
    write_rows(output / "ctcae_lay.tsv", LAY_COLUMNS, lay_rows(LAY, ctcae.id_to_name))
    selection = Selection(ctcae.id_to_name, read_rejected(REJECTED, ctcae.id_to_name))
    patients = phrases_to_keep(read_synonyms(folder, PATIENTS), shared / "corpora")
    for name, rows, fits in (
        ("ctcae_synonyms.tsv", read_synonyms(folder, CLINICAL), clinical_fits),
        ("hpo_synonyms.tsv", read_synonyms(folder, HPO), short_fits),
        ("patient_phrases.tsv", patients, patient_fits),
    ):
        selection.dropped.clear()
        chosen = selection.choose(rows, fits)
        write_rows(output / name, SYNONYM_COLUMNS, chosen)
        print(f"{name}: {len(chosen)} of {len(rows)} rows; dropped: {dict(selection.dropped)}")


if __name__ == "__main__":
    main()
