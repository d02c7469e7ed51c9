"""Scores of coded mentions: found and coded right, one to one, and the set of PTs of each post.

As `adetk.evaluate.scores`, with codes, which are compared by their PTs.

A mention may join several effects ("neck and shoulders ache"). In gold it has a conjunct for each; any one of them
makes it right, as where such mentions are linked alone (BioSyn: Sung et al., ACL 2020). In the predictions it has an
answer for each (`Mention.answers`), and each of them counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from adetk.document import Document, Mention
from adetk.evaluate.matching import matched, overlaps, paired_documents, present, same_spans
from adetk.evaluate.scores import Counts

CodeToPt = Callable[[str], str]


class _Answer(NamedTuple):
    """A predicted mention and one PT that it is coded with; None where it is not coded."""

    mention: Mention
    pt: str | None


_IsRight = Callable[[_Answer, Mention], bool]


def end_to_end_counts(
    gold: Sequence[Document], predicted: Sequence[Document], code_to_pt: CodeToPt, relaxed: bool = False
) -> list[Counts]:
    """ADE mentions found and coded right, per document, matched one to one.

    A predicted mention is right if its spans match a gold mention (as in `span_counts`) and it is coded
    with a term whose PT is the PT of a code accepted for any of that mention's conjuncts. A predicted mention
    that is not coded (status `review` or `none`) was found and is not right: it counts as an answer given.

    One that joins effects gives an answer for each of its PTs, and each may be for another gold mention. Those
    that are accepted for one and the same gold mention are one answer, for it is one that is expected.

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

    def is_right(answer: _Answer, expected: Mention) -> bool:
        return matches(answer.mention, expected) and answer.pt in pts(
            frozenset().union(*conjuncts(expected)), code_to_pt
        )

    counts = []
    for expected, given in paired_documents(gold, predicted):
        with_code = [mention for mention in present(expected) if conjuncts(mention)]
        without_code = [mention for mention in present(expected) if not conjuncts(mention)]
        answers = [
            answer
            for mention in present(given)
            if any(matches(mention, other) for other in with_code)
            or not any(matches(mention, other) for other in without_code)
            for answer in _distinct(_answers(mention, code_to_pt), with_code, is_right)
        ]
        counts.append(Counts(len(matched(answers, with_code, is_right)), len(answers), len(with_code)))
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
        wanted = list({pts(codes, code_to_pt) for m in present(expected) for codes in conjuncts(m)})
        answers = list({pt for mention in present(given) for pt in answered_pts(mention, code_to_pt)})
        tp = len(matched(answers, wanted, lambda answer, accepted: answer in accepted))
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


def answered_pts(mention: Mention, code_to_pt: CodeToPt) -> list[str]:
    """The PTs that a mention is coded with, once each, in order: none, one, or several where it joins effects."""
    found = (pts(frozenset({link.concept_id}), code_to_pt) for link in mention.answers)
    return list(dict.fromkeys(pt for of_one in found for pt in of_one))


def _answers(mention: Mention, code_to_pt: CodeToPt) -> list[_Answer]:
    coded = [_Answer(mention, pt) for pt in answered_pts(mention, code_to_pt)]
    return coded if coded else [_Answer(mention, None)]


def _distinct(
    answers: Sequence[_Answer], expected: Sequence[Mention], is_right: _IsRight
) -> Iterator[_Answer]:
    """One mention's answers, without those that are right only where another of them is already."""
    partners = matched(answers, expected, is_right)
    for number, answer in enumerate(answers):
        if number in partners or not any(is_right(answer, mention) for mention in expected):
            yield answer
