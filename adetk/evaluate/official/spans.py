"""The rules of SMM4H 2021 and 2022 Task 1 over rows: which rows count, and how they are matched.

They are those of the organizers' SMM4H22ScoreTask1.py, with what is odd about them: rows are dropped without a
trace, spans that merely touch overlap, every matching pair counts, and "no id" matches "no id".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adetk.document import ADE, NO_ADE
from adetk.evaluate.official.rows import HEADER, Dropped, Row, distinct, shown
from adetk.evaluate.scores import Counts

NO_ID = frozenset({"", "-", "ptid"})
N_CELLS = (5, 6)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that counts: a span of a tweet.

    `ptid` is a PT code, "-" or "" where there is none, or an unknown id as it was given.
    """

    tweet_id: str
    start: int
    end: int
    ptid: str = ""
    line: int = field(default=0, compare=False)


def entries(
    rows: Iterable[Row], tweet_ids: Container[str], code_to_pt: Mapping[str, str] | None = None
) -> tuple[list[Entry], list[Dropped]]:
    """The rows that count, and why the others do not.

    Args:
        rows: of a gold file or a submission.
        tweet_ids: rows about other tweets do not count.
        code_to_pt: ids found here become their PT, others stay; None = ids are not looked at (1a, 1b).
    """
    kept, dropped = distinct(rows)
    found = []
    for row in kept:
        fault = _fault(row, tweet_ids)
        if fault is not None:
            dropped.append(fault)
        elif len(row.cells) in N_CELLS and row.cells[0] != HEADER and row.cells[1] == ADE:
            found.append(_entry(row, code_to_pt))
    return found, dropped


def pair_counts(
    expected: Iterable[Entry], given: Iterable[Entry], tweet_ids: Iterable[str], strict: bool
) -> list[Counts]:
    """The official counts of 1b and 1c, one for each tweet.

    Every pair of a gold and a predicted entry that match is a true positive; what is in no pair is a miss
    or a false alarm. `n_pred` and `n_gold` are the official denominators: pairs and false alarms, pairs and
    misses.
    """
    matches = _same if strict else _touch
    id_to_expected, id_to_given = by_tweet(expected), by_tweet(given)
    counts = []
    for tweet_id in tweet_ids:
        wanted, answers = id_to_expected.get(tweet_id, []), id_to_given.get(tweet_id, [])
        pairs = sum(matches(a, b) for a in wanted for b in answers)
        misses = sum(not any(matches(a, b) for b in answers) for a in wanted)
        alarms = sum(not any(matches(a, b) for a in wanted) for b in answers)
        counts.append(Counts(pairs, pairs + alarms, pairs + misses))
    return counts


def by_tweet(found: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Tweet id -> its entries, in order."""
    id_to_found: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        id_to_found[entry.tweet_id].append(entry)
    return id_to_found


def doubtful_offsets(found: Iterable[Entry], tweets: Mapping[str, str]) -> list[Dropped]:
    """The entries that cut nothing out of their tweet; they count all the same."""
    doubts = []
    for entry in found:
        length = len(tweets[entry.tweet_id])
        if not 0 <= entry.start < entry.end <= length:
            reason = f"offsets {entry.start} and {entry.end} cut no span out of {length} characters"
            doubts.append(Dropped(entry.line, reason))
    return doubts


def doubtful_ids(found: Iterable[Entry], code_to_pt: Mapping[str, str]) -> list[Dropped]:
    """The entries whose id is missing or unknown; they count all the same."""
    pts = frozenset(code_to_pt.values())
    doubts = []
    for entry in found:
        if entry.ptid in NO_ID - {"-"}:
            doubts.append(Dropped(entry.line, f"id {entry.ptid!r}: matches only gold with the same"))
        elif entry.ptid != "-" and entry.ptid not in pts:
            reason = f"id {shown(entry.ptid)} is not in llt.asc: compared as it is"
            doubts.append(Dropped(entry.line, reason))
    return doubts


def _entry(row: Row, code_to_pt: Mapping[str, str] | None) -> Entry:
    tweet_id, _, start, end, _, *ids = row.cells
    code = ids[0] if ids and code_to_pt is not None else ""
    ptid = code if code_to_pt is None else code_to_pt.get(code, code)
    return Entry(tweet_id, int(start), int(end), ptid, row.line)


def _fault(row: Row, tweet_ids: Container[str]) -> Dropped | None:
    """Why a row does not count; None where it does, or is not meant to (a header, noADE, a blank line)."""
    cells = row.cells
    if not row.content:
        return None
    if len(cells) not in N_CELLS:
        return Dropped(row.line, _wrong_width(cells))
    if cells[0] == HEADER:
        return None
    if cells[0] not in tweet_ids:
        return Dropped(row.line, f"tweet id {shown(cells[0])} is not in tweets.tsv: dropped")
    if cells[1] != ADE:
        is_meant = cells[1].casefold() == NO_ADE.casefold()
        reason = f"type {shown(cells[1])} is not exactly {ADE}: dropped"
        return None if is_meant else Dropped(row.line, reason)
    if not (_is_whole(cells[2]) and _is_whole(cells[3])):
        reason = f"offsets {shown(cells[2])} and {shown(cells[3])} are not whole numbers"
        return Dropped(row.line, reason, aborts=True)
    return None


def _wrong_width(cells: Sequence[str]) -> str:
    is_class_file = len(cells) == 2 and cells[1].casefold() in (ADE.casefold(), NO_ADE.casefold())
    hint = ": a class file as participants get it is none to submit" if is_class_file else ""
    return f"{len(cells)} tab-separated cells, not 5 or 6: dropped{hint}"


def _touch(a: Entry, b: Entry) -> bool:
    # Ends are exclusive, yet compared as if they were not: a span that starts where another ends matches.
    return a.ptid == b.ptid and (b.start <= a.start <= b.end or a.start <= b.start <= a.end)


def _same(a: Entry, b: Entry) -> bool:
    return (a.start, a.end, a.ptid) == (b.start, b.end, b.ptid)


def _is_whole(cell: str) -> bool:
    try:
        int(cell)
    except ValueError:
        return False
    return True
