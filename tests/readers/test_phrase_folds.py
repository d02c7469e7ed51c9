"""AskAPatient, the folds of CADEC, PsyTAR and TwADR-L with SNOMED CT codes, and COMETA."""

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.readers import CORPORA, read_corpus
from adetk.readers.phrases import fold_counts, phrase_document


def test_a_phrase_is_one_mention_from_end_to_end():
    assert phrase_document("1", " jelly ", "9", {"a": "b"}) == Document(
        "1", " jelly ", "ADE", mentions=(Mention(((0, 7),), gold=(frozenset({"9"}),)),), meta={"a": "b"}
    )


def test_fold_counts():
    assert fold_counts({"train": (8, 9), "test": (2,)}) == {
        "train-0": {"documents": 8, "ADE": 8},
        "train-1": {"documents": 9, "ADE": 9},
        "test-0": {"documents": 2, "ADE": 2},
    }


def test_askapatient_is_latin_1(fixtures):
    assert read_corpus("askapatient", "train-2", fixtures) == [
        phrase_document("train-2:1", "föhle mich wie Gelee", "900000001", {"concept": "Wobble"}),
        phrase_document("train-2:2", "zorafen", "9000000021000036101", {"concept": "Zorafen"}),
        phrase_document("train-2:3", ' eyes of "sand" ', "900000003", {"concept": "Dry eyes"}),
    ]


@pytest.mark.parametrize(
    ("corpus", "split", "expected"),
    [
        (
            "mcn_cadec",
            "test-1",
            [("test-1:1", "like walking on jelly"), ("test-1:2", "wobbly, then wobblier")],
        ),
        ("mcn_psytar", "train-4", [("train-4:1", 'felt "glassy"')]),
        ("mcn_twadrl", "valid-9", [("valid-9:1", "thumbs are numb")]),
    ],
)
def test_mcn_is_quoted(fixtures, corpus, split, expected):
    documents = read_corpus(corpus, split, fixtures)
    assert [(document.id, document.text) for document in documents] == expected
    code = {"mcn_cadec": "900000001", "mcn_psytar": "900000002", "mcn_twadrl": "900000003"}[corpus]
    assert {document.mentions[0].gold for document in documents} == {(frozenset({code}),)}


def test_cometa_takes_the_concept_that_it_was_split_by(fixtures):
    assert read_corpus("cometa", "stratified_general-dev", fixtures) == [
        phrase_document(
            "7", "jelly legs", "900000001", {"concept": "Wobble", "example": 'He said "jelly legs" again'}
        )
    ]
    assert read_corpus("cometa", "zeroshot_specific-test", fixtures) == [
        phrase_document("8", "bzzz", "900000004", {"concept": "Ear noise", "example": "it goes bzzz"})
    ]


@pytest.mark.parametrize(
    ("corpus", "split", "file", "old", "new", "message"),
    [
        ("mcn_psytar", "train-4", "mcn_folds/psytar/train_4.tsv", "\t9", "\tx9", r"4\.tsv:1: code 'x9\d+'"),
        (
            "mcn_psytar",
            "train-4",
            "mcn_folds/psytar/train_4.tsv",
            "\t9",
            "9",
            r"4\.tsv:1: .*quotes do not pair",
        ),
        (
            "mcn_twadrl",
            "valid-9",
            "mcn_folds/tw_adr/valid_9.tsv",
            "\t",
            " ",
            r"9\.tsv:1: 1 tab-sep.* expected 2",
        ),
        (
            "cometa",
            "stratified_general-dev",
            "cometa/splits/stratified_general/dev.csv",
            "General SNOMED ID",
            "General ID",
            r"dev\.csv: no column 'General SNOMED ID'",
        ),
        (
            "cometa",
            "stratified_general-dev",
            "cometa/splits/stratified_general/dev.csv",
            "\t900000001\t",
            "\t\t",
            r"dev\.csv:2: code ''; expected digits",
        ),
        (
            "cometa",
            "stratified_general-dev",
            "cometa/splits/stratified_general/dev.csv",
            "7\tjelly legs",
            "7\t",
            r"dev\.csv:2: term 7 is empty",
        ),
    ],
)
def test_bad_row(copied, edit, corpus, split, file, old, new, message):
    edit(copied / file, old, new)
    with pytest.raises(AdetkError, match=message):
        read_corpus(corpus, split, copied)


def test_askapatient_bad_code(copied):
    path = copied / "askapatient_twadrl" / "AskAPatient" / "AskAPatient.fold-2.train.txt"
    path.write_bytes(b"C900\tWobble\tjelly\n")
    with pytest.raises(AdetkError, match=r"fold-2\.train\.txt:1: code 'C900'; expected digits"):
        read_corpus("askapatient", "train-2", copied)


def test_numbers_of_folds():
    numbers = {
        name: len(CORPORA[name].splits) for name in ("askapatient", "mcn_cadec", "mcn_psytar", "mcn_twadrl")
    }
    assert numbers == {"askapatient": 30, "mcn_cadec": 10, "mcn_psytar": 10, "mcn_twadrl": 30}


@pytest.mark.parametrize(
    ("corpus", "split", "number", "code"),
    [
        ("askapatient", "train-0", 15_612, None),
        ("askapatient", "validation-9", 742, None),
        ("askapatient", "test-5", 866, None),
        ("mcn_cadec", "train-0", 1_655, "279038004"),
        ("mcn_cadec", "test-4", 375, None),
        ("mcn_psytar", "train-0", 2_003, "932006"),
        ("mcn_psytar", "test-4", 466, None),
        ("mcn_twadrl", "train-9", 3_944, None),
        ("mcn_twadrl", "valid-0", 90, None),
        ("mcn_twadrl", "test-0", 125, "276301007"),
    ],
)
def test_real(corpora, caplog, corpus, split, number, code):
    documents = read_corpus(corpus, split, corpora)
    assert len(documents) == number
    assert (documents[0].id, documents[-1].id) == (f"{split}:1", f"{split}:{number}")
    assert code is None or documents[0].mentions[0].gold == (frozenset({code}),)
    assert caplog.records == []
