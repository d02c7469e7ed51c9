import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.links import LinkCounts, RankCounts, judged_mentions, link_hits, link_ranks

LLT_TO_PT = {"L1": "P1", "L1b": "P1", "L2": "P2", "L3": "P3"}


def to_pt(code):
    return LLT_TO_PT.get(code, "")


def document(*mentions, key="a"):
    return Document(key, "x" * 99, mentions=mentions)


def expected(span, *codes):
    return Mention((span,), gold=tuple(frozenset(each.split()) for each in codes))


def ranked(span, codes, status="coded"):
    return Mention((span,), status=status, links=tuple(Link(code, "a term") for code in codes.split()))


def hits(gold, predicted, **options):
    (counts,) = link_hits([document(*gold)], [document(*predicted)], to_pt, **options)
    return counts


def test_accuracy_at_k_by_hand():
    gold = [expected((0, 5), "L1"), expected((6, 9), "L2"), expected((10, 15), "L3")]
    predicted = [ranked((0, 5), "L1b L2"), ranked((6, 9), "L3 L2"), ranked((10, 15), "L1 L2")]
    assert (hits(gold, predicted, at=1).hits, hits(gold, predicted, at=1).total) == (1, 3)
    assert (hits(gold, predicted, at=2).hits, hits(gold, predicted, at=5).hits) == (2, 2)
    assert hits(gold, predicted).accuracy == pytest.approx(1 / 3)


def test_the_first_link_counts_whatever_the_status():
    gold = [expected((0, 5), "L1"), expected((6, 9), "L2"), expected((10, 15), "L3")]
    predicted = [ranked((0, 5), "L1"), ranked((6, 9), "L2", "review"), ranked((10, 15), "L1")]
    counts = hits(gold, predicted)
    assert counts == LinkCounts(hits=2, total=3, skipped=0, coded=2, coded_hits=1)
    assert (counts.accuracy, counts.coverage, counts.coded_accuracy) == (2 / 3, 2 / 3, 1 / 2)


@pytest.mark.parametrize(
    ("codes", "at", "any_", "first", "all_"),
    [
        ("L1", 1, True, True, False),
        ("L2", 1, True, False, False),
        ("L3", 1, False, False, False),
        ("L2 L1b", 2, True, True, True),
        ("L2 L3 L1", 2, True, False, False),
        ("L2 L3 L1", 3, True, True, True),
    ],
)
def test_rules_for_several_conjuncts(codes, at, any_, first, all_):
    gold, predicted = [expected((0, 5), "L1 L1b", "L2")], [ranked((0, 5), codes)]
    by_rule = [hits(gold, predicted, at=at, multi=rule).hits for rule in ("any", "first", "all")]
    assert by_rule == [any_, first, all_]


@pytest.mark.parametrize(
    ("wanted", "codes", "any_", "first", "all_"),
    [
        ("L1|L2", "L1 L2 L3", 1, 1, 1),  # both effects at once
        ("L1|L2", "L2 L1b L3", 1, 1, 1),
        ("L1|L2", "L1 L3 L2", 1, 1, 2),  # the second place behind the answer
        ("L1|L2", "L3 L2 L1", 1, 2, 2),
        ("L1|L2|L3", "L2 L1 L3", 1, 1, 2),  # two joined, three wanted: the third link is not of the answer
        ("L1", "L2 L1 L3", 2, 2, 2),  # one effect has one guess
        ("L1", "L1 L2 L3", 1, 1, 1),
    ],
)
def test_joined_effects_are_one_answer_where_gold_joins_as_many(wanted, codes, any_, first, all_):
    links = [Link(c, "a term", conjunct=n if n < 2 else None) for n, c in enumerate(codes.split())]
    predicted = [Mention(((0, 5),), status="coded", links=tuple(links))]
    gold = [expected((0, 5), *wanted.split("|"))]
    for rule, rank in (("any", any_), ("first", first), ("all", all_)):
        assert ranks(gold, predicted, multi=rule) == RankCounts(1 / rank, 1)
        assert [hits(gold, predicted, at=at, multi=rule).hits for at in (1, 2, 3)] == [
            int(at >= rank) for at in (1, 2, 3)
        ]


def test_one_conjunct_with_alternatives_is_covered_by_either():
    for code in ("L1", "L2"):
        for rule in ("any", "first", "all"):
            assert hits([expected((0, 5), "L1 L2")], [ranked((0, 5), code)], multi=rule).hits == 1


def test_mentions_without_a_code_are_skipped_and_counted():
    gold = [expected((0, 5)), Mention(((6, 9),)), expected((10, 15), "L1")]
    predicted = [ranked((0, 5), "L1"), ranked((6, 9), "L1"), ranked((10, 15), "L1")]
    assert hits(gold, predicted) == LinkCounts(hits=1, total=1, skipped=2, coded=1, coded_hits=1)


def test_a_mention_without_an_answer_is_a_miss():
    gold = [expected((0, 5), "L1"), expected((6, 9), "L1")]
    predicted = [Mention(((0, 5),)), ranked((6, 8), "L1")]
    assert hits(gold, predicted) == LinkCounts(hits=0, total=2)


def test_mentions_on_the_same_spans_are_paired_in_order():
    gold = [expected((0, 5), "L1"), expected((0, 5), "L2")]
    assert hits(gold, [ranked((0, 5), "L1"), ranked((0, 5), "L2")]).hits == 2
    assert hits(gold, [ranked((0, 5), "L2"), ranked((0, 5), "L1")]).hits == 0
    assert hits(gold, [ranked((0, 5), "L1")]) == LinkCounts(hits=1, total=2, coded=1, coded_hits=1)


def test_unknown_codes_are_equal_only_to_themselves():
    assert hits([expected((0, 5), "X1")], [ranked((0, 5), "X2")]).hits == 0
    assert hits([expected((0, 5), "X1")], [ranked((0, 5), "X1")]).hits == 1


def test_counts_are_per_document_and_add():
    gold = [document(expected((0, 5), "L1"), key=key) for key in "abc"]
    predicted = [
        document(ranked((0, 5), code), key=key) for key, code in zip("cba", ["L2", "L1", "L1"], strict=True)
    ]
    counts = link_hits(gold, predicted, to_pt)
    assert [each.hits for each in counts] == [1, 1, 0]
    assert sum(counts, LinkCounts()) == LinkCounts(hits=2, total=3, coded=3, coded_hits=2)


def test_no_mentions_is_zero():
    counts = hits([], [])
    assert counts == LinkCounts()
    assert (counts.accuracy, counts.coverage, counts.coded_accuracy) == (0.0, 0.0, 0.0)


def ranks(gold, predicted, **options):
    (counts,) = link_ranks([document(*gold)], [document(*predicted)], to_pt, **options)
    return counts


def test_reciprocal_ranks_by_hand():
    gold = [expected((0, 5), "L1"), expected((6, 9), "L2"), expected((10, 15), "L3"), expected((16, 20))]
    predicted = [
        ranked((0, 5), "L1b L2"),
        ranked((6, 9), "L1 L1b L2", "review"),
        ranked((10, 15), "L1"),
        ranked((16, 20), "L1"),
    ]
    assert ranks(gold, predicted) == RankCounts(1 + 1 / 3, 3)
    assert ranks(gold, predicted).mean == pytest.approx(4 / 9)
    assert ranks(gold, []) == RankCounts(0.0, 3)
    assert ranks([], []).mean == 0.0
    assert RankCounts(0.5, 1) + RankCounts(1.0, 2) == RankCounts(1.5, 3)


def test_the_rank_is_where_the_mention_becomes_a_hit():
    gold = [expected((0, 5), "L1 L1b", "L2")]
    for codes in ("L1", "L2", "L3", "L2 L1b", "L2 L3 L1", "L3 L1 L1b L2", "L3 L3 L2 L3 L3 L1"):
        for rule in ("any", "first", "all"):
            at_which = [
                at for at in range(1, 9) if hits(gold, [ranked((0, 5), codes)], at=at, multi=rule).hits
            ]
            expected_sum = 1 / at_which[0] if at_which else 0.0
            assert ranks(gold, [ranked((0, 5), codes)], multi=rule) == RankCounts(expected_sum, 1)


def test_judged_mentions_are_the_gold_ones_in_order():
    gold = [
        expected((0, 5), "L1"),
        Mention(((0, 5),), label="DRUG"),
        expected((6, 9)),
        expected((10, 15), "L2"),
    ]
    predicted = [ranked((10, 15), "L2"), ranked((0, 5), "L2")]
    (judged,) = judged_mentions([document(*gold)], [document(*predicted)], to_pt)
    assert [mention for mention, _ in judged] == [gold[0], gold[2], gold[3]]
    assert [(counts.hits, counts.total, counts.skipped) for _, counts in judged] == [
        (0, 1, 0),
        (0, 0, 1),
        (1, 1, 0),
    ]


def test_bad_options_are_refused():
    with pytest.raises(AdetkError, match="multi is 'some'; expected one of any, first, all"):
        ranks([], [], multi="some")
    with pytest.raises(AdetkError, match="at is 0"):
        hits([], [], at=0)
    with pytest.raises(AdetkError, match="multi is 'some'; expected one of any, first, all"):
        hits([], [], multi="some")
    with pytest.raises(AdetkError, match="1 gold and 0 predicted"):
        link_hits([document()], [], to_pt)
