"""PHEE: pharmacovigilance events in sentences of case reports, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adetk.document import ADE, DRUG, NO_ADE, Document, Mention, Span
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_lines
from adetk.readers.spans import check_surface, in_text_order

EVENT_TO_LABEL = {"Adverse_event": ADE, "Potential_therapeutic_event": "EFFECT"}

Spans = tuple[Span, ...]


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one published split.

    Effects of adverse events become `ADE`, those of therapeutic events `EFFECT`, drugs of treatments `DRUG`.
    Words that take part in several events are one mention. An effect's `drug` is its events' drug if there is
    just one. A document is `ADE` if it has an adverse event.

    Raises:
        AdetkError: the file is missing, a line is not a PHEE record, or an offset is wrong.
    """
    for where, line in read_lines(folder / f"{split}.json"):
        try:
            record = json.loads(line)
            events = [event for annotation in record["annotations"] for event in annotation["events"]]
            document = _document(record["id"], record["context"], events, where)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AdetkError(
                f"{where}: not a PHEE record ({type(error).__name__}: {error}); expected a JSON object "
                "with id, context and annotations of events, as in the published file"
            ) from error
        yield document


def _document(id: str, text: str, events: list[Mapping[str, Any]], where: str) -> Document:
    drugs: set[Spans] = set()
    effect_to_drugs: dict[tuple[Spans, str], set[Spans]] = {}
    for event in events:
        if event["event_type"] not in EVENT_TO_LABEL:
            raise AdetkError(
                f"{where}: event {event['event_type']!a}; expected {' or '.join(EVENT_TO_LABEL)}"
            )
        event_drugs = set(_argument(event.get("Treatment", {}), "Drug", text, where))
        drugs |= event_drugs
        for effect in _argument(event, "Effect", text, where):
            effect_to_drugs.setdefault((effect, EVENT_TO_LABEL[event["event_type"]]), set()).update(
                event_drugs
            )
    drug_to_index = {drug: index for index, drug in enumerate(sorted(drugs))}
    mentions = [Mention(drug, label=DRUG) for drug in drug_to_index]
    for (spans, label), about in sorted(effect_to_drugs.items()):
        index = drug_to_index[next(iter(about))] if len(about) == 1 else None
        mentions.append(Mention(spans, label=label, drug=index))
    is_adverse = any(EVENT_TO_LABEL[event["event_type"]] == ADE for event in events)
    return Document(id, text, label=ADE if is_adverse else NO_ADE, mentions=tuple(mentions))


def _argument(holder: Mapping[str, Any], role: str, text: str, where: str) -> Iterator[Spans]:
    """The spans of each filler of a role; a filler is a list of fragments with a list of their starts."""
    if role not in holder:
        return
    fillers = zip(holder[role]["text"], holder[role]["start"], strict=True)
    for fragments, starts in fillers:
        spans = []
        for fragment, start in zip(fragments, starts, strict=True):
            spans.append((start, start + len(fragment)))
            check_surface(spans[-1:], text, fragment, where)
        yield in_text_order(spans, text)


CORPUS = Corpus(
    name="phee",
    splits=("train", "dev", "test"),
    read=read,
    folder="phee",
    licence="MIT",
    licence_class="A",
    codes="",
    expected={
        "train": {"documents": 2_898, "ADE documents": 2_669, "ADE": 2_725},
        "dev": {"documents": 961, "ADE documents": 870, "ADE": 891},
        "test": {"documents": 968, "ADE documents": 875, "ADE": 890},
    },
)
