"""Rows of a comparison: variants of one system on the same documents, each against the full system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adetk.document import Document
from adetk.evaluate.bootstrap import Weights, groups_of, intervals_of
from adetk.evaluate.figures import Figures, Report


@dataclass(frozen=True)
class Row:
    """One variant.

    Attributes:
        ablation: what is varied: `gate`, `linking`, `tau` or `features`.
        variant: how.
        report: each figure, with `_low` and `_high` of its 95% interval; `..._difference`, with the same, is this
            variant's figure less the full system's on the same draws (the full system's own row has none);
            then how much was scored, such as `n`.
    """

    ablation: str
    variant: str
    report: Report


def variant_rows(
    ablation: str,
    variant_to_figures: Mapping[str, Figures],
    full: str,
    gold: Sequence[Document],
    scored: Report,
) -> list[Row]:
    """The variants' figures and their differences to the full system's, all over the same draws.

    Equal to `bootstrap.interval` and `bootstrap.paired_difference` of each figure, in one pass of the draws.

    Args:
        ablation: what is varied.
        variant_to_figures: each variant's figures; all have those of the full system.
        full: the variant that is the full system.
        gold: the documents; weights go by the order of their ids.
        scored: added to each row's report.
    """

    def everything(weights: Weights) -> dict[tuple[str, str], float]:
        reports = {variant: figures(weights) for variant, figures in variant_to_figures.items()}
        values = {(v, name): x for v, report in reports.items() for name, x in report.items()}
        differences = {
            (v, f"{name}_difference"): x - reports[full][name] for (v, name), x in values.items() if v != full
        }
        return values | differences

    groups = groups_of(sorted(gold, key=lambda document: document.id))
    whole = everything(np.ones(len(gold), dtype=np.int64))
    bounds = intervals_of(len(gold), lambda weights: list(everything(weights).values()), groups=groups)
    reports: dict[str, Report] = {variant: {} for variant in variant_to_figures}
    for ((variant, name), value), (low, high) in zip(whole.items(), bounds, strict=True):
        reports[variant] |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return [Row(ablation, variant, report | scored) for variant, report in reports.items()]
