import pytest

from adetk.errors import AdetkError
from adetk.io.sheet import read_sheet, write_sheet


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "a.tsv"
    rows = [
        {"id": "1", "note": 'a "quoted", note'},
        {"id": "2", "note": "=1+1"},
        {"id": "3", "note": "ünï\t\nx"},
    ]
    write_sheet(path, ("id", "note"), rows)
    assert list(read_sheet(path, ("note", "id"))) == [
        (2, {"id": "1", "note": 'a "quoted", note'}),
        (3, {"id": "2", "note": "=1+1"}),
        (4, {"id": "3", "note": "ünï x"}),
    ]
    assert not (tmp_path / "a.tsv.partial").exists()


def test_what_spreadsheets_make_of_it_is_read(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes('\ufeffID\tNote\tX\r\n\t\t\r\n7\t" a, b "\t\t\t\r\n'.encode())
    assert list(read_sheet(path, ("id", "note"))) == [(3, {"id": "7", "note": "a, b", "x": ""})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", "\t;,")
def test_whatever_a_spreadsheet_saves_is_read(mark, encoding, tmp_path):
    path = tmp_path / "a.csv"
    text = f'id{mark}note{mark}more\r\n1{mark}"0 2;4 6, ü\t\u2028"{mark}x\r\n'
    path.write_bytes(text.encode(encoding))
    assert list(read_sheet(path, ("id", "note"))) == [
        (2, {"id": "1", "note": "0 2;4 6, ü", "more": "x"}),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column id, note"),
        (b"id\tother\n", "no column note"),
        (b"id\tnote\n1\n", "row 2 has 1 cells; expected 2"),
        (b"id\tnote\n1\ta\tb\n", "row 2 has 3 cells; expected 2"),
        ("id\tnote\n1\tü\n".encode("latin-1"), "not UTF-8"),
        ("id\tnote\n1\tü\n".encode("utf-16")[:-1], "not UTF-8"),
        (b'id\tnote\n1\t"never closed\n', "not tab-separated"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_one_line(tmp_path, content, said):
    path = tmp_path / "a.tsv"
    path.write_bytes(content)
    with pytest.raises(AdetkError, match=said):
        list(read_sheet(path, ("id", "note")))
    with pytest.raises(AdetkError, match="No such file"):
        list(read_sheet(tmp_path / "none.tsv", ("id",)))


def test_a_sheet_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("old")

    def rows():
        yield {"id": "1"}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_sheet(path, ("id",), rows())
    assert [p.name for p in tmp_path.iterdir()] == ["a.tsv"]
    assert path.read_text() == "old"
    with pytest.raises(AdetkError, match="cannot be written"):
        write_sheet(tmp_path / "none" / "a.tsv", ("id",), [])


def test_words_of_a_post_are_no_formula(tmp_path):
    path = tmp_path / "sheet.tsv"
    cells = ["=HYPERLINK(1)", "+1 mood", "-2 kg", "@doc", "'quoted'", "'=x", "=", "fine = fine", "'"]
    write_sheet(path, ["words"], ({"words": cell} for cell in cells))
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    assert not any(line.strip('"').startswith(("=", "+", "-", "@")) for line in lines)
    assert [row["words"] for _, row in read_sheet(path, ["words"])] == cells
