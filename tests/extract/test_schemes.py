from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adetk.document import Mention
from adetk.errors import AdetkError
from adetk.extract.schemes import NAME_TO_RULES, Scheme
from adetk.lexicon import tokenize

LABELS = ("ADE", "INDICATION")


def spans_in(text, *surfaces):
    return tuple((text.index(s), text.index(s) + len(s)) for s in surfaces)


def mention(text, *surfaces, label="ADE"):
    return Mention(spans_in(text, *surfaces), label)


def tags_of(name, text, mentions, labels=LABELS):
    scheme = Scheme(name, labels)
    return [scheme.class_names[tag] for tag in scheme.encode(tokenize(text).spans, mentions)]


def there_and_back(name, text, mentions, labels=LABELS):
    """Surfaces and label of each mention that its tags spell."""
    scheme = Scheme(name, labels)
    words = tokenize(text).spans
    found = scheme.decode(text, words, scheme.encode(words, mentions))
    return [(" | ".join(text[words[f][0] : words[e - 1][1]] for f, e in m.runs), m.label) for m in found]


def test_tags_of_each_scheme():
    assert Scheme("bio", LABELS).class_names == ["O", "B-ADE", "I-ADE", "B-INDICATION", "I-INDICATION"]
    assert Scheme("bioes", ["ADE"]).class_names == ["O", "B-ADE", "I-ADE", "E-ADE", "S-ADE"]
    assert Scheme("biohd", ["ADE"]).class_names == [
        "O",
        *[f"{mark}-ADE" for mark in ("B", "I", "HB", "HI", "DB", "DI")],
    ]


def test_an_unknown_scheme_is_refused():
    with pytest.raises(AdetkError, match="scheme 'bilou': unknown; expected one of bio, bioes, biohd"):
        Scheme("bilou", LABELS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bio", "O B-ADE I-ADE I-ADE O B-ADE"),
        ("bioes", "O B-ADE I-ADE E-ADE O S-ADE"),
        ("biohd", "O B-ADE I-ADE I-ADE O B-ADE"),
    ],
)
def test_a_mention_that_is_whole_and_alone(name, expected):
    text = "my lower back pain and rash"
    assert tags_of(name, text, [mention(text, "lower back pain"), mention(text, "rash")]) == expected.split()


@pytest.mark.parametrize("name", NAME_TO_RULES)
def test_neighbours_begin_anew_and_labels_stay_apart(name):
    text = "dry sore mouth for pain"
    mentions = [
        mention(text, "dry"),
        mention(text, "sore"),
        mention(text, "mouth", label="INDICATION"),
        mention(text, "pain", label="DRUG"),
    ]
    alone = "S" if name == "bioes" else "B"
    assert tags_of(name, text, mentions) == [f"{alone}-ADE", f"{alone}-ADE", f"{alone}-INDICATION", "O", "O"]


@pytest.mark.parametrize("name", ["bio", "biohd"])
def test_a_mention_that_ends_inside_a_word_takes_the_word(name):
    assert tags_of(name, "headaches all day", [Mention(((0, 8),))]) == ["B-ADE", "O", "O"]


def test_flat_schemes_tag_the_first_and_longer_of_overlapping_mentions():
    text = "bad stomach pain now"
    overlapping = [mention(text, "stomach pain", label="INDICATION"), mention(text, "bad stomach")]
    assert tags_of("bio", text, overlapping) == ["B-ADE", "I-ADE", "O", "O"]
    nested = [mention(text, "bad"), mention(text, "bad stomach pain"), mention(text, "pain")]
    assert tags_of("bioes", text, nested) == ["B-ADE", "I-ADE", "E-ADE", "O"]


def test_flat_schemes_tag_fragments_one_by_one():
    text = "legs and arms hurt"
    assert tags_of("bio", text, [mention(text, "legs", "hurt")]) == ["B-ADE", "O", "O", "B-ADE"]
    assert there_and_back("bioes", text, [mention(text, "legs", "hurt")]) == [
        ("legs", "ADE"),
        ("hurt", "ADE"),
    ]


WORD = st.text("abc", min_size=1, max_size=5)
MARK = st.sampled_from(["'", "!", "\U0001f600", "é", ",", "."])


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
            mentions.append(Mention((span,), draw(st.sampled_from(LABELS))))
        at = max(end, at + 1)
    return text, mentions


@pytest.mark.parametrize("name", NAME_TO_RULES)
@settings(deadline=None)  # a busy machine is no fault
@given(case=tagged_texts())
def test_whole_mentions_come_back_from_their_tags(name, case):
    text, mentions = case
    scheme = Scheme(name, LABELS)
    words = tokenize(text).spans
    tags = scheme.encode(words, mentions)
    certain = np.eye(len(scheme.class_names), dtype=np.float32)[tags]
    assert scheme.best_path(np.log(certain + 1e-9)) == tags
    assert there_and_back(name, text, mentions) == [(m.surface(text), m.label) for m in mentions]


def is_whole(names, path):
    """Whether tags spell whole segments, by a rule written out for each mark."""
    before = "O"
    for tag in [*(names[i] for i in path), "O"]:
        mark, _, label = tag.partition("-")
        mark_before, _, label_before = before.partition("-")
        needs = {"I": "BI", "E": "BI", "HI": ("HB", "HI"), "DI": ("DB", "DI")}.get(mark)
        if needs is not None and (mark_before not in needs or label != label_before):
            return False
        if "E-ADE" in names and mark_before in "BI" and mark not in "IE":
            return False
        before = tag
    return True


@pytest.mark.parametrize("name", NAME_TO_RULES)
@pytest.mark.parametrize("labels", [("ADE",), LABELS])
def test_the_best_path_agrees_with_trying_all(name, labels):
    scheme = Scheme(name, labels)
    draw = np.random.default_rng(5)
    n_tags = len(scheme.class_names)
    for length in (1, 2, 3) if n_tags > 5 else (1, 2, 3, 4, 5):
        whole = [p for p in product(range(n_tags), repeat=length) if is_whole(scheme.class_names, p)]
        for _ in range(6):
            scores = draw.normal(size=(length, n_tags)).astype(np.float32)
            scores[:, 2::2] += 1.0  # tags that continue are tempting
            assert scheme.best_path(scores) == list(max(whole, key=lambda p: scores[range(length), p].sum()))


@pytest.mark.parametrize("name", NAME_TO_RULES)
def test_the_best_path_with_a_label_agrees_with_trying_all(name):
    scheme = Scheme(name, LABELS)
    draw = np.random.default_rng(8)
    n_tags = len(scheme.class_names)
    others = np.array(["ADE" not in tag for tag in scheme.class_names])
    of_label = set(np.flatnonzero(~others))
    for length in (1, 2, 3):
        whole = [
            path
            for path in product(range(n_tags), repeat=length)
            if is_whole(scheme.class_names, path) and of_label.intersection(path)
        ]
        for more in (0.0, 1.5, 4.0):
            scores = draw.normal(size=(length, n_tags)).astype(np.float32)
            scores[:, others] += more
            expected = list(max(whole, key=lambda path: scores[range(length), path].sum()))
            assert scheme.best_path(scores, "ADE") == expected


def test_a_label_that_the_scheme_does_not_know_asks_for_nothing():
    scheme = Scheme("bio", ["INDICATION"])
    scores = np.eye(3, dtype=np.float32)[[0, 0, 0]]
    assert scheme.best_path(scores, "ADE") == [0, 0, 0]
    assert scheme.best_path(scores[:0], "INDICATION") == []


@pytest.mark.parametrize("name", NAME_TO_RULES)
def test_whatever_the_scores_the_best_path_spells_mentions(name):
    scheme = Scheme(name, LABELS)
    scores = np.random.default_rng(6).normal(size=(400, len(scheme.class_names))).astype(np.float32)
    path = scheme.best_path(scores)
    assert is_whole(scheme.class_names, path)
    words = [(i, i + 1) for i in range(400)]
    found = scheme.decode("a" * 400, words, path)
    assert len(found) > 40
    assert {m.label for m in found} == set(LABELS)
    assert scheme.best_path(np.zeros((0, len(scheme.class_names)), np.float32)) == []


def test_tags_that_continue_nothing_are_a_fault_of_the_caller():
    scheme = Scheme("bio", ["ADE"])
    with pytest.raises(ValueError, match="word 1 has tag I-ADE"):
        scheme.decode("a b", [(0, 1), (2, 3)], [0, 2])
