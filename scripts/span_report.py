"""The tables of `bench_spans.py`: each recipe with and without a gate, intervals, differences on the same draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recipe_runs import Samples
from run_data import DEVELOPMENT
from seed_figures import Bootstrap, MemberFigures, Report, Row, compared_rows

from adetk.document import ADE, NO_ADE, Document
from adetk.evaluate.bootstrap import Weights, groups_of, weighted_sum
from adetk.evaluate.official.figures import official_ratios
from adetk.evaluate.official.spans import Entry, pair_counts
from adetk.evaluate.scores import Counts, discontinuous_counts, span_counts

GATES = ("oracle", "none")
"""`oracle`: only posts that the gold calls ADE posts are tagged, and the tagger is told so; `none`: every post is."""
FIGURES = (
    "strict_f1",
    "strict_precision",
    "strict_recall",
    "relaxed_f1",
    "relaxed_precision",
    "relaxed_recall",
    "official_relaxed_f1",
)
COMPARED = ("strict_f1", "relaxed_f1")
RECIPE_TO_PLAIN = dict.fromkeys(
    ("smm4h2022_with_psytar_extract", "smm4h2022_only_psytar_extract"), "smm4h2022_no_patient_phrases_extract"
)
"""What a recipe is one thing away from, where that is not the plain recipe for its corpus, `CORPUS_extract`."""
DISCONTINUOUS = "discontinuous_recall"
"""Share of the discontinuous mentions that are found with all their fragments; a figure where there are any."""


@dataclass(frozen=True)
class Sample:
    """Documents as all members saw them.

    Attributes:
        gold: the right answers.
        members: of each seed, the same documents with what it found, all of them tagged.
        told: the same, by a tagger that was told which posts report an effect.
        sha256: of the documents and their answers.
    """

    gold: Sequence[Document]
    members: Sequence[Sequence[Document]]
    told: Sequence[Sequence[Document]]
    sha256: str


Taggings = Samples[Sample]
"""What the runs of one recipe for a tagger scored."""


def spans_report(taggings: Sequence[Taggings], draws: int) -> dict[str, Any]:
    """All that is known about taggers: `recipes` by name, and `pairs` of recipes for the same documents.

    A recipe's rows say how much more they have than its plain recipe, where that is among them.
    """
    recipes: dict[str, Any] = {
        t.name: {**t.about, "chosen_on": t.chosen_on, "plain": _plain_of(t)} for t in taggings
    }
    pairs: list[dict[str, Any]] = []
    for split, corpus, group in _samples(taggings):
        rows, differences = _scored(group, draws)
        for (recipe, gate), report in rows.items():
            recipes[recipe].setdefault(split, {})[gate] = report
        pairs += [{"corpus": corpus, "sample": split, **difference} for difference in differences]
    return {"recipes": recipes, "pairs": pairs}


def member_figures(gold: Sequence[Document], members: Sequence[Sequence[Document]]) -> MemberFigures:
    """The figures of each member, as a function of the documents' weights (n,)."""
    has_discontinuous = sum(discontinuous_counts(gold, gold), Counts()).n_gold > 0
    name_to_totals = [
        {name: weighted_sum(counts) for name, counts in _counts(gold, predicted).items()}
        for predicted in members
    ]

    def figures(weights: Weights) -> list[Report]:
        reports: list[Report] = []
        for totals in name_to_totals:
            report: Report = {}
            for kind in ("strict", "relaxed"):
                total = totals[kind](weights)
                report |= {f"{kind}_f1": total.f1, f"{kind}_precision": total.precision}
                report[f"{kind}_recall"] = total.recall
            report["official_relaxed_f1"] = official_ratios(totals["official_relaxed"](weights)).f1
            if has_discontinuous:
                report[DISCONTINUOUS] = totals["discontinuous"](weights).recall
            reports.append(report)
        return reports

    return figures


def behind(gate: str, sample: Sample) -> list[list[Document]]:
    """What each member finds behind one of `GATES`."""
    if gate == "none":
        return [list(member) for member in sample.members]
    return [
        [replace(p, mentions=()) if g.label == NO_ADE else p for g, p in zip(sample.gold, told, strict=True)]
        for told in sample.told
    ]


def _plain_of(taggings: Taggings) -> str:
    return RECIPE_TO_PLAIN.get(taggings.name, f"{taggings.about['corpus']}_extract")


def _counts(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, list[Counts]]:
    """Counts of each document; `official_relaxed`: every pair that overlaps or touches counts."""
    ids = [document.id for document in gold]
    return {
        "strict": span_counts(gold, predicted),
        "relaxed": span_counts(gold, predicted, relaxed=True),
        "official_relaxed": pair_counts(_entries(gold), _entries(predicted), ids, strict=False),
        "discontinuous": discontinuous_counts(gold, predicted),
    }


def _entries(documents: Sequence[Document]) -> list[Entry]:
    """As a submission: a mention from its first character to its last, the same span of a post once."""
    return [
        Entry(document.id, *span)
        for document in documents
        for span in dict.fromkeys(
            (m.start, m.end) for m in document.labelled(ADE) if m.assertion == "present"
        )
    ]


def _samples(
    taggings: Sequence[Taggings],
) -> Iterator[tuple[str, str, list[tuple[Taggings, Sample]]]]:
    """Name of a sample, its corpus, and the recipes that were scored on the same documents of it."""
    key_to_group: dict[tuple[str, str, str], list[tuple[Taggings, Sample]]] = {}
    for one in taggings:
        samples = [(one.chosen_on, one.selection)]
        if one.development is not None:
            samples.append((DEVELOPMENT, one.development))
        if one.final is not None:
            samples.append((one.final_split, one.final))
        for name, sample in samples:
            key = name, one.about["corpus"], sample.sha256
            key_to_group.setdefault(key, []).append((one, sample))
    for (name, corpus, _), group in key_to_group.items():
        yield name, corpus, group


def _scored(
    group: Sequence[tuple[Taggings, Sample]], draws: int
) -> tuple[dict[Row, Report], list[dict[str, Any]]]:
    """The figures of each recipe and gate and the differences between recipes, on the same draws of documents."""
    gold = group[0][1].gold
    row_to_figures: dict[Row, MemberFigures] = {
        (one.name, gate): member_figures(gold, behind(gate, sample))
        for one, sample in group
        for gate in GATES
    }
    discontinuous = sum(discontinuous_counts(gold, gold), Counts()).n_gold
    more = (DISCONTINUOUS,) if discontinuous else ()
    names = (*FIGURES, *more), (*COMPARED, *more)
    present = {one.name for one, _ in group}
    row_to_plain = {
        (one.name, gate): (_plain_of(one), gate)
        for one, _ in group
        for gate in GATES
        if _plain_of(one) in present - {one.name}
    }
    bootstrap = Bootstrap(len(gold), draws, groups_of(gold))
    rows, differences = compared_rows(row_to_figures, row_to_plain, names, bootstrap)
    counts = {
        "n": len(gold),
        "ade": sum(d.label == ADE for d in gold),
        "mentions": sum(c.n_gold for c in span_counts(gold, gold)),
        "discontinuous_n": discontinuous,
    }
    return {row: report | counts for row, report in rows.items()}, differences
