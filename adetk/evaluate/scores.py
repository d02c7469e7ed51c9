"""adetk's own scores: one-to-one, never more right answers than gold or predicted ones.

Every function takes gold and predicted documents (matched by id) and returns one count per gold document, in
the order of gold. Counts add, so a score over a corpus is a sum and then a ratio, and a bootstrap over
documents is a weighted sum (`adetk.evaluate.bootstrap`).

A mention counts where its `assertion` is `present`, in gold as in the predictions: negated and hypothetical
mentions are flags for the reader of the output, not answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.matching import matched, overlaps, paired_documents, present, same_spans


@dataclass(frozen=True, slots=True)
class Counts:
    """Right answers, answers given and answers expected; the ratios are 0.0 where they are undefined."""

    tp: int = 0
    n_pred: int = 0
    n_gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.n_pred + other.n_pred, self.n_gold + other.n_gold)

    @property
    def precision(self) -> float:
        """Share of the answers given that are right."""
        return self.tp / self.n_pred if self.n_pred else 0.0

    @property
    def recall(self) -> float:
        """Share of the answers expected that were given."""
        return self.tp / self.n_gold if self.n_gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.n_pred + self.n_gold
        return 2 * self.tp / total if total else 0.0


def gate_counts(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Counts]:
    """Posts labelled ADE, per document.

    Raises:
        AdetkError: if ids differ, or a label on either side is neither `ADE` nor `noADE`.
    """
    for side, documents in (("gold", gold), ("predicted", predicted)):
        unknown = [document for document in documents if document.label not in (ADE, NO_ADE)]
        if unknown:
            raise AdetkError(
                f"{len(unknown)} of {len(documents)} {side} documents are labelled neither ADE nor noADE, "
                f"first {unknown[0].id!r} with {unknown[0].label!r}; classify them or mend their labels"
            )
    counts = []
    for expected, given in paired_documents(gold, predicted):
        is_gold, is_predicted = expected.label == ADE, given.label == ADE
        counts.append(Counts(int(is_gold and is_predicted), int(is_predicted), int(is_gold)))
    return counts


def span_counts(
    gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE, relaxed: bool = False
) -> list[Counts]:
    """Mentions of one label found, per document, matched one to one.

    Args:
        gold: the right answers.
        predicted: the same documents, tagged.
        label: the mention label that is scored; others are ignored on both sides.
        relaxed: False asks for the same fragments; True for at least one shared character, in the largest
            one-to-one matching (each gold mention answers for one predicted mention at most).

    Raises:
        AdetkError: if ids differ.
    """
    counts = []
    for expected, given in paired_documents(gold, predicted):
        gold_mentions, mentions = present(expected, label), present(given, label)
        matches = overlaps if relaxed else same_spans
        tp = len(matched(mentions, gold_mentions, matches))
        counts.append(Counts(tp, len(mentions), len(gold_mentions)))
    return counts


def found_mentions(
    gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE, relaxed: bool = False
) -> list[list[tuple[Mention, bool]]]:
    """The gold mentions that `span_counts` expects, per document, each with whether it was found.

    As many are found as `span_counts` counts: a largest one-to-one matching. Where a predicted mention
    overlaps several, the one with the same fragments comes first.

    Raises:
        AdetkError: if ids differ.
    """
    matches = overlaps if relaxed else same_spans
    documents = []
    for expected, given in paired_documents(gold, predicted):
        wanted = present(expected, label)
        found = set(matched(present(given, label), wanted, matches, same_spans).values())
        documents.append([(mention, i in found) for i, mention in enumerate(wanted)])
    return documents


def discontinuous_counts(
    gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE
) -> list[Counts]:
    """The gold mentions of several fragments, per document: how many were found with all their fragments.

    A predicted mention belongs to no kind of gold mention, so `n_pred` is 0: only the recall has a meaning.

    Raises:
        AdetkError: if ids differ.
    """
    found_per_document = [
        [is_found for mention, is_found in mentions if len(mention.spans) > 1]
        for mentions in found_mentions(gold, predicted, label)
    ]
    return [Counts(tp=sum(found), n_gold=len(found)) for found in found_per_document]
