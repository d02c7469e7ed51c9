from dataclasses import replace

import pytest
from reported_documents import to_pt

from adetk.document import Document, Link, Mention
from adetk.evaluate.report import (
    report_extract_slices,
    report_fold_slices,
    report_normalize_slices,
)
from adetk.evaluate.slices import SLICES

TRAIN = [
    Document("t1", "sore throat today", mentions=(Mention(((0, 11),), gold=(frozenset({"L1"}),)),)),
]


def post(key, text, *found, answers=()):
    """A post whose mentions are the words in `found`, each with a code."""
    mentions = []
    for (words, code), answer in zip(found, answers, strict=True):
        start = text.index(words)
        links = (Link(answer, "a term"),) if answer else ()
        mentions.append(
            Mention(((start, start + len(words)),), gold=(frozenset({code}),), links=links, status="coded")
        )
    return Document(key, text, mentions=tuple(mentions))


def sliced_documents():
    """Seen words and concept: right. New words: one right, one wrong, and once more the same wrong."""
    return [
        post("a", "Sore  throat", ("Sore  throat", "L1b"), answers=("L1",)),
        post("b", "throat sore", ("throat sore", "L1"), answers=("L1",)),
        post("c", "itchy", ("itchy", "L2"), answers=("L3",)),
        post("d", "ITCHY", ("ITCHY", "L2"), answers=("L2",)),
    ]


def test_normalize_slices_by_hand():
    gold = sliced_documents()
    made = report_normalize_slices(gold, gold, TRAIN, to_pt)
    shares = {
        name: (made[f"{name}_accuracy_at_1"], made[f"{name}_n"]) for name in SLICES if made[f"{name}_n"]
    }
    assert shares == {
        "seen_mention": (1.0, 1),
        "unseen_mention": (2 / 3, 3),
        "refined": (0.5, 2),
        "seen_concept": (1.0, 2),
        "unseen_concept": (0.5, 2),
        "in_vocabulary": (1.0, 2),
        "out_of_vocabulary": (0.5, 2),
        "words_1": (0.5, 2),
        "words_2": (1.0, 2),
        "contiguous": (0.75, 4),
    }
    assert made["discontinuous_n"] == 0
    assert "discontinuous_accuracy_at_1" not in made
    assert made["unseen_mention_accuracy_at_1_low"] <= 2 / 3 <= made["unseen_mention_accuracy_at_1_high"]


def test_what_is_seen_is_a_matter_of_each_fold():
    # each fold's test documents are the other's training, so over both trainings nothing would be unseen
    gold = sliced_documents()
    first, second = gold[:2], gold[2:]
    made = report_fold_slices([(first, first, second), (second, second, first)], to_pt)
    assert (made["seen_mention_n"], made["unseen_mention_n"]) == (0, 4)
    assert made["unseen_mention_accuracy_at_1"] == 0.75
    assert made["refined_n"] == 3
    pooled = report_normalize_slices(gold, gold, gold, to_pt)
    assert (pooled["seen_mention_n"], pooled["unseen_mention_n"]) == (4, 0)


def test_extract_slices_by_hand():
    gold = sliced_documents()
    predicted = [
        gold[0],
        replace(gold[1], mentions=(Mention(((0, 6),)),)),
        replace(gold[2], mentions=()),
        gold[3],
    ]
    made = report_extract_slices(gold, predicted, TRAIN, to_pt)
    figures = ("strict_recall", "relaxed_recall", "n")
    assert [made[f"unseen_mention_{figure}"] for figure in figures] == [1 / 3, 2 / 3, 3]
    assert [made[f"refined_{figure}"] for figure in figures] == [0.0, 0.5, 2]
    assert [made[f"unseen_concept_{figure}"] for figure in figures] == [0.5, 0.5, 2]
    assert [made[f"words_2_{figure}"] for figure in figures] == [0.5, 1.0, 2]
    assert not any("precision" in name or "f1" in name for name in made)


@pytest.mark.parametrize("report", [report_normalize_slices, report_extract_slices])
def test_slices_do_not_depend_on_the_order(report):
    gold = sliced_documents()
    assert report(gold[::-1], gold[2:] + gold[:2], TRAIN, to_pt) == report(gold, gold, TRAIN, to_pt)


def test_no_mention_at_all_has_no_slice():
    gold = [Document("a", "nothing")]
    for report in (report_normalize_slices, report_extract_slices):
        assert report(gold, gold, TRAIN, to_pt) == {f"{name}_n": 0 for name in SLICES}
