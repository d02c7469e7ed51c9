import pytest

from adetk.errors import AdetkError
from adetk.readers.files import read_lines, read_rows, read_text
from adetk.readers.partition import split_of
from adetk.readers.spans import check_bounds, check_surface, in_text_order


def test_only_line_feeds_end_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("one\u2028still one\x0cand still\n\n  \nfour\r\n".encode())
    assert list(read_lines(path)) == [
        (f"{path}:1", "one\u2028still one\x0cand still"),
        (f"{path}:4", "four\r"),
    ]


def test_text_is_raw(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\r\nb\r")
    assert read_text(path) == "a\r\nb\r"


def test_not_utf8_names_the_byte(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9 \n")
    with pytest.raises(AdetkError, match=r"a\.txt: byte 3 is not UTF-8"):
        read_text(path)


def test_missing_file(tmp_path):
    with pytest.raises(AdetkError, match=r"a\.txt: cannot be read \(No such file or directory\)"):
        read_text(tmp_path / "a.txt")


def test_rows_keep_quotes_and_further_tabs(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('1\t"x ""y"" \tz\n2\n')
    rows = read_rows(path, 2)
    assert next(rows) == (f"{path}:1", ["1", '"x ""y"" \tz'])
    with pytest.raises(AdetkError, match=r"a\.tsv:2: 1 tab-separated cells; expected 2"):
        next(rows)


@pytest.mark.parametrize("span", [(-1, 2), (2, 2), (3, 2), (0, 6)])
def test_bounds(span):
    with pytest.raises(AdetkError, match=rf"f:1: span {span[0]}-{span[1]}; expected 0 <= start < end <= 5"):
        check_bounds([span], "abcde", "f:1")


def test_surface_counts_code_points_and_ignores_case_and_line_ends():
    check_surface([(2, 8)], "😵 Sore\near", "sore E", "f:1")
    with pytest.raises(AdetkError, match=r"f:1: offsets 1 6 give ' Sore'; expected 'Sore'"):
        check_surface([(1, 6)], "😵 Sore\near", "Sore", "f:1")


def test_surface_is_read_in_the_order_given():
    check_surface([(5, 9), (0, 4)], "slow walk", "walk slow", "f:1")
    with pytest.raises(AdetkError, match=r"offsets 0 4;5 9 give 'slow walk'; expected 'walk slow'"):
        check_surface([(0, 4), (5, 9)], "slow walk", "walk slow", "f:1")


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 2)], ((0, 2),)),
        ([(6, 8), (0, 2)], ((0, 2), (6, 8))),
        ([(0, 2), (3, 5)], ((0, 5),)),  # a line end between
        ([(0, 2), (2, 5), (6, 8)], ((0, 5), (6, 8))),  # touching
        ([(0, 5), (1, 4)], ((0, 5),)),  # one in the other
    ],
)
def test_text_order(spans, expected):
    assert in_text_order(spans, "ab\ncd,ef") == expected


def test_hash_split_is_fixed_and_ignores_case():
    shares = {"train": 80, "dev": 10, "test": 10}
    keys = [f"drug.{number}" for number in range(1, 2001)]
    splits = [split_of(key, shares) for key in keys]
    assert splits == [split_of(key.upper(), shares) for key in keys]
    counts = {split: splits.count(split) for split in shares}
    assert sum(counts.values()) == 2000
    # Three standard deviations of a fair draw: 54 for the large share, 41 for the small ones.
    assert abs(counts["train"] - 1600) < 54
    assert abs(counts["dev"] - 200) < 41
    # The first 8 bytes of SHA-256("drug.1") are 81 modulo 100, so the border between 81 and 82 decides.
    assert split_of("drug.1", {"low": 81, "high": 19}) == "high"
    assert split_of("drug.1", {"low": 82, "high": 18}) == "low"


def test_shares_must_be_complete():
    with pytest.raises(ValueError, match="add up to 0; expected 100"):
        split_of("drug.1", {"train": 0})
