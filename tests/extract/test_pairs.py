import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import ADE, DRUG, Document, Mention
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.extract.features import DictionaryFeatures
from adetk.extract.pairs import MOST_MENTIONS, MOST_PATHS, NEXT, Relation, WordPairs
from adetk.extract.schemes import NAMES, Scheme, open_scheme
from adetk.extract.segments import WordMention
from adetk.extract.tagger import Tagger
from adetk.extract.words import NOT_COUNTED, places_of

BOTH = WordPairs([ADE, "INDICATION"])
ENDS, ENDS_INDICATION = 2, 3
NO_FEATURES = DictionaryFeatures([])


def words_in(text):
    found, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        found.append((start, start + len(word)))
        start += len(word)
    return found


def mention(text, *fragments, label=ADE):
    return Mention(tuple((text.index(f), text.index(f) + len(f)) for f in fragments), label)


def test_a_worked_example():
    text = "dry eyes and lips"
    there = [mention(text, "dry eyes"), mention(text, "dry", "lips"), mention(text, "dry", label=DRUG)]
    relations = BOTH.encode(words_in(text), there)
    assert {(int(i), int(j)): int(relations[i, j]) for i, j in np.argwhere(relations)} == {
        **{(0, 1): NEXT, (1, 0): ENDS},
        **{(0, 3): NEXT, (3, 0): ENDS},
    }
    assert BOTH.class_names == ["O", "next", "ends-ADE", "ends-INDICATION"]


def test_a_word_of_two_labels_is_told_by_its_end_and_the_score_is_the_mean():
    found = BOTH.decode(
        {
            **{(0, 1): Relation(NEXT, 0.6), (1, 0): Relation(ENDS, 0.8)},
            **{
                (2, 2): Relation(ENDS_INDICATION, 0.5),
                (4, 3): Relation(ENDS, 1.0),
            },  # nothing leads from 3 to 4
        }
    )
    assert found == [
        (WordMention(((0, 2),), ADE), pytest.approx(0.7)),
        (WordMention(((2, 3),), "INDICATION"), 0.5),
    ]


def test_ways_that_lead_nowhere_cost_nothing_and_there_are_not_too_many():
    words = range(30)
    everywhere = {(i, j): Relation(NEXT, 0.9) for i in words for j in words if i < j}
    found = BOTH.decode({**everywhere, (29, 0): Relation(ENDS, 0.9)})
    assert len(found) == MOST_PATHS
    assert all((m.runs[0][0], m.runs[-1][1]) == (0, 30) for m, _ in found)
    stuck = {pair: relation for pair, relation in everywhere.items() if pair[1] < 29}
    assert BOTH.decode({**stuck, (29, 0): Relation(ENDS, 0.9)}) == []  # 2 ** 27 ways, none of which arrives
    back = {(j, i): Relation(ENDS, 0.5 + j / 100) for i, j in everywhere}
    found = BOTH.decode({**everywhere, **back})
    assert len(found) == MOST_MENTIONS
    assert {m.runs[-1][1] for m, _ in found} == {30}  # the likeliest ends
    chain = {(i, i + 1): Relation(NEXT, 0.9) for i in range(3000)}
    ((long, _),) = BOTH.decode({**chain, (3000, 0): Relation(ENDS, 0.9)})
    assert long.runs == ((0, 3001),)


WORDS = 12
RUNS = st.sets(st.integers(0, WORDS - 1), min_size=1, max_size=6)


@given(st.lists(st.tuples(RUNS, st.sampled_from([ADE, "INDICATION"])), max_size=3))
def test_what_is_put_in_comes_out_and_what_comes_beside_it_ends_where_something_ended(drawn):
    text = " ".join("word" for _ in range(WORDS))
    words = words_in(text)
    there = [Mention(tuple(words[i] for i in sorted(numbers)), label) for numbers, label in drawn]
    ends = {
        (max(numbers), min(numbers)): label for numbers, label in drawn
    }  # of two labels the later: see below
    wanted = {  # where two labels end at the same words only one is kept
        (frozenset(numbers), label)
        for numbers, label in drawn
        if {other for n, other in drawn if (max(n), min(n)) == (max(numbers), min(numbers))} == {label}
    }
    found = BOTH.there_and_back(text, words, there)
    spelt = {(frozenset(w for run in m.runs for w in range(*run)), m.label) for m in found}
    assert len(spelt) == len(found)
    assert wanted <= spelt
    ends = {(max(numbers), min(numbers)) for numbers, _ in drawn}
    assert {(max(numbers), min(numbers)) for numbers, _ in spelt} <= ends


def test_pieces_that_start_no_word_do_not_count(letter_pieces):
    text = "oh sick, pain"
    windows = Tokenizer(letter_pieces, 32).windows([text])[0]
    places = places_of(text, windows)
    (target,) = BOTH.targets(text, windows, places, [mention(text, "sick", "pain")])
    counted = [place.piece for place in places]
    assert [text[p.start : p.end] for p in places] == ["oh", "sick", ",", "pain"]
    assert (target[np.ix_(counted, counted)] != NOT_COUNTED).all()
    assert (target != NOT_COUNTED).sum() == 16
    assert target[counted[1], counted[3]] == NEXT
    assert target[counted[3], counted[1]] == ENDS


def by_ids(reach):
    """A network whose logits for a pair depend on both ids and on their distance only, none beyond `reach` pieces."""

    def network(batch):
        ids = batch.input_ids
        one, other = ids[:, :, None], ids[:, None, :]
        logits = np.stack(
            [np.full(np.broadcast_shapes(one.shape, other.shape), 0.4)]
            + [np.sin(a * one + b * other + c) for a, b, c in ((3.1, 1.3, 0), (0.7, 2.9, 1), (1.9, 0.4, 2))],
            axis=3,
        )
        away = np.abs(np.arange(ids.shape[1])[:, None] - np.arange(ids.shape[1])[None, :])
        logits[:, away > reach, 1:] = -9
        return logits.astype(np.float32)

    return network


LONG = "my skin and eyes burn, can't sleep @ all \U0001f600 so: pain pain 5mg café à go-go sicking " * 4


@pytest.mark.parametrize(("max_length", "stride"), [(24, 12), (40, 16), (64, 20)])
@pytest.mark.parametrize("pieces", ["letter_pieces", "byte_pieces", "sentence_pieces"])
def test_several_windows_find_what_one_big_window_finds(request, pieces, max_length, stride):
    backend, network = request.getfixturevalue(pieces), by_ids(5)
    (expected,) = Tagger(Tokenizer(backend, 4096), network, NO_FEATURES, BOTH).mentions([Document("1", LONG)])
    several = Tagger(Tokenizer(backend, max_length, stride), network, NO_FEATURES, BOTH)
    assert len(expected) > 5
    assert any(len(m.spans) > 1 for m in expected)
    assert several.mentions([Document("1", LONG)]) == [expected]


def silent(batch):
    """A network that finds nothing; from the third piece back to the second least of all."""
    length = batch.input_ids.shape[1]
    logits = np.zeros((len(batch.input_ids), length, length, 4), np.float32)
    logits[..., 0] = 4
    logits[:, 2, 1, ENDS] = 1
    logits[:, 1, 2, ENDS] = 99  # no mention ends before it begins
    logits[:, 2, 1, NEXT] = 99  # and none goes back
    return logits


def test_where_somebody_says_that_there_is_an_effect_the_likeliest_is_found(letter_pieces):
    tagger = Tagger(Tokenizer(letter_pieces, 64), silent, NO_FEATURES, BOTH)
    asked = [Document("1", "sick pain sick"), Document("2", "sick pain sick", ADE), Document("3", "", ADE)]
    nothing, (found,), empty = tagger.mentions(asked)
    assert nothing == empty == []
    assert (found.spans, found.label) == (((0, 9),), ADE)
    assert found.score < 0.1

    def with_a_way(batch):
        logits = silent(batch)
        logits[:, 1, 3, NEXT] = 9  # sick ... sick
        logits[:, 3, 1, ENDS] = 3  # not enough by itself
        return logits

    by_way = Tagger(tagger.tokenizer, with_a_way, NO_FEATURES, BOTH)
    nothing, (apart,) = by_way.mentions(asked[:2])
    assert (nothing, apart.spans) == ([], ((0, 4), (10, 14)))
    without = Tagger(tagger.tokenizer, tagger.network, NO_FEATURES, WordPairs(["INDICATION"]))
    assert without.mentions(asked[1:2]) == [[]]


def test_every_scheme_opens_by_its_name():
    assert [open_scheme(name, [ADE]).name for name in NAMES] == list(NAMES)
    assert isinstance(open_scheme("biohd", [ADE]), Scheme)
    with pytest.raises(AdetkError, match="scheme 'grid': unknown; expected one of bio, bioes, biohd, pairs"):
        open_scheme("grid", [ADE])
