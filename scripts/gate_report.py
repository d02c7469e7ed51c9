"""The tables of `bench_gates.py`: each system of each recipe, with intervals and differences on the same draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from gate_streams import prevalence_report, recall_report
from gate_systems import (
    ENSEMBLES,
    FIGURES,
    PER_SEED,
    Answers,
    Sample,
    cross_fitted,
    member_figures,
    platt_calibrations,
    posterior_calibrations,
)
from recipe_runs import Samples
from seed_figures import Bootstrap, MemberFigures, Report, Row, compared_rows

from adetk.errors import AdetkError

COMPARED = ("f1", "average_precision")
SHARES = (0.01, 0.07, 0.30)
RECALL = 0.95
SPLITS = 200
STREAM_DRAWS = 200
"""Each draw estimates a share by iteration."""
BASELINES = ("cross_entropy_classify", "kfu_russian_classify")
"""How the name of a task's plain gate ends."""


Gate = Samples[Sample]
"""What the runs of one recipe for a gate scored."""


def gates_report(gates: Sequence[Gate], draws: int) -> dict[str, Any]:
    """All that is known about gates: `recipes` by name, and `pairs` of recipes under the same system."""
    recipes: dict[str, Any] = {g.name: _about(g) for g in gates}
    pairs: list[dict[str, Any]] = []
    for split, group in _samples(gates):
        rows, differences = _scored(group, draws)
        for (recipe, system), report in rows.items():
            recipes[recipe].setdefault(split, {})[system] = report
        pairs += [{"sample": split, **difference} for difference in differences]
    for gate in gates:
        if not _is_pool(gate):
            recipes[gate.name] |= _streams(gate)
    return {"recipes": recipes, "pairs": pairs}


def systems_of(members: int, is_pool: bool = False) -> list[str]:
    """The systems that so many seeds allow; of a pool of several recipes' no single member is shown."""
    return [*(() if is_pool else PER_SEED), *(ENSEMBLES if members > 1 else ())]


def answers_of(gate: Gate, system: str, on_final: bool) -> Answers:
    """A system's answers: on the final documents, or cross-fitted on those that choices are made on."""
    fit = {**PER_SEED, **ENSEMBLES}[system]
    if on_final:
        assert gate.final is not None
        return fit(gate.selection)(gate.final.margins)
    return cross_fitted(fit, gate.selection)


def _samples(gates: Sequence[Gate]) -> Iterator[tuple[str, list[tuple[Gate, Sample, bool]]]]:
    """Name of a sample, and the gates that saw the same documents of it."""
    name_to_group: dict[tuple[str, str], list[tuple[Gate, Sample, bool]]] = {}
    for gate in gates:
        places = [(gate.chosen_on, gate.selection, False)]
        if gate.final is not None:
            places.append((gate.final_split, gate.final, True))
        for name, sample, on_final in places:
            name_to_group.setdefault((name, sample.sha256), []).append((gate, sample, on_final))
    for (name, _), group in name_to_group.items():
        yield name, group


def _scored(
    group: Sequence[tuple[Gate, Sample, bool]], draws: int
) -> tuple[dict[Row, Report], list[dict[str, Any]]]:
    """The figures of each row and the differences between recipes, all on the same draws of documents."""
    labels = group[0][1].labels
    row_to_figures: dict[Row, MemberFigures] = {}
    for gate, sample, on_final in group:
        for system in systems_of(len(sample.margins), _is_pool(gate)):
            row_to_figures[gate.name, system] = member_figures(answers_of(gate, system, on_final), labels)
    plain = next((row for row in row_to_figures if row[0].endswith(BASELINES) and row[1] == "plain"), None)
    row_to_plain = {row: plain for row in row_to_figures if plain is not None and row != plain}
    bootstrap = Bootstrap(len(labels), draws)
    rows, differences = compared_rows(row_to_figures, row_to_plain, (FIGURES, COMPARED), bootstrap)
    counts = {"n": len(labels), "ade": int(labels.sum())}
    return {row: report | counts for row, report in rows.items()}, differences


def _is_pool(gate: Gate) -> bool:
    return "recipes" in gate.about


def _about(gate: Gate) -> dict[str, Any]:
    return {**gate.about, "chosen_on": gate.chosen_on, **({} if _is_pool(gate) else _choices(gate))}


def _choices(gate: Gate) -> dict[str, Any]:
    """What was chosen for each seed."""
    return {
        "source_priors": gate.selection.priors.tolist(),
        "posterior": [{"strength": c.strength} for c in posterior_calibrations(gate.selection)],
        "tuned": [asdict(c) for c in platt_calibrations(gate.selection)],
    }


def _streams(gate: Gate) -> dict[str, Any]:
    report: dict[str, Any] = {}
    with suppress(AdetkError):  # half of the ADE posts are too few to promise it
        report["min_recall"] = {str(RECALL): recall_report(gate.selection, RECALL, SPLITS)}
    if gate.final is not None:
        calibrations = platt_calibrations(gate.selection)
        report["prevalence"] = {
            str(share): prevalence_report(calibrations, gate.selection, gate.final, share, STREAM_DRAWS)
            for share in SHARES
        }
    return report
