import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adetk.document import ADE, DRUG, Document, Mention
from adetk.extract.assertion import AssertionFinder
from adetk.extract.assertion_rules import Rule, Rules, read_rules

FINDER = AssertionFinder(read_rules())


def post(marked, **meta):
    """A post from a text with effects in [], drugs in {}."""
    text, mentions = "", []
    for plain, inside, bracket in re.findall(r"([^\[{]*)(?:[\[{]([^\]}]*)([\]}]))?", marked):
        text += plain
        if bracket:
            mentions.append(Mention(((len(text), len(text) + len(inside)),), ADE if bracket == "]" else DRUG))
        text += inside
    return Document("1", text, mentions=tuple(mentions), meta=meta)


def said(marked, finder=FINDER, **meta):
    (document,) = finder([post(marked, **meta)])
    return [m.assertion for m in document.labelled(ADE)]


@pytest.mark.parametrize(
    "marked",
    [
        "no [headaches] on it",
        "NO [weight gain]!!",
        "had zero [nausea]",
        "slept 8 hours without any [nightmares]",
        "it doesn't make me [drowsy]",
        "it doesnt make me [drowsy]",
        "it doesn\u2019t make me [drowsy]",
        "i have not had any [hives] yet",
        "I've never had a [seizure] on it",
        "not [tired] at all",
        "finally [migraine] free",
        "[weight gain] is not a problem",
        "i sleep w/o [nightmares]",
        "i did not  have any   [nausea]",
        "{zoloft} never gave me headaches and it does not cause [hives]",
    ],
)
def test_negated(marked):
    assert said(marked) == ["negated"]


@pytest.mark.parametrize(
    "marked",
    [
        "hope I don't get the [shakes]",
        "hoping {zoloft} doesnt make me [fat]",
        "hopefully no [nausea] this time",
        "scared it will make me [gain weight]",
        "scared of [losing my hair] on this",
        "my leaflet says it may cause [drowsiness]",
        "if it would make me [sick] id stop",
        "wondering if it will make me [itch]",
        "take it with food to avoid [nausea]",
        "make sure I don't end up [manic]",
    ],
)
def test_hypothetical(marked):
    assert said(marked) == ["hypothetical"]


@pytest.mark.parametrize(
    "marked",
    [
        "this gives me [headaches]",
        "[can't sleep] and no appetite",  # the trigger stands in the mention
        "I [have no appetite]",
        "zero [libido] since week two",  # to be without it is the effect
        "no doubt the [headaches] are from this",
        "not only [nausea] either",
        "not to mention [hives]",
        "never had [migraines] until this pill",
        "I had never had a [rash] like this",
        "could not walk without [pain]",
        "no relief, just [headaches]",
        "no fever but [chills]",
        "no fever (it is the [chills])",
        "no fever. [Chills] instead",
        "no fever\n[chills]",
        "no fever - [chills]",
        "it did nothing. no, [nausea] it did",
        "no {ambien} tonight and [awake] again",
        "worried about my [hair loss]",
        "scared of the [nightmares]",
        "how i wish this one did not leave me all [itchy]",
        "if i don't eat first i get [nausea]",
        "without {xanax} [panic]",
        "hope it works, [nausea] is bad",
        "no one in a whole long week said [itching]",  # out of reach, and a pseudo-trigger
        "she gets no sleep in her brand new red house [itching]",
    ],
)
def test_present(marked):
    assert said(marked) == ["present"]


def test_a_list_is_flagged_as_one_and_ends_with_its_clause():
    assert said("no [nausea], [headaches] or [hives], but [sweats]") == ["negated"] * 3 + ["present"]
    assert said("no [nausea]/[dizziness]; [sweats]") == ["negated", "negated", "present"]


def test_a_negation_in_a_mention_still_counts_for_what_follows_from_it():
    assert said("[could not walk] without [pain]") == ["present", "present"]


def test_fear_is_stronger_than_negation():
    assert said("i pray it does not cause [hives]") == ["hypothetical"]


def test_other_mentions_and_languages_stay_as_they_are():
    text = "no zoloft no nerves"
    mentions = (Mention(((3, 9),), DRUG), Mention(((13, 19),), "INDICATION"))
    document = Document("1", text, mentions=mentions)
    assert list(FINDER([document])) == [document]
    assert said("no [dolor]", lang="es") == ["present"]
    assert said("no [pain]", lang="en") == ["negated"]


def test_what_was_flagged_before_is_judged_anew():
    document = Document("1", "a rash", mentions=(Mention(((2, 6),), ADE, assertion="negated"),))
    (judged,) = FINDER([document])
    assert judged.mentions[0].assertion == "present"


def test_a_discontinuous_mention_is_reached_from_outside_only():
    text = "no leg and no arm cramps"
    mention = Mention(((3, 6), (18, 24)), ADE)
    assert next(FINDER([Document("1", text, mentions=(mention,))])).mentions[0].assertion == "negated"
    inner = Document("1", "leg no arm cramps", mentions=(Mention(((0, 3), (11, 17)), ADE),))
    assert next(FINDER([inner])).mentions[0].assertion == "present"


def test_letters_whose_small_ones_are_longer_move_nothing():
    assert said("\u0130\u0130\u0130 no [pain] \u0130") == ["negated"]


def test_a_rule_looks_its_way_within_its_reach():
    rules = Rules(
        (Rule("negated", "backward", 1, ("gone",)), Rule("hypothetical", "forward", 0, ("zap",))),
        stops=("wall",),
        joiners=frozenset({"and"}),
    )
    finder = AssertionFinder(rules)
    assert said("[a] now gone", finder) == ["negated"]
    assert said("[a] by now gone", finder) == ["present"]
    assert said("[a] and and gone", finder) == ["negated"]
    assert said("gone [a]", finder) == ["present"]
    assert said("zap [a] and [b] x [c]", finder) == ["hypothetical", "hypothetical", "present"]
    assert said("zap [a] wall gone", finder) == ["hypothetical"]
    assert said("zapped [a]", finder) == ["present"]


def test_documents_come_lazily_and_in_order():
    def endless():
        number = 0
        while True:
            number += 1
            yield Document(str(number), "no pain", mentions=(Mention(((3, 7),)),))

    stream = FINDER(endless())
    assert [next(stream).id for _ in range(3)] == ["1", "2", "3"]


WORDS = st.sampled_from(
    [
        "no",
        "hope",
        "i don't get",
        "[pain]",
        "[hives]",
        "{zoloft}",
        ",",
        "but",
        ".",
        "\n",
        "without",
        "can't",
        "free",
        "\u0130",
    ]
)


@given(st.lists(WORDS, max_size=25))
def test_nothing_but_the_flags_of_effects_changes(words):
    document = post(" ".join(words))
    (judged,) = FINDER([document])
    assert judged.text == document.text
    assert [(m.spans, m.label) for m in judged.mentions] == [(m.spans, m.label) for m in document.mentions]
    assert all(m.assertion == "present" for m in judged.labelled(DRUG))
    assert {m.assertion for m in judged.mentions} <= {"present", "negated", "hypothetical"}
    if not {"no", "i don't get", "without", "free"} & set(words):
        assert judged == document


@given(st.text(max_size=60), st.data())
def test_any_text_passes(text, data):
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = [tuple(pair) for pair in data.draw(st.lists(ends, max_size=4)) if pair[0] < pair[1]]
    document = Document("1", text, mentions=tuple(Mention((span,)) for span in spans))
    assert [m.spans for m in next(FINDER([document])).mentions] == [m.spans for m in document.mentions]
