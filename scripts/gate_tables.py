"""Tables of results/gates.json and results/curve.json, as `bench_gates.py` and `bench_curve.py` write them."""

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
CURVE_HEADINGS = ("written posts", "average precision", "F1", "average precision, own held-out posts")


def gates_tables(report: Report) -> list[str]:
    """Losses, calibration and ensembles of gates; other streams; promised recall. Each where it was measured."""
    places = sorted({found["chosen_on"].replace("_", " ") for found in report["recipes"].values()})
    titles_and_tables = (
        (
            f"**Gates by loss, calibration and ensemble, {' and '.join(places)}** (medians over seeds; held out = by "
            f"gates that did not learn from those posts; {report['date']}, `{report['command']}`)",
            *filled_columns(HEADINGS, list(gate_rows(report))),
        ),
        (
            "**Gates in streams with another share of ADE posts** (final split, weighted)",
            STREAM_HEADINGS,
            list(stream_rows(report)),
        ),
        (
            "**Promised recall** (`--min-recall`, held-out posts in random halves)",
            RECALL_HEADINGS,
            list(recall_rows(report)),
        ),
    )
    return [f"{title}\n\n{markdown(headings, rows)}" for title, headings, rows in titles_and_tables if rows]


def curve_table(report: Report) -> list[str]:
    """What more written posts add to the default gate."""
    title = (
        f"**What written posts add** (`{report['recipe']}` on {report['corpus']} {report['split']}; "
        f"{report['date']}, `{report['command']}`)"
    )
    return [f"{title}\n\n{markdown(CURVE_HEADINGS, list(curve_rows(report)))}"]


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


def curve_rows(report: Report) -> Iterator[Sequence[str]]:
    """A row for each number of written posts, under `CURVE_HEADINGS`."""
    for point in report["points"]:
        final = point[report["split"]]
        held = f"{point['development']['int8_average_precision']:.3f}"
        yield (f"{point['posts']:,}", figure(final, "average_precision"), figure(final, "f1"), held)


def figure(scoring: Report, key: str) -> str:
    """A figure with its interval where it has one; empty where it is not there."""
    if key not in scoring:
        return ""
    if f"{key}_low" not in scoring:
        return f"{scoring[key]:.3f}"
    return f"{scoring[key]:.3f} [{scoring[f'{key}_low']:.3f}, {scoring[f'{key}_high']:.3f}]"


def filled_columns(
    headings: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows without the columns that are empty in every row."""
    kept = [number for number in range(len(headings)) if any(row[number] for row in rows)]
    return [headings[number] for number in kept], [[row[number] for number in kept] for row in rows]


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
