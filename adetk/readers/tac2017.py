"""TAC 2017 ADR (SPL-ADR-200db): sections of drug labels in brat format, with MedDRA codes and CUIs.

Attributes hang on events, and events on the words; a mention can have several events, of which one is coded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.brat import Annotations, Event, TextBound, read_annotations
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_text
from adetk.readers.partition import split_of
from adetk.readers.spans import check_surface, in_text_order

ALL = "all"
SHARES = {"train": 80, "test": 20}
REACTION = "AdverseReaction"
CODE_ATTRIBUTES = ("MEDDRA-PT-ID", "LLT-ID")
UNMAPPED = "unmapped"
# The shortest drug name wins, or `DRUG_boxed` would take `DRUG`'s boxed warnings into another split.
_STEM = re.compile(r"(.+?)_(adverse_reactions|boxed_warnings|warnings|warnings_and_precautions)")


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one section a document, in the order of file names; all sections of a drug are in one split.

    `AdverseReaction` becomes `ADE`, other labels are upper-cased. The gold of a mention is one set, its PT
    and, where given, its LLT; no set where the annotators found no term; CUIs are left out. `assertion`
    follows the events' arguments: negated, hypothetical, or present as soon as one event has neither. A
    document is `ADE` if it has an ADE mention.

    Raises:
        AdetkError: a file is missing, a line is unreadable, or an offset is wrong.
    """
    for path in sorted((folder / "Txt").glob("*.txt")):
        match = _STEM.fullmatch(path.stem)
        if match is None:
            raise AdetkError(
                f"{path}: expected a name that ends in a section, such as DRUG_boxed_warnings.txt"
            )
        if split in (ALL, split_of(match[1], SHARES)):
            meta = {"drug": match[1], "section": match[2]}
            yield _document(path, folder / "Brat" / f"{path.stem}.ann", meta)


def _document(path: Path, annotation_path: Path, meta: dict[str, str]) -> Document:
    text = read_text(path)
    annotations = read_annotations(annotation_path)
    trigger_to_events: dict[str, list[Event]] = defaultdict(list)
    for event in annotations.events:
        trigger_to_events[event.trigger].append(event)
    trigger_to_gold = _golds(annotations)
    mentions = []
    for bound in annotations.text_bounds:
        check_surface(bound.spans, text, bound.surface, bound.where)
        mentions.append(
            Mention(
                in_text_order(bound.spans, text),
                label=_label(bound),
                assertion=_assertion(trigger_to_events[bound.id]),
                gold=trigger_to_gold.get(bound.id),
            )
        )
    label = ADE if any(mention.label == ADE for mention in mentions) else NO_ADE
    return Document(path.stem, text, label=label, mentions=tuple(mentions), meta=meta)


def _label(bound: TextBound) -> str:
    return ADE if bound.label == REACTION else bound.label.upper()


def _assertion(events: list[Event]) -> str:
    """Repeated arguments carry a number (`Hypothetical2`)."""
    roles = [{role.rstrip("0123456789") for role in event.roles} for event in events]
    if all("Negated" in names for names in roles) and roles:
        return "negated"
    if all(names & {"Negated", "Hypothetical"} for names in roles) and roles:
        return "hypothetical"
    return "present"


def _golds(annotations: Annotations) -> dict[str, tuple[frozenset[str], ...]]:
    """Trigger -> gold, for the triggers that are coded or marked as having no term."""
    event_to_trigger = {event.id: event.trigger for event in annotations.events}
    trigger_to_codes: dict[str, set[str]] = {}
    for attribute in annotations.attributes:
        trigger = event_to_trigger.get(attribute.target, attribute.target)
        if attribute.name in CODE_ATTRIBUTES:
            trigger_to_codes.setdefault(trigger, set()).add(attribute.value)
        elif (attribute.name, attribute.value) == ("flag", UNMAPPED):
            trigger_to_codes.setdefault(trigger, set())
    return {trigger: (frozenset(codes),) if codes else () for trigger, codes in trigger_to_codes.items()}


CORPUS = Corpus(
    name="tac2017",
    splits=("train", "test", ALL),
    read=read,
    folder="tac2017/fda-ars",
    licence="CC0 1.0",
    licence_class="A",
    codes="MedDRA",
    expected={
        "train": {"documents": 199, "ADE": 11_740},
        "test": {"documents": 40, "ADE": 1_942},
        ALL: {
            "documents": 239,
            "ADE": 13_682,
            "SEVERITY": 934,
            "FACTOR": 602,
            "DRUGCLASS": 249,
            "NEGATION": 98,
            "ANIMAL": 44,
        },
    },
)
