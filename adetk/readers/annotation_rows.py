"""The table of SMM4H 2019 and 2020: one row an annotation, offsets, words, drug, tweet and MedDRA term in it.

A tweet stands in as many rows as it has annotations; a row without `begin` says that it has none. Original files
are tab-separated without quoting, with or without a header; copies are CSV with a header, where numbers may
read `12.0`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.files import distinct, read_columns, read_rows
from adetk.readers.releases import HEADER, NO_CODE
from adetk.readers.spans import check_surface

COLUMNS = ("tweet_id", "begin", "end", "type", "extraction", "drug", "tweet", "meddra_code", "meddra_term")
LABELS = {"ADR": ADE, "Indication": "INDICATION"}
NOTHING = frozenset({"", NO_CODE})
BETWEEN_DRUGS = "; "
_WHOLE = re.compile(r"(\d+)(?:\.0)?")

Row = dict[str, str]


def read_annotation_rows(path: Path) -> Iterator[Document]:
    """Read a file into one document a tweet, in the order of their first rows.

    `ADR` becomes `ADE`, `Indication` `INDICATION`. A document is `ADE` if it has an ADE mention; `meta['drug']`
    lists the drugs of its rows. Rows that repeat another are left out and counted in one log line.

    Raises:
        AdetkError: the file is missing, a row has not nine cells, two rows give one tweet different texts, or
            an offset, a type or a code is wrong.
    """
    id_to_rows: dict[str, list[tuple[str, Row]]] = {}
    for where, cells in distinct(_rows(path), path):
        row = dict(zip(COLUMNS, cells, strict=True))
        rows = id_to_rows.setdefault(row["tweet_id"], [])
        if rows and rows[0][1]["tweet"] != row["tweet"]:
            raise AdetkError(
                f"{where}: tweet {row['tweet_id']} has another text than at {rows[0][0]}; expected one text an id"
            )
        rows.append((where, row))
    for id, rows in id_to_rows.items():
        yield _document(id, rows)


def _rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    if path.suffix == ".csv":
        yield from read_columns(path, COLUMNS, delimiter=",")
        return
    for where, cells in read_rows(path, len(COLUMNS)):
        if cells[0] != HEADER:
            yield where, [*cells[:-1], cells[-1].rstrip("\r")]


def _document(id: str, rows: list[tuple[str, Row]]) -> Document:
    mentions = tuple(_mention(row, where) for where, row in rows if _is_annotated(row, where))
    label = ADE if any(mention.label == ADE for mention in mentions) else NO_ADE
    drugs = dict.fromkeys(row["drug"] for _, row in rows if row["drug"] not in NOTHING)
    meta = {"drug": BETWEEN_DRUGS.join(drugs)} if drugs else {}
    return Document(id, rows[0][1]["tweet"], label=label, mentions=mentions, meta=meta)


def _is_annotated(row: Row, where: str) -> bool:
    if row["begin"] in NOTHING and row["extraction"] not in NOTHING:
        raise AdetkError(f"{where}: words {row['extraction'][:60]!a} without offsets; expected begin and end")
    return row["begin"] not in NOTHING


def _mention(row: Row, where: str) -> Mention:
    if row["type"] not in LABELS:
        raise AdetkError(f"{where}: type {row['type']!a}; expected one of {', '.join(LABELS)}")
    label = LABELS[row["type"]]
    span = (_whole(row["begin"], where), _whole(row["end"], where))
    check_surface([span], row["tweet"], row["extraction"], where)
    if row["meddra_code"] in NOTHING:
        # An effect without a code was looked for in MedDRA; an indication need not have been.
        return Mention((span,), label=label, gold=() if label == ADE else None)
    code = str(_whole(row["meddra_code"], where))
    return Mention((span,), label=label, gold=(frozenset({code}),))


def _whole(cell: str, where: str) -> int:
    match = _WHOLE.fullmatch(cell)
    if match is None:
        raise AdetkError(f"{where}: {cell!a}; expected a whole number")
    return int(match[1])
