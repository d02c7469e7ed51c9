from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import Mention
from adetk.encoder import Tokenizer
from adetk.extract.bio import (
    NOT_COUNTED,
    TaggedSpan,
    count_lost,
    decode,
    piece_labels,
    spans_of,
    tag_names,
    words_of,
)

LABELS = ("ADE", "INDICATION")


@pytest.fixture(params=["letter_pieces", "byte_pieces"])
def tokenizer(request):
    return Tokenizer(request.getfixturevalue(request.param), 512)


def cut(tokenizer, text):
    (window,) = tokenizer.windows([text])[0]
    return window


def words(tokenizer, text):
    return [text[w.start : w.end] for w in words_of(cut(tokenizer, text), text)]


def tags_of(tokenizer, text, mentions, labels=LABELS):
    """Word and tag name, by what `piece_labels` says."""
    window = cut(tokenizer, text)
    numbers = piece_labels(window, text, mentions, labels)
    names = tag_names(labels)
    counted = [n for n in numbers if n != NOT_COUNTED]
    return list(zip(words(tokenizer, text), [names[n] for n in counted], strict=True))


def test_tags_are_outside_and_two_for_each_label():
    assert tag_names(LABELS) == ["O", "B-ADE", "I-ADE", "B-INDICATION", "I-INDICATION"]


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
def test_words_are_the_same_whatever_the_pieces(tokenizer, text, expected):
    assert words(tokenizer, text) == expected


@pytest.mark.parametrize("symbol", ["\U0001f600", "é", "你", "…", "\U0001f44d\U0001f3ff"])
def test_a_character_of_several_bytes_is_in_one_word(byte_pieces, symbol):
    tokenizer = Tokenizer(byte_pieces, 64)
    text = f"ill {symbol} so"
    found = words(tokenizer, text)
    assert "".join(found[1:-1]) == symbol
    assert len(found) == 2 + len(symbol)
    assert words(tokenizer, "ébc d") == ["ébc", "d"]


def test_words_of_the_padding_and_the_special_pieces_are_none(tokenizer):
    assert words_of(cut(tokenizer, ""), "") == []


def test_a_mention_begins_with_b_and_goes_on_with_i(tokenizer):
    text = "my back pain is bad"
    assert tags_of(tokenizer, text, [((3, 12), "ADE")]) == [
        ("my", "O"),
        ("back", "B-ADE"),
        ("pain", "I-ADE"),
        ("is", "O"),
        ("bad", "O"),
    ]


def test_only_the_first_piece_of_a_word_is_counted(letter_pieces):
    window = cut(Tokenizer(letter_pieces, 64), "ab sicking")
    assert piece_labels(window, "ab sicking", [((3, 10), "ADE")], LABELS) == [
        NOT_COUNTED,
        0,
        NOT_COUNTED,
        1,
        NOT_COUNTED,
        NOT_COUNTED,
    ]


def test_neighbours_begin_anew_and_labels_stay_apart(tokenizer):
    text = "dry sore mouth for pain"
    mentions = [((0, 3), "ADE"), ((4, 8), "ADE"), ((9, 14), "INDICATION"), ((19, 23), "DRUG")]
    assert [tag for _, tag in tags_of(tokenizer, text, mentions)] == [
        "B-ADE",
        "B-ADE",
        "B-INDICATION",
        "O",
        "O",
    ]


def test_a_mention_that_ends_inside_a_word_takes_the_word(tokenizer):
    assert [tag for _, tag in tags_of(tokenizer, "headaches all day", [((0, 8), "ADE")])] == [
        "B-ADE",
        "O",
        "O",
    ]


def test_of_overlapping_mentions_the_first_and_the_longer_is_tagged(tokenizer):
    text = "bad stomach pain now"
    overlapping = [((4, 16), "INDICATION"), ((0, 11), "ADE")]
    assert [t for _, t in tags_of(tokenizer, text, overlapping)] == ["B-ADE", "I-ADE", "O", "O"]
    nested = [((0, 3), "INDICATION"), ((0, 16), "ADE"), ((12, 16), "ADE")]
    assert [t for _, t in tags_of(tokenizer, text, nested)] == ["B-ADE", "I-ADE", "I-ADE", "O"]


def test_fragments_of_a_discontinuous_mention_are_tagged_one_by_one(tokenizer):
    text = "legs and arms hurt"
    fragments = [((0, 4), "ADE"), ((14, 18), "ADE")]
    assert [t for _, t in tags_of(tokenizer, text, fragments)] == ["B-ADE", "O", "O", "B-ADE"]


def test_what_flat_tags_lose_is_counted():
    whole, inside, also_inside = Mention(((0, 20),)), Mention(((2, 4),)), Mention(((10, 12),))
    apart, beside = Mention(((30, 34), (40, 44))), Mention(((35, 39),))
    assert count_lost([whole, inside, also_inside]) == (0, 2)
    assert count_lost([apart, beside]) == (1, 0)
    assert count_lost([]) == (0, 0)


WORD = st.text("abc", min_size=1, max_size=5)
MARK = st.sampled_from(["'", "!", "\U0001f600", "é", ","])


@st.composite
def tagged_texts(draw):
    """A text, and mentions of whole words that do not overlap."""
    tokens = draw(st.lists(WORD | MARK, min_size=1, max_size=12))
    text = " ".join(tokens)
    starts = [sum(len(t) + 1 for t in tokens[:i]) for i in range(len(tokens))]
    mentions, at = [], 0
    while at < len(tokens):
        length = draw(st.integers(0, 3))
        end = min(len(tokens), at + length)
        if end > at:
            span = (starts[at], starts[end - 1] + len(tokens[end - 1]))
            mentions.append((span, draw(st.sampled_from(LABELS))))
        at = max(end, at + 1)
    return text, mentions


@given(tagged_texts())
def test_mentions_come_back_from_their_tags(letter_pieces, byte_pieces, case):
    text, mentions = case
    for backend in (letter_pieces, byte_pieces):
        window = cut(Tokenizer(backend, 512), text)
        found_words = words_of(window, text)
        numbers = piece_labels(window, text, mentions, LABELS)
        tags = [numbers[w.piece] for w in found_words]
        certain = np.eye(5, dtype=np.float32)[tags]
        assert decode(np.log(certain + 1e-9), LABELS) == tags
        spans = spans_of([(w.start, w.end) for w in found_words], tags, certain, LABELS)
        assert [((s.start, s.end), s.label) for s in spans] == mentions
        assert all(s.score == 1.0 for s in spans)


def test_a_spans_score_is_the_mean_over_its_words():
    probabilities = np.array([[0.1, 0.9, 0.0], [0.3, 0.0, 0.7], [1.0, 0.0, 0.0]], np.float32)
    found = spans_of([(0, 2), (3, 5), (6, 8)], [1, 2, 0], probabilities, ["ADE"])
    assert found == [TaggedSpan(0, 5, "ADE", pytest.approx(0.8))]


def is_allowed(path, n_labels):
    return all(
        tag == 0 or tag % 2 == 1 or (i > 0 and path[i - 1] in (tag - 1, tag)) for i, tag in enumerate(path)
    )


@pytest.mark.parametrize("labels", [("ADE",), LABELS])
def test_the_best_path_agrees_with_trying_all(labels):
    draw = np.random.default_rng(5)
    n_tags = 1 + 2 * len(labels)
    for length in (1, 2, 3, 4, 5):
        for _ in range(8):
            scores = draw.normal(size=(length, n_tags)).astype(np.float32)
            scores[:, 2::2] += 1.0  # inside tags are tempting
            paths = [p for p in product(range(n_tags), repeat=length) if is_allowed(p, len(labels))]
            best = max(paths, key=lambda p: sum(scores[i, t] for i, t in enumerate(p)))
            assert decode(scores, labels) == list(best)


def test_inside_never_follows_outside_or_another_label():
    draw = np.random.default_rng(6)
    scores = draw.normal(size=(400, 5)).astype(np.float32)
    scores[:, [2, 4]] += 3
    assert is_allowed(decode(scores, LABELS), 2)
    assert decode(np.zeros((0, 5), np.float32), LABELS) == []
