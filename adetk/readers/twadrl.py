"""TwADR-L: phrases of tweets with UMLS concepts, in ten published folds. Each phrase is a document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adetk.document import ADE, Document, Mention
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_rows

# Documents of each fold as published.
PART_TO_COUNTS = {
    "train": (4_816, 4_817, 4_791, 4_812, 4_811, 4_801, 4_819, 4_790, 4_788, 4_812),
    "validation": (115, 114, 140, 119, 120, 130, 112, 142, 144, 120),
    "test": (143, 143, 143, 143, 143, 143, 143, 142, 142, 142),
}


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one part of one fold (`train-0`): each phrase is one ADE mention over its whole text.

    Ids are split and line number, `meta['concept']` is the concept's name. Test phrases recur in their own
    fold's train: report the unseen ones beside the whole.

    Raises:
        AdetkError: the file is missing or a line has fewer than three cells.
    """
    part, _, fold = split.partition("-")
    for where, (code, concept, phrase) in read_rows(folder / f"TwADR-L.fold-{fold}.{part}.txt", 3):
        mention = Mention(((0, len(phrase)),), label=ADE, gold=(frozenset({code}),))
        id = f"{split}:{where.rpartition(':')[2]}"
        yield Document(id, phrase, label=ADE, mentions=(mention,), meta={"concept": concept})


CORPUS = Corpus(
    name="twadrl",
    splits=tuple(f"{part}-{fold}" for part, counts in PART_TO_COUNTS.items() for fold in range(len(counts))),
    read=read,
    folder="askapatient_twadrl/TwADR-L",
    licence="CC BY 4.0",
    licence_class="A",
    codes="UMLS",
    expected={
        f"{part}-{fold}": {"documents": number, "ADE": number}
        for part, counts in PART_TO_COUNTS.items()
        for fold, number in enumerate(counts)
    },
)
