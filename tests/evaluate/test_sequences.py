import random

import pytest

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.scores import Counts, span_counts
from adetk.evaluate.sequences import seqeval_figures, seqeval_of_tags, word_tags

LABELS = ("ADE", "DRUG")
TAGS = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
DEFAULT, STRICT = "seqeval_default", "seqeval_strict_IOB2"


def tagged(text, *mentions):
    return word_tags(Document("a", text, mentions=mentions))


def test_words_and_tags_by_hand():
    #       0         1         2         3
    #       0123456789012345678901234567890123
    text = "can't sleep, x_y: dry mouth & nose"
    assert tagged(text) == ["O"] * 13
    assert tagged(text, Mention(((0, 11),)), Mention(((18, 27),))) == [
        *("B-ADE", "I-ADE", "I-ADE", "I-ADE"),  # can ' t sleep
        *("O", "O", "O", "O", "O"),  # , x _ y :
        *("B-ADE", "I-ADE", "O", "O"),  # dry mouth & nose
    ]


def test_fragments_overlaps_assertions_and_labels():
    text = "dry mouth and nose"
    assert tagged(text, Mention(((0, 3), (14, 18)))) == ["B-ADE", "O", "O", "B-ADE"]
    assert tagged(text, Mention(((4, 9),)), Mention(((0, 9),))) == ["B-ADE", "I-ADE", "O", "O"]
    assert tagged(text, Mention(((0, 3),)), Mention(((4, 9),))) == ["B-ADE", "B-ADE", "O", "O"]
    assert tagged(text, Mention(((0, 9),), assertion="negated")) == ["O"] * 4
    assert tagged(text, Mention(((0, 9),), label="DRUG")) == ["O"] * 4
    assert tagged(text, Mention(((1, 2),))) == ["B-ADE", "O", "O", "O"]
    assert tagged("", Mention(((0, 1),))) == []


def entities(tags, opens_on_inside):
    """Entities of BIO tags, by a loop; an I- that continues nothing opens one, or is nothing."""
    found, current = [], None
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, label = tag.partition("-")
        if current is not None and prefix == "I" and label == current[1]:
            continue
        if current is not None:
            found.append((*current, i))
        current = None
        if prefix == "B" or (prefix == "I" and opens_on_inside):
            current = (i, label)
    return found


def random_tags(rng, n_words):
    return [rng.choice(TAGS) for _ in range(n_words)]


def document(key, n_words, found):
    """Words of one letter; entity `(first word, label, last word + 1)` to mention."""
    mentions = tuple(Mention(((2 * start, 2 * end - 1),), label=label) for start, label, end in found)
    return Document(key, " ".join("x" * n_words), mentions=mentions)


def counted(gold, predicted):
    return sum((sum(span_counts(gold, predicted, label), Counts()) for label in LABELS), Counts())


def random_pairs(n):
    rng = random.Random(0)
    for _ in range(n):
        gold = random_tags(rng, rng.randint(1, 15))
        # Half of the tags are kept, so that some entities are right.
        yield gold, [tag if rng.random() < 0.7 else rng.choice(TAGS) for tag in gold]


@pytest.mark.parametrize(("mode", "opens_on_inside"), [(STRICT, False), (DEFAULT, True)])
def test_agrees_with_ours_on_1000_random_sequences(mode, opens_on_inside):
    pytest.importorskip("seqeval")
    golds, predictions, sides, n_ill_formed = [], [], ([], []), 0
    for i, pair in enumerate(random_pairs(1000)):
        golds.append(pair[0])
        predictions.append(pair[1])
        made = [document(str(i), len(tags), entities(tags, opens_on_inside)) for tags in pair]
        for side, each in zip(sides, made, strict=True):
            side.append(each)
        n_ill_formed += entities(pair[1], True) != entities(pair[1], False)
        figures = seqeval_of_tags([pair[0]], [pair[1]])
        ours = counted(made[:1], made[1:])
        assert [figures[f"{mode}_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(
            [ours.precision, ours.recall, ours.f1]
        )
    assert n_ill_formed > 500
    figures, ours = seqeval_of_tags(golds, predictions), counted(*sides)
    assert 0.2 < ours.f1 < 0.8
    assert [figures[f"{mode}_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(
        [ours.precision, ours.recall, ours.f1]
    )


def test_counts_agree_entity_by_entity():
    scheme = pytest.importorskip("seqeval.scheme")
    default = pytest.importorskip("seqeval.metrics.sequence_labeling")
    for gold, _ in random_pairs(1000):
        strict = [(e.start, e.tag, e.end) for e in scheme.Entities([gold], scheme.IOB2).entities[0]]
        assert sorted(strict) == sorted(entities(gold, opens_on_inside=False))
        loose = [(start, label, last + 1) for label, start, last in default.get_entities(gold)]
        assert sorted(loose) == sorted(entities(gold, opens_on_inside=True))


def test_modes_differ_on_an_inside_that_continues_nothing():
    pytest.importorskip("seqeval")
    gold, predicted = ["O", "B-ADE", "I-ADE", "O"], ["O", "I-ADE", "I-ADE", "O"]
    figures = seqeval_of_tags([gold], [predicted])
    assert (figures[f"{DEFAULT}_f1"], figures[f"{STRICT}_f1"]) == (1.0, 0.0)


def test_figures_of_documents_are_those_of_words():
    pytest.importorskip("seqeval")
    text = "dry mouth and numb toes"
    gold = [
        Document("a", text, mentions=(Mention(((0, 9),)), Mention(((14, 23),)))),
        Document("b", "nothing"),
        Document("c", "nothing"),
    ]
    # One letter short is the same words; one word short is not; DRUG plays no part.
    predicted = [
        Document(
            "a", text, mentions=(Mention(((0, 8),)), Mention(((19, 23),)), Mention(((14, 23),), label="DRUG"))
        ),
        Document("c", "nothing", mentions=(Mention(((0, 7),)),)),
        Document("b", "nothing"),
    ]
    figures = seqeval_figures(gold, predicted)
    values = {"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5}
    assert figures == pytest.approx(
        {f"{mode}_{k}": v for mode in (DEFAULT, STRICT) for k, v in values.items()}
    )


def test_well_formed_tags_have_one_score():
    pytest.importorskip("seqeval")
    pairs = [
        (entities(gold, True), entities(predicted, True), len(gold)) for gold, predicted in random_pairs(300)
    ]
    gold = [document(str(i), n, found) for i, (found, _, n) in enumerate(pairs)]
    predicted = [document(str(i), n, found) for i, (_, found, n) in enumerate(pairs)]
    figures = seqeval_figures(gold, predicted)
    total = sum(span_counts(gold, predicted), Counts())
    for mode in (DEFAULT, STRICT):
        assert figures[f"{mode}_f1"] == pytest.approx(total.f1)


def test_no_tag_at_all_is_zero():
    pytest.importorskip("seqeval")
    figures = seqeval_figures([Document("a", "x")], [Document("a", "x")])
    assert len(figures) == 6
    assert set(figures.values()) == {0.0}


def test_other_documents_are_refused():
    with pytest.raises(AdetkError, match="1 gold and 0 predicted"):
        seqeval_figures([Document("a", "x")], [])
