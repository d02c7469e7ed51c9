import pytest

from adetk.errors import AdetkError
from adetk.readers.brat import Attribute, Event, Note, Relation, TextBound, read_annotations


def write(tmp_path, content):
    path = tmp_path / "a.ann"
    path.write_text(content)
    return path


def test_every_kind_of_line(tmp_path):
    path = write(
        tmp_path,
        "T1\tADR 5 9;0 4\twalk slow\n#1\tAnnotatorNotes T1\tnote\nE1\tADR:T1 Effect:E2 Effect2:E3\n"
        "A1\tLLT E1 Slow walk\nA2\tflag E1\nT12\tDrug 20 23\tasa\r\n\n"
        "R1\tAbout Arg1:T1 Arg2:T12\t\n#a free remark\n",
    )
    found = read_annotations(path)
    assert found.text_bounds == (
        TextBound("T1", "ADR", ((5, 9), (0, 4)), "walk slow", f"{path}:1"),
        TextBound("T12", "Drug", ((20, 23),), "asa", f"{path}:6"),
    )
    assert found.events == (Event("E1", "ADR", "T1", ("Effect", "Effect2")),)
    assert found.attributes == (Attribute("LLT", "E1", "Slow walk"), Attribute("flag", "E1", ""))
    assert found.relations == (Relation("About", "T1", "T12"),)
    assert found.notes == (Note("T1", "note", f"{path}:2"),)


@pytest.mark.parametrize(
    ("line", "label", "spans", "surface"),
    [
        ("TT7     90000001 1 5;8 9     sore ear", "90000001", ((1, 5), (8, 9)), "sore ear"),
        ("TT7    90000001 1 5\tsore", "90000001", ((1, 5),), "sore"),
        ("TT7\t90000001 + 90000002 1 5\tsore", "90000001 + 90000002", ((1, 5),), "sore"),
        ("TT7\t90000001/90000002 1 5\tsore", "90000001/90000002", ((1, 5),), "sore"),
        ("TT7\t 900001 | Sore | 1 5\tsore", "900001 | Sore |", ((1, 5),), "sore"),
        ("TT7\tCONCEPT_LESS 1 5\t1 2 sore", "CONCEPT_LESS", ((1, 5),), "1 2 sore"),
    ],
)
def test_spaces_for_tabs_and_labels_with_spaces(tmp_path, line, label, spans, surface):
    path = write(tmp_path, line + "\n")
    assert read_annotations(path).text_bounds == (TextBound("TT7", label, spans, surface, f"{path}:1"),)


@pytest.mark.parametrize(
    "line",
    ["T1\tADR 0 4", "T1\tADR 0\tsore", "T1  ADR 0 4  sore", "R1\tx Arg1:T1", "*\tEquiv", "N1\tReference T1"],
)
def test_unreadable_line(tmp_path, line):
    with pytest.raises(AdetkError, match=r"a\.ann:2: .* is no brat line; expected"):
        read_annotations(write(tmp_path, f"#1\tnote\n{line}\n"))


@pytest.mark.parametrize("line", ["T1\tADR 0 4\tsore", "E1\tADR:T1"])
def test_repeated_id(tmp_path, line):
    with pytest.raises(AdetkError, match=r"a\.ann:2: .1 stands here a second time"):
        read_annotations(write(tmp_path, f"{line}\n{line}\n"))
