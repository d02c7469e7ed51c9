"""A coder's decisions back in: codes into the output, a list of the company's own synonyms, a log of every change.

Everything is checked first, and all that is wrong is named by its row; then the log is appended to, and last the new
output takes the old one's place. A change therefore never stands without its entry in the log. A decision that
changes nothing is not logged, so that a sheet may be applied again after more of it was decided.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adetk import __version__
from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io import BadRow, Writer, read_documents
from adetk.io.outputs import write_errors
from adetk.io.places import check_places
from adetk.normalize.surface import fold
from adetk.normalize.synonyms import read_synonyms, refuse_unoffered, write_synonyms
from adetk.normalize.terminology import Terminology
from adetk.review import ACCEPT, CORRECT, REJECT, MentionKeys
from adetk.review_decisions import Decision, read_decisions

PAST = {ACCEPT: "accepted", CORRECT: "corrected", REJECT: "rejected"}


@dataclass(frozen=True)
class ReviewPlaces:
    """The files of a review.

    Attributes:
        sheet: with the decisions, as `adetk run --review` wrote it.
        output: the coded JSON lines of that run; rewritten.
        audit: JSON lines; appended to.
        synonyms: sheet of phrases and codes, to which decided wordings are added; None = none are kept.
    """

    sheet: Path
    output: Path
    audit: Path
    synonyms: Path | None = None


def apply_review(places: ReviewPlaces, terminology: Terminology) -> dict[str, int]:
    """Put a coder's decisions into an output.

    Accepted: the proposed term, or terms, is the answer. Corrected: the named one is, with method `review` and score 1.
    Rejected: no term is.

    Args:
        places: what to read and write.
        terminology: the one that the output was coded with.

    Returns:
        Counts: `accepted`, `corrected`, `rejected`, `unchanged` (it stood so already) and `open` (undecided).

    Raises:
        AdetkError: one file named for two purposes, or rows that cannot be applied, each by its number; then nothing
            is written.
    """
    check_places(
        {"sheet": places.sheet},
        {"output": places.output, "audit log": places.audit, "synonyms": places.synonyms},
    )
    decisions, n_open, problems = read_decisions(places.sheet)
    desk = _Desk(terminology, {decision.mention: decision for decision in decisions}, problems)
    documents = [desk.decided(document) for document in _documents(places.output)]
    problems += [
        f"row {d.row}: no {d.shown} in {places.output}: of another output?"
        for d in decisions
        if d.mention not in desk.seen
    ]
    synonyms = _synonyms(places, terminology, desk.phrases, problems)
    if problems:
        raise AdetkError(f"{places.sheet}: {'; '.join(problems)}; correct these rows, nothing was written")
    _append(places.audit, desk.entries)
    if places.synonyms is not None:
        write_synonyms(places.synonyms, synonyms)
    with Writer(places.output) as writer:
        for document in documents:
            writer.write(document)
    return {**{name: desk.counts[name] for name in (*PAST.values(), "unchanged")}, "open": n_open}


class _Desk:
    """Applies decisions to documents, and notes what it did and what it could not do."""

    def __init__(
        self, terminology: Terminology, decisions: Mapping[str, Decision], problems: list[str]
    ) -> None:
        self.terminology, self.problems = terminology, problems
        self._decisions = decisions
        self._at = datetime.now(UTC).isoformat(timespec="seconds")
        self._keys = MentionKeys()
        self.seen: set[str] = set()
        self.phrases: list[tuple[int, str, str]] = []
        self.entries: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()

    def decided(self, document: Document) -> Document:
        mentions = []
        for mention in document.mentions:
            key = self._keys.of(mention, document)
            decision = None if key is None else self._decisions.get(key)
            if key is None or decision is None:
                mentions.append(mention)
                continue
            self.seen.add(key)
            try:
                mentions.append(self._changed(mention, decision, document))
            except AdetkError as error:
                self.problems.append(f"row {decision.row}: {error}")
        return replace(document, mentions=tuple(mentions))

    def _changed(self, mention: Mention, decision: Decision, document: Document) -> Mention:
        coded_with = mention.links[0].terminology
        if coded_with != self.terminology.label:
            raise AdetkError(
                f"was coded with {coded_with}, not {self.terminology.label}: name it by --terminology"
            )
        changed = replace(mention, links=self._links(mention, decision), status="coded")
        if decision.kind == REJECT:
            changed = replace(mention, status="none")
        verbatim = mention.surface(document.text)
        if len(changed.answers) == 1 and fold(verbatim):
            self.phrases.append((decision.row, " ".join(verbatim.split()), changed.answers[0].concept_id))
        before, after = _state(mention), _state(changed)
        if before == after:
            self.counts["unchanged"] += 1
            return mention
        self.counts[PAST[decision.kind]] += 1
        self.entries.append(
            {
                "at": self._at,
                "reviewer": decision.reviewer,
                "decision": decision.kind,
                "id": document.id,
                "spans": [list(span) for span in mention.spans],
                "verbatim": verbatim,
                "before": before,
                "after": after,
                "comment": decision.comment,
                "terminology": self.terminology.label,
                "adetk": __version__,
            }
        )
        return changed

    def _links(self, mention: Mention, decision: Decision) -> tuple[Link, ...]:
        """The decided terms first, then the others as candidates."""
        id_to_link = {link.concept_id: link for link in reversed(mention.links)}
        strange = [code for code in decision.proposed if code not in id_to_link]
        if strange:
            raise AdetkError(
                f"proposed code {strange[0]!a} is no candidate of this mention: of another output?"
            )
        for code in decision.codes:
            refuse_unoffered(code, self.terminology)
        first = [
            id_to_link[code]
            if decision.kind != CORRECT
            else self.terminology.link(code, score=1.0, method="review")
            for code in decision.codes
        ]
        if len(first) > 1:
            first = [replace(link, conjunct=number) for number, link in enumerate(first)]
        else:
            first = [replace(link, conjunct=None) for link in first]
        rest = (
            replace(link, conjunct=None) for link in mention.links if link.concept_id not in decision.codes
        )
        return (*first, *rest)


def _state(mention: Mention) -> dict[str, Any]:
    return {"status": mention.status, "codes": [[link.concept_id, link.name] for link in mention.answers]}


def _documents(output: Path) -> Iterator[Document]:
    if not output.name.endswith((".jsonl", ".jsonl.gz")):
        raise AdetkError(f"{output}: decisions go into the JSON lines of a run; name its .jsonl output")
    for row in read_documents(output):
        if isinstance(row, BadRow):
            raise AdetkError(f"{output}:{row.line}: {row.reason}; expected what adetk wrote")
        yield row


def _synonyms(
    places: ReviewPlaces,
    terminology: Terminology,
    phrases: Sequence[tuple[int, str, str]],
    problems: list[str],
) -> dict[str, str]:
    """The list with the decided wordings; what contradicts it, or another row, goes to the problems."""
    if places.synonyms is None:
        return {}
    known = read_synonyms(places.synonyms, terminology) if places.synonyms.exists() else {}
    key_to_code = {fold(phrase): (code, f"in {places.synonyms}") for phrase, code in known.items()}
    for row, phrase, code in phrases:
        other, where = key_to_code.setdefault(fold(phrase), (code, f"in row {row}"))
        if other != code:
            problems.append(f"row {row}: {phrase!a} is {code}, {where} {other}")
        if where == f"in row {row}":
            known[phrase] = code
    return known


def _append(audit: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    with write_errors(audit), audit.open("a", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
