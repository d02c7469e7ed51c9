"""AskAPatient: phrases of drug reviews with SNOMED CT or AMT concepts, in ten published folds.

The phrases are CADEC's annotations: train on one, never score the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_rows
from adetk.readers.phrases import fold_counts, phrase_document

# Documents of each fold as published.
PART_TO_COUNTS = {
    "train": (15_612, 15_631, 15_700, 15_672, 15_630, 15_675, 15_710, 15_659, 15_647, 15_716),
    "validation": (845, 826, 758, 786, 828, 783, 748, 799, 811, 742),
    "test": (867, 867, 866, 866, 866, 866, 866, 866, 866, 866),
}
ENCODING = "latin-1"
_CODE = re.compile(r"\d+")


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one part of one fold (`train-0`): each phrase is one ADE mention over its whole text.

    Ids are split and line number, `meta['concept']` is the concept's name. Drug names stand among the
    phrases, with codes of AMT (more than 12 digits); they are kept, since the published accuracy counts them.
    Test phrases recur in their own fold's train: report the unseen ones beside the whole.

    Raises:
        AdetkError: the file is missing, a line has fewer than three cells, or a code is no number.
    """
    part, _, fold = split.partition("-")
    for where, cells in read_rows(folder / f"AskAPatient.fold-{fold}.{part}.txt", 3, ENCODING):
        code, concept, phrase = cells
        if not _CODE.fullmatch(code):
            raise AdetkError(f"{where}: code {code!a}; expected digits")
        yield phrase_document(f"{split}:{where.rpartition(':')[2]}", phrase, code, {"concept": concept})


CORPUS = Corpus(
    name="askapatient",
    splits=tuple(fold_counts(PART_TO_COUNTS)),
    read=read,
    folder="askapatient_twadrl/AskAPatient",
    licence="CC BY 4.0 as published, but CADEC's annotations: non-commercial, no redistribution",
    licence_class="B",
    codes="SNOMED CT",
    expected=fold_counts(PART_TO_COUNTS),
)
