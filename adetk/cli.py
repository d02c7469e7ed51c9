"""The command line: parse, one call, print. stdout is data, stderr is talk."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from adetk import (
    __version__,
    cli_ablate,
    cli_calibrate,
    cli_measure,
    cli_pretrain,
    cli_prior,
    cli_review,
    cli_terminology,
)
from adetk.cli_options import (
    Bundle,
    Candidates,
    Corpora,
    Engine,
    EngineOption,
    Errors,
    Explain,
    Gate,
    GateOption,
    Html,
    IdColumn,
    InFormat,
    Input,
    Kind,
    MinRecall,
    Out,
    OutFormat,
    Prior,
    Resume,
    Review,
    Strict,
    Synonyms,
    Terms,
    TextColumn,
    Threshold,
    WorkerNumber,
    WorkerThreads,
    print_numbers,
)
from adetk.errors import AdetkError

if TYPE_CHECKING:
    from adetk.io import RunSummary

INTERRUPTED = 130
"""Exit status with which typer ends what Ctrl-C has stopped."""

app = typer.Typer(
    help="Adverse drug events in patient text: find the posts, find the words, code them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cli_terminology.app, name="terminology")
app.add_typer(cli_calibrate.app, name="calibrate")
app.add_typer(cli_review.app, name="review")
for _command in (
    cli_measure.evaluate,
    cli_measure.score,
    cli_measure.submit,
    cli_measure.convert,
    cli_ablate.ablate,
    cli_prior.prior,
    cli_pretrain.pretrain,
):
    app.command()(_command)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="print the version")] = False) -> None:
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def run(
    source: Input, out: Out = "-", bundle: Bundle = None, terminology: Terms = "ctcae", gate: GateOption = Gate.model,
    threshold: Threshold = None, prior: Prior = None, min_recall: MinRecall = None,
    format: OutFormat = None, input_format: InFormat = None, id_column: IdColumn = None,
    text_column: TextColumn = None, candidates: Candidates = None, synonyms: Synonyms = None,
    review: Review = None, explain: Explain = False, errors: Errors = None, html: Html = None,
    resume: Resume = False, strict: Strict = False, engine: EngineOption = Engine.local,
    workers: WorkerNumber = None, threads: WorkerThreads = None,
) -> None:  # fmt: skip
    """Posts in, coded events out: classify, extract, normalize."""
    from adetk.commands import ask, check_engine, prior_of, run_options, stream, stream_shards
    from adetk.io.places import check_places
    from adetk.pipeline import Pipeline

    reads = {"input": source, "terminology": terminology, "prior": prior, "synonyms": synonyms}
    check_places(reads, {"output": out, "errors file": errors, "page": html, "review sheet": review})
    check_engine(
        engine.value, {"--html": html, "--review": review}, {"--workers": workers, "--threads": threads}
    )
    given = bundle, terminology, gate.value, threshold, prior_of(prior), min_recall
    opener = partial(Pipeline.from_pretrained, *given)
    pipeline = opener()
    ask(pipeline, candidates is not None, review is not None, explain, synonyms)
    options = run_options((id_column, text_column), (input_format, format), errors, resume, strict)
    if engine is Engine.ray:
        _close(stream_shards((source, out), pipeline, opener, options, (workers, threads)), errors)
        return
    _close(stream((source, out), pipeline, "run", options, html, review), errors)


@app.command()
def classify(
    source: Input, out: Out = "-", bundle: Bundle = None, threshold: Threshold = None,
    prior: Prior = None, min_recall: MinRecall = None,
    format: OutFormat = None, input_format: InFormat = None,
    id_column: IdColumn = None, text_column: TextColumn = None, errors: Errors = None, resume: Resume = False,
    strict: Strict = False,
) -> None:  # fmt: skip
    """Say of each post whether it reports an adverse drug event."""
    from adetk.commands import prior_of, run_options, stream
    from adetk.io.places import check_places
    from adetk.pipeline import Pipeline

    check_places({"input": source, "prior": prior}, {"output": out, "errors file": errors})
    pipeline = Pipeline.from_pretrained(
        bundle, threshold=threshold, prior=prior_of(prior), min_recall=min_recall
    )
    options = run_options((id_column, text_column), (input_format, format), errors, resume, strict)
    _close(stream((source, out), pipeline, "classify", options), errors)


@app.command()
def extract(
    source: Input, out: Out = "-", bundle: Bundle = None, format: OutFormat = None, input_format: InFormat = None,
    id_column: IdColumn = None, text_column: TextColumn = None, errors: Errors = None, html: Html = None,
    resume: Resume = False, strict: Strict = False,
) -> None:  # fmt: skip
    """Find the effects and the drugs; posts labelled noADE get drugs only."""
    from adetk.commands import run_options, stream
    from adetk.io.places import check_places
    from adetk.pipeline import Pipeline

    check_places({"input": source}, {"output": out, "errors file": errors, "page": html})
    pipeline = Pipeline.from_pretrained(bundle)
    options = run_options((id_column, text_column), (input_format, format), errors, resume, strict)
    _close(stream((source, out), pipeline, "extract", options, html), errors)


@app.command()
def normalize(
    source: Input, out: Out = "-", bundle: Bundle = None, terminology: Terms = "ctcae", format: OutFormat = None,
    input_format: InFormat = None, id_column: IdColumn = None, text_column: TextColumn = None,
    candidates: Candidates = None, synonyms: Synonyms = None, review: Review = None, explain: Explain = False,
    errors: Errors = None, resume: Resume = False, strict: Strict = False,
) -> None:  # fmt: skip
    """Code the effects; a row that was not tagged is one verbatim: a coder's column is coded as it is."""
    from adetk.commands import ask, run_options, stream
    from adetk.io.places import check_places
    from adetk.pipeline import Pipeline

    reads = {"input": source, "terminology": terminology, "synonyms": synonyms}
    check_places(reads, {"output": out, "errors file": errors, "review sheet": review})
    pipeline = Pipeline.from_pretrained(bundle, terminology)
    ask(pipeline, candidates is not None, review is not None, explain, synonyms)
    columns, formats = (id_column, text_column), (input_format, format)
    options = run_options(columns, formats, errors, resume, strict, verbatims=True)
    _close(stream((source, out), pipeline, "normalize", options, None, review), errors)


@app.command()
def train(
    kind: Kind, recipe: Path, out: Annotated[Path, typer.Option("-o", "--out", help="part folder to write")],
    corpora: Corpora = Path("corpora"),
    terminology: Annotated[
        str | None, typer.Option(help="for a linker: ctcae, your MedDRA folder, or a .tsv with code and name")
    ] = None,
    fold: Annotated[
        int | None, typer.Option(min=0, help="what {fold} in the recipe's splits stands for [default: 0]")
    ] = None,
) -> None:  # fmt: skip
    """Train one part by a recipe."""
    logging.getLogger("adetk").setLevel(logging.INFO)
    from adetk.commands import trainer
    from adetk.recipe import read_recipe

    plan = read_recipe(recipe, fold)
    if plan.kind != kind:
        raise AdetkError(
            f"{recipe}: is a recipe for {plan.kind}, not for {kind.value}; say adetk train {plan.kind}"
        )
    print_numbers(trainer(plan.kind)(plan, corpora, out, terminology), as_json=True)


@app.command()
def bundle(
    classify: Path, extract: Path, normalize: Path,
    out: Annotated[Path, typer.Option("-o", "--out", help="bundle folder to write")],
) -> None:  # fmt: skip
    """Make three trained parts into one bundle; a bundle in a part's place lends its own."""
    from adetk.bundle import read_part, write_bundle
    from adetk.card import bundle_card

    parts = {"classify": classify, "extract": extract, "normalize": normalize}
    settings = {kind: read_part(folder, kind, verify=False)[1].settings for kind, folder in parts.items()}
    write_bundle(parts, out, bundle_card(out.name, settings))


def main() -> None:
    """Entry point: errors of input or data are one line and exit status 1."""
    # OpenVINO would import its converters of models, which takes longer than all else of it, and does without them.
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
    logging.basicConfig(level=logging.WARNING, format="adetk: %(message)s", stream=sys.stderr)
    try:
        app()
    except AdetkError as error:
        _give_up(f"adetk: {error}")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print("adetk: interrupted; a run into a file goes on with --resume", file=sys.stderr)
        raise
    except BrokenPipeError:  # the reader of our stdout has gone, as `head` does
        _give_up(None)
    except OSError as error:
        _give_up(
            f"adetk: {error.filename or 'standard output'}: {error.strerror}; name another file or folder"
        )


def _give_up(said: str | None) -> NoReturn:
    """Exit with status 1; what stdout still holds is dropped, or Python would try to write it once more."""
    if said is not None:
        print(said, file=sys.stderr)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def _close(summary: RunSummary, errors: Path | None) -> None:
    bad = f", {summary.bad} bad rows left out" if summary.bad else ""
    if bad and errors is None:
        bad += "; --errors FILE keeps them, each with the reason"
    print(f"{summary.written} posts in {summary.seconds:.1f} s{bad}", file=sys.stderr)
