import random

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.coded import conjuncts, document_set_counts, end_to_end_counts, pts
from adetk.evaluate.scores import Counts, span_counts

LLT_TO_PT = {"L1": "P1", "L1b": "P1", "L2": "P2", "L3": "P3", "P1": "P1", "P2": "P2", "P3": "P3"}


def to_pt(code):
    return LLT_TO_PT.get(code, "")


def gold_mention(*spans, codes=None, **fields):
    """`codes`: one string of accepted codes per conjunct, e.g. ["L1 L2", "L3"]."""
    accepted = None if codes is None else tuple(frozenset(each.split()) for each in codes)
    return Mention(spans, gold=accepted, **fields)


def coded(*spans, code, status="coded", **fields):
    return Mention(spans, status=status, links=(Link(code, "a term"),), **fields)


def joined(*spans, codes, status="coded"):
    """A mention of several effects: a link each, and behind them one that is no answer."""
    links = [Link(code, "a term", conjunct=number) for number, code in enumerate(codes.split())]
    return Mention(spans, status=status, links=(*links, Link("L9", "another")))


def documents(*mentions_of_each):
    return [Document(str(i), "x" * 99, mentions=tuple(each)) for i, each in enumerate(mentions_of_each)]


def total(counts):
    return sum(counts, Counts())


def random_documents(rng, n):
    def some(make):
        starts = [rng.randint(0, 12) for _ in range(rng.randint(0, 4))]
        return [
            make((start, start + rng.randint(1, 4)), rng.choice(["L1", "L1b", "L2", "L3"]))
            for start in starts
        ]

    gold = documents(*(some(lambda span, code: gold_mention(span, codes=[code])) for _ in range(n)))
    predicted = documents(*(some(lambda span, code: coded(span, code=code)) for _ in range(n)))
    return gold, predicted


def test_scores_are_ordered_as_they_must_be():
    gold, predicted = random_documents(random.Random(2), 300)
    strict, relaxed = span_counts(gold, predicted), span_counts(gold, predicted, relaxed=True)
    both = end_to_end_counts(gold, predicted, to_pt), end_to_end_counts(gold, predicted, to_pt, relaxed=True)
    for s, r, s_end, r_end in zip(strict, relaxed, *both, strict=True):
        assert s_end.tp <= s.tp <= r.tp <= min(r.n_pred, r.n_gold)
        assert s_end.tp <= r_end.tp <= r.tp
        assert {(c.n_pred, c.n_gold) for c in (s, r, s_end, r_end)} == {(r.n_pred, r.n_gold)}
    assert total(both[1]).tp > total(both[0]).tp > 0


def test_scores_do_not_depend_on_order():
    rng = random.Random(3)
    gold, predicted = random_documents(rng, 50)
    shuffled = [
        Document(d.id, d.text, mentions=tuple(rng.sample(d.mentions, len(d.mentions))))
        for d in rng.sample(predicted, len(predicted))
    ]
    for score in (
        lambda pred: span_counts(gold, pred, relaxed=True),
        lambda pred: end_to_end_counts(gold, pred, to_pt, relaxed=True),
        lambda pred: document_set_counts(gold, pred, to_pt),
    ):
        assert score(predicted) == score(shuffled)


def test_end_to_end_compares_pts():
    gold = documents([gold_mention((0, 5), codes=["L1"])])
    right = [Counts(1, 1, 1)]
    assert end_to_end_counts(gold, documents([coded((0, 5), code="L1b")]), to_pt) == right
    assert end_to_end_counts(gold, documents([coded((0, 5), code="L2")]), to_pt) == [Counts(0, 1, 1)]
    assert end_to_end_counts(gold, documents([coded((3, 9), code="P1")]), to_pt) == [Counts(0, 1, 1)]
    assert end_to_end_counts(gold, documents([coded((3, 9), code="P1")]), to_pt, relaxed=True) == right


@pytest.mark.parametrize("status", ["review", "none"])
def test_end_to_end_counts_an_uncoded_mention_as_not_right(status):
    gold = documents([gold_mention((0, 5), codes=["L1"])])
    assert end_to_end_counts(gold, documents([coded((0, 5), code="L1", status=status)]), to_pt) == [
        Counts(0, 1, 1)
    ]


def test_end_to_end_looks_at_the_first_link_only():
    links = (Link("L2", "a term"), Link("L1", "a term"))
    gold = documents([gold_mention((0, 5), codes=["L1"])])
    predicted = documents([Mention(((0, 5),), status="coded", links=links)])
    assert end_to_end_counts(gold, predicted, to_pt) == [Counts(0, 1, 1)]
    no_links = documents([Mention(((0, 5),), status="coded")])
    assert end_to_end_counts(gold, no_links, to_pt) == [Counts(0, 1, 1)]


def test_end_to_end_accepts_any_conjunct_once():
    gold = documents([gold_mention((0, 5), codes=["L1 L3", "L2"])])
    for code in ("L1", "L3", "L2"):
        assert end_to_end_counts(gold, documents([coded((0, 5), code=code)]), to_pt) == [Counts(1, 1, 1)]
    both = documents([coded((0, 5), code="L1"), coded((0, 5), code="L2")])
    assert end_to_end_counts(gold, both, to_pt) == [Counts(1, 2, 1)]


@pytest.mark.parametrize(
    ("wanted", "answered", "counts"),
    [
        (["L1"], "L1 L2", Counts(1, 2, 1)),  # one right, one too many
        (["L1"], "L2 L1", Counts(1, 2, 1)),
        (["L1"], "L2 L3", Counts(0, 2, 1)),
        (["L1", "L2"], "L1 L2", Counts(1, 1, 1)),  # what is expected as one mention is one answer
        (["L1", "L2"], "L2 L1b", Counts(1, 1, 1)),
        (["L1", "L2"], "L3 L2", Counts(1, 2, 1)),
        (["L1 L2"], "L1 L2", Counts(1, 1, 1)),  # either of two codes is accepted
        (["L1"], "L1 L1b", Counts(1, 1, 1)),  # two wordings of one PT
    ],
)
def test_end_to_end_counts_every_effect_that_is_joined(wanted, answered, counts):
    gold = documents([gold_mention((0, 15), codes=wanted)])
    predicted = documents([joined((0, 15), codes=answered)])
    assert end_to_end_counts(gold, predicted, to_pt) == [counts]
    elsewhere = documents([joined((20, 30), codes=answered)])
    assert end_to_end_counts(gold, elsewhere, to_pt) == [
        Counts(0, len({to_pt(code) for code in answered.split()}), 1)
    ]
    doubtful = documents([joined((0, 15), codes=answered, status="review")])
    assert end_to_end_counts(gold, doubtful, to_pt) == [Counts(0, 1, 1)]


@pytest.mark.parametrize("answered", ["L1 L2", "L2 L1"])
def test_joined_answers_may_be_for_overlapping_gold_mentions(answered):
    gold = documents([gold_mention((0, 15), codes=["L1", "L2"]), gold_mention((10, 15), codes=["L2"])])
    predicted = documents([joined((0, 15), codes=answered)])
    assert end_to_end_counts(gold, predicted, to_pt, relaxed=True) == [Counts(2, 2, 2)]


def test_joined_effects_answer_for_a_gold_mention_each():
    # The gold of SMM4H has a row for each effect, the same words twice or the words of each.
    same = documents([gold_mention((0, 15), codes=["L1"]), gold_mention((0, 15), codes=["L2"])])
    apart = documents([gold_mention((0, 5), codes=["L1"]), gold_mention((10, 15), codes=["L2"])])
    both, half = (documents([joined((0, 15), codes=codes)]) for codes in ("L2 L1", "L2 L3"))
    assert end_to_end_counts(same, both, to_pt) == [Counts(2, 2, 2)]
    assert end_to_end_counts(same, half, to_pt) == [Counts(1, 2, 2)]
    assert end_to_end_counts(apart, both, to_pt) == [Counts(0, 2, 2)]
    assert end_to_end_counts(apart, both, to_pt, relaxed=True) == [Counts(2, 2, 2)]


def test_joined_effects_on_an_uncoded_mention_are_left_out():
    gold = documents([gold_mention((0, 5), codes=[]), gold_mention((10, 15), codes=["L1"])])
    assert end_to_end_counts(gold, documents([joined((0, 5), codes="L1 L2")]), to_pt) == [Counts(0, 0, 1)]


def test_end_to_end_matches_by_code_as_well_as_by_overlap():
    # One long prediction overlaps both; its code decides which it answers for.
    gold = documents([gold_mention((0, 5), codes=["L1"]), gold_mention((10, 15), codes=["L2"])])
    predicted = documents([coded((0, 15), code="L2"), coded((0, 3), code="L1")])
    assert end_to_end_counts(gold, predicted, to_pt, relaxed=True) == [Counts(2, 2, 2)]


@pytest.mark.parametrize("codes", [None, [], [""]])
def test_end_to_end_leaves_out_mentions_without_a_code(codes):
    gold = documents([gold_mention((0, 5), codes=codes), gold_mention((10, 15), codes=["L1"])])
    on_uncoded, on_coded = coded((0, 5), code="L2"), coded((10, 15), code="L1")
    nowhere, across = coded((30, 35), code="L1"), coded((4, 11), code="L1")
    predicted = documents([on_uncoded, on_coded, nowhere])
    assert end_to_end_counts(gold, predicted, to_pt) == [Counts(1, 2, 1)]
    assert end_to_end_counts(gold, predicted, to_pt, relaxed=True) == [Counts(1, 2, 1)]
    # Overlapping an uncoded mention and a coded one, it is an answer for the coded one.
    assert end_to_end_counts(gold, documents([across]), to_pt, relaxed=True) == [Counts(1, 1, 1)]
    assert end_to_end_counts(gold, documents([across]), to_pt) == [Counts(0, 1, 1)]


def test_unknown_codes_are_equal_only_to_themselves():
    gold = documents([gold_mention((0, 5), codes=["X1"])])
    assert end_to_end_counts(gold, documents([coded((0, 5), code="X2")]), to_pt) == [Counts(0, 1, 1)]
    assert end_to_end_counts(gold, documents([coded((0, 5), code="X1")]), to_pt) == [Counts(1, 1, 1)]
    assert pts(frozenset({"L1", "L1b", "X1"}), to_pt) == {"P1", "X1"}


def test_conjuncts_drops_empty_ones():
    assert conjuncts(gold_mention((0, 1), codes=["L1 L2", ""])) == (frozenset({"L1", "L2"}),)
    assert conjuncts(gold_mention((0, 1), codes=[])) == conjuncts(gold_mention((0, 1))) == ()


def test_document_sets_by_hand():
    gold = documents(
        [gold_mention((0, 5), codes=["L1"]), gold_mention((9, 12), codes=["L1b", "L2"])],
        [gold_mention((0, 5), codes=["L1 L3"])],
        [gold_mention((0, 5), codes=[])],
    )
    predicted = documents(
        [coded((50, 55), code="L1"), coded((60, 65), code="L1b"), coded((70, 75), code="L3")],
        [coded((0, 5), code="L3"), coded((7, 9), code="L1"), coded((7, 9), code="L2", status="review")],
        [],
    )
    # First: {P1, P2} wanted, {P1, P3} given. Second: P1 or P3 wanted once, both given. Third: nothing.
    assert document_set_counts(gold, predicted, to_pt) == [Counts(1, 2, 2), Counts(1, 2, 1), Counts(0, 0, 0)]


def test_document_sets_hold_every_effect_that_is_joined():
    gold = documents([gold_mention((0, 5), codes=["L1", "L2"]), gold_mention((9, 12), codes=["L3"])])
    predicted = documents([joined((50, 55), codes="L2 L3"), joined((0, 5), codes="L1 L2", status="review")])
    assert document_set_counts(gold, predicted, to_pt) == [Counts(2, 2, 3)]


def test_document_sets_of_single_codes_are_plain_sets():
    gold, predicted = random_documents(random.Random(5), 200)
    for expected, given, counts in zip(
        gold, predicted, document_set_counts(gold, predicted, to_pt), strict=True
    ):
        wanted = {to_pt(code) for m in expected.mentions for codes in m.gold for code in codes}
        answers = {to_pt(m.links[0].concept_id) for m in given.mentions}
        assert counts == Counts(len(wanted & answers), len(answers), len(wanted))


ALL_SCORES = [
    span_counts,
    lambda gold, pred: span_counts(gold, pred, relaxed=True),
    lambda gold, pred: end_to_end_counts(gold, pred, to_pt),
    lambda gold, pred: end_to_end_counts(gold, pred, to_pt, relaxed=True),
    lambda gold, pred: document_set_counts(gold, pred, to_pt),
]


@pytest.mark.parametrize("score", ALL_SCORES)
def test_a_perfect_prediction_is_one_and_an_empty_one_zero(score):
    gold = documents([gold_mention((0, 5), codes=["L1"]), gold_mention((3, 9), codes=["L2", "L3"])], [])
    perfect = documents([coded((0, 5), code="L1"), coded((3, 9), code="L2"), coded((3, 9), code="L3")], [])
    if score is not ALL_SCORES[-1]:
        perfect = documents([coded((0, 5), code="L1"), coded((3, 9), code="L3")], [])
    assert (total(score(gold, perfect)).precision, total(score(gold, perfect)).f1) == (1.0, 1.0)
    nothing = documents([], [])
    assert total(score(gold, nothing)).f1 == 0.0
    assert total(score(nothing, perfect)).f1 == 0.0
    assert total(score(nothing, nothing)) == Counts()


@pytest.mark.parametrize("score", ALL_SCORES)
def test_other_documents_are_refused(score):
    with pytest.raises(AdetkError, match="2 gold and 1 predicted"):
        score(documents([], []), documents([]))
