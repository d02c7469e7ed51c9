"""The figures of the four reports, each set a function of the documents' weights.

A weight says how often a document counts: one each for the score itself, the draws of the bootstrap for its
interval. Weights go by the order of the gold documents' ids, so two systems on the same documents share them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import Weights, weighted_sum
from adetk.evaluate.coded import CodeToPt, document_set_counts, end_to_end_counts
from adetk.evaluate.links import Multi, link_hits, link_ranks
from adetk.evaluate.matching import paired_documents
from adetk.evaluate.ranking import average_precision, brier, ece, roc_auc
from adetk.evaluate.scores import Counts, discontinuous_counts, gate_counts, span_counts

Report = dict[str, float]
Figures = Callable[[Weights], Report]
RANKS = (1, 5, 10)
_RANKING = {"average_precision": average_precision, "roc_auc": roc_auc, "ece": ece, "brier": brier}


def classify_figures(gold: Sequence[Document], predicted: Sequence[Document]) -> Figures:
    """`precision recall f1` of the label ADE; `average_precision roc_auc ece brier` of the score.

    Raises:
        AdetkError: if ids differ, a label or score is missing, or there is no document.
    """
    gold, predicted = sorted_pairs(gold, predicted)
    unscored = [document.id for document in predicted if document.score is None]
    if unscored:
        raise AdetkError(
            f"{len(unscored)} of {len(predicted)} predicted documents have no score, first {unscored[0]!r}; "
            "expected the probability of ADE on each: classify them first"
        )
    of_counts = _of_counts({"": gate_counts(gold, predicted)})
    labels = np.array([document.label == ADE for document in gold])
    scores = np.array([document.score for document in predicted], dtype=np.float64)
    # Sorting what is sorted already is cheap, and each draw sorts.
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]

    def figures(weights: Weights) -> Report:
        ordered = weights[order]
        return of_counts(weights) | {
            name: measure(labels, scores, ordered) for name, measure in _RANKING.items()
        }

    return figures


def extract_figures(gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE) -> Figures:
    """`strict_` and `relaxed_` `precision recall f1` of the mentions of one label, `discontinuous_recall`.

    The last one is there only where gold has such mentions.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    gold, predicted = sorted_pairs(gold, predicted)
    of_counts = _of_counts(
        {
            "strict_": span_counts(gold, predicted, label),
            "relaxed_": span_counts(gold, predicted, label, relaxed=True),
        }
    )
    discontinuous = weighted_sum(discontinuous_counts(gold, predicted, label))
    if not discontinuous(even_weights(gold)).n_gold:
        return of_counts
    return lambda weights: of_counts(weights) | {"discontinuous_recall": discontinuous(weights).recall}


def normalize_figures(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt, multi: Multi = "any"
) -> Figures:
    """`accuracy_at_1`, `_5` and `_10` and `mean_reciprocal_rank` on gold mentions, at PT level.

    Raises:
        AdetkError: if ids differ, there is no document, or `multi` is unknown.
    """
    gold, predicted = sorted_pairs(gold, predicted)
    name_to_hits = {
        f"accuracy_at_{at}": weighted_sum(link_hits(gold, predicted, code_to_pt, at, multi)) for at in RANKS
    }
    ranks = weighted_sum(link_ranks(gold, predicted, code_to_pt, multi))
    return lambda weights: {
        **{name: hits(weights).accuracy for name, hits in name_to_hits.items()},
        "mean_reciprocal_rank": ranks(weights).mean,
    }


def run_figures(gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt) -> Figures:
    """`gate_`, `strict_`, `relaxed_`, `end_to_end_strict_`, `end_to_end_relaxed_`, `post_set_` figures.

    A document without a label (a corpus of mentions only, or a run without a gate) is ADE if it holds a
    present ADE mention. `post_set_` compares the PTs of each post, wherever they are said.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    gold, predicted = sorted_pairs(gold, predicted)
    return _of_counts(
        {
            "gate_": gate_counts([_labelled(d) for d in gold], [_labelled(d) for d in predicted]),
            "strict_": span_counts(gold, predicted),
            "relaxed_": span_counts(gold, predicted, relaxed=True),
            "end_to_end_strict_": end_to_end_counts(gold, predicted, code_to_pt),
            "end_to_end_relaxed_": end_to_end_counts(gold, predicted, code_to_pt, relaxed=True),
            "post_set_": document_set_counts(gold, predicted, code_to_pt),
        }
    )


def sorted_pairs(
    gold: Sequence[Document], predicted: Sequence[Document]
) -> tuple[list[Document], list[Document]]:
    """Both sides in order of gold's ids: the draws of the bootstrap go by position.

    Raises:
        AdetkError: if ids differ or there is no document.
    """
    pairs = sorted(paired_documents(gold, predicted), key=lambda pair: pair[0].id)
    if not pairs:
        raise AdetkError("0 documents; expected at least one to score: check the corpus and the split")
    return [expected for expected, _ in pairs], [given for _, given in pairs]


def even_weights(documents: Sequence[Document]) -> Weights:
    """A weight of one for each document."""
    return np.ones(len(documents), dtype=np.int64)


def _labelled(document: Document) -> Document:
    if document.label is not None:
        return document
    has_ade = any(mention.assertion == "present" for mention in document.labelled(ADE))
    return replace(document, label=ADE if has_ade else NO_ADE)


def _of_counts(name_to_counts: Mapping[str, Sequence[Counts]]) -> Figures:
    """Precision, recall and F1 of each kind of counts."""
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
