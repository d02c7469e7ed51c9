"""The commands that measure: evaluate, score, submit, convert."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adetk.cli_options import (
    AsJson,
    Bundle,
    Corpora,
    Gate,
    GateOption,
    Input,
    Task,
    Terms,
    Threshold,
    print_numbers,
)
from adetk.errors import AdetkError

TaskName = Annotated[str, typer.Argument(help="smm4h2022-1a, -1b or -1c, smm4h2023, smm4h2024, smm4h2025")]


class Conjuncts(StrEnum):
    """What a mention of several codes asks for."""

    any = "any"
    first = "first"
    all = "all"


def evaluate(
    task: Task, corpus: Annotated[str, typer.Option(help="name of a corpus")],
    split: Annotated[str, typer.Option(help="its split")], corpora: Corpora = Path("corpora"), bundle: Bundle = None,
    terminology: Terms = "ctcae", gate: GateOption = Gate.model, threshold: Threshold = None,
    as_json: AsJson = False,
    unseen_in: Annotated[
        str | None, typer.Option(help="leave out posts whose text also stands in this split of the corpus")
    ] = None,
    slices_by: Annotated[
        str | None,
        typer.Option(metavar="SPLIT", help="extract, normalize: figures also by what stands in this split, or not"),
    ] = None,
    multi: Annotated[
        Conjuncts | None, typer.Option(help="normalize: of a mention's several codes, those asked for [default: any]")
    ] = None,
    log: Annotated[Path, typer.Option(help="where each scoring is appended")] = Path("results/valid_log.jsonl"),
) -> None:  # fmt: skip
    """Score a bundle on a corpus; every scoring is logged."""
    from adetk.evaluate.links import Multi
    from adetk.evaluate.runner import check_log, log_scoring, predicted, report_on, slices_on, without_shared
    from adetk.pipeline import Pipeline
    from adetk.readers import read_corpus

    _refuse_strays(task, slices_by, multi)
    check_log(log)
    rule: Multi = "any" if multi is None else multi.value
    pipeline = Pipeline.from_pretrained(bundle, terminology, gate.value, threshold)
    gold = read_corpus(corpus, split, corpora)
    if unseen_in is not None:
        gold = without_shared(gold, read_corpus(corpus, unseen_in, corpora))
    train = None if slices_by is None else read_corpus(corpus, slices_by, corpora)
    answers = predicted(task, pipeline, gold)
    report = report_on(task, gold, answers, pipeline.terminology, rule)
    if train is not None:
        report |= slices_on(task, gold, answers, train, pipeline.terminology, rule)
    settings = {
        "task": task.value,
        "corpus": corpus,
        "split": split if unseen_in is None else f"{split} without {unseen_in}",
        "gate": gate.value,
        "bundle_name": "default" if bundle is None else bundle.name,
        "bundle": pipeline.manifest.fingerprint,
        "terminology": pipeline.terminology.label,
    }
    for name, value in (("threshold", threshold), ("slices_by", slices_by), ("multi", multi)):
        if value is not None:
            settings[name] = str(value)
    log_scoring(log, settings, report)  # before anything is printed: whoever reads may stop reading
    print_numbers(report, as_json)


def score(
    task: TaskName, gold: Annotated[Path, typer.Option(help="the task's gold, as distributed")],
    pred: Annotated[Path, typer.Option(help="a submission")],
    llt: Annotated[Path | None, typer.Option(help="llt.asc, where it does not lie beside the gold")] = None,
    check: Annotated[bool, typer.Option("--check", help="only list what the official scorer would drop")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Score a submission by the shared task's own rules, and by rules that are not fooled."""
    from adetk.evaluate import official

    dropped = official.check(task, gold, pred, llt)
    if check:
        for row in dropped:
            print(f"{pred}:{row.line}: {row.reason}")
        return
    figures = official.score(task, gold, pred, llt)  # first, so that a refusal is one line
    if dropped:
        print(f"adetk: {len(dropped)} rows would be dropped or misread; --check lists them", file=sys.stderr)
    if as_json:
        print(json.dumps(figures))
        return
    print(official.official_text(task, figures))
    print_numbers({k: v for k, v in figures.items() if not k.startswith("official_")}, as_json=False)


def submit(
    task: Annotated[str, typer.Argument(help="a shared task, as smm4h2022-1b; an unknown one lists them")],
    source: Input,
    out: Annotated[Path, typer.Option("-o", "--out", help="submission to write")],
) -> None:
    """Write a submission from documents that adetk coded."""
    from adetk.evaluate.official import write_submission
    from adetk.io import BadRow, read_documents
    from adetk.io.places import check_places

    check_places({"input": source}, {"output": out})
    documents = []
    for row in read_documents("-" if source == "-" else Path(source)):
        if isinstance(row, BadRow):
            raise AdetkError(f"{source}:{row.line}: {row.reason}; a submission needs every row, correct it")
        documents.append(row)
    print(f"{write_submission(task, documents, out)} rows in {out}", file=sys.stderr)


def convert(
    corpus: Annotated[str, typer.Argument(help="name of a corpus, or a brat folder, CoNLL or JSONL file")],
    out: Annotated[Path, typer.Option("-o", "--out", help="FILE.jsonl, FILE.conll, or a folder for brat")],
    split: Annotated[str, typer.Option(help="of a corpus")] = "all", corpora: Corpora = Path("corpora"),
    format: Annotated[str | None, typer.Option(help="brat, conll, jsonl, or a shared task, for its submission")] = None,
) -> None:  # fmt: skip
    """Write a corpus in adetk's own format, brat or CoNLL."""
    from adetk.io.places import check_places
    from adetk.readers import CORPORA, read_corpus, read_path
    from adetk.readers.export import convert as write

    check_places({"input": corpus}, {"output": out})

    documents = read_corpus(corpus, split, corpora) if corpus in CORPORA else read_path(Path(corpus))
    print(f"{write(documents, out, format)} documents in {out}", file=sys.stderr)


def _refuse_strays(task: Task, slices_by: str | None, multi: Conjuncts | None) -> None:
    """Options that would be passed over in silence."""
    if slices_by is not None and task not in (Task.extract, Task.normalize):
        raise AdetkError(
            f"--slices-by tells mentions apart, for extract and normalize; leave it out of {task}"
        )
    if multi is not None and task is not Task.normalize:
        raise AdetkError(f"--multi is a rule of codes, for normalize; leave it out of {task}")
