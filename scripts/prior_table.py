"""The table of results/priors.json, as `bench_priors.py` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gate_tables import figure, markdown

Report = Mapping[str, Any]
HEADINGS = ("gate, scored on", "read at", "F1", "more", "average precision", "more")


def priors_tables(report: Report) -> list[str]:
    """What the shares of a stream are worth."""
    streams = next(iter(report["gates"].values()))["streams"]
    seen = " and ".join(f"{stream['posts']} of {name}" for name, stream in streams.items())
    title = (
        f"**Gates at the shares of a stream** (valid: estimated from unlabelled tweets, {seen}; train: from its own, "
        "without their labels, by how many posts at the stream's share are counted with each drug's; "
        f"{report['date']}, `{report['command']}`)"
    )
    return [f"{title}\n\n" + markdown(HEADINGS, list(prior_rows(report)))]


def prior_rows(report: Report) -> Iterator[Sequence[str]]:
    """A row for each gate and share, under `HEADINGS`."""
    for name, gate in report["gates"].items():
        yield from _rows(f"{name}, valid", gate["systems"])
    yield from _rows(f"{next(iter(report['gates']))}, train", report["chosen_on_train"])


def _rows(place: str, systems: Mapping[str, Report]) -> Iterator[Sequence[str]]:
    for system, at in systems.items():
        figures = ("f1", "f1_difference", "average_precision", "average_precision_difference")
        yield (place, system, *(figure(at, key) for key in figures))
