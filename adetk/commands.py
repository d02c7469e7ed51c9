"""What the command line's verbs do, between its parsing and its printing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from adetk.errors import AdetkError
from adetk.html import shown
from adetk.io import STANDARD_STREAM, InputOptions, Location, RunOptions, RunSummary, Step, process
from adetk.pipeline import Pipeline
from adetk.recipe import Recipe

Trainer = Callable[[Recipe, Path, Path, str | None], dict[str, float]]
"""Recipe, corpora folder, part folder and terminology to development scores."""


def stream(
    source: str, out: str, pipeline: Pipeline, step: Step, options: RunOptions, html: Path | None = None
) -> RunSummary:
    """Run a step of `pipeline` over a file, with a progress bar when stderr is a terminal."""
    if html is not None:
        if options.resume:
            raise AdetkError("--html draws a whole run, --resume does a part of one; leave one of them out")
        step = shown(step, html)
    bar = Progress(
        TextColumn("posts"),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("posts", total=None)
        options = replace(
            options, fingerprint=pipeline.fingerprint, progress=lambda done: bar.update(task, completed=done)
        )
        return process(_location(source), _location(out), step, options)


def run_options(
    columns: tuple[str | None, str | None],
    formats: tuple[str | None, str | None],
    errors: Path | None,
    resume: bool,
    strict: bool,
) -> RunOptions:
    """Options of a run, from `(id column, text column)` and `(input format, output format)`."""
    return RunOptions(
        input=InputOptions(id_column=columns[0], text_column=columns[1], format=formats[0]),
        format=formats[1],
        errors=errors,
        resume=resume,
        strict=strict,
    )


def trainer(kind: str) -> Trainer:
    """The function that trains a part.

    Raises:
        AdetkError: what training needs is not installed.
    """
    try:
        if kind == "classify":
            from adetk.classify.train import train_classifier

            return lambda recipe, corpora, out, _: train_classifier(recipe, corpora, out)
        if kind == "extract":
            from adetk.extract.train import train_tagger

            return lambda recipe, corpora, out, _: train_tagger(recipe, corpora, out)
        from adetk.normalize.train import train_linker
    except ImportError as error:
        raise AdetkError(
            f"training needs {error.name}, not installed here; pip install 'adetk[train]'"
        ) from error
    return train_linker


def _location(place: str) -> Location:
    return STANDARD_STREAM if place == STANDARD_STREAM else Path(place)
