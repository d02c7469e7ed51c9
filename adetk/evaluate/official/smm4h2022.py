"""SMM4H 2021 and 2022 Task 1: tweets with an ADE (1a), where it is said (1b), its MedDRA term (1c).

The rules are those of the organizers' SMM4H22ScoreTask1.py, with what is odd about them: lines are dropped
without a trace (`check_smm4h2022` finds them), spans that merely touch overlap, every matching pair counts, and
"no id" matches "no id". The one-to-one scores of `adetk.evaluate.scores` stand beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from adetk.document import ADE, NO_ADE, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.official.figures import exact_ratios, official_ratios, scores_of
from adetk.evaluate.official.files import Release, prediction_file, read_release, read_rows
from adetk.evaluate.official.rows import (
    HEADER,
    Dropped,
    Row,
    distinct,
    ids_of,
    refuse_aborts,
    refuse_strangers,
    shown,
)
from adetk.evaluate.scores import Counts, end_to_end_counts, gate_counts, span_counts

Subtask = Literal["1a", "1b", "1c"]
NO_ID = frozenset({"", "-", "ptid"})
GOLD_FILES: Mapping[str, tuple[str, ...]] = {
    "1a": ("class.tsv", "*_class.tsv", "spans.tsv", "*_spans.tsv"),
    "1b": ("spans.tsv", "*_spans.tsv", "spans_norm.tsv", "*_spans_norm.tsv"),
    "1c": ("spans_norm.tsv", "*_spans_norm.tsv"),
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A row that counts. `ptid`: PT code, "-" or "" where there is none, or an unknown id as it was given."""

    tweet_id: str
    start: int
    end: int
    ptid: str = ""


def score_smm4h2022(task: Subtask, gold: Path, pred: Path, llt: Path | None = None) -> dict[str, float]:
    """Score a submission by the official rules, and by rules that are not fooled.

    1a: `official_precision official_recall official_f1` of tweets with an ADE, and `precision recall f1`.
    1b, 1c: `official_relaxed_...` and `official_strict_...`, and their one-to-one counterparts `relaxed_...` and
    `strict_...`. In 1c a match asks for the same PT in all of them; one-to-one, gold without an id is not
    expected.

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
    path = prediction_file(pred)
    rows = read_rows(path)
    refuse_strangers(ids_of(rows), release.tweets, len(release.tweets), path)
    expected, gold_dropped = annotations(release.gold, release.tweets, _codes(task, release))
    given, dropped = annotations(rows, release.tweets, _codes(task, release))
    refuse_aborts(gold_dropped, gold)
    refuse_aborts(dropped, path)
    gold_documents, documents = (as_documents(found, release.tweets) for found in (expected, given))
    if task == "1a":
        counts = gate_counts(gold_documents, documents)
        return scores_of({"official_": (counts, official_ratios), "": (counts, exact_ratios)})
    tweets = list(release.tweets)
    own = span_counts if task == "1b" else _same_pt_counts
    return scores_of(
        {
            "official_relaxed_": (pair_counts(expected, given, tweets, strict=False), official_ratios),
            "official_strict_": (pair_counts(expected, given, tweets, strict=True), official_ratios),
            "relaxed_": (own(gold_documents, documents, relaxed=True), exact_ratios),
            "strict_": (own(gold_documents, documents, relaxed=False), exact_ratios),
        }
    )


def check_smm4h2022(task: Subtask, gold: Path, pred: Path, llt: Path | None = None) -> list[Dropped]:
    """The lines of a submission that the official scorer drops or misreads, in order.

    Raises:
        AdetkError: a file is missing or unreadable.
    """
    release = _release(task, gold, llt)
    _, dropped = annotations(read_rows(prediction_file(pred)), release.tweets, _codes(task, release))
    return sorted(dropped, key=lambda drop: drop.line)


def annotations(
    rows: Sequence[Row], tweets: Mapping[str, str], code_to_pt: Mapping[str, str] | None = None
) -> tuple[list[Annotation], list[Dropped]]:
    """The rows that count, and what is wrong with the others (or, of a row that counts, is doubtful).

    Args:
        rows: of a gold file or a submission.
        tweets: id -> text; rows about other tweets do not count.
        code_to_pt: ids found here become their PT, others stay; None = ids are not looked at (1a, 1b).
    """
    kept, dropped = distinct(rows)
    found = []
    for row in kept:
        fault = _fault(row, tweets)
        if fault is not None:
            dropped.append(fault)
        elif len(row.cells) in (5, 6) and row.cells[0] != HEADER and row.cells[1] == ADE:
            tweet_id, _, start, end, _, *ids = row.cells
            code = ids[0] if ids and code_to_pt is not None else ""
            found.append(Annotation(tweet_id, int(start), int(end), (code_to_pt or {}).get(code, code)))
            dropped += _doubts(row.line, found[-1], tweets[tweet_id], code_to_pt)
    return found, dropped


def pair_counts(
    expected: Iterable[Annotation], given: Iterable[Annotation], tweets: Iterable[str], strict: bool
) -> list[Counts]:
    """The official counts of 1b and 1c, one for each tweet.

    Every pair of a gold and a predicted annotation that match is a true positive; what is in no pair is a miss
    or a false alarm. `n_pred` and `n_gold` are the official denominators: pairs and false alarms, pairs and
    misses.
    """
    matches = _same if strict else _touch
    id_to_expected, id_to_given = _by_tweet(expected), _by_tweet(given)
    counts = []
    for tweet_id in tweets:
        wanted, answers = id_to_expected.get(tweet_id, []), id_to_given.get(tweet_id, [])
        pairs = sum(matches(a, b) for a in wanted for b in answers)
        misses = sum(not any(matches(a, b) for b in answers) for a in wanted)
        alarms = sum(not any(matches(a, b) for a in wanted) for b in answers)
        counts.append(Counts(pairs, pairs + alarms, pairs + misses))
    return counts


def as_documents(found: Iterable[Annotation], tweets: Mapping[str, str]) -> list[Document]:
    """Annotations as documents that serve as gold and as predictions alike."""
    id_to_found = _by_tweet(found)
    documents = []
    for tweet_id, text in tweets.items():
        mentions = tuple(_mention(annotation) for annotation in id_to_found.get(tweet_id, ()))
        documents.append(Document(tweet_id, text, ADE if mentions else NO_ADE, mentions=mentions))
    return documents


def _mention(annotation: Annotation) -> Mention:
    span = (annotation.start, annotation.end)
    if annotation.ptid in NO_ID:
        return Mention((span,), gold=())
    link = Link(annotation.ptid, annotation.ptid)
    return Mention((span,), status="coded", links=(link,), gold=(frozenset({annotation.ptid}),))


def _same_pt_counts(gold: Sequence[Document], given: Sequence[Document], relaxed: bool) -> list[Counts]:
    return end_to_end_counts(gold, given, lambda ptid: ptid, relaxed)


def _touch(a: Annotation, b: Annotation) -> bool:
    # Ends are exclusive, yet compared as if they were not: a span that starts where another ends matches.
    return a.ptid == b.ptid and (b.start <= a.start <= b.end or a.start <= b.start <= a.end)


def _same(a: Annotation, b: Annotation) -> bool:
    return (a.start, a.end, a.ptid) == (b.start, b.end, b.ptid)


def _by_tweet(found: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    id_to_found: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in found:
        id_to_found[annotation.tweet_id].append(annotation)
    return id_to_found


def _fault(row: Row, tweets: Mapping[str, str]) -> Dropped | None:
    """Why a row does not count; None where it does, or is not meant to (a header, noADE, a blank line)."""
    cells = row.cells
    if not row.content or cells[0] == HEADER:
        return None
    if len(cells) not in (5, 6):
        is_class_file = len(cells) == 2 and cells[1].casefold() in ("ade", "noade")
        hint = " (a class file as it is handed out cannot be submitted)" if is_class_file else ""
        return Dropped(row.line, f"{len(cells)} tab-separated cells, not 5 or 6: dropped{hint}")
    if cells[0] not in tweets:
        return Dropped(row.line, f"tweet id {shown(cells[0])} is not in tweets.tsv: dropped")
    if cells[1] != ADE:
        is_meant = cells[1].casefold() == NO_ADE.casefold()
        reason = f"type {shown(cells[1])} is not exactly {ADE}: dropped"
        return None if is_meant else Dropped(row.line, reason)
    if not (_is_whole(cells[2]) and _is_whole(cells[3])):
        reason = f"offsets {shown(cells[2])} and {shown(cells[3])} are not whole numbers"
        return Dropped(row.line, reason, aborts=True)
    return None


def _doubts(
    line: int, annotation: Annotation, text: str, code_to_pt: Mapping[str, str] | None
) -> list[Dropped]:
    doubts = []
    start, end, ptid = annotation.start, annotation.end, annotation.ptid
    if not 0 <= start < end <= len(text):
        doubts.append(Dropped(line, f"offsets {start} and {end} cut nothing out of {len(text)} characters"))
    if code_to_pt is not None and ptid in NO_ID - {"-"}:
        doubts.append(Dropped(line, f"id {ptid!r} is none: matches only gold with the same"))
    elif code_to_pt is not None and ptid != "-" and ptid not in code_to_pt and ptid not in code_to_pt.values():
        doubts.append(Dropped(line, f"id {shown(ptid)} is not in llt.asc: compared as it is"))
    return doubts


def _is_whole(cell: str) -> bool:
    try:
        int(cell)
    except ValueError:
        return False
    return True


def _codes(task: Subtask, release: Release) -> Mapping[str, str] | None:
    return release.code_to_pt if task == "1c" else None


def _release(task: Subtask, gold: Path, llt: Path | None) -> Release:
    if task not in get_args(Subtask):
        raise AdetkError(f"subtask {task!r}: unknown; expected one of {', '.join(get_args(Subtask))}")
    release = read_release(gold, GOLD_FILES[task], task == "1c", llt)
    if task != "1a":
        return release
    rows = [_with_five_cells(row) for row in release.gold]
    return Release(release.tweets, rows)


def _with_five_cells(row: Row) -> Row:
    """The class file that participants get has two columns; the organizers score with one of five."""
    return Row(row.line, row.content, (*row.cells, "0", "0", "-")) if len(row.cells) == 2 else row
