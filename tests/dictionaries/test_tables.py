import hashlib
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
from dictionary_tables import FOLDER, ROOT, fold, rows

from adetk.errors import AdetkError
from adetk.readers import read_corpus

CORPORA = Path(os.environ.get("ADETK_CORPORA", ROOT.parent / "shared" / "corpora"))
SYNONYM_FILES = ("ctcae_synonyms.tsv", "hpo_synonyms.tsv", "patient_phrases.tsv")
SYNONYM_COLUMNS = ["concept_id", "synonym", "source", "source_id", "licence"]
FILE_TO_COLUMNS = {
    "ctcae_concepts.tsv": ["id", "name", "soc_id", "soc_name", "versions", "definition"],
    "ctcae_lay.tsv": ["concept_id", "wording"],
    "ctcae_socs.tsv": ["id", "name"],
    "drugs.tsv": ["concept_id", "name", "variant", "kind", "source"],
    "drugs_ru.tsv": ["concept_id", "name", "variant", "kind", "source"],
    "drug_smiles.tsv": ["concept_id", "smiles", "source"],
    "symptoms.tsv": ["phrase", "source", "source_id", "licence"],
} | dict.fromkeys(SYNONYM_FILES, SYNONYM_COLUMNS)
FILE_TO_SOURCES = {
    "ctcae_synonyms.tsv": {"MeSH": "NLM-PD", "ICD10CM": "US-PD", "DOID2016": "CC-BY-3.0", "SYMP": "CC0"},
    "hpo_synonyms.tsv": {"HPO": "HPO-terms"},
    "patient_phrases.tsv": {"PsyTAR": "CC-BY-4.0", "TwADR-L": "CC-BY-4.0"},
}


@pytest.mark.parametrize(("name", "columns"), FILE_TO_COLUMNS.items())
def test_tables_have_their_header_and_plain_sorted_unique_rows(name, columns):
    header, *body = rows(name)
    assert header == columns
    assert {len(row) for row in body} == {len(columns)}
    assert all(cell == cell.strip() for row in body for cell in row)
    assert sorted(map(tuple, body)) == list(map(tuple, body))
    assert len(set(map(tuple, body))) == len(body)


def test_sources_declare_every_file_with_its_checksum_and_rows():
    files = json.loads((FOLDER / "SOURCES.json").read_text(encoding="utf-8"))["files"]
    assert set(files) == {path.name for path in FOLDER.iterdir() if path.suffix in {".tsv", ".txt"}}
    for name, record in files.items():
        data = (FOLDER / name).read_bytes()
        assert record["sha256"] == hashlib.sha256(data).hexdigest(), name
        assert record["rows"] == data.count(b"\n") - name.endswith(".tsv"), name
        assert all(source[key] for source in record["sources"] for key in source), name
        assert min(len(record[key]) for key in ("title", "licence", "attribution")) > 0, name


def test_licences_name_every_file_the_trademark_and_hpo():
    text = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    assert all(f"## {name}" in text for name in FILE_TO_COLUMNS)
    assert "MedDRA(R) is a registered trademark of ICH; CTCAE incorporates elements of MedDRA" in text
    assert "National Cancer Institute" in text
    assert "This file uses the Human Phenotype Ontology" in text


def test_dictionaries_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6_000_000


def test_ctcae_has_all_terms_of_its_versions_under_its_socs():
    concepts, socs = rows("ctcae_concepts.tsv")[1:], rows("ctcae_socs.tsv")[1:]
    assert (len(concepts), len(socs)) == (884, 26)
    assert len({row[0] for row in concepts}) == len({fold(row[1]) for row in concepts}) == 884
    assert {(row[2], row[3]) for row in concepts} <= {tuple(row) for row in socs}
    versions = [version for row in concepts for version in row[4].split(",")]
    assert [versions.count(version) for version in ("4.03", "5.0", "6.0")] == [764, 811, 824]
    assert ["10028813", "Nausea"] in [row[:2] for row in concepts]


def test_a_wording_stands_for_one_concept_in_all_files():
    concepts = rows("ctcae_concepts.tsv")[1:]
    fold_to_ids = defaultdict(set, {fold(row[1]): {row[0]} for row in concepts})
    known = {row[0] for row in concepts}
    for name in SYNONYM_FILES:
        for concept_id, synonym, *_ in rows(name)[1:]:
            assert concept_id in known, (name, synonym)
            fold_to_ids[fold(synonym)].add(concept_id)
    assert [wording for wording, ids in fold_to_ids.items() if len(ids) > 1] == []


def test_usual_wordings_are_what_was_written_by_name_and_stand_once(module):
    lay = module("lay")
    id_to_name = {row[0]: row[1] for row in rows("ctcae_concepts.tsv")[1:]}
    body = rows("ctcae_lay.tsv")[1:]
    assert lay.lay_rows(lay.LAY, id_to_name) == list(map(tuple, body))
    assert len({fold(wording) for _, wording in body}) == len(body)


def test_a_wording_of_no_term_is_refused(module, tmp_path):
    path = tmp_path / "lay.txt"
    path.write_text("# list\nNausea: queasy\nQueasiness: queasy\n", encoding="utf-8")
    with pytest.raises(AdetkError, match=r"lay\.txt:3: 'Queasiness' is no term of CTCAE"):
        module("lay").lay_rows(path, {"1": "Nausea"})


@pytest.mark.parametrize(("name", "source_to_licence"), FILE_TO_SOURCES.items())
def test_only_redistributable_sources_are_in_each_file(name, source_to_licence):
    assert {(row[2], row[4]) for row in rows(name)[1:]} == set(source_to_licence.items())


def test_rejected_synonyms_are_in_no_file():
    lines = (ROOT / "scripts/dictionaries/rejected_synonyms.tsv").read_text(encoding="utf-8").splitlines()
    header, *body = [line.split("\t") for line in lines]
    assert header == ["concept_id", "synonym", "reason"]
    assert all(reason for _, _, reason in body)
    shipped = {(row[0], fold(row[1])) for name in SYNONYM_FILES for row in rows(name)[1:]}
    assert {(concept_id, fold(synonym)) for concept_id, synonym, _ in body} & shipped == set()


@pytest.mark.parametrize(
    ("corpus", "splits"), [("psytar", ("dev", "test")), ("twadrl", ("validation-0", "test-0"))]
)
def test_no_patient_phrase_is_a_held_out_mention(corpus, splits):
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora in {CORPORA}")
    pytest.importorskip("openpyxl")
    held_out = {
        fold(mention.surface(document.text))
        for split in splits
        for document in read_corpus(corpus, split, CORPORA)
        for mention in document.labelled("ADE")
    }
    assert len(held_out) > 50
    assert {fold(row[1]) for row in rows("patient_phrases.tsv")[1:]} & held_out == set()


def test_symptom_phrases_are_folded_and_from_open_sources():
    body = rows("symptoms.tsv")[1:]
    assert all(row[0] == fold(row[0]) for row in body)
    assert {(row[1], row[3]) for row in body} == {("SYMP", "CC0"), ("MeSH", "NLM-PD")}
    assert {"weight gain", "headache", "hair loss", "restless legs syndrome"} <= {row[0] for row in body}
    assert len({row[0] for row in body}) == len(body)


def test_selection_keeps_unambiguous_wordings_and_counts_the_rest(module):
    synonyms = module("synonyms")
    selection = synonyms.Selection({"1": "Sore toe", "2": "Sore thumb"}, {("1", "bad toe")})
    row = lambda concept_id, text: (concept_id, text, "X", "x1", "CC0")  # noqa: E731
    first = [row("1", "Aching toe"), row("1", "aching-toe"), row("1", "Bad Toe"), row("2", "sore toe")]
    both = [row("1", "Sore digit"), row("2", "sore digit"), row("2", "toe"), row("2", "Thumb pain, NOS")]
    assert selection.choose(first + both, synonyms.clinical_fits) == [first[0]]
    assert selection.dropped == {
        "repeated": 1,
        "rejected by hand": 1,
        "is a term": 1,
        "ambiguous": 2,
        "too short": 1,
        "no one's own wording": 1,
    }
    # A later file may repeat a concept's wording, but not give it to another concept.
    later = [row("1", "aching toe"), row("2", "aching toe")]
    assert selection.choose(later, synonyms.short_fits) == [later[0]]


@pytest.mark.parametrize(
    ("phrase", "fits"),
    [
        ("my toe throbs", True),
        ("toe throbbed for two weeks", False),
        ("at first a sore toe", False),
        ("toe pain went away", False),
        ("7 sore toes", False),
        ("a toe so sore that it would not move", False),
    ],
)
def test_a_patient_phrase_names_an_effect_and_nothing_of_one_post(module, phrase, fits):
    assert module("synonyms").patient_fits(phrase) is fits


def test_a_rejection_needs_a_known_concept_and_a_reason(module, tmp_path):
    path = tmp_path / "rejected.tsv"
    path.write_text("concept_id\tsynonym\treason\n9\tbad toe\ttoo broad\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="needs a known concept and a reason, found '9'"):
        module("synonyms").read_rejected(path, {"1": "Sore toe"})


def test_a_cell_with_a_line_break_is_not_written(module, tmp_path):
    with pytest.raises(AdetkError, match="plain cells"):
        module("tables").write_rows(tmp_path / "t.tsv", ("a", "b"), [("x", "y\nz")])
    assert not (tmp_path / "t.tsv").exists()
