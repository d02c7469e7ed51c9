import hashlib

import pytest

from adetk.errors import AdetkError
from adetk.normalize.table import code_system, read_table
from adetk.normalize.terminology import open_terminology
from adetk.normalize.terminology_view import describe

ROWS = """code\tname\tpt\tsystem
A1\tKnee hum\t\tHouse list
A2\tLoud knee hum\tA1\tHouse list
A1\thumming knee\tA1\tHouse list
B7\tElbow glow\t\tHouse list
A1\tKNEE HUM\t\tHouse list
"""


@pytest.fixture
def write(tmp_path):
    """A function that writes a table and gives its path."""

    def written(content, name="house.tsv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def test_a_table_has_names_synonyms_reported_codes_and_a_system(write):
    table = open_terminology(write(ROWS))
    assert table.rows() == [
        ("Knee hum", "A1"),
        ("humming knee", "A1"),
        ("Loud knee hum", "A2"),
        ("Elbow glow", "B7"),
    ]
    assert [table.pt_of(code) for code in ("A1", "A2", "B7", "other")] == ["A1", "A1", "B7", "other"]
    assert table.codes == "House list"
    assert table.label == f"house.tsv {hashlib.sha256(ROWS.encode()).hexdigest()[:8]}"
    link = table.link("A2", score=0.5)
    assert (link.concept_id, link.name, link.level) == ("A2", "Loud knee hum", "TERM")
    assert (link.pt_id, link.pt_name, link.soc_id) == ("A1", "Knee hum", "")
    assert table.paths("A2") == [("A1", "", "", "")]
    assert [c.id for c in table.search("knee hum")] == ["A1", "A2"]


def test_a_table_is_described(write):
    described = describe(open_terminology(write(ROWS)))
    assert described["levels"] == {"TERM": 3}
    assert (described["current"], described["non_current"], described["synonyms"]) == (3, 0, 1)


def test_two_columns_are_enough_and_each_code_stands_for_itself(write):
    table = read_table(write("code\tname\n1\tRash\n2\tCough\n"))
    assert (table.pt_of("1"), table.link("1").pt_name, table.codes) == ("1", "Rash", "")


def test_what_a_spreadsheet_writes_is_read(write):
    content = '\ufeffSource\t Name \tCODE\r\nx\t "odd"  name\u2028here \t 7 \r\n\r\n'
    table = read_table(write(content.encode()))
    assert table.rows() == [('"odd" name here', "7")]


def test_the_rows_decide_the_fingerprint_and_not_the_order_of_the_codes(write):
    header, *rows = ROWS.splitlines()
    moved = "\n".join([header, rows[3], rows[1], rows[0], rows[2]])
    first, second = read_table(write(ROWS)), read_table(write(moved, "moved.tsv"))
    assert first.label != second.label
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != read_table(write(ROWS.replace("glow", "glows"), "other.tsv")).fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"house\.tsv:1: no column code, name; found ''"),
        ("id\tname\n1\tRash\n", r"no column code; found 'id, name'; expected a header"),
        ("code\tname\n\n", "no row; expected a header and under it a code and a name"),
        ("code\tname\n1\tRash\n2\n", r"house\.tsv:3: 1 cells; expected 2, as in line 1"),
        ("code\tname\n1\t \n", r"house\.tsv:2: name is empty"),
        ("code\tname\n\tRash\n", r"house\.tsv:2: code is empty"),
        ("code\tname\tpt\n1\tRash\t9\n", r"house\.tsv:2: pt 9 has no row; add one"),
        ("code\tname\tpt\n1\tA\t2\n2\tB\t3\n3\tC\t\n", r"house\.tsv:2: pt 2 has 3 as its own pt"),
        ("code\tname\tpt\n1\tA\t2\n1\tB\t1\n2\tC\t\n", r"house\.tsv:3: pt of 1 is 1, above 2"),
        ("code\tname\tsystem\n1\tA\tX\n2\tB\t\n", r"house\.tsv:3: system is '', in the first row 'X'"),
        (b"code\tname\n1\tna\xefve\n", r"house\.tsv: not UTF-8 text .* save it as UTF-8"),
    ],
)
def test_a_wrong_table_says_where_and_what(write, content, message):
    with pytest.raises(AdetkError, match=message) as caught:
        read_table(write(content))
    assert "\n" not in str(caught.value)


def test_ctcae_has_the_codes_of_meddra():
    assert [code_system(name) for name in ("CTCAE", "MedDRA", "UMLS", "")] == ["MedDRA", "MedDRA", "UMLS", ""]
    assert open_terminology("ctcae").codes == "MedDRA"
