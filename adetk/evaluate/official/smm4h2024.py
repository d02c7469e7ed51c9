"""SMM4H 2024 Task 1: the words of each ADE and its MedDRA id, as `tweet_id<TAB>words<TAB>id`, without offsets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from adetk.evaluate.official.concepts import concept_counts, unknown_ids
from adetk.evaluate.official.figures import CountsAndFormula, exact_ratios, official_ratios, scores_of
from adetk.evaluate.official.files import prediction_file, read_release, read_rows, read_submission
from adetk.evaluate.official.rows import HEADER, Dropped, Row, distinct, refuse_aborts, shown
from adetk.evaluate.scores import Counts

GOLD_FILES = ("gold_annotations_for_evaluation.tsv", "gold_annotations*.tsv")

IdToRows = Mapping[str, list[Row]]
"""Tweet id -> its rows, in order."""


def score_smm4h2024(gold: Path, pred: Path, llt: Path | None = None) -> dict[str, float]:
    """Score a submission by the official rules, and by fair ones.

    Extraction compares words, in their exact case. Officially words said twice in a tweet are right once and
    asked for twice, so that not even the gold reaches 1; the fair counterpart matches one to one.
    Normalization compares the sets of PTs of each tweet; what `llt.asc` lacks vanishes officially and is
    wrong otherwise.

    Args:
        gold: `gold_annotations_*.tsv` with `tweets.tsv` beside it, or their folder. Where `seen_concepts.txt`
            is there too, the PTs that it lacks are scored by themselves.
        pred: the submission, or a folder with nothing else in it.
        llt: MedDRA's `llt.asc` or its folder; None = beside the gold.

    Returns:
        `precision recall f1` under `official_extraction_`, `official_normalization_`, `official_unseen_`, and
        the same without `official_`; each with `_low` and `_high` of its interval over tweets, and `n` tweets.

    Raises:
        AdetkError: a file is missing or unreadable, the submission is about other tweets, or the official
            scorer would stop at one of its lines.
    """
    release = read_release(gold, GOLD_FILES, coded=True, llt=llt)
    path, rows = read_submission(pred, release)
    expected, gold_dropped = rows_by_tweet(release.gold, release.tweets)
    refuse_aborts(gold_dropped, release.path)
    given, dropped = rows_by_tweet(rows, release.tweets)
    refuse_aborts(dropped, path)
    counts = word_counts(expected, given, release.tweets)
    codes, answers = _codes(expected), _codes(given)
    counts |= concept_counts("normalization_", codes, answers, release.tweets, release.code_to_pt)
    if release.seen is not None:
        counts |= concept_counts("unseen_", codes, answers, release.tweets, release.code_to_pt, release.seen)
    return scores_of(counts)


def check_smm4h2024(gold: Path, pred: Path, llt: Path | None = None) -> list[Dropped]:
    """The lines of a submission that the official scorer drops, misreads or stops at, in order.

    Raises:
        AdetkError: a file is missing or unreadable.
    """
    release = read_release(gold, GOLD_FILES, coded=True, llt=llt)
    found, dropped = rows_by_tweet(read_rows(prediction_file(pred)), release.tweets)
    for rows in found.values():
        words_to_line: dict[str, int] = {}
        for row in rows:
            first = words_to_line.setdefault(row.cells[1], row.line)
            if first != row.line:
                reason = f"the words of line {first} again: asked for, never right in extraction"
                dropped.append(Dropped(row.line, reason))
            dropped += unknown_ids(row.line, [row.cells[2]], release.code_to_pt)
    return sorted(dropped, key=lambda drop: drop.line)


def word_counts(expected: IdToRows, given: IdToRows, tweet_ids: Iterable[str]) -> dict[str, CountsAndFormula]:
    """The official and the fair counts of extraction, one for each tweet."""
    official, fair = [], []
    for id in tweet_ids:
        wanted, answers = (Counter(row.cells[1] for row in side.get(id, ())) for side in (expected, given))
        official.append(Counts(len(wanted.keys() & answers.keys()), answers.total(), wanted.total()))
        fair.append(Counts((wanted & answers).total(), answers.total(), wanted.total()))
    return {"official_extraction_": (official, official_ratios), "extraction_": (fair, exact_ratios)}


def rows_by_tweet(rows: Iterable[Row], tweet_ids: Container[str]) -> tuple[IdToRows, list[Dropped]]:
    """The rows that count, by tweet, and why others do not."""
    kept, dropped = distinct(rows)
    id_to_rows: dict[str, list[Row]] = defaultdict(list)
    for row in kept:
        if len(row.cells) != 3:
            dropped.append(Dropped(row.line, f"{len(row.cells)} tab-separated cells, not 3", aborts=True))
        elif row.cells[0] == HEADER:
            continue
        elif row.cells[0] not in tweet_ids:
            reason = f"tweet id {shown(row.cells[0])} is not in tweets.tsv"
            dropped.append(Dropped(row.line, reason, aborts=True))
        else:
            id_to_rows[row.cells[0]].append(row)
    return id_to_rows, dropped


def _codes(id_to_rows: IdToRows) -> dict[str, list[str]]:
    return {id: [row.cells[2] for row in rows] for id, rows in id_to_rows.items()}
