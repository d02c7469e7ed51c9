import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.text import clean

GRIN, THUMB, SICK = "\U0001f600", "\U0001f44d", "\U0001f922"
NURSE = "\U0001f469\u200d\u2695\ufe0f"  # woman, joiner, staff of Aesculapius, variation selector
DARK_THUMB = THUMB + "\U0001f3ff"


def test_plain_text_stays_and_maps_to_itself():
    cleaned = clean("no sleep, none")
    assert cleaned.text == "no sleep, none"
    assert cleaned.to_raw(3, 8) == (3, 8)
    assert cleaned.to_clean(3, 8) == (3, 8)


def test_an_empty_text_stays_empty():
    assert clean("").text == ""


@pytest.mark.parametrize(
    ("real", "masked"),
    [
        ("read https://a.example/b?c=1 today", "read HTTPURL____ today"),
        ("read www.a.example today", "read HTTPURL today"),
        ("@some_one told me", "@USER_____ told me"),
        ("(@some1)", "(@USER)"),
    ],
)
def test_masks_of_corpora_become_what_real_links_and_handles_become(real, masked):
    assert clean(real).text == clean(masked).text
    assert "link" in clean(real).text or "@user" in clean(real).text


@pytest.mark.parametrize(
    "text", ["awww.. poor thing", "ewww.that smell", "www. what", "me@home.example", "@ 5"]
)
def test_what_is_no_link_and_no_handle_stays(text):
    assert clean(text).text == text


def test_entities_become_their_characters_once():
    assert clean("sick &amp; tired &LT;3 it&#39;s").text == "sick & tired <3 it's"
    assert clean("&amp;lt;").text == "&lt;"
    assert clean("&unknown; & co").text == "&unknown; & co"


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (SICK, " nauseated face "),
        (GRIN, " grinning face "),
        (DARK_THUMB, " thumbs up dark skin tone "),
        ("\U0001f9fe", " "),  # a receipt
        (NURSE, " "),
    ],
)
def test_an_emoji_becomes_its_name_or_a_space_and_maps_back_whole(symbol, expected):
    raw = f"a{symbol}b"
    cleaned = clean(raw)
    assert cleaned.text == f"a{expected}b"
    for at in range(1, 1 + len(expected)):
        assert cleaned.to_raw(at, at + 1) == (1, 1 + len(symbol))
    assert cleaned.to_raw(1 + len(expected), 2 + len(expected)) == (1 + len(symbol), 2 + len(symbol))
    assert cleaned.to_clean(1, 2) == (1, 1 + len(expected))


def test_emoji_are_named_in_the_language_asked_for_and_in_english_where_it_is_unknown():
    assert "тошн" in clean(SICK, "ru").text
    assert clean(SICK, "xx").text == clean(SICK).text


def test_an_emoji_inside_a_link_is_part_of_the_link():
    assert clean(f"https://a.example/{SICK}x ok").text == "link ok"


def test_spans_move_with_what_was_replaced_before_them():
    raw = f"@someone &amp; {GRIN} awful headache https://a.example"
    cleaned = clean(raw)
    start = raw.index("awful")
    span = cleaned.to_clean(start, start + len("awful headache"))
    assert cleaned.text[slice(*span)] == "awful headache"
    assert cleaned.to_raw(*span) == (start, start + len("awful headache"))


SNIPPETS = [
    "@user_1", "@USER___", "https://t.example/x", "HTTPURL__", "www.x.example", "&amp;", "&#39;", "é", "боль",
    "ill", "'s", "#", "  ", "\n", GRIN, THUMB, DARK_THUMB, NURSE, SICK, "1\ufe0f\u20e3", "\u200d", "\U0001f3ff",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=5), max_size=12).map("".join)


@given(TEXTS.filter(bool), st.data())
def test_every_clean_span_lies_in_the_raw_text_and_whole_maps_to_whole(raw, data):
    cleaned = clean(raw)
    start = data.draw(st.integers(0, len(cleaned.text) - 1))
    end = data.draw(st.integers(start + 1, len(cleaned.text)))
    raw_start, raw_end = cleaned.to_raw(start, end)
    assert 0 <= raw_start < raw_end <= len(raw)
    assert cleaned.to_raw(0, len(cleaned.text)) == (0, len(raw))
    assert cleaned.to_clean(0, len(raw)) == (0, len(cleaned.text))
    low, high = cleaned.to_clean(raw_start, raw_end)
    assert low <= start
    assert high >= end


@given(TEXTS.filter(bool), st.data())
def test_a_raw_span_is_covered_by_its_clean_span(raw, data):
    cleaned = clean(raw)
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start + 1, len(raw)))
    covered = cleaned.to_raw(*cleaned.to_clean(start, end))
    assert covered[0] <= start
    assert covered[1] >= end


@given(TEXTS)
def test_characters_stand_for_pieces_that_tile_the_raw_text(raw):
    cleaned = clean(raw)
    at = 0
    for start, end in zip(cleaned.raw_starts, cleaned.raw_ends, strict=True):
        if start == at:  # a new piece
            at = end
        assert start < end == at
    assert at == len(raw)
