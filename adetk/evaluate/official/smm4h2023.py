"""SMM4H 2023 Task 5: the set of MedDRA PTs that each tweet reports, as `tweet_id<TAB>ptid & ptid`."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from adetk.evaluate.official.concepts import concept_counts, unknown_ids
from adetk.evaluate.official.figures import scores_of
from adetk.evaluate.official.files import prediction_file, read_release, read_rows, read_submission
from adetk.evaluate.official.rows import HEADER, Dropped, Row, distinct, shown

GOLD_FILES = ("norms.tsv", "*_norms.tsv")
BETWEEN_IDS = " & "


def score_smm4h2023(gold: Path, pred: Path, llt: Path | None = None) -> dict[str, float]:
    """Score a submission by the official rules, and with unknown ids as wrong answers.

    Args:
        gold: `norms.tsv` with `tweets.tsv` beside it, or their folder. Where `seen_concepts.txt` is there too,
            the PTs that it lacks are scored by themselves.
        pred: the submission, or a folder with nothing else in it.
        llt: MedDRA's `llt.asc` or its folder; None = beside the gold.

    Returns:
        `official_precision official_recall official_f1`, `official_unseen_...`, and the same without
        `official_`; each with `_low` and `_high` of its interval over tweets, and `n` tweets.

    Raises:
        AdetkError: a file is missing or unreadable, or the submission is about other tweets.
    """
    release = read_release(gold, GOLD_FILES, coded=True, llt=llt)
    _, rows = read_submission(pred, release)
    expected, _ = id_lists(release.gold, release.tweets)
    given, _ = id_lists(rows, release.tweets)
    counts = concept_counts("", expected, given, release.tweets, release.code_to_pt)
    if release.seen is not None:
        counts |= concept_counts("unseen_", expected, given, release.tweets, release.code_to_pt, release.seen)
    return scores_of(counts)


def check_smm4h2023(gold: Path, pred: Path, llt: Path | None = None) -> list[Dropped]:
    """The lines of a submission, and the ids in them, that the official scorer drops, in order.

    Raises:
        AdetkError: a file is missing or unreadable.
    """
    release = read_release(gold, GOLD_FILES, coded=True, llt=llt)
    rows = read_rows(prediction_file(pred))
    _, dropped = id_lists(rows, release.tweets)
    gone = {drop.line for drop in dropped}
    for row in rows:
        if len(row.cells) == 2 and row.cells[0] != HEADER and row.line not in gone:
            dropped += unknown_ids(row.line, row.cells[1].split(BETWEEN_IDS), release.code_to_pt)
    return sorted(dropped, key=lambda drop: drop.line)


def id_lists(rows: Iterable[Row], tweet_ids: Container[str]) -> tuple[dict[str, list[str]], list[Dropped]]:
    """Tweet id -> ids as they were given, and why other rows do not count. Of two rows the later one counts."""
    kept, dropped = distinct(rows)
    id_to_row: dict[str, Row] = {}
    for row in kept:
        if len(row.cells) != 2:
            if row.content:
                dropped.append(Dropped(row.line, f"{len(row.cells)} tab-separated cells, not 2: dropped"))
        elif row.cells[0] != HEADER:
            id = row.cells[0]
            if id not in tweet_ids:
                dropped.append(Dropped(row.line, f"tweet id {shown(id)} is not in tweets.tsv: dropped"))
                continue
            if id in id_to_row:
                reason = f"line {row.line} is about the same tweet: replaced by it"
                dropped.append(Dropped(id_to_row[id].line, reason))
            id_to_row[id] = row
    return {id: row.cells[1].split(BETWEEN_IDS) for id, row in id_to_row.items()}, dropped
