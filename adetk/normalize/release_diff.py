"""What a new release of a terminology changes, and which coded mentions that touches."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adetk.document import Concept, Link
from adetk.errors import AdetkError
from adetk.normalize.surface import fold
from adetk.normalize.terminology import CODABLE_LEVELS, Terminology

_log = logging.getLogger(__name__)

ADDED, REMOVED, RENAMED, MOVED = "added", "removed", "renamed", "moved"
RETIRED, REINSTATED = "made non-current", "made current"
KINDS = (ADDED, REMOVED, RENAMED, MOVED, RETIRED, REINSTATED)
LEVELS = ("SOC", "HLGT", "HLT", "PT", "LLT", "CTCAE", "TERM")

Key = tuple[str, str]
"""Level and code: a PT has the code of its own LLT."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that became different in one term.

    Attributes:
        kind: one of `KINDS`. An LLT is moved to another PT, a PT to another primary SOC.
        level: the term's.
        id: its code.
        name: its name in the new release; of a removed term, in the old one.
        before: of a renamed term its old name, of a moved one the code that it stood under; else empty.
        after: likewise in the new release.
    """

    kind: str
    level: str
    id: str
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class CodedMention:
    """A mention with the code that it was given.

    Attributes:
        id: its post's.
        start: first character in the post.
        end: end (exclusive) in the post.
        verbatim: its words.
        code: of the term that it was coded to.
        name: that term's name.
        terminology: name and version that it was coded in.
    """

    id: str
    start: int
    end: int
    verbatim: str
    code: str
    name: str
    terminology: str


@dataclass(frozen=True, slots=True)
class Touched:
    """A coded mention that a new release touches.

    Attributes:
        mention: the mention.
        changes: of its term, of its PT, and of terms that have its very words now.
        proposal: the term to use in the new release, as a link with its PT and SOC; None: a coder must choose.
    """

    mention: CodedMention
    changes: tuple[Change, ...]
    proposal: Link | None


def diff(old: Terminology, new: Terminology) -> list[Change]:
    """Compare two releases of one terminology: by level from the SOCs down, then by kind, then by code.

    A term that is renamed and moved gives two changes. A PT that becomes an LLT of another PT is removed as a PT and
    moved as an LLT; an LLT that becomes a PT is added as one.

    Raises:
        AdetkError: they have no term in common, or are in two languages.
    """
    before, after = _by_key(old), _by_key(new)
    if not any(key in after for key in before if key[0] in CODABLE_LEVELS):
        raise AdetkError(
            f"{old.label} and {new.label} have no term in common; expected two releases of one terminology"
        )
    if old.language and new.language and old.language != new.language:
        raise AdetkError(
            f"{old.label} is in {old.language}, {new.label} in {new.language}; expected one language: codes are the "
            "same in all, take two releases in one of them"
        )
    levels = {level for level, _ in before} & {level for level, _ in after}
    if unknown := sorted({level for level, _ in [*before, *after]} - levels, key=LEVELS.index):
        _log.warning(
            "only one of %s and %s has a file of each level (%s); these are left out",
            old.label,
            new.label,
            ", ".join(unknown),
        )
    keys = [key for key in {**before, **after} if key[0] in levels]
    changes = [change for key in keys for change in _changes(before.get(key), after.get(key))]
    return sorted(changes, key=lambda c: (LEVELS.index(c.level), KINDS.index(c.kind), c.id))


def touched(
    mentions: Iterable[CodedMention], old: Terminology, new: Terminology, changes: Sequence[Change]
) -> Iterator[Touched]:
    """Yield the mentions whose coding should be looked at again under `new`.

    These are mentions whose term or PT has changed, and mentions for which the new release has a term of their very
    words where the old one had none. What to use instead: that term; else the term itself, or the one that replaces
    it now; of a term that is gone the one that has its name now, else the one of its PT.

    Args:
        mentions: coded in `old`.
        old: the release that they were coded in.
        new: the release to come.
        changes: what `diff(old, new)` gave.
    """
    key_to_changes: dict[Key, list[Change]] = {}
    for change in changes:
        key_to_changes.setdefault((change.level, change.id), []).append(change)
    reworded = _reworded(changes, new)
    name_to_id = {fold(concept.name): concept.id for concept in reversed(new.offered())}
    for mention in mentions:
        direct = reworded.get(fold(mention.verbatim))
        if direct is not None and (mention.code == direct.id or fold(mention.name) == fold(mention.verbatim)):
            direct = None
        reasons = [*_reasons(mention.code, old, key_to_changes), *([] if direct is None else [direct])]
        if reasons:
            code = _successor(mention.code, old, new, name_to_id) if direct is None else direct.id
            yield Touched(
                mention, tuple(dict.fromkeys(reasons)), None if code is None else new.link(code, score=1.0)
            )


def _by_key(terminology: Terminology) -> dict[Key, Concept]:
    return {(concept.level, concept.id): concept for concept in terminology.everything()}


def _changes(before: Concept | None, after: Concept | None) -> Iterator[Change]:
    """The changes of one term; None where a release lacks it."""
    if before is None or after is None:
        there = before if after is None else after
        if there is not None:
            yield Change(ADDED if before is None else REMOVED, there.level, there.id, there.name)
        return
    if before.name != after.name:
        yield Change(RENAMED, after.level, after.id, after.name, before.name, after.name)
    if before.parent_id != after.parent_id and before.parent_id and after.parent_id:  # both known
        yield Change(MOVED, after.level, after.id, after.name, before.parent_id, after.parent_id)
    if before.is_current != after.is_current:
        yield Change(REINSTATED if after.is_current else RETIRED, after.level, after.id, after.name)


def _reworded(changes: Sequence[Change], new: Terminology) -> dict[str, Change]:
    """Comparable wording -> the change that made a current term of this name."""
    return {
        fold(change.name): change
        for change in reversed(changes)
        if change.level in CODABLE_LEVELS
        and change.kind in (ADDED, RENAMED, REINSTATED)
        and new.concept(change.id).is_current
    }


def _reasons(code: str, old: Terminology, key_to_changes: Mapping[Key, list[Change]]) -> Iterator[Change]:
    """Changes of a coded term; those of its PT too, unless it stands under another PT now."""
    own = [change for level in CODABLE_LEVELS for change in key_to_changes.get((level, code), ())]
    yield from own
    if not any(change.kind in (REMOVED, MOVED) for change in own):
        above = key_to_changes.get(("PT", old.pt_of(code)), ())
        # The PT's new name is its own LLT's new name: said once.
        yield from (c for c in above if not (c.kind == RENAMED and c.id == code))


def _successor(code: str, old: Terminology, new: Terminology, name_to_id: Mapping[str, str]) -> str | None:
    """The current term to use for one of the old release; None where there is no obvious one."""
    if code in new.concepts:
        today = new.current(code)
        return today.id if today.is_current else None
    same_name = name_to_id.get(fold(old.concept(code).name)) if code in old else None
    if same_name is not None:
        return same_name
    pt = new.concepts.get(old.pt_of(code))
    return pt.id if pt is not None and pt.is_current else None
