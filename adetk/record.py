"""A document as one JSON object or as table rows, and the object back as a document.

The JSON object is the contract between the steps of the command line and with other programs; what is written
is read back as an equal document (scores to 6 decimals, so that output does not depend on the last bits of
an accelerator).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from adetk.document import ADE, DRUG, NO_ADE, Document, Explanation, Link, Mention, Span
from adetk.errors import AdetkError
from adetk.fields import (
    BOOLEAN,
    CODES,
    COUNT,
    IDENTIFIER,
    NUMBER,
    OBJECT,
    OBJECTS,
    PAIRS,
    PROBABILITY,
    TEXT,
    field,
    index_below,
    one_of,
)

ASSERTIONS = ("present", "negated", "hypothetical")
STATUSES = ("coded", "review", "none")
DOCUMENT_KEYS = ("id", "text", "label", "score", "meta", "mentions")
TABLE_COLUMNS = (
    "id", "drug", "verbatim", "start", "end", "spans", "label", "mention_score", "assertion", "status",
    "llt_code", "llt_name", "pt_code", "pt_name", "soc", "score", "method", "terminology",
    "post_label", "post_score", "text",
)  # fmt: skip
META_COLUMN = "meta"
META_PREFIX = "meta_"

_LINK_FIELDS = tuple(slot.name for slot in fields(Link))
_LINK_REQUIRED = ("concept_id", "name")


def record_from_document(document: Document) -> dict[str, Any]:
    """The JSON object of a document, keys in a fixed order.

    What is not known (None, an empty string in a link, no links) is left out; `id`, `text`, `meta` and
    `mentions` are always there.
    """
    record: dict[str, Any] = {"id": document.id, "text": document.text}
    if document.label is not None:
        record["label"] = document.label
    if document.score is not None:
        record["score"] = _rounded(document.score)
    record["meta"] = dict(document.meta)
    record["mentions"] = [_record_from_mention(mention, document.text) for mention in document.mentions]
    return record


def document_from_record(record: Mapping[str, Any], where: str) -> Document:
    """The document of a JSON object.

    Keys beside those of a document go to `meta` as strings, so that other programs' rows keep their columns.

    Args:
        record: the parsed object; `id` and `text` are required, the rest may be absent or null.
        where: file and line, named in errors.

    Raises:
        AdetkError: a field is missing or of a wrong type, or spans do not fit the text.
    """
    text = field(record, "text", where, TEXT)
    mentions = field(record, "mentions", where, OBJECTS, [])
    meta = field(record, "meta", where, OBJECT, {})
    others = {name: value for name, value in record.items() if name not in DOCUMENT_KEYS}
    return Document(
        id=str(field(record, "id", where, IDENTIFIER)),
        text=text,
        label=field(record, "label", where, one_of(ADE, NO_ADE), None),
        score=field(record, "score", where, PROBABILITY, None),
        mentions=tuple(
            _mention_from_record(mention, text, len(mentions), f"{where}, mention {number}")
            for number, mention in enumerate(mentions)
        ),
        meta={name: _meta_text(name, value, where) for name, value in (others | meta).items()},
    )


def rows_from_document(document: Document) -> list[dict[str, str]]:
    """One row a mention, one for a post without mentions; keys: `TABLE_COLUMNS`, then the meta columns.

    A mention that joins several effects has a row for each of its terms.
    The code columns are filled for coded mentions only and hold the coded term itself (`llt_*`, whatever its
    level), its PT and its SOC's name; `score`, `method` and `terminology` are the code's, `mention_score` the
    span's. `drug` is the surface of the DRUG mention that the row is about (for a DRUG mention: its own).
    `start` and `end` embrace all fragments, `spans` lists them as `start end;start end`. A meta column whose
    name is taken, or starts with `meta_`, is written with `meta_` before it.
    """
    post = {
        "id": document.id,
        "post_label": "" if document.label is None else document.label,
        "post_score": "" if document.score is None else str(_rounded(document.score)),
        "text": document.text,
    }
    meta = {meta_column(name): value for name, value in document.meta.items()}
    details = [cells for mention in document.mentions for cells in _mention_cells(mention, document)]
    return [dict.fromkeys(TABLE_COLUMNS, "") | post | cells | meta for cells in details or [{}]]


def meta_column(name: str) -> str:
    """The table column of a meta name; different names give different columns."""
    taken = name in (*TABLE_COLUMNS, META_COLUMN) or name.startswith(META_PREFIX)
    return META_PREFIX + name if taken else name


def _record_from_mention(mention: Mention, text: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "spans": [list(span) for span in mention.spans],
        "text": mention.surface(text),
        "label": mention.label,
        "score": _rounded(mention.score),
        "assertion": mention.assertion,
    }
    if mention.drug is not None:
        record["drug"] = mention.drug
    record["status"] = mention.status
    if mention.links:
        record["links"] = [_record_from_link(link) for link in mention.links]
    if mention.gold is not None:
        record["gold"] = [sorted(codes) for codes in mention.gold]
    if mention.explanation is not None:
        record["explanation"] = asdict(mention.explanation)
    return record


def _record_from_link(link: Link) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name in _LINK_FIELDS:
        value = getattr(link, name)
        if name in _LINK_REQUIRED or value not in (None, ""):
            record[name] = _rounded(value) if name in ("score", "distance") else value
    return record


def _mention_cells(mention: Mention, document: Document) -> list[dict[str, str]]:
    cells = {
        "verbatim": mention.surface(document.text),
        "start": str(mention.start),
        "end": str(mention.end),
        "spans": ";".join(f"{start} {end}" for start, end in mention.spans),
        "label": mention.label,
        "mention_score": str(_rounded(mention.score)),
        "assertion": mention.assertion,
        "status": mention.status,
    }
    drug = mention if mention.label == DRUG else None
    if mention.drug is not None:
        drug = document.mentions[mention.drug]
    if drug is not None:
        cells["drug"] = drug.surface(document.text)
    return [cells | _link_cells(link) for link in mention.answers] or [cells]


def _link_cells(link: Link) -> dict[str, str]:
    return {
        "llt_code": link.concept_id,
        "llt_name": link.name,
        "pt_code": link.pt_id,
        "pt_name": link.pt_name,
        "soc": link.soc_name,
        "score": str(_rounded(link.score)),
        "method": link.method,
        "terminology": link.terminology,
    }


def _mention_from_record(record: Mapping[str, Any], text: str, n_mentions: int, where: str) -> Mention:
    mention = Mention(
        spans=_spans(field(record, "spans", where, PAIRS), text, where),
        label=field(record, "label", where, TEXT, ADE),
        score=field(record, "score", where, PROBABILITY, 1.0),
        assertion=field(record, "assertion", where, one_of(*ASSERTIONS), "present"),
        drug=field(record, "drug", where, index_below(n_mentions), None),
        status=field(record, "status", where, one_of(*STATUSES), "none"),
        links=tuple(_link_from_record(link, where) for link in field(record, "links", where, OBJECTS, [])),
        gold=_gold(field(record, "gold", where, CODES, None)),
        explanation=_explanation(field(record, "explanation", where, OBJECT, None), where),
    )
    if mention.status == "coded" and not mention.links:
        raise AdetkError(f"{where}: status is 'coded' but there are no links; expected at least one")
    surface = mention.surface(text)
    if field(record, "text", where, TEXT, surface) != surface:
        found = ascii(record["text"])[:80]
        raise AdetkError(f"{where}: text is {found}; expected what the spans give, {ascii(surface)[:80]}")
    return mention


def _link_from_record(record: Mapping[str, Any], where: str) -> Link:
    kinds = {"score": NUMBER, "distance": NUMBER, "calibrated": BOOLEAN, "in_set": BOOLEAN, "conjunct": COUNT}
    values = {
        name: field(record, name, where, kinds.get(name, TEXT))
        for name in _LINK_FIELDS
        if name in _LINK_REQUIRED or record.get(name) is not None
    }
    return Link(**values)


def _spans(pairs: list[list[int]], text: str, where: str) -> tuple[Span, ...]:
    spans = tuple((start, end) for start, end in pairs)
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            raise AdetkError(
                f"{where}: span {start}-{end}; expected 0 <= start < end <= {len(text)}, the text's length"
            )
    if list(spans) != sorted(spans):
        raise AdetkError(f"{where}: spans {pairs} are not in text order; sort them")
    return spans


def _explanation(record: Mapping[str, Any] | None, where: str) -> Explanation | None:
    if record is None:
        return None
    thresholds = field(record, "thresholds", where, OBJECT, {})
    numbers = {name: field(thresholds, name, where, NUMBER) for name in thresholds}
    return Explanation(field(record, "text", where, TEXT), numbers)


def _gold(conjuncts: list[list[str]] | None) -> tuple[frozenset[str], ...] | None:
    return None if conjuncts is None else tuple(frozenset(codes) for codes in conjuncts)


def _meta_text(name: str, value: object, where: str) -> str:
    if value is None:
        return ""
    field({"column name": name}, "column name", where, TEXT)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return field({name: text}, name, where, TEXT)


def _rounded(value: float) -> float:
    if not math.isfinite(value):
        raise AdetkError(f"a score is {value}; expected a finite number: the model that gave it is damaged")
    # Adding 0.0 turns -0.0 into 0.0.
    return round(float(value), 6) + 0.0
