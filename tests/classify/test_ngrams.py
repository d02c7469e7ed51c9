import json

import numpy as np
import pytest

from adetk.classify.ensemble import Stack
from adetk.classify.ngrams import BUCKETS, Cascade, NgramModel, NgramStack, fit_ngrams, ngrams_of
from adetk.errors import AdetkError

TEXTS = [
    "so dizzy on the new pills",
    "dizzy again today",
    "picked up the new pills",
    "the pills are blue",
    "dizzyyy",
]
LABELS = np.array([True, True, False, False, True])


def kinds(text):
    found = ngrams_of([text])
    buckets, values = found.buckets, found.values
    return (buckets[buckets < BUCKETS], values[buckets < BUCKETS]), (
        buckets[buckets >= BUCKETS],
        values[buckets >= BUCKETS],
    )


def test_ngrams_are_counted_inside_words_and_over_words():
    (characters, _), (words, _) = kinds("ab cde")
    # " a" "ab" "b " " c" "cd" "de" "e " and 3: " ab" "ab " " cd" "cde" "de " and 4: " ab " " cde" "cde " and 5: " cde "
    assert len(characters) == 7 + 5 + 3 + 1
    assert len(words) == 3  # ab, cde, "ab cde"


def test_each_kind_has_length_1_and_repeats_are_damped():
    for _, values in kinds("pain pain pain more pain"):
        assert np.sum(values**2) == pytest.approx(1)
    _, (_, values) = kinds("no no no yes")
    # no 3 times, yes, "no no" twice, "no yes", "no no no", "no no yes"
    raw = np.array([1 + np.log(3), 1, 1 + np.log(2), 1, 1, 1])
    np.testing.assert_allclose(np.sort(values), np.sort(raw / np.linalg.norm(raw)))


def test_case_and_spaces_do_not_count_and_no_text_is_an_answer():
    one, other = np.split(ngrams_of(["So  Dizzy", " so dizzy "]).buckets, 2)
    np.testing.assert_array_equal(one, other)
    # two spaces; then " a", "a ", " b", "b ", " a ", " b "
    assert ngrams_of(["", "a b"]).ends.tolist() == [0, 1, 1 + 6]
    model = NgramModel(np.ones(2 * BUCKETS, np.float16), -2.0)
    assert np.isfinite(model.margins(["", "\U0001f635", "a"])).all()
    assert model.margins([]).shape == (0,)


def test_it_learns_words_and_spellings_and_is_the_same_once_saved(tmp_path):
    model = fit_ngrams(TEXTS, LABELS, penalty=0.01)
    new = ["dizzy", "dizzyy", "pills", "blue pills"]
    margins = model.margins(new)
    assert (margins > 0).tolist() == [True, True, False, False]
    model.save(tmp_path)
    np.testing.assert_array_equal(NgramModel.load(tmp_path).margins(new), margins)


NETWORK = np.array([3.0, -3.0, 1.0, 0.5, 2.0])


def test_it_joins_the_network_by_the_stack():
    model = fit_ngrams(TEXTS, LABELS)
    joint = NgramStack(model, Stack((2.0, 0.5), -1.0)).margins(TEXTS, lambda numbers: NETWORK[numbers])
    np.testing.assert_allclose(joint, 2 * NETWORK + 0.5 * model.margins(TEXTS) - 1)


def test_a_cascade_asks_the_network_only_where_the_ngrams_do_not_say_enough(tmp_path):
    model = fit_ngrams(TEXTS, LABELS)
    linear = model.margins(TEXTS)
    below = float(np.sort(linear)[2])
    asked = []

    def network(numbers):
        asked.extend(numbers.tolist())
        return NETWORK[numbers]

    stack = NgramStack(model, Stack((2.0, 0.5), -1.0), Cascade(below, -4.0))
    found = stack.margins(TEXTS, network)
    assert asked == np.flatnonzero(linear >= below).tolist()
    assert len(asked) == 3
    expected = 2 * np.where(linear >= below, NETWORK, -4.0) + 0.5 * linear - 1
    np.testing.assert_allclose(found, expected)
    model.save(tmp_path)
    again = NgramStack.load(tmp_path, json.loads(json.dumps(stack.as_dict())))
    np.testing.assert_array_equal(again.margins(TEXTS, network), found)
    assert again.margins([], network).shape == (0,)


def test_a_damaged_file_is_refused(tmp_path):
    with pytest.raises(AdetkError, match="train the part again"):
        NgramModel.load(tmp_path)
    np.savez(tmp_path / "ngrams.npz", weights=np.ones(3, np.float16), intercept=0.0)
    with pytest.raises(AdetkError, match=r"\(3,\); expected"):
        NgramModel.load(tmp_path)
    (tmp_path / "ngrams.npz").write_bytes(b"no")
    with pytest.raises(AdetkError, match="not a model over n-grams"):
        NgramModel.load(tmp_path)
