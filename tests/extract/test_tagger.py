from dataclasses import replace

import numpy as np
import pytest

from adetk.document import ADE, DRUG, Document, Mention
from adetk.encoder import Tokenizer
from adetk.extract.features import DictionaryFeatures
from adetk.extract.tagger import Tagger, merge_windows
from adetk.lexicon import Lexicon

NO_FEATURES = DictionaryFeatures([])


def by_ids(batch):
    """A made-up network: a piece's logits (O, B, I) depend on its own id only."""
    ids = batch.input_ids
    return np.stack([np.sin(3.1 * ids), np.cos(1.7 * ids), np.sin(0.9 * ids + 2)], axis=2).astype(np.float32)


def by_tags(batch):
    """A network that says what the dictionary says."""
    return 9 * np.eye(3, dtype=np.float32)[batch.tags[:, :, 0]]


def surfaces(tagger, text):
    (document,) = tagger([Document("1", text)])
    return [m.surface(text) for m in document.mentions]


@pytest.fixture(params=["letter_pieces", "byte_pieces"])
def backend(request):
    return request.getfixturevalue(request.param)


LONG = "my skin and eyes burn, can't sleep @ all \U0001f600 so: pain pain 5mg café à go-go sicking " * 4


@pytest.mark.parametrize(("max_length", "stride"), [(24, 6), (24, 20), (40, 10), (33, 3), (64, 1)])
def test_windows_of_a_long_text_give_each_word_once(backend, max_length, stride):
    whole = Tokenizer(backend, 2048).windows([LONG])[0]
    parts = Tokenizer(backend, max_length, stride).windows([LONG])[0]
    assert len(whole) == 1
    assert len(parts) > 3
    logits = [np.tile(np.arange(len(w.ids), dtype=np.float32)[:, None], 3) for w in parts]
    words, rows = merge_windows(LONG, parts, logits)
    expected, _ = merge_windows(LONG, whole, [np.zeros((len(whole[0].ids), 3), np.float32)])
    assert [(w.start, w.end) for w in words] == [(w.start, w.end) for w in expected]
    assert len(rows) == len(words)


@pytest.mark.parametrize(("max_length", "stride"), [(24, 6), (40, 10), (64, 16)])
def test_several_windows_find_what_one_big_window_finds(backend, max_length, stride):
    one = Tagger(Tokenizer(backend, 2048), by_ids, NO_FEATURES, [ADE])
    several = Tagger(Tokenizer(backend, max_length, stride), by_ids, NO_FEATURES, [ADE])
    found = one.mentions([Document("1", LONG)])
    assert len(found[0]) > 5
    assert several.mentions([Document("1", LONG)]) == found


def test_a_word_is_taken_from_the_window_in_which_it_is_farthest_from_the_edges(letter_pieces):
    text = " ".join("pain" for _ in range(30))
    windows = Tokenizer(letter_pieces, 12, stride=6).windows([text])[0]
    numbered = [np.full((len(w.ids), 3), n, np.float32) for n, w in enumerate(windows)]
    words, rows = merge_windows(text, windows, numbered)
    assert len(words) == 30
    for number, word in enumerate(words):
        margins = {
            n: min(p if n else 99, len(w.ids) - p if n < len(windows) - 1 else 99)
            for n, w in enumerate(windows)
            for p, offset in enumerate(w.offsets)
            if offset == (word.start, word.end)
        }
        assert margins[int(rows[number][0])] == max(margins.values())


def test_a_word_cut_by_windows_stays_whole(letter_pieces):
    text = "so haaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaha pain"
    for stride in range(1, 10):
        windows = Tokenizer(letter_pieces, 14, stride).windows([text])[0]
        words, _ = merge_windows(text, windows, [np.zeros((len(w.ids), 3), np.float32) for w in windows])
        assert [text[w.start : w.end] for w in words] == text.split()


def test_dictionary_tags_change_what_is_found(letter_pieces):
    tokenizer = Tokenizer(letter_pieces, 64)
    text = "a dry mouth, a sore leg"
    mouth = DictionaryFeatures([Lexicon("d", [("dry mouth", "")])])
    leg = DictionaryFeatures([Lexicon("d", [("sore leg", "")])])
    assert surfaces(Tagger(tokenizer, by_tags, mouth, [ADE]), text) == ["dry mouth"]
    assert surfaces(Tagger(tokenizer, by_tags, leg, [ADE]), text) == ["sore leg"]


def test_spans_are_raw_characters(letter_pieces):
    features = DictionaryFeatures([Lexicon("d", [("dry mouth", ""), ("nauseated face", "")])])
    tagger = Tagger(Tokenizer(letter_pieces, 64), by_tags, features, [ADE])
    assert surfaces(tagger, "@you &amp; me: dry mouth \U0001f922 https://a.example dry mouth") == [
        "dry mouth",
        "\U0001f922",
        "dry mouth",
    ]


def test_mentions_of_its_labels_are_replaced_and_others_stay(letter_pieces):
    features = DictionaryFeatures([Lexicon("d", [("rash", "")])])
    tagger = Tagger(Tokenizer(letter_pieces, 64), by_tags, features, [ADE])
    there = (Mention(((0, 1),), ADE), Mention(((2, 6),), "INDICATION", drug=2), Mention(((0, 1),), DRUG))
    (document,) = tagger([Document("1", "a rash", mentions=there)])
    assert document.mentions == (
        Mention(((2, 6),), ADE, document.mentions[0].score),
        replace(there[1], drug=None),
        there[2],
    )
    assert document.mentions[0].score > 0.99


@pytest.mark.parametrize("text", ["", "   ", "\U0001f9fe", "​"])
def test_a_text_without_words_has_no_mentions(backend, text):
    assert Tagger(Tokenizer(backend, 16), by_ids, NO_FEATURES, [ADE]).mentions([Document("1", text)]) == [[]]


def test_documents_are_tagged_lazily_in_order(letter_pieces):
    taken = []

    def stream():
        for number in range(10):
            taken.append(number)
            yield Document(str(number), "pain")

    tagger = Tagger(Tokenizer(letter_pieces, 16), by_ids, NO_FEATURES, [ADE])
    tagged = tagger(stream(), batch_size=3)
    assert next(tagged).id == "0"
    assert taken == [0, 1, 2]
    assert [d.id for d in tagged] == [str(n) for n in range(1, 10)]
