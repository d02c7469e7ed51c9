"""adetk's own scores: one-to-one, never more right answers than gold or predicted ones.

Every function takes gold and predicted documents (matched by id) and returns one count per gold document, in
the order of gold. Counts add, so a score over a corpus is a sum and then a ratio, and a bootstrap over
documents is a weighted sum (`adetk.evaluate.bootstrap`).

A mention counts where its `assertion` is `present`, in gold as in the predictions: negated and hypothetical
mentions are flags for the reader of the output, not answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.matching import maximum_matching, overlaps, paired_documents, same_spans

CodeToPt = Callable[[str], str]
Given = TypeVar("Given")
Expected = TypeVar("Expected")


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
        gold_mentions, mentions = _present(expected, label), _present(given, label)
        matches = overlaps if relaxed else same_spans
        tp = _matched(mentions, gold_mentions, matches)
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
        wanted = _present(expected, label)
        found = set(_matching(_present(given, label), wanted, matches, same_spans).values())
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


def end_to_end_counts(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt, relaxed: bool = False
) -> list[Counts]:
    """ADE mentions found and coded right, per document, matched one to one.

    A predicted mention is right if its spans match a gold mention (as in `span_counts`) and it is coded
    with a term whose PT is the PT of a code accepted for any of that mention's conjuncts. A predicted mention
    that is not coded (status `review` or `none`) was found and is not right: it counts as an answer given.

    Gold mentions without a code (annotated as having no concept, or not annotated) are not expected.
    Predicted mentions whose spans match only such mentions are neither right nor wrong and are left out.

    Args:
        gold: the right answers, with `Mention.gold`.
        predicted: the same documents, tagged and linked.
        code_to_pt: code -> PT code; see `pts`.
        relaxed: as in `span_counts`.

    Raises:
        AdetkError: if ids differ.
    """
    matches = overlaps if relaxed else same_spans

    def is_right(given: Mention, expected: Mention) -> bool:
        return matches(given, expected) and not _answer(given, code_to_pt).isdisjoint(
            pts(frozenset().union(*conjuncts(expected)), code_to_pt)
        )

    counts = []
    for expected, given in paired_documents(gold, predicted):
        with_code = [mention for mention in _present(expected) if conjuncts(mention)]
        without_code = [mention for mention in _present(expected) if not conjuncts(mention)]
        mentions = [
            mention
            for mention in _present(given)
            if any(matches(mention, other) for other in with_code)
            or not any(matches(mention, other) for other in without_code)
        ]
        counts.append(Counts(_matched(mentions, with_code, is_right), len(mentions), len(with_code)))
    return counts


def document_set_counts(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt
) -> list[Counts]:
    """The set of PTs that each post reports, wherever they are said.

    Predicted: the PTs of the coded ADE mentions. Gold: one expected answer for each distinct conjunct, given
    by any of its accepted PTs; where every conjunct has one code this is the plain comparison of two sets. An
    answer is matched with one expected answer at most.

    Raises:
        AdetkError: if ids differ.
    """
    counts = []
    for expected, given in paired_documents(gold, predicted):
        wanted = list({pts(codes, code_to_pt) for m in _present(expected) for codes in conjuncts(m)})
        answers = list({pt for mention in _present(given) for pt in _answer(mention, code_to_pt)})
        tp = _matched(answers, wanted, lambda answer, accepted: answer in accepted)
        counts.append(Counts(tp, len(answers), len(wanted)))
    return counts


def conjuncts(mention: Mention) -> tuple[frozenset[str], ...]:
    """The accepted codes of each conjunct that has any; empty for mentions without a gold code."""
    return tuple(codes for codes in mention.gold or () if codes)


def pts(codes: frozenset[str], code_to_pt: CodeToPt) -> frozenset[str]:
    """The PTs of some codes; a code that the terminology does not know (empty PT) stands for itself.

    Otherwise any two unknown codes would be equal.
    """
    return frozenset(code_to_pt(code) or code for code in codes)


def _present(document: Document, label: str = ADE) -> list[Mention]:
    return [mention for mention in document.labelled(label) if mention.assertion == "present"]


def _answer(mention: Mention, code_to_pt: CodeToPt) -> frozenset[str]:
    """The PT that a mention is coded with: one, or none where it is not coded."""
    is_coded = mention.status == "coded" and mention.links
    return pts(frozenset({mention.links[0].concept_id}), code_to_pt) if is_coded else frozenset()


def _matched(
    given: Sequence[Given], expected: Sequence[Expected], matches: Callable[[Given, Expected], bool]
) -> int:
    """How many of the given can be matched with an expected one each."""
    return len(_matching(given, expected, matches))


def _matching(
    given: Sequence[Given],
    expected: Sequence[Expected],
    matches: Callable[[Given, Expected], bool],
    is_preferred: Callable[[Given, Expected], bool] = lambda left, right: False,
) -> dict[int, int]:
    """A largest one-to-one matching, from given to expected; preferred partners are tried first."""
    partners = [
        sorted(
            (i for i, right in enumerate(expected) if matches(left, right)),
            key=lambda i: not is_preferred(left, expected[i]),
        )
        for left in given
    ]
    return maximum_matching(partners)
