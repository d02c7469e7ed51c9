"""The arguments and options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Kind(StrEnum):
    """The three parts of a bundle."""

    classify = "classify"
    extract = "extract"
    normalize = "normalize"


class Task(StrEnum):
    """What can be evaluated."""

    classify = "classify"
    extract = "extract"
    normalize = "normalize"
    run = "run"


class Gate(StrEnum):
    """Which posts are tagged."""

    model = "model"
    none = "none"
    oracle = "oracle"


class Engine(StrEnum):
    """What does the work."""

    local = "local"
    ray = "ray"


class CandidateSet(StrEnum):
    """Which candidates of a mention are marked."""

    conformal = "conformal"


Input = Annotated[str, typer.Argument(help=".tsv .csv .jsonl .txt (also .gz), .parquet, or - for stdin")]
Out = Annotated[str, typer.Option("-o", "--out", help="output file; its extension is its format")]
Bundle = Annotated[Path | None, typer.Option(help="bundle folder [default: the one that travels with adetk]")]
Terms = Annotated[
    str, typer.Option("--terminology", help="ctcae, your MedDRA folder, or a .tsv with code and name")
]
GateOption = Annotated[
    Gate, typer.Option(help="which posts are tagged: by the gate, all, or by their own label")
]
Threshold = Annotated[
    float | None, typer.Option(help="least probability of an ADE post, 0 to 1 [default: the bundle's]")
]
Prior = Annotated[
    str | None,
    typer.Option(
        help="share of ADE posts in the stream, or a sheet of shares by drug; see adetk prior [default: the bundle's]"
    ),
]
MinRecall = Annotated[
    float | None,
    typer.Option(
        help="instead of a threshold: the share of ADE posts to keep, for posts like the calibration set"
    ),
]
Corpora = Annotated[
    Path, typer.Option(envvar="ADETK_CORPORA", help="folder of the corpora, see corpora/README.md")
]
OutFormat = Annotated[
    str | None, typer.Option("--format", help="output format, where the name does not tell")
]
InFormat = Annotated[str | None, typer.Option(help="input format, where the name does not tell")]
IdColumn = Annotated[str | None, typer.Option(help="column of the ids")]
TextColumn = Annotated[str | None, typer.Option(help="column of the texts")]
Errors = Annotated[Path | None, typer.Option(help="file for rows that cannot be used, with the reason")]
Resume = Annotated[bool, typer.Option(help="go on where an interrupted run to the same output stopped")]
Strict = Annotated[bool, typer.Option(help="stop at the first bad row")]
Html = Annotated[Path | None, typer.Option(help="also write a page that shows the mentions in their posts")]
Candidates = Annotated[
    CandidateSet | None,
    typer.Option(
        help="conformal: mark the smallest set of terms that holds the right one for 90 % of mentions"
    ),
]
Review = Annotated[
    Path | None, typer.Option(help="sheet (.tsv) of what was not sure, for adetk review apply")
]
Explain = Annotated[bool, typer.Option("--explain", help="say why each mention has its code")]
Synonyms = Annotated[
    Path | None, typer.Option(help="sheet (.tsv) of your own phrase and code, before all else")
]
EngineOption = Annotated[
    Engine,
    typer.Option(
        help="local: this process; ray: INPUT and OUT are folders of shards, coded by a Ray cluster"
    ),
]
WorkerNumber = Annotated[
    int | None, typer.Option("--workers", min=1, help="of --engine ray [default: as many as there are cores]")
]
WorkerThreads = Annotated[
    int | None, typer.Option("--threads", min=1, help="of each worker of --engine ray [default: 1]")
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


def print_numbers(report: Mapping[str, float], as_json: bool) -> None:
    """Print a report: as one JSON object, or a line a figure with its interval."""
    if as_json:
        print(json.dumps(report))
        return
    for key, value in report.items():
        if not key.endswith(("_low", "_high")):
            interval = (
                f"  [{report[f'{key}_low']:.3f}, {report[f'{key}_high']:.3f}]"
                if f"{key}_low" in report
                else ""
            )
            print(f"{key:30} {value:.3f}{interval}" if isinstance(value, float) else f"{key:30} {value}")
