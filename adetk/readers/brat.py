r"""The brat standoff format: one `.ann` line an annotation, offsets into a `.txt` file.

`T1\tLABEL 0 4;8 12\tsurface` is a text-bound annotation with one or more fragments, `E1\tLABEL:T1 Role:E2`
an event, `A1\tNAME E1 value` an attribute, `R1\tNAME Arg1:T1 Arg2:T2` a relation, `#1\tAnnotatorNotes T1\twords` a
note, `N1\tReference T1 RESOURCE:CODE\tname` a term, `*\tEquiv T1 T2` says that annotations are one.
Some published files have runs of at least four spaces where the format wants a tab.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from adetk.document import Span
from adetk.errors import AdetkError
from adetk.readers.files import read_lines

_GAP = r"(?:\t| {4,})"
# The label may hold spaces (CADEC's code files: `10000001 + 10000002`), hence up to the first offsets; a few
# have one before it, too.
_TEXT_BOUND = re.compile(rf"(TT?\d+){_GAP} *(\S.*?)\s+((?:\d+ \d+)(?:;\d+ \d+)*){_GAP}(.*)")
_EVENT = re.compile(rf"(E\d+){_GAP}(\S+):(T\d+)((?: \S+:\S+)*)\s*")
_RELATION = re.compile(rf"R\d+{_GAP}(\S+) Arg1:(\S+) Arg2:(\S+)\s*")
_NOTE = re.compile(rf"#\d+{_GAP}(\S+) ([A-Z]\d+){_GAP}(.*)")
_ATTRIBUTE = re.compile(rf"[AM]\d+{_GAP}(\S+) ([TE]\d+)(?: (.*))?")
_TERM = re.compile(rf"N\d+{_GAP}\S+ ([TE]\d+) ([^\s:]+):(\S+)(?:{_GAP}(.*))?")
_EQUIVALENCE = re.compile(rf"\*{_GAP}\S+(?: [TE]\d+)+\s*")


@dataclass(frozen=True, slots=True)
class TextBound:
    """Words with a label. `spans` keep the file's order, which need not be the text's; `where`: file:line."""

    id: str
    label: str
    spans: tuple[Span, ...]
    surface: str
    where: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event on a text-bound trigger. `roles`: names of its arguments, a digit after a repeated name."""

    id: str
    label: str
    trigger: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named value of an event or of a text-bound annotation."""

    name: str
    target: str
    value: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A named arrow from one annotation to another."""

    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Note:
    """What an annotator wrote about an annotation."""

    target: str
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Term:
    """What an annotator coded an annotation to."""

    target: str
    resource: str
    code: str


@dataclass(frozen=True, slots=True)
class Annotations:
    """Everything of one `.ann` file, in its order; notes that are about no annotation are left out."""

    text_bounds: tuple[TextBound, ...]
    events: tuple[Event, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    relations: tuple[Relation, ...] = ()
    notes: tuple[Note, ...] = ()
    terms: tuple[Term, ...] = ()
    n_equivalences: int = 0


def read_annotations(path: Path, encoding: str = "utf-8") -> Annotations:
    """Parse an `.ann` file.

    Raises:
        AdetkError: a line is of no kind that brat knows, or an id stands twice.
    """
    text_bounds: dict[str, TextBound] = {}
    events: dict[str, Event] = {}
    attributes: list[Attribute] = []
    relations: list[Relation] = []
    notes: list[Note] = []
    terms: list[Term] = []
    n_equivalences = 0
    for where, line in read_lines(path, encoding):
        line = line.rstrip("\r")
        if line.startswith("#"):
            notes += _notes(line, where)
        elif match := _TEXT_BOUND.fullmatch(line):
            _check_new(match[1], text_bounds, where)
            text_bounds[match[1]] = _text_bound(match, where)
        elif match := _EVENT.fullmatch(line):
            _check_new(match[1], events, where)
            events[match[1]] = _event(match)
        elif match := _ATTRIBUTE.fullmatch(line):
            attributes.append(Attribute(match[1], match[2], "" if match[3] is None else match[3]))
        elif match := _RELATION.fullmatch(line):
            relations.append(Relation(match[1], match[2], match[3]))
        elif match := _TERM.fullmatch(line):
            terms.append(Term(match[1], match[2], match[3]))
        elif _EQUIVALENCE.fullmatch(line):
            n_equivalences += 1
        else:
            raise AdetkError(
                f"{where}: {line[:60]!a} is no brat line; expected 'T1<tab>LABEL start end<tab>words', "
                "an event (E), an attribute (A, M), a relation (R, *), a term (N) or a note (#)"
            )
    return Annotations(
        tuple(text_bounds.values()),
        tuple(events.values()),
        tuple(attributes),
        tuple(relations),
        tuple(notes),
        tuple(terms),
        n_equivalences,
    )


def _text_bound(match: re.Match[str], where: str) -> TextBound:
    fragments = (fragment.split(" ") for fragment in match[3].split(";"))
    spans = tuple((int(start), int(end)) for start, end in fragments)
    return TextBound(match[1], match[2], spans, match[4], where)


def _event(match: re.Match[str]) -> Event:
    roles = tuple(argument.partition(":")[0] for argument in match[4].split())
    return Event(match[1], match[2], match[3], roles)


def _notes(line: str, where: str) -> list[Note]:
    match = _NOTE.fullmatch(line)
    return [] if match is None else [Note(match[2], match[3], where)]


def _check_new(id: str, known: Collection[str], where: str) -> None:
    if id in known:
        raise AdetkError(f"{where}: {id} stands here a second time; expected each id once in a file")
