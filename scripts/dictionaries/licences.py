"""What each file is made of and on what terms: SOURCES.json for programs, LICENSES.md for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from adetk.errors import AdetkError


@dataclass(frozen=True)
class Source:
    """Something that a file was made from."""

    name: str
    version: str
    licence: str
    attribution: str


MEDDRA_NOTE = "MedDRA(R) is a registered trademark of ICH; CTCAE incorporates elements of MedDRA."
_COURTESY = (
    "Courtesy of the U.S. National Library of Medicine; the data are not the most current available from NLM."
)
CTCAE = Source(
    "Common Terminology Criteria for Adverse Events (CTCAE)",
    "v4.03 (2010), v5.0 (2017-11-27), v6.0 (2025-07-10, errata of 2026-01-20)",
    "US Government work, public domain",
    "U.S. Department of Health and Human Services, National Institutes of Health, National Cancer Institute. "
    + MEDDRA_NOTE,
)
HPO = Source(
    "Human Phenotype Ontology (HPO)",
    "hp.obo release 2025-01-16; layperson synonyms of 2026-08-14, commit "
    "af70204caaaac7023f6606ead6a3970d5c303575",
    "HPO licence: free use, must be cited, version shown, content unaltered",
    "This file uses the Human Phenotype Ontology (version information above). Find out more at "
    "http://www.human-phenotype-ontology.org. Rows were selected; their text is unaltered. Gargano et al., "
    "The Human Phenotype Ontology in 2024: phenotypes around the world, Nucleic Acids Research 2024; 52(D1): "
    "D1333-D1346.",
)
SYMP = Source(
    "Symptom Ontology (SYMP)",
    "release 2026-07-30, commit 7a295d9856d8ce1af613e5b53b6af84940260605",
    "CC0 1.0",
    "Symptom Ontology, Institute for Genome Sciences, University of Maryland.",
)
MESH_ENTRY = Source(
    "Medical Subject Headings (MeSH), entry terms",
    "as collected 2026-11-22",
    "US National Library of Medicine, public domain with attribution",
    _COURTESY,
)
MESH_SYMPTOMS = Source(
    "Medical Subject Headings (MeSH), descendants of Signs and Symptoms",
    "2015, dhimmel/mesh commit 9e16dfdca6c6d32cf8d1dcb4149c86be58a1a029",
    "US National Library of Medicine, public domain with attribution (selection CC0 1.0)",
    _COURTESY,
)
ICD10CM = Source(
    "ICD-10-CM, US clinical modification",
    "as collected 2026-11-22",
    "US Government work, public domain",
    "National Center for Health Statistics, Centers for Disease Control and Prevention.",
)
DOID = Source(
    "Disease Ontology (DO)",
    "2016",
    "CC BY 3.0",
    "Disease Ontology, Institute for Genome Sciences, University of Maryland; rows were selected.",
)
PSYTAR = Source(
    "PsyTAR: adverse drug reactions in reviews of psychiatric drugs",
    "psytarpreprocessor commit dce7fd9fc91930dd9de0f4793529d5695a10e681",
    "CC BY 4.0",
    "Zolnoori et al., The PsyTAR dataset: from patients generated narratives to a corpus of adverse drug "
    "events and effectiveness of psychiatric medications, Data in Brief 2019; 24: 103838. Phrases were "
    "selected; codes are ours.",
)
TWADRL = Source(
    "TwADR-L",
    "doi:10.5281/zenodo.55013, train part of fold 0",
    "CC BY 4.0",
    "Limsopatham and Collier, Normalising Medical Concepts in Social Media Texts by Learning Semantic "
    "Representation, ACL 2016. Phrases were selected; codes are ours.",
)
DRUGBANK = Source(
    "DrugBank open vocabulary",
    "17,430 rows, MyDrugsListApi commit 1e9060f23b1e846827145faa3cd41b19862aa848",
    "CC0 1.0",
    "DrugBank Open Data, DrugBank vocabulary.",
)
FDA = Source(
    "Drugs@FDA, products",
    "BeersCriteria commit 2553ebcbe5e95c67c01dbc681fa23b3124cfdc29",
    "US Government work, public domain",
    "U.S. Food and Drug Administration, Drugs@FDA.",
)
DRUG_NER = Source(
    "drug-named-entity-recognition: names from MeSH, MedlinePlus and NHS",
    "2.0.9, commit fc46f9c8241f49f8dd225bd92d7ded9e727bc965",
    "package MIT; MeSH and MedlinePlus public domain; NHS Open Government Licence",
    "Wood, Drug Named Entity Recognition, Fast Data Science, 2.0.9. Contains public sector information "
    "licensed under the Open Government Licence v3.0. Names that Wikipedia may be the only "
    "source of were left out.",
)
PUBCHEM = Source(
    "PubChem, SMILES, by way of drug-named-entity-recognition",
    DRUG_NER.version,
    "public domain (package MIT)",
    "PubChem, U.S. National Library of Medicine.",
)
SCOWL = Source(
    "SCOWL word lists, Debian package wamerican",
    "2020.12.07-2",
    "permissive (SCOWL copyright notice)",
    "Copyright 2000-2011 by Kevin Atkinson; used to find ordinary words.",
)
OWN = Source(
    "Everyday drug names, and names outside the US, written for this project",
    "scripts/dictionaries/drug_slang.tsv, drugs_abroad.tsv",
    "Apache-2.0",
    "The adetk authors.",
)
OWN_RUSSIAN = Source(
    "Russian drug names: transliterated by rule, and written for adetk",
    "scripts/dictionaries/russian.py, russian_generics.tsv, russian_brands.tsv",
    "CC0 1.0",
    "The adetk authors.",
)
OWN_LAY = Source(
    "Usual wordings of effects, written for this project",
    "scripts/dictionaries/ctcae_lay.txt",
    "CC0 1.0",
    "The adetk authors.",
)
CLINICAL = (MESH_ENTRY, ICD10CM, DOID, SYMP)

FILE_TO_TITLE_AND_SOURCES: dict[str, tuple[str, tuple[Source, ...]]] = {
    "ctcae_concepts.tsv": ("Adverse event terms of CTCAE with MedDRA codes", (CTCAE,)),
    "ctcae_lay.tsv": ("Usual wordings of effects by CTCAE term, and those without one", (CTCAE, OWN_LAY)),
    "ctcae_socs.tsv": ("System organ classes of CTCAE", (CTCAE,)),
    "ctcae_synonyms.tsv": ("Other clinical wordings of CTCAE terms, reviewed", (CTCAE, *CLINICAL)),
    "hpo_synonyms.tsv": ("HPO's wordings of CTCAE terms, selected and unaltered", (CTCAE, HPO)),
    "patient_phrases.tsv": (
        "Patients' wordings of CTCAE terms, reviewed; can be switched off",
        (CTCAE, PSYTAR, TWADRL),
    ),
    "drugs.tsv": ("Drug names: generic, brand, synonym, everyday", (DRUGBANK, FDA, DRUG_NER, OWN, SCOWL)),
    "drugs_ru.tsv": ("Drug names in Russian, with the ids of drugs.tsv", (OWN_RUSSIAN, DRUGBANK, DRUG_NER)),
    "drug_smiles.tsv": ("Structures of the drugs", (PUBCHEM, DRUGBANK)),
    "fuzzy_blocked.txt": ("Ordinary words that are no misspelt drug names", (SCOWL,)),
    "symptoms.tsv": ("Symptom phrases, for the tagger", (SYMP, MESH_SYMPTOMS)),
}

_PREAMBLE = f"""# Terms of the dictionaries

Written by `scripts/build_dictionaries.py`, as is `SOURCES.json`, which holds the same for programs, with
checksums. The terms below are those of the data; the code of adetk is Apache-2.0.

**{MEDDRA_NOTE}** Nothing here was taken from a MedDRA release, and none of it replaces one.

`patient_phrases.tsv` holds phrases of PsyTAR and TwADR-L, which are also corpora to measure with. Only
phrases of their training parts are in it (posts by adetk's own split of PsyTAR; fold 0 of TwADR-L), none that
a held-out part has too. Leave the file off whenever a linker is scored on either corpus or on another fold.

Texts of `hpo_synonyms.tsv` are HPO's own: rows may be left out, but not changed.
"""


def write_sources(folder: Path) -> None:
    """Write SOURCES.json and LICENSES.md for the files that lie in `folder`.

    Raises:
        AdetkError: a file is there whose sources are not declared, or a declared one is absent.
    """
    found = {path.name for path in folder.iterdir() if path.suffix in {".tsv", ".txt"}}
    if found != set(FILE_TO_TITLE_AND_SOURCES):
        odd = sorted(found ^ set(FILE_TO_TITLE_AND_SOURCES))
        raise AdetkError(
            f"{folder}: found other files than are declared in licences.py: {odd}; declare or remove them"
        )
    files = {name: _record(folder / name) for name in sorted(found)}
    text = json.dumps({"note": MEDDRA_NOTE, "files": files}, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / "SOURCES.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    (folder / "LICENSES.md").write_text("\n".join(_pages(found)), encoding="utf-8", newline="\n")


def _record(path: Path) -> dict[str, object]:
    """What SOURCES.json says of one file. `rows` counts entries, not the header."""
    title, sources = FILE_TO_TITLE_AND_SOURCES[path.name]
    data = path.read_bytes()
    return {
        "title": title,
        "sources": [asdict(source) for source in sources],
        "licence": "; ".join(dict.fromkeys(source.licence for source in sources)),
        "attribution": " ".join(dict.fromkeys(source.attribution for source in sources)),
        "rows": data.count(b"\n") - (path.suffix == ".tsv"),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _pages(names: Iterable[str]) -> list[str]:
    """The lines of LICENSES.md."""
    lines = [_PREAMBLE]
    for name in sorted(names):
        title, sources = FILE_TO_TITLE_AND_SOURCES[name]
        lines += [f"## {name}", "", f"{title}.", ""]
        for source in sources:
            lines += [f"- {source.name}, {source.version}. Licence: {source.licence}. {source.attribution}"]
        lines.append("")
    return lines
