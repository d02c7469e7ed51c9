"""Flat reports: one name, one number, each figure with `_low` and `_high` of its 95% bootstrap interval.

The reports do not depend on the order of the documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import Weights, intervals_of, weighted_sum
from adetk.evaluate.links import LinkCounts, Multi, link_hits
from adetk.evaluate.matching import paired_documents
from adetk.evaluate.ranking import average_precision, ece
from adetk.evaluate.scores import CodeToPt, Counts, end_to_end_counts, gate_counts, span_counts

Report = dict[str, float]


def report_classify(gold: Sequence[Document], predicted: Sequence[Document]) -> Report:
    """`precision recall f1` of the label ADE, `average_precision` and `ece` of the score, `n` documents.

    Raises:
        AdetkError: if ids differ, a label or score is missing, or there is no document.
    """
    gold, predicted = _sorted_pairs(gold, predicted)
    unscored = [document.id for document in predicted if document.score is None]
    if unscored:
        raise AdetkError(
            f"{len(unscored)} of {len(predicted)} predicted documents have no score, first {unscored[0]!r}; "
            "expected the probability of ADE on each: classify them first"
        )
    of_counts = _figures_of({"": gate_counts(gold, predicted)})
    labels = np.array([document.label == ADE for document in gold])
    scores = np.array([document.score for document in predicted], dtype=np.float64)
    # Sorting what is sorted already is cheap, and each draw sorts.
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]

    def figures(weights: Weights) -> Report:
        return of_counts(weights) | {
            "average_precision": average_precision(labels, scores, weights[order]),
            "ece": ece(labels, scores, weights[order]),
        }

    return _with_intervals(len(gold), figures)


def report_extract(gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE) -> Report:
    """`strict_` and `relaxed_` `precision recall f1` of the mentions of one label, `n` documents.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    gold, predicted = _sorted_pairs(gold, predicted)
    name_to_counts = {
        "strict_": span_counts(gold, predicted, label),
        "relaxed_": span_counts(gold, predicted, label, relaxed=True),
    }
    return _with_intervals(len(gold), _figures_of(name_to_counts))


def report_normalize(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt, multi: Multi = "any"
) -> Report:
    """`accuracy_at_1` and `accuracy_at_5` on gold mentions, `n` with a code and `skipped` without one.

    Raises:
        AdetkError: if ids differ, there is no document, or `multi` is unknown.
    """
    gold, predicted = _sorted_pairs(gold, predicted)
    at_1 = link_hits(gold, predicted, code_to_pt, 1, multi)
    at_5 = link_hits(gold, predicted, code_to_pt, 5, multi)
    total_at_1, total_at_5 = weighted_sum(at_1), weighted_sum(at_5)

    def figures(weights: Weights) -> Report:
        return {
            "accuracy_at_1": total_at_1(weights).accuracy,
            "accuracy_at_5": total_at_5(weights).accuracy,
        }

    mentions = sum(at_1, LinkCounts())
    return _with_intervals(len(gold), figures) | {"n": mentions.total, "skipped": mentions.skipped}


def report_run(gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt) -> Report:
    """`gate_`, `strict_`, `relaxed_`, `end_to_end_strict_` and `end_to_end_relaxed_` figures, `n` documents.

    A document without a label (a corpus of mentions only, or a run without a gate) is ADE if it holds a
    present ADE mention.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    gold, predicted = _sorted_pairs(gold, predicted)
    name_to_counts = {
        "gate_": gate_counts([_labelled(d) for d in gold], [_labelled(d) for d in predicted]),
        "strict_": span_counts(gold, predicted),
        "relaxed_": span_counts(gold, predicted, relaxed=True),
        "end_to_end_strict_": end_to_end_counts(gold, predicted, code_to_pt),
        "end_to_end_relaxed_": end_to_end_counts(gold, predicted, code_to_pt, relaxed=True),
    }
    return _with_intervals(len(gold), _figures_of(name_to_counts))


def _sorted_pairs(
    gold: Sequence[Document], predicted: Sequence[Document]
) -> tuple[list[Document], list[Document]]:
    """Both sides in order of id: the draws of the bootstrap go by position."""
    pairs = sorted(paired_documents(gold, predicted), key=lambda pair: pair[0].id)
    if not pairs:
        raise AdetkError("0 documents; expected at least one to score: check the corpus and the split")
    return [expected for expected, _ in pairs], [given for _, given in pairs]


def _labelled(document: Document) -> Document:
    if document.label is not None:
        return document
    has_ade = any(mention.assertion == "present" for mention in document.labelled(ADE))
    return replace(document, label=ADE if has_ade else NO_ADE)


def _figures_of(name_to_counts: Mapping[str, Sequence[Counts]]) -> Callable[[Weights], Report]:
    """Precision, recall and F1 of each kind of counts, as a function of the weights of the documents."""
    name_to_total = {name: weighted_sum(per_document) for name, per_document in name_to_counts.items()}

    def figures(weights: Weights) -> Report:
        report: Report = {}
        for name, total_of in name_to_total.items():
            total = total_of(weights)
            report |= {
                f"{name}precision": total.precision,
                f"{name}recall": total.recall,
                f"{name}f1": total.f1,
            }
        return report

    return figures


def _with_intervals(n_documents: int, figures: Callable[[Weights], Report]) -> Report:
    """The figures of all documents, weighing one each, and their intervals."""
    report = figures(np.ones(n_documents, dtype=np.int64))
    bounds = intervals_of(n_documents, lambda weights: list(figures(weights).values()))
    for name, (low, high) in zip(list(report), bounds, strict=True):
        report |= {f"{name}_low": low, f"{name}_high": high}
    return report | {"n": n_documents}
