"""What the command line's verbs do, between its parsing and its printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from adetk.classify.drug_priors import DrugPriors, read_drug_priors
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.html import shown
from adetk.io import STANDARD_STREAM, InputOptions, Location, RunOptions, RunSummary, Step, process
from adetk.io.formats import OUTPUT_FORMATS, format_of
from adetk.io.resume import difference_of, documents_before
from adetk.io.run import settings_of
from adetk.language import watched
from adetk.normalize.conformal import refuse_unfitted
from adetk.normalize.explain import told
from adetk.normalize.settings import LinkOptions
from adetk.normalize.synonyms import read_synonyms
from adetk.pipeline import Pipeline
from adetk.review import collected, refuse_decided

if TYPE_CHECKING:
    from adetk.recipe import Recipe

Trainer: TypeAlias = "Callable[[Recipe, Path, Path, str | None], dict[str, float]]"
"""Recipe, corpora folder, part folder and terminology to development scores."""


def prior_of(given: str | None) -> float | DrugPriors | None:
    """What `--prior` says: a share, or the shares by drug of a sheet.

    Raises:
        AdetkError: neither.
    """
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        path = Path(given)
    if not path.is_file():
        raise AdetkError(
            f"prior {given!r}: expected a share such as 0.07, or a sheet that adetk prior --by-drug wrote"
        )
    return read_drug_priors(path)


def stream(
    places: tuple[str, str],
    pipeline: Pipeline,
    name: str,
    options: RunOptions,
    html: Path | None = None,
    review: Path | None = None,
) -> RunSummary:
    """Run a step of `pipeline` over a file, with a progress bar when stderr is a terminal.

    Args:
        places: input and output.
        pipeline: what has the step; what it explains is said beside the bar.
        name: the step's: `run`, `classify`, `extract` or `normalize`.
        options: see `RunOptions`.
        html: page to write beside.
        review: sheet for a coder to write beside.
    """
    source, out = map(_location, places)
    options = replace(options, fingerprint=pipeline.fingerprint(name))
    step: Step = pipeline if name == "run" else getattr(pipeline, name)
    if name != "normalize":  # wordings are too short to tell their language
        step = watched(step, pipeline.languages(name))
    if html is not None:
        step = shown(step, html, _documents_before(out, options, html))
    if review is not None:
        refuse_decided(review)
        step = collected(step, review, _documents_before(out, options, review))
    with _terminal() as terminal:
        if pipeline.linking.explain and terminal is not None:
            step = told(step, terminal.say)
        progress = None if terminal is None else terminal.progress
        return process(source, out, step, replace(options, progress=progress))


def stream_shards(
    places: tuple[str, str],
    pipeline: Pipeline,
    open_pipeline: Callable[[], Pipeline],
    options: RunOptions,
    workers: tuple[int | None, int | None],
) -> RunSummary:
    """Run a pipeline over a folder of shards by the workers of a Ray cluster.

    Args:
        places: input and output folders.
        pipeline: what each worker is to have; its index is made here, once, where there is none yet.
        open_pipeline: opens the same, but for what is asked of its linker, in a worker.
        options: see `RunOptions`.
        workers: their number and the threads of each; None: as `Workers` has it.

    Raises:
        AdetkError: besides what `run_shards` raises, a worker that would give other documents than this machine.
    """
    from adetk.engine_ray import ONE_A_CORE, Workers, run_shards

    if STANDARD_STREAM in places:
        raise AdetkError("--engine ray reads and writes folders of shards; expected two: INPUT -o OUT")
    _ = pipeline.linker
    number, threads = workers
    crew = Workers(number, ONE_A_CORE.threads if threads is None else threads)
    # What Ray has to say of a dead worker it would print where data belong.
    with redirect_stdout(sys.stderr), _terminal() as terminal:
        progress = None if terminal is None else terminal.progress
        options = replace(options, fingerprint=pipeline.fingerprint(), progress=progress)
        open_step = partial(_opened, open_pipeline, Path.cwd(), pipeline.linking, options.fingerprint)
        return run_shards(Path(places[0]), Path(places[1]), open_step, options, crew)


def check_engine(name: str, of_local: Mapping[str, object], of_ray: Mapping[str, object]) -> None:
    """Refuse options that the other engine has.

    Raises:
        AdetkError: names the first of them.
    """
    foreign, other = (of_local, "local") if name == "ray" else (of_ray, "ray")
    for option, value in foreign.items():
        if value is not None:
            raise AdetkError(f"{option} is of --engine {other}, this is --engine {name}; leave it out")


def ask(pipeline: Pipeline, conformal: bool, review: bool, explain: bool, synonyms: Path | None) -> None:
    """Ask a pipeline's linker for more than its best candidates.

    Raises:
        AdetkError: candidate sets that the bundle was not fitted for, or a list of synonyms that cannot be used.
    """
    rows = {} if synonyms is None else read_synonyms(synonyms, pipeline.terminology)
    pipeline.linking = LinkOptions(conformal, review, explain, tuple(rows.items()))
    if conformal:
        refuse_unfitted(pipeline.linker.settings, pipeline.terminology)  # before any post is read


def run_options(
    columns: tuple[str | None, str | None],
    formats: tuple[str | None, str | None],
    errors: Path | None,
    resume: bool,
    strict: bool,
    verbatims: bool = False,
) -> RunOptions:
    """Options of a run, from `(id column, text column)` and `(input format, output format)`."""
    return RunOptions(
        input=InputOptions(columns[0], columns[1], formats[0], verbatims),
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


@dataclass(frozen=True, slots=True)
class _Terminal:
    """A progress bar, and what is said above it."""

    progress: Callable[[int], None]
    say: Callable[[str], None]


@contextmanager
def _terminal() -> Iterator[_Terminal | None]:
    """The terminal that stderr is; None where it is none."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # a tenth of a second
    from rich.progress import MofNCompleteColumn, Progress, TextColumn

    with Progress(TextColumn("posts"), MofNCompleteColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("posts", total=None)
        yield _Terminal(
            progress=lambda done: bar.update(task, completed=done),
            say=lambda text: bar.console.print(text, markup=False, highlight=False),
        )


def _opened(
    open_pipeline: Callable[[], Pipeline], folder: Path, linking: LinkOptions, fingerprint: str
) -> Step:
    """The step of a worker, which may be on another machine; paths are as seen from `folder`, where that is.

    Raises:
        AdetkError: the pipeline is another one there.
    """
    if folder.is_dir():
        os.chdir(folder)
    pipeline = open_pipeline()
    pipeline.linking = linking
    difference = difference_of(json.loads(fingerprint), json.loads(pipeline.fingerprint()))
    if difference:
        raise AdetkError(
            f"a worker would code otherwise than this machine ({difference}); expected the same adetk, bundle and "
            "terminology on each"
        )
    return watched(pipeline, pipeline.languages())


def _location(place: str) -> Location:
    return STANDARD_STREAM if place == STANDARD_STREAM else Path(place)


def _documents_before(out: Location, options: RunOptions, beside: Path) -> Iterable[Document]:
    """What a file beside the output holds of the part of a run that is not done again.

    Raises:
        AdetkError: that part is in a table, which holds less than documents do.
    """
    if not options.resume or out == STANDARD_STREAM:
        return ()
    if format_of(out, options.format, OUTPUT_FORMATS)[0] != "jsonl":
        raise AdetkError(
            f"{beside}: is of a whole run, and of its first part {out} has not all; expected a .jsonl output with "
            "--resume: leave out one"
        )
    return documents_before(Path(out), settings_of(options))
