import pytest

from adetk.readers.locate import locate


@pytest.mark.parametrize(
    ("surface", "text", "expected"),
    [
        ("sore ear", "A Sore  ear.", ((2, 11),)),
        ("sore ear ", "sore ear", ((0, 8),)),
        ("ache", "headache, ache", ((10, 14),)),  # whole words first
        ("ache", "headache", ((4, 8),)),
        ("zap", "zaps", ((0, 3),)),
        ("sore thumb", "sore ears and thumb", ((0, 4), (14, 19))),
        ("sore left thumb", "sore left ear and thumb", ((0, 9), (18, 23))),  # neighbours are one fragment
        ("sore thumb", "sore, then sore left thumb", ((11, 15), (21, 26))),  # the tightest run
        ("can't sleep", "I CAN'T ever sleep", ((2, 7), (13, 18))),
        ("a+b (c)", "so A+B (c) it is", ((3, 10),)),  # no pattern characters
        ("ärger", "İ Ärger", ((2, 7),)),  # a letter that grows when lower-cased
        ("thumb sore", "sore thumb", None),  # order counts
        ("sore sore", "sore thumb", None),  # each word once
        ("sore thumb", "sore", None),
        ("", "sore", None),
        (" ", "sore", None),
        ("!!", "sore", None),
        ("sore", "", None),
    ],
)
def test_locate(surface, text, expected):
    assert locate(surface, text) == expected


def test_second_mention_of_the_same_words_takes_the_next_place():
    text = "itch by day, itch by night"
    first = locate("itch", text)
    second = locate("itch", text, {first})
    assert (first, second) == (((0, 4),), ((13, 17),))
    assert locate("itch", text, {first, second}) == first
