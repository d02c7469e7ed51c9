"""SMM4H 2025 Task 1: posts with an ADE, in several languages, as CSV of `id,predicted_label`."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adetk.errors import AdetkError
from adetk.evaluate.official.figures import CountsAndFormula, exact_ratios, scores_of
from adetk.evaluate.official.files import prediction_file
from adetk.evaluate.official.rows import Dropped, refuse_aborts, refuse_strangers, shown
from adetk.evaluate.scores import Counts

CELL_TO_LABEL = {"0": 0, "0.0": 0, "1": 1, "1.0": 1}
GOLD_COLUMNS = ("id", "label", "language")
COLUMNS = ("id", "predicted_label")


@dataclass(frozen=True, slots=True)
class Post:
    """Gold: label 1 for a post with an ADE, else 0, and its language."""

    label: int
    language: str


def score_smm4h2025(gold: Path, pred: Path) -> dict[str, float]:
    """Score a submission by the official rules, and with missing answers as 0.

    The official scorer leaves posts without an answer out of everything, so that answering for the easy posts
    alone pays. Of two answers for a post the last one counts. No millionth is added to denominators here.

    Args:
        gold: CSV with the columns `id`, `label` (0 or 1) and `language`, or a folder with nothing else in it.
        pred: CSV with the columns `id` and `predicted_label`, or a folder with nothing else in it. A file without
            a byte in it, at which the official scorer stops, scores 0.

    Returns:
        `precision recall f1` under `official_` and, for each language with an answer,
        `official_<language>_`; the same without `official_` for every language; each with `_low` and `_high` of
        its interval over posts, and `n` posts.

    Raises:
        AdetkError: a file is missing, unreadable or lacks a column, the submission is about other posts, or a
            label is neither 0 nor 1.
    """
    posts, answers, dropped = _read(gold, pred)
    refuse_strangers(answers, posts, prediction_file(pred))
    refuse_aborts(dropped, prediction_file(pred))
    return scores_of(label_counts(posts, answers))


def check_smm4h2025(gold: Path, pred: Path) -> list[Dropped]:
    """The lines of a submission that the official scorer drops or stops at, in order, and what is missing.

    Raises:
        AdetkError: a file is missing, unreadable or lacks a column.
    """
    posts, answers, dropped = _read(gold, pred)
    if _is_empty(prediction_file(pred)):
        dropped.append(Dropped(0, f"not even the header {','.join(COLUMNS)} is in it", aborts=True))
    missing = [id for id in posts if id not in answers]
    if missing:
        reason = f"no answer for {len(missing)} of {len(posts)} ids, first {shown(missing[0])}: left out"
        dropped.append(Dropped(0, reason))
    return sorted(dropped, key=lambda drop: drop.line)


def label_counts(posts: Mapping[str, Post], answers: Mapping[str, int]) -> dict[str, CountsAndFormula]:
    """The official and the fair counts of all posts and of each language, one for each post."""
    counts: dict[str, CountsAndFormula] = {}
    languages = sorted({post.language for post in posts.values()})
    for official in (True, False):
        start = "official_" if official else ""
        counts[start] = (_counts(posts, answers, official), exact_ratios)
        for language in languages:
            chosen = {id: post for id, post in posts.items() if post.language == language}
            if not official or any(id in answers for id in chosen):
                name = f"{start}{language}_"
                counts[name] = (_counts(posts, answers, official, language), exact_ratios)
    return counts


def _counts(
    posts: Mapping[str, Post], answers: Mapping[str, int], official: bool, language: str | None = None
) -> list[Counts]:
    counts = []
    for id, post in posts.items():
        is_asked = language in (None, post.language) and (id in answers or not official)
        answer = answers.get(id, 0)
        counts.append(Counts(post.label * answer, answer, post.label) if is_asked else Counts())
    return counts


def _read(gold: Path, pred: Path) -> tuple[dict[str, Post], dict[str, int], list[Dropped]]:
    gold_path, path = prediction_file(gold), prediction_file(pred)
    posts = _posts(gold_path)
    id_to_line: dict[str, int] = {}
    answers: dict[str, int] = {}
    dropped = []
    # A file without a byte in it answers nothing, which is worth 0 and no reason to refuse.
    for line, (id, cell) in [] if _is_empty(path) else _table(path, COLUMNS):
        if id not in posts:
            dropped.append(Dropped(line, f"id {shown(id)} is not in the gold: dropped"))
        if cell not in CELL_TO_LABEL:
            reason = f"predicted_label is {shown(cell)}, not 0 or 1"
            dropped.append(Dropped(line, reason, aborts=True))
        if id in id_to_line:
            dropped.append(Dropped(id_to_line[id], f"line {line} is about the same post: replaced by it"))
        id_to_line[id] = line
        answers[id] = CELL_TO_LABEL.get(cell, 0)
    return posts, answers, dropped


def _posts(path: Path) -> dict[str, Post]:
    posts = {}
    for line, (id, cell, language) in _table(path, GOLD_COLUMNS):
        if cell not in CELL_TO_LABEL or not language:
            found = f"label {shown(cell)} and language {shown(language)}"
            raise AdetkError(f"{path}:{line}: {found}; expected 0 or 1 and the name of a language")
        posts[id] = Post(CELL_TO_LABEL[cell], language)
    if not posts:
        raise AdetkError(f"{path}: no row in it; expected the gold posts")
    return posts


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _table(path: Path, columns: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The line and the cells of the wanted columns of each row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            absent = [name for name in columns if name not in header]
            if absent:
                raise AdetkError(
                    f"{path}: no column {', '.join(absent)}; found {', '.join(header)[:80]!r}; expected CSV with "
                    f"the columns {', '.join(columns)}"
                )
            positions = [header.index(name) for name in columns]
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except OSError as error:
        raise AdetkError(f"{path}: cannot be read ({error.strerror}); expected a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise AdetkError(f"{path}: is not CSV in UTF-8 ({error}); save it as such") from error
    short = [line for line, cells in rows if len(cells) != len(header)]
    if short:
        raise AdetkError(f"{path}:{short[0]}: not {len(header)} cells, as in the header; mend the row")
    table = [[cells[position].strip() for position in positions] for _, cells in rows]
    ids = _canonical([cells[0] for cells in table])
    return [(line, [id, *cells[1:]]) for (line, _), id, cells in zip(rows, ids, table, strict=True)]


def _canonical(ids: list[str]) -> list[str]:
    """A column of whole numbers only is one of numbers: 007 is 7 there."""
    return [str(int(id)) for id in ids] if all(re.fullmatch("[0-9]{1,18}", id) for id in ids) else ids
