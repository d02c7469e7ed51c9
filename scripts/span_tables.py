"""Table of results/spans.json, as `bench_spans.py report` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from gate_tables import figure, markdown
from run_data import DEVELOPMENT
from span_report import GATES

Report = Mapping[str, Any]

HEADINGS = (
    "tagger",
    "gate",
    "seeds",
    "held out",
    "F1, same borders, held out",
    "more than",
    "F1, overlapping, held out",
    "discontinuous found, held out",
    "F1, same borders, final split",
    "F1, overlapping, final split",
    "by the official rule",
    "discontinuous found, final split",
)


def spans_tables(report: Report) -> list[str]:
    """Taggers by recipe, behind the oracle gate and without a gate."""
    title = (
        "**Taggers by recipe** (medians over seeds; gate `oracle`: ADE posts only, `none`: every post; held out: by "
        "taggers that did not learn from those posts; more than = F1, same borders, than that of the recipe named; "
        f"{report['date']}, `{report['command']}`)"
    )
    return [f"{title}\n\n{markdown(HEADINGS, list(span_rows(report)))}"] if report["recipes"] else []


def span_rows(report: Report) -> Iterator[Sequence[str]]:
    """A row for each recipe and gate, under `HEADINGS`."""
    for recipe, found in report["recipes"].items():
        final = found.get(found["split"], {})
        held_out = dict.fromkeys(name for name in (found["chosen_on"], DEVELOPMENT) if name in found)
        for name, gate in product(held_out, GATES):
            at, last = found[name][gate], final.get(gate, {})
            yield (
                f"{_short(recipe)} ({found['corpus']})",
                gate,
                str(len(found["seeds"])),
                name.replace("_", " "),
                figure(at, "strict_f1"),
                _more_than(found["plain"], at),
                figure(at, "relaxed_f1"),
                figure(at, "discontinuous_recall"),
                figure(last, "strict_f1"),
                figure(last, "relaxed_f1"),
                figure(last, "official_relaxed_f1"),
                figure(last, "discontinuous_recall"),
            )


def _more_than(plain: str, at: Report) -> str:
    """The difference to the plain recipe, and its name."""
    difference = figure(at, "more_than_plain_strict_f1")
    return f"{_short(plain)}: {difference}" if difference else ""


def _short(recipe: str) -> str:
    return recipe.removesuffix("_extract")
