"""Flat reports: one name, one number, each figure with `_low` and `_high` of its 95% bootstrap interval.

The reports do not depend on the order of the documents. Ratios that are undefined are 0.0.
"""

from __future__ import annotations

from collections.abc import Sequence

from adetk.document import ADE, Document
from adetk.evaluate.bootstrap import Weights, groups_of, intervals_of, weighted_sum
from adetk.evaluate.coded import CodeToPt
from adetk.evaluate.figures import (
    Figures,
    Report,
    classify_figures,
    even_weights,
    extract_figures,
    normalize_figures,
    run_figures,
    sorted_pairs,
)
from adetk.evaluate.links import LinkCounts, Multi, link_hits
from adetk.evaluate.scores import Counts, discontinuous_counts
from adetk.evaluate.sequences import seqeval_figures
from adetk.evaluate.slices import SLICES, link_slices, span_slices, training_of

Fold = tuple[Sequence[Document], Sequence[Document], Sequence[Document]]
"""Gold, predicted and training documents."""

__all__ = [
    "Fold",
    "Report",
    "report_classify",
    "report_extract",
    "report_extract_slices",
    "report_fold_slices",
    "report_normalize",
    "report_normalize_slices",
    "report_run",
]


def report_classify(gold: Sequence[Document], predicted: Sequence[Document]) -> Report:
    """The figures of `classify_figures` and `n` documents.

    Raises:
        AdetkError: if ids differ, a label or score is missing, or there is no document.
    """
    return _with_intervals(gold, classify_figures(gold, predicted)) | {"n": len(gold)}


def report_extract(gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE) -> Report:
    """The figures of `extract_figures`, and without interval those of `seqeval_figures`; `n` documents.

    `discontinuous_n` mentions stand behind `discontinuous_recall`, which is not there if they are 0. The
    figures of seqeval are there only if it is installed (extra `train`).

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    report = _with_intervals(gold, extract_figures(gold, predicted, label))
    discontinuous = sum(discontinuous_counts(gold, predicted, label), Counts()).n_gold
    report |= {"n": len(gold), "discontinuous_n": discontinuous}
    return report | seqeval_figures(gold, predicted, label)


def report_extract_slices(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    train: Sequence[Document],
    code_to_pt: CodeToPt,
    label: str = ADE,
) -> Report:
    """`strict_recall` and `relaxed_recall` of each slice of the gold mentions, and its `n`.

    The names begin with one of `adetk.evaluate.slices.SLICES`: `unseen_mention_strict_recall`,
    `unseen_mention_n`. An empty slice has its `n` only.

    Args:
        gold: the right answers.
        predicted: the same documents, tagged.
        train: what the tagger learnt from.
        code_to_pt: code -> PT code, for the slices of concepts.
        label: of the mentions.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    gold, predicted = sorted_pairs(gold, predicted)
    training = training_of(train, code_to_pt, label)
    strict = span_slices(gold, predicted, training, label)
    relaxed = span_slices(gold, predicted, training, label, relaxed=True)
    name_to_n = {name: sum(strict[name], Counts()).n_gold for name in SLICES}
    totals = {
        f"{name}_{way}_recall": weighted_sum(slices[name])
        for name, n in name_to_n.items()
        for way, slices in (("strict", strict), ("relaxed", relaxed))
        if n
    }

    def figures(weights: Weights) -> Report:
        return {name: total(weights).recall for name, total in totals.items()}

    return _with_intervals(gold, figures) | {f"{name}_n": n for name, n in name_to_n.items()}


def report_normalize(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt, multi: Multi = "any"
) -> Report:
    """The figures of `normalize_figures`, `n` mentions with a gold code and `skipped` ones without.

    Raises:
        AdetkError: if ids differ, there is no document, or `multi` is unknown.
    """
    report = _with_intervals(gold, normalize_figures(gold, predicted, code_to_pt, multi))
    mentions = sum(link_hits(gold, predicted, code_to_pt, multi=multi), LinkCounts())
    return report | {"n": mentions.total, "skipped": mentions.skipped}


def report_normalize_slices(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    train: Sequence[Document],
    code_to_pt: CodeToPt,
    multi: Multi = "any",
) -> Report:
    """`accuracy_at_1` of each slice of the gold mentions with a code, and its `n`.

    Names and empty slices as in `report_extract_slices`.

    Raises:
        AdetkError: if ids differ, there is no document, or `multi` is unknown.
    """
    return report_fold_slices([(gold, predicted, train)], code_to_pt, multi)


def report_fold_slices(folds: Sequence[Fold], code_to_pt: CodeToPt, multi: Multi = "any") -> Report:
    """The figures of `report_normalize_slices` over folds: seen is what stands in a fold's own training.

    The test documents of one fold are training documents of another, so training must not be pooled.

    Raises:
        AdetkError: as `report_normalize_slices`.
    """
    pairs = [sorted_pairs(gold, predicted) for gold, predicted, _ in folds]
    per_fold = [
        link_slices(*pair, training_of(train, code_to_pt), multi)
        for pair, (*_, train) in zip(pairs, folds, strict=True)
    ]
    slices = {name: [counts for fold in per_fold for counts in fold[name]] for name in SLICES}
    name_to_n = {name: sum(slices[name], LinkCounts()).total for name in SLICES}
    totals = {f"{name}_accuracy_at_1": weighted_sum(slices[name]) for name, n in name_to_n.items() if n}

    def figures(weights: Weights) -> Report:
        return {name: total(weights).accuracy for name, total in totals.items()}

    documents = [document for gold, _ in pairs for document in gold]
    return _bounded(documents, figures) | {f"{name}_n": n for name, n in name_to_n.items()}


def report_run(gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt) -> Report:
    """The figures of `run_figures` and `n` documents.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    return _with_intervals(gold, run_figures(gold, predicted, code_to_pt)) | {"n": len(gold)}


def _with_intervals(gold: Sequence[Document], figures: Figures) -> Report:
    """The figures of all documents, weighing one each, and their intervals; weights go by the order of ids."""
    return _bounded(sorted(gold, key=lambda document: document.id), figures)


def _bounded(documents: Sequence[Document], figures: Figures) -> Report:
    """The same for documents in the order of the weights."""
    report = figures(even_weights(documents))
    if not report:
        return report
    bounds = intervals_of(
        len(documents), lambda weights: list(figures(weights).values()), groups=groups_of(documents)
    )
    for name, (low, high) in zip(list(report), bounds, strict=True):
        report |= {f"{name}_low": low, f"{name}_high": high}
    return report
