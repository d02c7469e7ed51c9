import random

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.scores import Counts, gate_counts, span_counts


def documents(*mentions_of_each):
    return [Document(str(i), "x" * 99, mentions=tuple(each)) for i, each in enumerate(mentions_of_each)]


def total(counts):
    return sum(counts, Counts())


def test_ratios_by_hand():
    counts = Counts(tp=2, n_pred=4, n_gold=5)
    assert (counts.precision, counts.recall) == (0.5, 0.4)
    assert counts.f1 == pytest.approx(2 * 0.5 * 0.4 / 0.9)


@pytest.mark.parametrize("counts", [Counts(), Counts(n_pred=3), Counts(n_gold=3)])
def test_undefined_ratios_are_zero(counts):
    assert (counts.precision, counts.recall, counts.f1) == (0.0, 0.0, 0.0)


def test_equal_counts_are_all_summed():
    # Kept in a set, the two equal counts would be one, and recall 3/4 instead of 4/6.
    per_document = [Counts(1, 1, 2), Counts(1, 1, 2), Counts(2, 3, 2)]
    assert total(per_document) == Counts(4, 5, 6)


def test_gate_by_hand():
    gold = [Document(str(i), "x", label=label) for i, label in enumerate(["ADE", "ADE", "noADE", "noADE"])]
    predicted = [
        Document(str(i), "x", label=label) for i, label in enumerate(["ADE", "noADE", "ADE", "noADE"])
    ]
    assert gate_counts(gold, predicted) == [
        Counts(1, 1, 1),
        Counts(0, 0, 1),
        Counts(0, 1, 0),
        Counts(0, 0, 0),
    ]


@pytest.mark.parametrize("label", [None, "ade"])
@pytest.mark.parametrize("side", ["gold", "predicted"])
def test_gate_refuses_documents_without_a_known_label(side, label):
    good = [Document("a", "x", label="ADE"), Document("b", "x", label="ADE")]
    bad = [good[0], Document("b", "x", label=label)]
    with pytest.raises(
        AdetkError, match=f"1 of 2 {side} documents are labelled neither .* 'b' with {label!r}"
    ):
        gate_counts(*((bad, good) if side == "gold" else (good, bad)))


def test_spans_with_unequal_counts():
    gold = documents(
        [Mention(((0, 5),)), Mention(((10, 15),)), Mention(((20, 25),))], [], [Mention(((1, 2),))]
    )
    predicted = documents([Mention(((0, 5),)), Mention(((14, 18),))], [Mention(((3, 4),))], [])
    assert span_counts(gold, predicted) == [Counts(1, 2, 3), Counts(0, 1, 0), Counts(0, 0, 1)]
    assert span_counts(gold, predicted, relaxed=True) == [Counts(2, 2, 3), Counts(0, 1, 0), Counts(0, 0, 1)]


def test_spans_with_equal_counts():
    gold = documents(*[[Mention(((0, 5),))]] * 3)
    predicted = documents([Mention(((0, 5),))], [Mention(((0, 5),))], [Mention(((2, 5),))])
    assert total(span_counts(gold, predicted)) == Counts(2, 3, 3)
    assert total(span_counts(gold, predicted, relaxed=True)) == Counts(3, 3, 3)


def test_relaxed_is_one_to_one():
    # Chopping one mention into characters must not multiply right answers.
    gold = documents([Mention(((0, 5),)), Mention(((50, 55),))])
    predicted = documents([Mention(((i, i + 1),)) for i in range(5)])
    assert span_counts(gold, predicted, relaxed=True) == [Counts(1, 5, 2)]


def test_relaxed_does_not_count_touching_spans():
    assert span_counts(documents([Mention(((0, 5),))]), documents([Mention(((5, 9),))]), relaxed=True) == [
        Counts(0, 1, 1)
    ]


def test_relaxed_matching_is_the_largest():
    # (0, 20) overlaps both gold mentions, (0, 3) the first only: greedy order would lose one.
    gold = documents([Mention(((0, 5),)), Mention(((10, 15),))])
    predicted = documents([Mention(((0, 20),)), Mention(((0, 3),))])
    assert span_counts(gold, predicted, relaxed=True) == [Counts(2, 2, 2)]


def test_discontinuous_spans_must_be_equal_in_strict():
    gold = documents([Mention(((0, 3), (10, 14)))])
    assert span_counts(gold, documents([Mention(((0, 3), (10, 14)))])) == [Counts(1, 1, 1)]
    assert span_counts(gold, documents([Mention(((0, 14),))])) == [Counts(0, 1, 1)]
    assert span_counts(gold, documents([Mention(((12, 14),))]), relaxed=True) == [Counts(1, 1, 1)]


def test_two_gold_mentions_on_the_same_spans_are_two():
    gold = documents([Mention(((0, 5),))] * 2)
    assert span_counts(gold, documents([Mention(((0, 5),))])) == [Counts(1, 1, 2)]
    assert span_counts(gold, documents([Mention(((0, 5),))] * 2)) == [Counts(2, 2, 2)]


def test_only_present_mentions_of_the_label_count():
    gold = documents(
        [
            Mention(((0, 5),)),
            Mention(((10, 15),), assertion="negated"),
            Mention(((20, 25),), label="DRUG"),
        ]
    )
    predicted = documents(
        [
            Mention(((0, 5),), assertion="hypothetical"),
            Mention(((10, 15),)),
            Mention(((20, 25),), label="DRUG"),
        ]
    )
    assert span_counts(gold, predicted) == [Counts(0, 1, 1)]
    assert span_counts(gold, predicted, label="DRUG") == [Counts(1, 1, 1)]


def iob2_mentions(tags):
    """The well-formed IOB2 chunks as mentions, one character a tag; I- without its B- is dropped."""
    chunks = []
    for i, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if prefix == "B":
            chunks.append([i, i + 1, label])
        elif prefix == "I" and chunks and chunks[-1][1] == i and chunks[-1][2] == label:
            chunks[-1][1] = i + 1
    return [Mention(((start, end),), label=label) for start, end, label in chunks]


def test_strict_equals_seqeval_on_random_tags():
    metrics = pytest.importorskip("seqeval.metrics")
    from seqeval.scheme import IOB2

    rng = random.Random(0)
    tags = ["O", "B-ADE", "I-ADE", "B-DRUG", "I-DRUG"]
    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    sequences = []
    for _ in range(1000):
        gold = rng.choices(tags, weights=[4, 2, 4, 1, 1], k=rng.randint(1, 15))
        predicted = [tag if rng.random() < 0.8 else rng.choice(tags) for tag in gold]
        sequences.append((gold, predicted))
    gold = documents(*(iob2_mentions(each) for each, _ in sequences))
    predicted = documents(*(iob2_mentions(each) for _, each in sequences))
    ade, drug = span_counts(gold, predicted, "ADE"), span_counts(gold, predicted, "DRUG")
    for (gold_tags, predicted_tags), counts in zip(sequences, map(Counts.__add__, ade, drug), strict=True):
        expected = metrics.f1_score([gold_tags], [predicted_tags], **options)
        assert counts.f1 == pytest.approx(expected)
    both = total(ade + drug)
    all_tags = [list(side) for side in zip(*sequences, strict=True)]
    assert both.precision == pytest.approx(metrics.precision_score(*all_tags, **options))
    assert both.recall == pytest.approx(metrics.recall_score(*all_tags, **options))
    per_label = metrics.f1_score(*all_tags, average=None, **options)
    assert [total(ade).f1, total(drug).f1] == pytest.approx(list(per_label))
