import pytest

from adetk.document import Concept
from adetk.errors import AdetkError
from adetk.normalize.synonyms import checked_synonym, read_synonyms, write_synonyms
from adetk.normalize.terminology import Terminology

TERMS = Terminology(
    "Invented",
    "1",
    "",
    {
        "1": Concept("1", "Rash", "LLT", parent_id="1"),
        "2": Concept("2", "Cough", "LLT", parent_id="2"),
        "3": Concept("3", "Old rash", "LLT", parent_id="1", is_current=False),
        "9": Concept("9", "Skin", "HLT"),
    },
)


def test_a_list_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "own.tsv"
    write_synonyms(path, {"red dots": "1", 'the "bark"': "2"})
    assert read_synonyms(path, TERMS) == {"red dots": "1", 'the "bark"': "2"}
    assert path.read_text(encoding="utf-8").splitlines()[:2] == ["phrase\tcode", "red dots\t1"]


def test_every_wrong_row_is_named(tmp_path):
    path = tmp_path / "own.tsv"
    rows = ["phrase\tcode", "dots\t1", "spots\t77", "!\t1", "DOTS!\t2", "old dots\t3", "skin\t9", "dots\t1"]
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(AdetkError) as caught:
        read_synonyms(path, TERMS)
    said = str(caught.value)
    for part in (
        f"{path}: row 3: code '77' is no term of Invented 1",
        "row 4: phrase '!' has no word",
        "row 5: 'DOTS!' is 2, in row 2 1",
        "row 6: code 3 (Old rash) is not current in Invented 1; use 1 Rash",
        "row 7: code '9' is no term of Invented 1",
    ):
        assert part in said
    assert "row 2:" not in said
    assert "row 8" not in said
    assert "\n" not in said


def test_a_phrase_has_single_spaces():
    assert checked_synonym(" red  dots ", "1", TERMS) == ("red dots", "1")
