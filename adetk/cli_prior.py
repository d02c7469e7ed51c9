"""The command that estimates the share of ADE posts in a stream."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from adetk.cli_options import AsJson, Bundle, IdColumn, InFormat, Input, TextColumn, print_numbers

DRAWS = 200
ByDrug = Annotated[
    Path | None,
    typer.Option(
        help="also write a sheet (.tsv) of the shares by drug, for run --prior; not for a gate that learnt these drugs"
    ),
]


def prior(
    source: Input, bundle: Bundle = None, input_format: InFormat = None, id_column: IdColumn = None,
    text_column: TextColumn = None, by_drug: ByDrug = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Estimate the share of ADE posts in a stream from unlabelled posts, for run --prior."""
    from adetk.classify.calibration import estimate_prior
    from adetk.classify.drug_priors import estimate_drug_priors, write_drug_priors
    from adetk.document import Document
    from adetk.evaluate.bootstrap import interval_of
    from adetk.io import InputOptions, read_documents
    from adetk.io.places import check_places, check_writable
    from adetk.pipeline import Pipeline

    check_places({"input": source}, {"sheet of shares": by_drug})
    if by_drug is not None:
        check_writable(by_drug)
    options = InputOptions(id_column, text_column, input_format)
    rows = list(read_documents("-" if source == "-" else Path(source), options))
    posts = [row for row in rows if isinstance(row, Document)]
    if len(posts) < len(rows):
        print(f"{len(rows) - len(posts)} bad rows left out", file=sys.stderr)
    pipeline = Pipeline.from_pretrained(bundle)
    stream = pipeline.stream(posts)
    scores, known, ids = stream
    share = estimate_prior(scores, known)  # first: it says what is missing where there is no post
    low, high = interval_of(len(posts), lambda weights: estimate_prior(scores, known, weights), DRAWS)
    if by_drug is not None:
        write_drug_priors(by_drug, estimate_drug_priors(stream), ids, pipeline.drugs.id_to_name)
    report = {"prior": share, "prior_low": low, "prior_high": high, "n": len(posts)}
    print_numbers(report, as_json)
