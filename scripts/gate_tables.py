"""README tables of results/gates.json, as `bench_gates.py report` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]

SYSTEM_TO_NAME = {
    "plain": "as trained, at .5",
    "posterior": "posterior calibration",
    "tuned": "Platt scaling and threshold",
    "vote_at_half": "vote, each at .5",
    "vote": "vote",
    "mean": "mean",
    "stack": "stack",
}
HEADINGS = (
    "gate",
    "decision",
    "seeds",
    "F1, held out",
    "more than plain",
    "average precision, held out",
    "ECE, held out",
    "F1, final split",
    "average precision, final split",
)


STREAM_HEADINGS = ("gate", "share of ADE", "F1 as it is", "F1 with the share estimated", "gain", "estimate")
RECALL_HEADINGS = ("gate", "recall asked for", "mean recall", "lowest", "held in", "other posts let through")


def gate_rows(report: Report) -> Iterator[Sequence[str]]:
    """A row for each recipe and system, under `HEADINGS`."""
    for recipe, found in report["recipes"].items():
        name = recipe.removesuffix("_classify")
        held, final = found[found["chosen_on"]], found.get(found["split"], {})
        for system, title in SYSTEM_TO_NAME.items():
            if system in held:
                at, last = held[system], final.get(system, {})
                yield (
                    f"{name} ({found['corpus']})",
                    title,
                    str(len(found["seeds"])),
                    figure(at, "f1"),
                    figure(at, "more_than_plain_f1"),
                    figure(at, "average_precision"),
                    figure(at, "ece"),
                    figure(last, "f1"),
                    figure(last, "average_precision"),
                )


def stream_rows(report: Report) -> Iterator[Sequence[str]]:
    """A row for each recipe and share of ADE in the stream, under `STREAM_HEADINGS`."""
    for recipe, found in report["recipes"].items():
        for share, at in found.get("prevalence", {}).items():
            names = ("f1_as_it_is", "f1_adapted", "gain", "estimated")
            yield (recipe.removesuffix("_classify"), share, *(figure(at, name) for name in names))


def recall_rows(report: Report) -> Iterator[Sequence[str]]:
    """A row for each recipe and promised recall, under `RECALL_HEADINGS`."""
    for recipe, found in report["recipes"].items():
        for recall, at in found.get("min_recall", {}).items():
            yield (
                recipe.removesuffix("_classify"),
                recall,
                *(f"{at[name]:.3f}" for name in ("mean_recall", "lowest_recall")),
                f"{at['held']:.2f} of {at['splits']} splits",
                f"{at['passed']:.3f}",
            )


def figure(scoring: Report, key: str) -> str:
    """A figure with its interval where it has one; empty where it is not there."""
    if key not in scoring:
        return ""
    if f"{key}_low" not in scoring:
        return f"{scoring[key]:.3f}"
    return f"{scoring[key]:.3f} [{scoring[f'{key}_low']:.3f}, {scoring[f'{key}_high']:.3f}]"
