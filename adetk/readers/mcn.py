"""Phrases of CADEC, PsyTAR and TwADR-L with SNOMED CT concepts, in the folds of Pattisapu et al. (2020).

Three corpora of one format: tab-separated with quoting, phrase and code, rarer concepts left out. Some
test phrases of a fold stand in its train too, above all those of TwADR-L.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.readers.corpus import Corpus
from adetk.readers.files import read_quoted_rows
from adetk.readers.phrases import fold_counts, phrase_document

_CODE = re.compile(r"\d+")


def read(folder: Path, split: str) -> Iterator[Document]:
    """Read one part of one fold (`train-0`): each phrase is one ADE mention over its whole text.

    Ids are split and the number of the row's last line.

    Raises:
        AdetkError: the file is missing, a row has not two cells, its quotes do not pair, or a code is no number.
    """
    part, _, fold = split.partition("-")
    for where, (phrase, code) in read_quoted_rows(folder / f"{part}_{fold}.tsv", 2):
        if not _CODE.fullmatch(code):
            raise AdetkError(f"{where}: code {code!a}; expected digits")
        yield phrase_document(f"{split}:{where.rpartition(':')[2]}", phrase, code)


def _corpus(
    name: str, folder: str, terms: tuple[str, str], part_to_counts: Mapping[str, tuple[int, ...]]
) -> Corpus:
    licence, licence_class = terms
    return Corpus(
        name=name,
        splits=tuple(fold_counts(part_to_counts)),
        read=read,
        folder=f"mcn_folds/{folder}",
        licence=licence,
        licence_class=licence_class,
        codes="SNOMED CT",
        expected=fold_counts(part_to_counts),
    )


CORPORA = (
    _corpus(
        "mcn_cadec",
        "cadec",
        ("CADEC's annotations: non-commercial, no redistribution", "B"),
        {"train": (1_655, 1_700, 1_735, 1_762, 1_784), "test": (504, 459, 424, 397, 375)},
    ),
    _corpus(
        "mcn_psytar",
        "psytar",
        ("PsyTAR's annotations, CC BY 4.0; the folds state no licence", "A"),
        {"train": (2_003, 2_049, 2_082, 2_105, 2_125), "test": (588, 542, 509, 486, 466)},
    ),
    _corpus(
        "mcn_twadrl",
        "tw_adr",
        ("TwADR-L's annotations, CC BY 4.0; the folds state no licence", "A"),
        {
            "train": (3_943, 3_940, 3_914, 3_949, 3_933, 3_924, 3_942, 3_921, 3_926, 3_944),
            "valid": (90, 91, 124, 96, 100, 112, 95, 113, 115, 104),
            "test": (125, 127, 120, 113, 125, 122, 121, 124, 117, 110),
        },
    ),
)
