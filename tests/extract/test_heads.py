from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_schemes import mention, tags_of, there_and_back

from adetk.document import Mention
from adetk.extract.heads import MAX_GAP, heads_and_bodies, mentions_of
from adetk.extract.segments import BODY, HEAD, Segment, WordMention, on_words


def test_a_discontinuous_mention_is_bodies():
    text = "my legs, they really hurt a lot"
    legs = [mention(text, "legs", "hurt a lot")]
    assert tags_of("biohd", text, legs) == ["O", "DB-ADE", "O", "O", "O", "DB-ADE", "DI-ADE", "DI-ADE"]
    assert there_and_back("biohd", text, legs) == [("legs | hurt a lot", "ADE")]


def test_a_shared_part_is_a_head_and_each_body_takes_it():
    text = "cramps in legs and both feet"
    both = [mention(text, "cramps in legs"), mention(text, "cramps in", "both feet")]
    assert tags_of("biohd", text, both) == ["HB-ADE", "HI-ADE", "DB-ADE", "O", "DB-ADE", "DI-ADE"]
    assert there_and_back("biohd", text, both) == [
        ("cramps in | both feet", "ADE"),
        ("cramps in legs", "ADE"),
    ]


def test_mentions_that_overlap_come_back_whole():
    text = "bad stomach pain now"
    both = [mention(text, "bad stomach pain"), mention(text, "stomach pain now")]
    assert tags_of("biohd", text, both) == ["DB-ADE", "HB-ADE", "HI-ADE", "DB-ADE"]
    assert there_and_back("biohd", text, both) == [("bad stomach pain", "ADE"), ("stomach pain now", "ADE")]


def test_a_mention_in_the_gap_of_another_stays_its_own():
    text = "legs with a rash that hurt"
    mentions = [mention(text, "legs", "hurt"), mention(text, "rash")]
    assert tags_of("biohd", text, mentions) == ["DB-ADE", "O", "O", "B-ADE", "O", "DB-ADE"]
    assert there_and_back("biohd", text, mentions) == [("legs | hurt", "ADE"), ("rash", "ADE")]


def test_labels_do_not_mix():
    text = "legs for nerves hurt and tingle"
    mentions = [mention(text, "legs", "hurt"), mention(text, "nerves", "tingle", label="INDICATION")]
    assert there_and_back("biohd", text, mentions) == [
        ("legs | hurt", "ADE"),
        ("nerves | tingle", "INDICATION"),
    ]


def test_of_mentions_of_two_labels_that_share_a_word_the_first_is_tagged():
    text = "bad stomach pain"
    mentions = [mention(text, "stomach pain", label="INDICATION"), mention(text, "bad stomach")]
    assert tags_of("biohd", text, mentions) == ["B-ADE", "I-ADE", "O"]


def test_a_mention_inside_another_is_lost():
    text = "bad stomach pain"
    nested = [mention(text, "bad stomach pain"), mention(text, "stomach")]
    assert there_and_back("biohd", text, nested) == [("bad stomach", "ADE"), ("stomach pain", "ADE")]


def test_parts_belong_together_within_a_sentence():
    first, second = "my legs, oh they ache.", "my arms, oh they burn"
    text = f"{first} {second}"
    apart = [mention(text, "legs", "ache"), mention(text, "arms", "burn")]
    assert there_and_back("biohd", text, apart) == [("legs | ache", "ADE"), ("arms | burn", "ADE")]
    run_on = text.replace(".", ",")
    assert there_and_back("biohd", run_on, apart) == [("legs | ache | arms | burn", "ADE")]


def test_a_point_in_a_number_ends_no_sentence():
    text = "legs at 2.5 mg hurt"
    assert there_and_back("biohd", text, [mention(text, "legs", "hurt")]) == [("legs | hurt", "ADE")]


def part(role, at, label="ADE"):
    return Segment(at, at + 1, label, role)


def joined(*parts, sentences=None):
    found = mentions_of(parts, [0] * 200 if sentences is None else sentences)
    return [[first for first, _ in m.runs] for m in found]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([part(BODY, 3)], [[3]]),
        ([part(HEAD, 3)], [[3]]),
        ([part(BODY, 1), part(BODY, 4), part(BODY, 9)], [[1, 4, 9]]),
        ([part(HEAD, 1), part(HEAD, 4)], [[1, 4]]),
        ([part(HEAD, 1), part(BODY, 4), part(BODY, 9)], [[1, 4], [1, 9]]),
        ([part(BODY, 1), part(HEAD, 4), part(BODY, 9)], [[1, 4], [4, 9]]),
        ([part(HEAD, 1), part(BODY, 3), part(BODY, 8), part(HEAD, 10)], [[1, 3], [8, 10]]),
        ([part(HEAD, 1), part(BODY, 3), part(HEAD, 5)], [[1, 3]]),  # as near to both: the first
        ([part(BODY, 1), part(BODY, 2 + MAX_GAP)], [[1, 2 + MAX_GAP]]),
        ([part(BODY, 1), part(BODY, 3 + MAX_GAP)], [[1], [3 + MAX_GAP]]),
    ],
)
def test_bodies_take_the_nearest_head(parts, expected):
    assert joined(*parts) == expected


def test_parts_that_touch_become_one_fragment():
    (found,) = mentions_of([part(HEAD, 1), part(BODY, 2)], [0] * 5)
    assert found == WordMention(((1, 3),), "ADE")


@st.composite
def mentions_on_words(draw):
    found = set()
    for _ in range(draw(st.integers(1, 6))):
        words = sorted(draw(st.sets(st.integers(0, 30), min_size=1, max_size=6)))
        label = draw(st.sampled_from(["ADE", "INDICATION"]))
        found.add(Mention(tuple((2 * w, 2 * w + 1) for w in words), label))
    return sorted(found, key=lambda m: (m.spans, m.label))


@settings(deadline=None)  # a busy machine is no fault
@given(mentions_on_words())
def test_segments_share_no_word_and_nothing_new_is_covered(mentions):
    words = [(2 * i, 2 * i + 1) for i in range(31)]
    given_mentions = on_words(words, mentions)
    segments = heads_and_bodies(given_mentions)
    assert all(one.end <= other.first for one, other in pairwise(segments))
    for label in ("ADE", "INDICATION"):
        wanted = {w for m in given_mentions if m.label == label for f, e in m.runs for w in range(f, e)}
        covered = {w for s in segments if s.label == label for w in range(s.first, s.end)}
        assert covered <= wanted
        found = mentions_of(segments, [0] * 31)
        assert {w for m in found if m.label == label for f, e in m.runs for w in range(f, e)} <= covered


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.sampled_from([None, BODY, HEAD]), max_size=40))
def test_whatever_is_tagged_gives_sorted_mentions_of_its_words(roles):
    parts = [part(role, at) for at, role in enumerate(roles) if role is not None]
    found = mentions_of(parts, [at // 9 for at in range(40)])
    assert found == sorted(set(found))
    covered = {at for m in found for first, end in m.runs for at in range(first, end)}
    assert covered <= {p.first for p in parts}
    assert {p.first for p in parts if p.role == BODY} <= covered  # a body is never dropped
