"""The command `ablate`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adetk.cli_options import Bundle, Corpora, Terms

if TYPE_CHECKING:
    from adetk.evaluate.variants import Row

_BOUNDS = ("_low", "_high")
_FIGURES_ABREAST = 2
_CELL = 23
"""Characters of a difference with its interval."""


def ablate(
    corpus: Annotated[str, typer.Option(help="name of a corpus")],
    split: Annotated[str, typer.Option(help="its split")], corpora: Corpora = Path("corpora"), bundle: Bundle = None,
    terminology: Terms = "ctcae",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a variant on stdout")] = False,
    log: Annotated[Path, typer.Option(help="where each scoring is appended")] = Path("results/valid_log.jsonl"),
) -> None:  # fmt: skip
    """Show what the gate, each arm of the linker and the dictionary features are worth; every scoring is logged."""
    from adetk.evaluate.ablation import ablate as score
    from adetk.evaluate.runner import check_log, log_scoring
    from adetk.pipeline import Pipeline
    from adetk.readers import read_corpus

    check_log(log)
    pipeline = Pipeline.from_pretrained(bundle, terminology)
    rows = score(pipeline, read_corpus(corpus, split, corpora))
    settings = {
        "corpus": corpus,
        "split": split,
        "bundle_name": "default" if bundle is None else bundle.name,
        "bundle": pipeline.manifest.fingerprint,
        "terminology": pipeline.terminology.label,
    }
    groups = {ablation: list(group) for ablation, group in groupby(rows, lambda row: row.ablation)}
    for ablation, variants in groups.items():  # before anything is printed: whoever reads may stop reading
        figures = {f"{row.variant}_{name}": value for row in variants for name, value in row.report.items()}
        log_scoring(log, {"task": f"ablate {ablation}", **settings}, figures)
    for ablation, variants in groups.items():
        for line in map(_as_json, variants) if as_json else _table(ablation, variants):
            print(line)


def _as_json(row: Row) -> str:
    return json.dumps({"ablation": row.ablation, "variant": row.variant, **row.report})


def _table(ablation: str, rows: Sequence[Row]) -> Iterator[str]:
    """One line a variant: figure with interval, then its difference to the full system; two figures abreast."""
    report = rows[0].report
    figures = [name for name in report if f"{name}_low" in report and not name.endswith("_difference")]
    bounded = {f"{name}{bound}" for name in report for bound in _BOUNDS}
    scored = [f"{k} {_number(v)}" for k, v in report.items() if k not in bounded and f"{k}_low" not in report]
    title = f"{ablation} ({', '.join(scored)})"
    first = max(len(title), *(len(row.variant) + 2 for row in rows))
    for at in range(0, len(figures), _FIGURES_ABREAST):
        abreast = figures[at : at + _FIGURES_ABREAST]
        yield _line(title, first, [head for name in abreast for head in (name, "less the full one")])
        for row in rows:
            cells = [_cell(row, key) for name in abreast for key in (name, f"{name}_difference")]
            yield _line(f"  {row.variant}", first, cells)
        yield ""


def _line(name: str, width: int, cells: Sequence[str]) -> str:
    return f"{name:<{width}}" + "".join(f"  {cell:<{_CELL}}" for cell in cells).rstrip()


def _cell(row: Row, name: str) -> str:
    if name not in row.report:
        return "full"
    sign = "+" if name.endswith("_difference") else ""
    value, low, high = (row.report[key] for key in (name, *(f"{name}{bound}" for bound in _BOUNDS)))
    return f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def _number(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
