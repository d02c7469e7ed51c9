"""The table of corpora and `read_corpus`."""

import logging
import subprocess
import sys

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import CORPORA, count, read_corpus


def test_table():
    assert {name: (corpus.codes, corpus.licence_class) for name, corpus in CORPORA.items()} == {
        "smm4h2022": ("MedDRA", "C"),
        "smm4h2020_ru": ("", "C"),
        "smm4h2017": ("MedDRA", "A"),
        "cadec": ("MedDRA", "B"),
        "psytar": ("UMLS", "A"),
        "phee": ("", "A"),
        "ade_corpus_v2": ("", "B"),
        "tac2017": ("MedDRA", "A"),
        "rudrec": ("UMLS", "B"),
        "askapatient": ("SNOMED CT", "B"),
        "twadrl": ("UMLS", "A"),
        "mcn_cadec": ("SNOMED CT", "B"),
        "mcn_psytar": ("SNOMED CT", "A"),
        "mcn_twadrl": ("SNOMED CT", "A"),
        "cometa": ("SNOMED CT", "B"),
        "cadec_snomed": ("SNOMED CT", "B"),
        "smm4h2019": ("MedDRA", "C"),
        "smm4h2020_en": ("", "C"),
        "smm4h2020_spans": ("MedDRA", "C"),
        "smm4h2021": ("MedDRA", "C"),
        "smm4h2023": ("MedDRA", "C"),
        "smm4h2024": ("MedDRA", "C"),
        "smm4h2025": ("", "C"),
        "smm4h2026": ("", "C"),
        "demo": ("CTCAE", "A"),
    }
    for corpus in CORPORA.values():
        assert set(corpus.expected) <= set(corpus.splits)


def test_unknown_name_lists_the_corpora(fixtures):
    with pytest.raises(
        AdetkError, match=r"'cadek'; expected one of: smm4h2022, smm4h2020_ru, smm4h2017, cadec, psytar"
    ):
        read_corpus("cadek", "train", fixtures)


def test_unknown_split_lists_the_splits(fixtures):
    with pytest.raises(AdetkError, match=r"no split 'valid'; expected one of: train, dev, test, all$"):
        read_corpus("cadec", "valid", fixtures)


def test_missing_folder_lists_what_is_there(fixtures):
    with pytest.raises(
        AdetkError, match=r"corpora found below .*: smm4h2022, smm4h2020_ru, smm4h2017, cadec, phee, ade"
    ):
        read_corpus("psytar", "train", fixtures)


def test_missing_root(tmp_path):
    with pytest.raises(
        AdetkError, match=r"corpora found below .*: none; name the folder in which phee/ lies"
    ):
        read_corpus("phee", "train", tmp_path / "nowhere")


def test_folder_without_files(tmp_path):
    (tmp_path / "cadec").mkdir()
    with pytest.raises(AdetkError, match=r"no documents of all in .*cadec; expected the published files"):
        read_corpus("cadec", "all", tmp_path)


def test_other_counts_are_one_warning_with_both_numbers(fixtures, caplog):
    with caplog.at_level(logging.WARNING, logger="adetk.readers"):
        read_corpus("smm4h2022", "valid", fixtures)
    assert [record.getMessage() for record in caplog.records] == [
        "smm4h2022 valid: 1 documents (expected 915), 1 ADE documents (expected 65), 1 ADE (expected 87)"
    ]


def test_count():
    mentions = (Mention(((0, 1),)), Mention(((0, 1),)), Mention(((0, 1),), label="DRUG"))
    documents = [Document("1", "ab", label="ADE", mentions=mentions), Document("2", "ab", label="noADE")]
    assert count(documents) == {"documents": 2, "ADE documents": 1, "ADE": 2, "DRUG": 1}


def test_demo_is_found_whatever_the_root(tmp_path):
    folder = tmp_path / "corpora" / "demo"
    assert read_corpus("demo", "all", tmp_path / "nowhere")[0].id == "demo-001"
    folder.mkdir(parents=True)
    (folder / "posts.jsonl").write_text('{"id": "mine", "text": "no rash"}\n')
    assert [document.id for document in read_corpus("demo", "all", tmp_path)] == ["mine"]
    assert [document.id for document in read_corpus("demo", "all", tmp_path / "corpora")] == ["mine"]


def test_importing_readers_is_light():
    heavy = {"torch", "transformers", "pandas", "openpyxl"}
    code = f"import sys, adetk.readers; print(len({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")
