import pytest

from adetk.document import Mention
from adetk.encoder import Tokenizer
from adetk.extract.schemes import Scheme
from adetk.extract.words import NOT_COUNTED, Place, piece_labels, places_of, words_of

BIO = Scheme("bio", ["ADE"])


@pytest.fixture(params=["letter_pieces", "byte_pieces"])
def backend(request):
    return request.getfixturevalue(request.param)


def cut(backend, text):
    (window,) = Tokenizer(backend, 512).windows([text])[0]
    return window


def words(backend, text):
    return [text[w.start : w.end] for w in words_of(cut(backend, text), text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my skin burns", ["my", "skin", "burns"]),
        ("can't sleep!!", ["can", "'", "t", "sleep", "!", "!"]),
        ("day3 on 50mg/day", ["day3", "on", "50mg", "/", "day"]),
        ("a_b #sick", ["a", "_", "b", "#", "sick"]),
        ("болит голова", ["болит", "голова"]),
        ("  two  spaces ", ["two", "spaces"]),
        ("", []),
    ],
)
def test_words_are_the_same_whatever_the_pieces(backend, text, expected):
    assert words(backend, text) == expected


@pytest.mark.parametrize("symbol", ["\U0001f600", "é", "你", "…", "\U0001f44d\U0001f3ff"])
def test_a_character_of_several_bytes_is_in_one_word(byte_pieces, symbol):
    found = words(byte_pieces, f"ill {symbol} so")
    assert "".join(found[1:-1]) == symbol
    assert len(found) == 2 + len(symbol)
    assert words(byte_pieces, "ébc d") == ["ébc", "d"]


def test_words_of_the_padding_and_the_special_pieces_are_none(backend):
    assert words_of(cut(backend, ""), "") == []


def test_only_the_first_piece_of_a_word_is_counted(letter_pieces):
    text = "ab sicking"
    windows = [cut(letter_pieces, text)]
    places = places_of(text, windows)
    assert places == [Place(0, 2, 0, 1), Place(3, 10, 0, 3)]
    assert piece_labels(text, windows, places, [0, 1]) == [
        [NOT_COUNTED, 0, NOT_COUNTED, 1, NOT_COUNTED, NOT_COUNTED]
    ]


@pytest.mark.parametrize(("max_length", "stride"), [(12, 4), (12, 8), (20, 5), (9, 1), (16, 12)])
def test_windows_agree_on_the_tag_of_a_word(backend, max_length, stride):
    text = "dry mouth and dry eyes, painful pain all day"
    windows = Tokenizer(backend, max_length, stride).windows([text])[0]
    assert len(windows) > 1
    places = places_of(text, windows)
    spans = [(p.start, p.end) for p in places]
    tags = BIO.encode(spans, [Mention(((0, 9),)), Mention(((14, 22),)), Mention(((32, 36),))])
    assert [text[s:e] for (s, e), tag in zip(spans, tags, strict=True) if tag == 1] == ["dry", "dry", "pain"]
    labels = piece_labels(text, windows, places, tags)
    start_to_tag = dict(zip((p.start for p in places), tags, strict=True))
    seen = set()
    for window, of_window in zip(windows, labels, strict=True):
        assert len(of_window) == len(window.ids)
        for piece, label in enumerate(of_window):
            if label != NOT_COUNTED:
                assert label == start_to_tag[window.offsets[piece][0]]
                seen.add(window.offsets[piece][0])
    assert seen == set(start_to_tag)


def test_a_words_tail_at_the_start_of_a_window_is_not_counted(letter_pieces):
    text = "so haaaaaaaaaaaaaaaaaaaaaah pain"
    windows = Tokenizer(letter_pieces, 12, stride=3).windows([text])[0]
    places = places_of(text, windows)
    assert [text[p.start : p.end] for p in places] == text.split()
    labels = piece_labels(text, windows, places, [0, 1, 0])
    assert [sum(label == 1 for label in of_window) for of_window in labels] == [1, *[0] * (len(windows) - 1)]
    assert labels[1][1] == NOT_COUNTED
