import pytest

from adetk.errors import AdetkError
from adetk.normalize.ctcae import read_ctcae
from adetk.normalize.terminology import open_terminology

SYNONYM_HEADER = "concept_id\tsynonym\tsource\tsource_id\tlicence\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ctcae_socs.tsv").write_text("id\tname\n19000091\tSound disorders\n")
    (tmp_path / "ctcae_concepts.tsv").write_text(
        "id\tname\tsoc_id\tsoc_name\tversions\tdefinition\n"
        '19000002\tKnee hum\t19000091\tSound disorders\t4.03,5.0\tA "humming" knee.\n'
        "19000001\tEar glow\t19000091\tSound disorders\t5.0,10.0\t\n"
    )
    (tmp_path / "ctcae_synonyms.tsv").write_text(SYNONYM_HEADER + "19000002\tknee noise\town\t\tCC0\n")
    (tmp_path / "hpo_synonyms.tsv").write_text(SYNONYM_HEADER + "19000002\tnoisy knee\tHPO\tX:1\tHPO\n")
    (tmp_path / "patient_phrases.tsv").write_text(
        SYNONYM_HEADER + "19000002\tknee wont stop singing\town\t\tCC0\n19000001\tEAR GLOW\town\t\tCC0\n"
    )
    return tmp_path


def test_terms_socs_and_synonyms(folder):
    terminology = read_ctcae(folder)
    assert terminology.label == "CTCAE 10.0"  # the latest by number, not by letters
    assert [concept.id for concept in terminology.offered()] == ["19000001", "19000002"]
    assert terminology.concept("19000002").synonyms == ("knee noise", "noisy knee", "knee wont stop singing")
    assert terminology.concept("19000001").synonyms == ()  # its own name in capitals is none
    assert terminology.soc_of("19000001") == ("19000091", "Sound disorders")


def test_patient_phrases_can_be_left_out(folder):
    assert read_ctcae(folder, patient_phrases=False).concept("19000002").synonyms == (
        "knee noise",
        "noisy knee",
    )


def test_synonym_files_may_be_absent(folder):
    (folder / "hpo_synonyms.tsv").unlink()
    assert read_ctcae(folder, patient_phrases=False).concept("19000002").synonyms == ("knee noise",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ctcae_concepts.tsv", "id\tname\n", r"ctcae_concepts\.tsv:1: no column soc_id, versions"),
        ("ctcae_socs.tsv", "id\tname\n19000091\n", r"ctcae_socs\.tsv:2: 1 fields; expected 2"),
        ("ctcae_socs.tsv", "id\tname\n19000092\tOther\n", r"ctcae_concepts\.tsv:2: SOC '19000091'"),
        ("hpo_synonyms.tsv", SYNONYM_HEADER + "1\tx\t\t\t\n", r"hpo_synonyms\.tsv:2: code '1' is not in"),
    ],
)
def test_a_malformed_table_is_named_with_its_line(folder, name, content, said):
    (folder / name).write_text(content)
    with pytest.raises(AdetkError, match=said):
        read_ctcae(folder)


def test_a_code_given_twice(folder):
    path = folder / "ctcae_concepts.tsv"
    path.write_text(path.read_text() + "19000001\tEar glow\t19000091\tSound disorders\t5.0\t\n")
    with pytest.raises(AdetkError, match=r"ctcae_concepts\.tsv:4: code 19000001 is given twice"):
        read_ctcae(folder)


def test_not_utf8(folder):
    (folder / "ctcae_socs.tsv").write_bytes(b"id\tname\n19000091\tS\xe9\n")
    with pytest.raises(AdetkError, match="not UTF-8"):
        read_ctcae(folder)


def test_no_dictionaries(tmp_path):
    with pytest.raises(AdetkError, match=r"no ctcae_socs\.tsv in"):
        read_ctcae(tmp_path)


def test_the_packaged_ctcae():
    terminology = open_terminology("ctcae")
    assert terminology.label == "CTCAE 6.0"
    assert len(terminology.socs) == 26
    assert terminology.link("10002272").name == "Anemia"
    assert terminology.search("ANEMIA", limit=1)[0].id == "10002272"
    assert all(terminology.soc_of(concept.id)[1] for concept in terminology.offered())
