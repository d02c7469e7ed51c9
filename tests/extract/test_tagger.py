import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adetk.document import ADE, DRUG, NO_ADE, Document, Mention
from adetk.encoder import Tokenizer, run_windows
from adetk.evaluate.scores import Counts, span_counts
from adetk.extract.drugs import DrugFinder
from adetk.extract.features import DictionaryFeatures
from adetk.extract.pairs import WordPairs
from adetk.extract.schemes import NAME_TO_RULES, Scheme
from adetk.extract.tagger import Tagger
from adetk.extract.words import places_of
from adetk.lexicon import Lexicon
from adetk.record import document_from_record, record_from_document, rows_from_document

NO_FEATURES = DictionaryFeatures([])
BIO = Scheme("bio", [ADE])


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


def unsure(batch):
    """A network that finds nothing, and is the less certain the later a word comes."""
    logits = np.zeros((*batch.input_ids.shape, 3), np.float32)
    logits[:, :, 0] = 4.0
    logits[:, :, 1] = batch.attention_mask.cumsum(axis=1) / 100  # the later, the likelier
    return logits


@pytest.mark.parametrize(
    ("label", "score", "expected"),
    [(None, None, []), (ADE, None, ["out"]), (ADE, 0.97, []), (NO_ADE, None, [])],
)
def test_where_somebody_says_that_there_is_an_effect_one_is_found(letter_pieces, label, score, expected):
    tagger = Tagger(Tokenizer(letter_pieces, 64), unsure, NO_FEATURES, BIO)
    text = "day two and it wore me out"
    (document,) = tagger([Document("1", text, label, score)])
    assert [m.surface(text) for m in document.mentions] == expected
    assert all(m.score < 0.1 for m in document.mentions)
    assert tagger.mentions([Document("2", "", label, score)]) == [[]]


@pytest.fixture(params=["letter_pieces", "byte_pieces", "sentence_pieces"])
def backend(request):
    return request.getfixturevalue(request.param)


LONG = "my skin and eyes burn, can't sleep @ all \U0001f600 so: pain pain 5mg café à go-go sicking " * 4


@pytest.mark.parametrize(("max_length", "stride"), [(24, 6), (24, 20), (40, 10), (33, 3), (64, 1)])
def test_windows_of_a_long_text_give_each_word_once(backend, max_length, stride):
    whole = Tokenizer(backend, 2048).windows([LONG])[0]
    parts = Tokenizer(backend, max_length, stride).windows([LONG])[0]
    assert len(whole) == 1
    assert len(parts) > 3
    places = places_of(LONG, parts)
    assert [(p.start, p.end) for p in places] == [(p.start, p.end) for p in places_of(LONG, whole)]


@pytest.mark.parametrize(("max_length", "stride"), [(24, 6), (40, 10), (64, 16)])
def test_several_windows_find_what_one_big_window_finds(backend, max_length, stride):
    one = Tagger(Tokenizer(backend, 2048), by_ids, NO_FEATURES, BIO)
    several = Tagger(Tokenizer(backend, max_length, stride), by_ids, NO_FEATURES, BIO)
    found = one.mentions([Document("1", LONG)])
    assert len(found[0]) > 5
    assert several.mentions([Document("1", LONG)]) == found


def test_a_word_is_taken_from_the_window_in_which_it_is_farthest_from_the_edges(letter_pieces):
    text = " ".join("pain" for _ in range(30))
    windows = Tokenizer(letter_pieces, 12, stride=6).windows([text])[0]
    places = places_of(text, windows)
    assert len(places) == 30
    for place in places:
        margins = {
            n: min(p if n else 99, len(w.ids) - p if n < len(windows) - 1 else 99)
            for n, w in enumerate(windows)
            for p, offset in enumerate(w.offsets)
            if offset == (place.start, place.end)
        }
        assert margins[place.window] == max(margins.values())


def test_a_word_cut_by_windows_stays_whole(letter_pieces):
    text = "so haaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaha pain"
    for stride in range(10):
        windows = Tokenizer(letter_pieces, 14, stride).windows([text])[0]
        assert [text[p.start : p.end] for p in places_of(text, windows)] == text.split()


def test_dictionary_tags_change_what_is_found(letter_pieces):
    tokenizer = Tokenizer(letter_pieces, 64)
    text = "a dry mouth, a sore leg"
    mouth = DictionaryFeatures([Lexicon("d", [("dry mouth", "")])])
    leg = DictionaryFeatures([Lexicon("d", [("sore leg", "")])])
    assert surfaces(Tagger(tokenizer, by_tags, mouth, BIO), text) == ["dry mouth"]
    assert surfaces(Tagger(tokenizer, by_tags, leg, BIO), text) == ["sore leg"]


def test_spans_are_raw_characters(letter_pieces):
    features = DictionaryFeatures([Lexicon("d", [("dry mouth", ""), ("nauseated face", "")])])
    tagger = Tagger(Tokenizer(letter_pieces, 64), by_tags, features, BIO)
    assert surfaces(tagger, "@you &amp; me: dry mouth \U0001f922 https://a.example dry mouth") == [
        "dry mouth",
        "\U0001f922",
        "dry mouth",
    ]


def test_mentions_of_its_labels_are_replaced_and_others_stay(letter_pieces):
    features = DictionaryFeatures([Lexicon("d", [("rash", "")])])
    tagger = Tagger(Tokenizer(letter_pieces, 64), by_tags, features, BIO)
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
    assert Tagger(Tokenizer(backend, 16), by_ids, NO_FEATURES, BIO).mentions([Document("1", text)]) == [[]]


def test_documents_are_tagged_lazily_in_order(letter_pieces):
    taken = []

    def stream():
        for number in range(10):
            taken.append(number)
            yield Document(str(number), "pain")

    tagger = Tagger(Tokenizer(letter_pieces, 16), by_ids, NO_FEATURES, BIO)
    tagged = tagger(stream(), batch_size=3)
    assert next(tagged).id == "0"
    assert taken == [0, 1, 2]
    assert [d.id for d in tagged] == [str(n) for n in range(1, 10)]


def test_tables_of_pairs_are_held_for_few_documents_at_once(letter_pieces, monkeypatch):
    held = []

    def counted(network, windows, pad_id):
        held.append(len(windows))
        return run_windows(network, windows, pad_id)

    def sick_is_a_mention(batch):
        found = batch.input_ids == letter_pieces.token_to_id("sick")
        logits = np.zeros((*found.shape, found.shape[1], 3), np.float32)
        logits[..., 2] = np.where(found[:, :, None] & np.eye(found.shape[1], dtype=bool), 9, -9)
        return logits

    monkeypatch.setattr("adetk.extract.tagger.run_windows", counted)
    texts = ["not " * (n % 3) + "sick" for n in range(70)]
    tagger = Tagger(Tokenizer(letter_pieces, 24), sick_is_a_mention, NO_FEATURES, WordPairs([ADE]))
    tagged = list(tagger(Document(str(n), text) for n, text in enumerate(texts)))
    assert [[m.spans for m in d.mentions] for d in tagged] == [[((len(t) - 4, len(t)),)] for t in texts]
    assert held == [32, 32, 6]


def test_a_discontinuous_mention_has_its_fragments_in_raw_characters(letter_pieces):
    features = DictionaryFeatures([Lexicon("d", [("legs", ""), ("hurt", "")])])
    scheme = Scheme("biohd", [ADE])
    body = scheme.class_names.index("DB-ADE")

    def bodies(batch):
        logits = np.zeros((*batch.input_ids.shape, len(scheme.class_names)), np.float32)
        logits[:, :, 0] = 4
        logits[:, :, body] = 9 * (batch.tags[:, :, 0] > 0)
        return logits

    text = "@you &amp; me: my legs \U0001f922 hurt. And they hurt"
    (document,) = Tagger(Tokenizer(letter_pieces, 64), bodies, features, scheme)([Document("1", text)])
    assert [m.surface(text) for m in document.mentions] == ["legs hurt", "hurt"]
    assert [len(m.spans) for m in document.mentions] == [2, 1]
    assert span_counts([document], [document]) == [Counts(2, 2, 2)]
    assert [row["spans"] for row in rows_from_document(document)] == ["18 22;25 29", "40 44"]
    (about,) = DrugFinder(Lexicon("drugs", [("me", "1")]), {})([document])
    assert [m.drug for m in about.mentions] == [2, 2, None]
    assert document.mentions[0].score == pytest.approx(1 / (1 + 5 * np.exp(-9) + np.exp(4 - 9)), abs=1e-6)


def test_two_fragments_in_one_emoji_are_one_span(letter_pieces):
    features = DictionaryFeatures([Lexicon("d", [("face", ""), ("tears", "")])])
    scheme = Scheme("biohd", [ADE])
    bodies = [0, scheme.class_names.index("DB-ADE"), scheme.class_names.index("DI-ADE")]

    def by_dictionary(batch):
        return 9 * np.eye(len(scheme.class_names), dtype=np.float32)[np.array(bodies)[batch.tags[:, :, 0]]]

    text = "so \U0001f602"  # its name is "face with tears of joy"
    (document,) = Tagger(Tokenizer(letter_pieces, 64), by_dictionary, features, scheme)([Document("1", text)])
    assert [m.spans for m in document.mentions] == [((3, 4),)]


VOCABULARY = [
    *["my", "skin", "and", "eyes", "burn", ",", "can't", "sleep", "@", "all", "so", ":", "pain", "5mg"],
    *[
        "go-go",
        "sicking",
        ".",
        "!",
        "2.5",
        "_x_",
        "\U0001f600",
        "\U0001f922",
        "café",
        "болит",
        "你好",
        "@you",
    ],
    *["https://a.example/b?c", "&amp;", "\n\n", "e\u0301", "\u200b", "\U0001f44d\U0001f3ff"],
    *["h" + "a" * 60, "z" * 130, "no" * 20 + "!"],
]


def made_up_text(length, seed):
    draw = random.Random(seed)
    words, size = [], 0
    while size < length:
        words.append(draw.choice(VOCABULARY) + draw.choice([" ", " ", " ", "  ", ""]))
        size += len(words[-1])
    return "".join(words)[:length]


def neighbours(n_tags):
    """A made-up network whose logits depend on a piece and the two on either side of it, as read in its window."""

    def network(batch):
        ids = np.pad(batch.input_ids * batch.attention_mask, ((0, 0), (2, 2))).astype(np.float64)
        length = batch.input_ids.shape[1]
        signal = sum(w * np.sin(0.7 * ids[:, i : i + length]) for i, w in enumerate((0.5, 1, 2, 1.3, 0.4)))
        tags = np.arange(n_tags)
        return (3 * np.cos(signal[:, :, None] * (1 + tags) + tags)).astype(np.float32)

    return network


@settings(max_examples=12, deadline=None)
@example(name="biohd", length=20_000, seed=1, max_length=64, share=0.26)
@given(
    name=st.sampled_from(list(NAME_TO_RULES)),
    length=st.sampled_from([10, 300, 3_000]) | st.integers(10, 20_000),
    seed=st.integers(0, 2**32),
    max_length=st.integers(24, 300),
    share=st.floats(0.26, 0.9),
)
def test_the_same_mentions_whatever_the_window_size(
    letter_pieces, byte_pieces, name, length, seed, max_length, share
):
    """Each word has its network's whole context in one window: here a stride of 6 pieces and more is enough."""
    text = made_up_text(length, seed)
    scheme = Scheme(name, [ADE, "INDICATION"])
    network = neighbours(len(scheme.class_names))
    stride = max(6, int(share * (max_length - 3)))
    for backend in (letter_pieces, byte_pieces):
        one = Tagger(Tokenizer(backend, 100_000), network, NO_FEATURES, scheme)
        several = Tagger(Tokenizer(backend, max_length, stride), network, NO_FEATURES, scheme)
        (expected,) = one.mentions([Document("1", text)])
        (found,) = several.mentions([Document("1", text)])
        assert found == expected
        document = Document("1", text, mentions=tuple(found))
        again = document_from_record(record_from_document(document), "here")  # refuses spans that do not fit
        assert [m.spans for m in again.mentions] == [m.spans for m in found]
        for mention in found:
            assert all(end < start for (_, end), (start, _) in pairwise(mention.spans))
