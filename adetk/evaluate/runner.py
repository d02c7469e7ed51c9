"""Score a pipeline on a corpus's split, and log every scoring of a split that nobody may tune on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from adetk import __version__
from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.coded import CodeToPt
from adetk.evaluate.duplicates import shared_texts
from adetk.evaluate.figures import RANKS
from adetk.evaluate.links import Multi
from adetk.evaluate.report import (
    Report,
    report_classify,
    report_extract,
    report_extract_slices,
    report_normalize,
    report_normalize_slices,
    report_run,
)
from adetk.io.outputs import write_errors
from adetk.io.places import check_writable
from adetk.normalize.terminology import Terminology
from adetk.pipeline import Pipeline

TASKS = ("classify", "extract", "normalize", "run")
LOG = Path("results") / "valid_log.jsonl"
_OF_CODES = ("accuracy", "mean_reciprocal_rank", "end_to_end")


def evaluate(task: str, pipeline: Pipeline, gold: Sequence[Document]) -> Report:
    """Score one step, or the whole way, against gold documents: `report_on` what is `predicted`.

    Raises:
        AdetkError: an unknown task, or documents that lack what the task needs.
    """
    return report_on(task, gold, predicted(task, pipeline, gold), pipeline.terminology)


def predicted(task: str, pipeline: Pipeline, gold: Sequence[Document]) -> list[Document]:
    """What a pipeline makes of gold documents whose answers are taken away.

    Raises:
        AdetkError: an unknown task, or documents that lack what the task needs.
    """
    given = questions(task, gold, pipeline.gate)
    if task == "classify":
        return list(scored(pipeline, given))
    if task == "extract":
        return list(pipeline.extract(pipeline.classify(given)))
    if task == "normalize":
        linker = copy(pipeline.linker)  # the caller's keeps its number of candidates
        linker.candidates = max(RANKS)
        return list(linker(given))
    return list(pipeline(given))


def scored(pipeline: Pipeline, documents: Sequence[Document]) -> Iterator[Document]:
    """What the gate says of documents, as the pipeline reads it; of a pipeline that has none, its bundle's."""
    return pipeline.classify(documents) if pipeline.gate == "model" else pipeline.classifier(documents)


def questions(task: str, gold: Sequence[Document], gate: str = "model") -> list[Document]:
    """Gold documents without the answers that a task asks for.

    `normalize` is given the gold spans; the others start from the bare posts, which keep their label where the
    gate is `oracle`.

    Raises:
        AdetkError: an unknown task.
    """
    if task not in TASKS:
        raise AdetkError(f"task {task!r}: unknown; expected one of {', '.join(TASKS)}")
    if task == "normalize":
        return [replace(d, mentions=tuple(_unlinked(m) for m in d.mentions)) for d in gold]
    return [replace(d, mentions=(), score=None, label=d.label if gate == "oracle" else None) for d in gold]


def report_on(
    task: str,
    gold: Sequence[Document],
    predicted: Sequence[Document],
    terminology: Terminology,
    multi: Multi = "any",
) -> Report:
    """The report of a task of `TASKS`. Codes are compared at PT level where the terminology has PTs.

    `multi` is the rule of `normalize` for mentions of several conjuncts; see `link_hits`.

    Raises:
        AdetkError: documents that lack what the task needs.
    """
    if task == "classify":
        return report_classify(gold, predicted)
    if task == "extract":
        return report_extract(gold, predicted)
    report = partial(report_normalize, multi=multi) if task == "normalize" else report_run
    return _with_codable(report, gold, predicted, terminology)


def slices_on(
    task: str,
    gold: Sequence[Document],
    predicted: Sequence[Document],
    train: Sequence[Document],
    terminology: Terminology,
    multi: Multi = "any",
) -> Report:
    """The figures of `extract` or `normalize` by slice: what stands in `train` counts as seen.

    Raises:
        AdetkError: the task is neither of the two.
    """
    if task == "extract":
        return report_extract_slices(gold, predicted, train, terminology.pt_of)
    if task == "normalize":
        return report_normalize_slices(gold, predicted, train, terminology.pt_of, multi)
    raise AdetkError(f"task {task!r} has no slices: slices are of mentions; expected extract or normalize")


def coverage(gold: Sequence[Document], terminology: Terminology) -> float:
    """Share of the coded gold ADE mentions whose PT the terminology offers; 0 where none is coded."""
    coded = [m for d in gold for m in d.labelled(ADE) if m.gold]
    known = [m for d in codable_slice(gold, terminology) for m in d.labelled(ADE) if m.gold]
    return len(known) / len(coded) if coded else 0.0


def codable_slice(gold: Sequence[Document], terminology: Terminology) -> list[Document]:
    """The same documents, with the gold codes of mentions that the terminology cannot code taken away.

    Such a mention is then neither expected nor counted against a prediction (see `end_to_end_counts`).
    """
    offered = {terminology.pt_of(concept.id) for concept in terminology.offered()}

    def kept(mention: Mention) -> Mention:
        codes = (code for conjunct in mention.gold or () for code in conjunct)
        return mention if any(terminology.pt_of(c) in offered for c in codes) else replace(mention, gold=None)

    return [replace(d, mentions=tuple(kept(m) for m in d.mentions)) for d in gold]


def without_shared(scored: Sequence[Document], train: Sequence[Document]) -> list[Document]:
    """The scored documents whose text does not stand in the training documents too."""
    shared = set(shared_texts(train, scored))
    return [document for i, document in enumerate(scored) if i not in shared]


def check_log(path: Path) -> None:
    """Refuse a log that cannot be appended to, before anything is scored; its folder is made.

    Raises:
        AdetkError: names it.
    """
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path)


def log_scoring(path: Path, settings: dict[str, str], report: Report) -> None:
    """Append a scoring to the log: what was scored by what, when, and the figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entry = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "adetk": __version__,
        **settings,
        **report,
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def _with_codable(
    report: Callable[[Sequence[Document], Sequence[Document], CodeToPt], Report],
    gold: Sequence[Document],
    predicted: Sequence[Document],
    terminology: Terminology,
) -> Report:
    """The report, `coverage`, and where that is below 1 the figures of codes again over what can be coded."""
    whole = report(gold, predicted, terminology.pt_of)
    covered = coverage(gold, terminology)
    if covered in (0.0, 1.0):
        return whole | {"coverage": covered}
    part = report(codable_slice(gold, terminology), predicted, terminology.pt_of)
    codable = {f"codable_{k}": v for k, v in part.items() if k.startswith(_OF_CODES)}
    return whole | {"coverage": covered} | codable


def _unlinked(mention: Mention) -> Mention:
    return replace(mention, links=(), status="none", assertion="present")
