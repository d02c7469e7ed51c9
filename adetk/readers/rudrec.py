"""RuDReC, the annotated part: sentences of Russian drug reviews with UMLS concepts, as JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adetk.document import ADE, DRUG, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_lines
from adetk.readers.partition import split_of
from adetk.readers.spans import check_surface

ALL = "all"
SHARES = {"train": 80, "dev": 10, "test": 10}
FILE = "rudrec_annotated.json"
LABELS = {
    "ADR": ADE,
    "DI": "INDICATION",
    "Drugname": DRUG,
    "Drugform": "DRUGFORM",
    "Drugclass": "DRUGCLASS",
    "Finding": "FINDING",
}
NO_CONCEPT = "None"
_CUI = re.compile(r"C\d{7}")


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one sentence a document; all sentences of a review are in one split, by a hash.

    `ADR` becomes `ADE`, `DI` `INDICATION`, `Drugname` `DRUG`; other labels are upper-cased. Gold: concepts
    joined by `|` are conjuncts; `None` is no concept; a code that the annotators doubted (`?C0000001`) counts;
    where they wrote none (nothing, `?`, a name) the mention is not annotated. A document is `ADE` if it has an
    ADE mention. `meta` has the review, as `post`, and `lang=ru`.

    Raises:
        AdetkError: the file is missing, a line is not a RuDReC record, a label is unknown, or an offset is wrong.
    """
    for where, line in read_lines(folder / FILE):
        try:
            record = json.loads(line)
            review, number, text = (
                record["file_name"].removesuffix(".tsv"),
                record["sentence_id"],
                record["text"],
            )
            mentions = tuple(_mention(entity, text, where) for entity in record["entities"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AdetkError(
                f"{where}: not a RuDReC record ({type(error).__name__}: {error}); expected a JSON object "
                "with file_name, sentence_id, text and entities, as in the published file"
            ) from error
        if split in (ALL, split_of(review, SHARES)):
            label = ADE if any(mention.label == ADE for mention in mentions) else NO_ADE
            meta = {"post": review, "lang": "ru"}
            yield Document(f"{review}:{number}", text, label=label, mentions=mentions, meta=meta)


def _mention(entity: Mapping[str, Any], text: str, where: str) -> Mention:
    span = (entity["start"], entity["end"])
    check_surface([span], text, entity["entity_text"], where)
    if entity["entity_type"] not in LABELS:
        raise AdetkError(f"{where}: label {entity['entity_type']!a}; expected one of {', '.join(LABELS)}")
    return Mention((span,), label=LABELS[entity["entity_type"]], gold=_gold(entity.get("concept_id")))


def _gold(concepts: object) -> tuple[frozenset[str], ...] | None:
    """An empty cell of the annotators' table is no string: it is missing, or JSON's NaN."""
    if not isinstance(concepts, str):
        return None
    if concepts == NO_CONCEPT:
        return ()
    conjuncts = (frozenset(_CUI.findall(part)) for part in concepts.split("|"))
    return tuple(codes for codes in conjuncts if codes) or None


CORPUS = Corpus(
    name="rudrec",
    splits=("train", "dev", "test", ALL),
    read=read,
    folder="rudrec",
    licence="free for research, no licence stated",
    licence_class="B",
    codes="UMLS",
    expected={
        "train": {"documents": 3_874, "ADE documents": 314, "ADE": 619},
        "dev": {"documents": 529, "ADE documents": 29, "ADE": 48},
        "test": {"documents": 406, "ADE documents": 33, "ADE": 53},
        ALL: {
            "documents": 4_809,
            "ADE": 720,
            "INDICATION": 1_401,
            "DRUG": 1_043,
            "DRUGFORM": 836,
            "DRUGCLASS": 330,
            "FINDING": 236,
        },
    },
)
