"""SMM4H 2021 and 2022 Task 1: tweets with an ADE (1a), where it is said (1b), its MedDRA term (1c)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from adetk.document import ADE, NO_ADE, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.coded import end_to_end_counts
from adetk.evaluate.official.figures import CountsAndFormula, exact_ratios, official_ratios, scores_of
from adetk.evaluate.official.files import Release, prediction_file, read_release, read_rows, read_submission
from adetk.evaluate.official.rows import Dropped, Row, refuse_aborts
from adetk.evaluate.official.spans import (
    NO_ID,
    Entry,
    by_tweet,
    doubtful_ids,
    doubtful_offsets,
    entries,
    pair_counts,
)
from adetk.evaluate.scores import gate_counts, span_counts

Subtask = Literal["1a", "1b", "1c"]
GOLD_FILES: Mapping[str, tuple[str, ...]] = {
    "1a": ("class.tsv", "*_class.tsv", "spans.tsv", "*_spans.tsv"),
    "1b": ("spans.tsv", "*_spans.tsv", "spans_norm.tsv", "*_spans_norm.tsv"),
    "1c": ("spans_norm.tsv", "*_spans_norm.tsv"),
}


def score_smm4h2022(task: Subtask, gold: Path, pred: Path, llt: Path | None = None) -> dict[str, float]:
    """Score a submission by the official rules, and by rules that are not fooled.

    1a: `official_precision official_recall official_f1` of tweets with an ADE, and `precision recall f1`.
    1b, 1c: `official_relaxed_...` and `official_strict_...`, and their one-to-one counterparts `relaxed_...` and
    `strict_...`. In 1c all of them ask for the same PT; one-to-one, gold without an id is not expected.

    Args:
        task: `1a`, `1b` or `1c`.
        gold: `class.tsv`, `spans.tsv` or `spans_norm.tsv` with `tweets.tsv` beside it, or their folder. A
            `class.tsv` of two columns, which the official scorer cannot read, is taken as it is meant.
        pred: the submission, or a folder with nothing else in it.
        llt: 1c: MedDRA's `llt.asc` or its folder; None = beside the gold.

    Returns:
        The figures, each with `_low` and `_high` of its interval over tweets, and `n` tweets.

    Raises:
        AdetkError: a file is missing or unreadable, the submission is about other tweets, or the official
            scorer would stop at one of its lines.
    """
    release = _release(task, gold, llt)
    path, rows = read_submission(pred, release)
    expected, gold_dropped = entries(release.gold, release.tweets, _code_to_pt(task, release))
    refuse_aborts(gold_dropped, release.path)
    given, dropped = entries(rows, release.tweets, _code_to_pt(task, release))
    refuse_aborts(dropped, path)
    return scores_of(_counts(task, expected, given, release.tweets))


def check_smm4h2022(task: Subtask, gold: Path, pred: Path, llt: Path | None = None) -> list[Dropped]:
    """The lines of a submission that the official scorer drops or misreads, in order.

    Raises:
        AdetkError: a file is missing or unreadable.
    """
    release = _release(task, gold, llt)
    rows = read_rows(prediction_file(pred))
    found, dropped = entries(rows, release.tweets, _code_to_pt(task, release))
    if task != "1a":
        dropped += doubtful_offsets(found, release.tweets)
    if task == "1c":
        dropped += doubtful_ids(found, release.code_to_pt)
    return sorted(dropped, key=lambda drop: drop.line)


def as_documents(found: Iterable[Entry], tweets: Mapping[str, str]) -> list[Document]:
    """Entries as documents that serve as gold and as predictions alike."""
    id_to_found = by_tweet(found)
    documents = []
    for tweet_id, text in tweets.items():
        mentions = tuple(_mention(entry) for entry in id_to_found.get(tweet_id, ()))
        documents.append(Document(tweet_id, text, ADE if mentions else NO_ADE, mentions=mentions))
    return documents


def _mention(entry: Entry) -> Mention:
    span = (entry.start, entry.end)
    if entry.ptid in NO_ID:
        return Mention((span,), gold=())
    link = Link(entry.ptid, entry.ptid)
    return Mention((span,), status="coded", links=(link,), gold=(frozenset({entry.ptid}),))


def _counts(
    task: Subtask, expected: list[Entry], given: list[Entry], tweets: Mapping[str, str]
) -> dict[str, CountsAndFormula]:
    gold, predicted = as_documents(expected, tweets), as_documents(given, tweets)
    if task == "1a":
        counts = gate_counts(gold, predicted)
        return {"official_": (counts, official_ratios), "": (counts, exact_ratios)}
    if task == "1b":
        relaxed, strict = (span_counts(gold, predicted, relaxed=relaxed) for relaxed in (True, False))
    else:
        relaxed, strict = (
            end_to_end_counts(gold, predicted, lambda ptid: ptid, relaxed) for relaxed in (True, False)
        )
    return {
        "official_relaxed_": (pair_counts(expected, given, tweets, strict=False), official_ratios),
        "official_strict_": (pair_counts(expected, given, tweets, strict=True), official_ratios),
        "relaxed_": (relaxed, exact_ratios),
        "strict_": (strict, exact_ratios),
    }


def _code_to_pt(task: Subtask, release: Release) -> Mapping[str, str] | None:
    return release.code_to_pt if task == "1c" else None


def _release(task: Subtask, gold: Path, llt: Path | None) -> Release:
    if task not in get_args(Subtask):
        raise AdetkError(f"subtask {task!r}: unknown; expected one of {', '.join(get_args(Subtask))}")
    release = read_release(gold, GOLD_FILES[task], task == "1c", llt)
    return replace(release, gold=[_of_five_cells(row) for row in release.gold]) if task == "1a" else release


def _of_five_cells(row: Row) -> Row:
    """The class file that participants get has two columns; the organizers score with one of five."""
    return replace(row, cells=(*row.cells, "0", "0", "-")) if len(row.cells) == 2 else row
