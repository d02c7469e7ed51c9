"""The files of a shared task: found in a folder as the organizers lay it out, and read as their scorers do.

The scorers open files in text mode, so a lone carriage return ends a line too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adetk.errors import AdetkError
from adetk.evaluate.official.rows import HEADER, Row, ids_of, refuse_strangers, rows_of


@dataclass(frozen=True, slots=True)
class Release:
    """What the organizers hold.

    Attributes:
        path: the gold file.
        gold: its rows.
        tweets: id -> text.
        code_to_pt: LLT or PT code -> PT code; empty where the task has no codes.
        seen: PT codes of the training data; None where the release does not tell.
    """

    path: Path
    gold: Sequence[Row]
    tweets: Mapping[str, str]
    code_to_pt: Mapping[str, str] = field(default_factory=dict)
    seen: frozenset[str] | None = None


def read_release(gold: Path, patterns: Sequence[str], coded: bool, llt: Path | None = None) -> Release:
    """Read the gold of a task and what lies beside it: `tweets.tsv`, `llt.asc`, `seen_concepts.txt`.

    Args:
        gold: the gold file, or the folder that holds it (or holds it in `ref`).
        patterns: names of the gold file, the most wanted first.
        coded: whether the task compares codes, so that `llt.asc` is needed.
        llt: `llt.asc` or its folder; None = beside the gold.

    Raises:
        AdetkError: a file is missing, ambiguous or unreadable, or gold and tweets share no id.
    """
    path = gold_file(gold, patterns)
    tweets = read_tweets(_found(path.parent, ("tweets.tsv", "*_tweets.tsv")))
    rows = read_rows(path)
    refuse_strangers(ids_of(rows), tweets, path)
    code_to_pt = read_code_to_pt(path.parent if llt is None else llt) if coded else {}
    seen = path.parent / "seen_concepts.txt"
    seen_pts = frozenset(_text(seen).splitlines()) if seen.exists() else None
    return Release(path, rows, tweets, code_to_pt, seen_pts)


def read_submission(pred: Path, release: Release) -> tuple[Path, list[Row]]:
    """The file of a submission and its rows.

    Raises:
        AdetkError: it is missing, ambiguous or unreadable, or about other tweets altogether.
    """
    path = prediction_file(pred)
    rows = read_rows(path)
    refuse_strangers(ids_of(rows), release.tweets, path)
    return path, rows


def gold_file(gold: Path, patterns: Sequence[str]) -> Path:
    """The gold file itself, or the first of the patterns that is in the folder or in its `ref`.

    Raises:
        AdetkError: nothing is there, or more than one file of a pattern.
    """
    if not gold.is_dir():
        return gold
    return _found(gold / "ref" if (gold / "ref").is_dir() else gold, patterns)


def prediction_file(pred: Path) -> Path:
    """The file itself, or the only one in the folder whose name does not start with `_` or `.`.

    Raises:
        AdetkError: the folder holds none or more than one.
    """
    if not pred.is_dir():
        return pred
    files = sorted(place for place in pred.iterdir() if place.is_file() and place.name[0] not in "_.")
    if len(files) != 1:
        raise AdetkError(f"{pred}: holds {len(files)} files; expected one submission in it: name the file")
    return files[0]


def read_rows(path: Path) -> list[Row]:
    """The rows of a tab-separated file.

    Raises:
        AdetkError: the file is missing or is not UTF-8.
    """
    return rows_of(_lines(path))


def read_tweets(path: Path) -> dict[str, str]:
    """Id -> text; of an id that is repeated the last text stands.

    Raises:
        AdetkError: a line has no tab, or there is no tweet.
    """
    tweets = {}
    for number, line in enumerate(_lines(path), start=1):
        id, tab, text = line.partition("\t")
        if line.strip() and not tab:
            raise AdetkError(f"{path}:{number}: no tab in the line; expected an id, a tab and the text")
        if line.strip() and id != HEADER:
            tweets[id] = text
    if not tweets:
        raise AdetkError(f"{path}: no tweet in it; expected an id, a tab and the text on each line")
    return tweets


def read_code_to_pt(where: Path) -> dict[str, str]:
    """LLT code -> PT code, from `llt.asc` or the folder that holds it; lines of too few fields are no terms.

    Raises:
        AdetkError: there is no `llt.asc`, or no term in it.
    """
    path = where / "llt.asc" if where.is_dir() else where
    if not path.is_file():
        raise AdetkError(f"no MedDRA at {path}: codes are compared as PTs; name llt.asc or its folder")
    # Codes are ASCII in every encoding that MedDRA comes in; the names are not looked at.
    lines = path.read_text(encoding="latin-1").split("\n")
    terms = [fields for fields in (line.split("$") for line in lines) if len(fields) > 2]
    if not terms:
        raise AdetkError(f"{path}: no line with three fields between $; expected MedDRA's llt.asc")
    return {fields[0]: fields[2] for fields in terms}


def _found(folder: Path, patterns: Sequence[str]) -> Path:
    for pattern in patterns:
        files = sorted(folder.glob(pattern))
        if len(files) > 1:
            names = ", ".join(file.name for file in files[:5])
            raise AdetkError(f"{folder}: {len(files)} files are called {pattern}: {names}; name one of them")
        if files:
            return files[0]
    raise AdetkError(f"{folder}: no {' or '.join(patterns)} in it; expected the task's files side by side")


def _lines(path: Path) -> list[str]:
    text = _text(path)
    return text.removesuffix("\n").split("\n") if text else []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise AdetkError(f"{path}: cannot be read ({error.strerror}); expected a file of the task") from error
    except UnicodeDecodeError as error:
        raise AdetkError(f"{path}: byte {error.start} is not UTF-8; convert the file to UTF-8") from error
