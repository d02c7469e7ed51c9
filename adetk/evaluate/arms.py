"""What each arm of the linker is worth, alone and together, on gold spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from adetk.document import ADE, Document, Link
from adetk.evaluate.bootstrap import weighted_sum
from adetk.evaluate.links import LinkCounts, link_hits
from adetk.evaluate.report import Report
from adetk.evaluate.runner import coverage
from adetk.evaluate.variants import Figures, Row, variant_rows
from adetk.normalize.linker import Arms
from adetk.normalize.terminology import Terminology

TAUS = tuple(round(0.05 * i, 2) for i in range(21))
"""The thresholds of the curve."""

Answer = Callable[[Arms], Link | None]
"""Which of the arms' answers a variant gives."""


def linking_rows(
    gold: Sequence[Document],
    arms: Sequence[Sequence[Arms]],
    tau: float,
    terminology: Terminology,
    served: Sequence[Document],
) -> list[Row]:
    """Each arm of the linker alone, and together at the linker's own threshold; on gold spans.

    `accuracy_at_1` counts a mention that an arm does not answer as a miss; `answered` is the share that it does.
    `nearest_or_classifier` is the published rule: the nearest term where its distance is below tau, else
    the classifier's. `exact_or_synonym` is all wordings that need no model, those of training mentions too;
    `wording_or_rule` has them before that rule. `fused` is one answer of both arms (see `adetk.normalize.fusion`),
    `wording_or_fused` has it in place of the rule. `all` is the full system as it is served: one of these two, which
    also reads lists of effects, and may abstain. The two rows that need the classifier are left out where there is
    none.

    Args:
        gold: documents with codes.
        arms: the answers for each document's ADE mentions, in their order.
        tau: the full system's threshold.
        terminology: the linker's; codes are compared at PT level.
        served: the same documents as the full system links them.
    """

    def counted(counts: Sequence[LinkCounts]) -> Figures:
        total = weighted_sum(counts)
        return lambda weights: {
            "accuracy_at_1": total(weights).accuracy,
            "answered": total(weights).coverage,
        }

    def figures(answer: Answer) -> Figures:
        return counted(_hits(gold, arms, answer, terminology))

    variants = {
        "exact": figures(lambda a: a.exact),
        "exact_or_synonym": figures(lambda a: a.wording),
        "similarity": figures(lambda a: a.similarity),
    }
    if _has_classifier(arms):
        variants["classifier"] = figures(lambda a: a.classifier)
        variants["nearest_or_classifier"] = figures(lambda a: nearest_or_classified(a, tau))
    variants["fused"] = figures(lambda a: a.fused)
    variants["wording_or_rule"] = figures(lambda a: by_rule(a, tau))
    variants["wording_or_fused"] = figures(by_fusion)
    variants["all"] = counted(link_hits(gold, served, terminology.pt_of))
    return variant_rows("linking", variants, "all", gold, _scored(gold, arms, tau, terminology))


def tau_rows(
    gold: Sequence[Document], arms: Sequence[Sequence[Arms]], tau: float, terminology: Terminology
) -> list[Row]:
    """The linker by its rule at each of `TAUS`, its difference to the one at its own threshold; see `linking_rows`.

    None where there is no classifier: the threshold chooses between it and the nearest term.
    """

    def figures(at: float) -> Figures:
        total = weighted_sum(_hits(gold, arms, lambda a: by_rule(a, at), terminology))
        return lambda weights: {"accuracy_at_1": total(weights).accuracy}

    if not _has_classifier(arms):
        return []
    variants = {f"{at:.2f}": figures(at) for at in TAUS} | {"own": figures(tau)}
    return variant_rows("tau", variants, "own", gold, _scored(gold, arms, tau, terminology))


def by_rule(arms: Arms, tau: float) -> Link | None:
    """The linker's answer at a threshold."""
    return arms.wording if arms.wording is not None else nearest_or_classified(arms, tau)


def by_fusion(arms: Arms) -> Link | None:
    """The linker's answer where it fuses."""
    return arms.wording if arms.wording is not None else arms.fused


def nearest_or_classified(arms: Arms, tau: float) -> Link | None:
    """The rule of Sakhovskiy et al. (SMM4H 2021)."""
    nearest = arms.similarity
    if nearest is None or arms.classifier is None:
        return nearest
    return nearest if nearest.distance is not None and nearest.distance < tau else arms.classifier


def _hits(
    gold: Sequence[Document], arms: Sequence[Sequence[Arms]], answer: Answer, terminology: Terminology
) -> list[LinkCounts]:
    """The counts of the gold spans with one answer each, or none."""
    predicted = []
    for document, of_document in zip(gold, arms, strict=True):
        mentions = [
            replace(mention, links=(), status="none")
            if (link := answer(found)) is None
            else replace(mention, links=(link,), status="coded")
            for mention, found in zip(document.labelled(ADE), of_document, strict=True)
        ]
        predicted.append(replace(document, mentions=tuple(mentions)))
    return link_hits(gold, predicted, terminology.pt_of)


def _scored(
    gold: Sequence[Document], arms: Sequence[Sequence[Arms]], tau: float, terminology: Terminology
) -> Report:
    total = sum(_hits(gold, arms, lambda a: None, terminology), LinkCounts())
    return {"n": total.total, "coverage": coverage(gold, terminology), "tau": tau}


def _has_classifier(arms: Sequence[Sequence[Arms]]) -> bool:
    return any(found.classifier is not None for of_document in arms for found in of_document)
