"""Code PsyTAR's effects with MedDRA PTs, by what TAC 2017's annotators gave the same UMLS concepts.

    python scripts/psytar_pts.py train --corpora CORPORA -o psytar_train.jsonl

PsyTAR has UMLS concepts and no MedDRA; each coded effect of TAC 2017 has one concept of UMLS and one PT. So a concept
of PsyTAR may be any PT that some effect of TAC 2017 with that concept has, in whatever part of that corpus: only codes
are taken from there, no wording. Effects whose concept no drug label has are left without annotation.
`bench_quality.py psytar_links` scores by these PTs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from adetk.document import ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.readers import CORPORA, read_corpus
from adetk.readers.brat import read_annotations
from adetk.record import record_from_document

PSYTAR_BY_PT = "psytar (PTs)"
"""What results call it."""
CUI, PT = "CUI", "MEDDRA-PT-ID"

CuiToPts = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Coverage:
    """How many effects can be coded this way.

    Attributes:
        coded: effects with a UMLS concept.
        with_pt: of them, those with a PT.
        ambiguous: of these, those with several.
    """

    coded: int
    with_pt: int
    ambiguous: int

    def __str__(self) -> str:
        return f"{self.with_pt} of {self.coded} effects have a PT, {self.ambiguous} of them several"


def main() -> int:
    """Parse the command line, write, say what there is."""
    parser = argparse.ArgumentParser(description="Code PsyTAR's effects with MedDRA PTs.")
    parser.add_argument("split", choices=CORPORA["psytar"].splits)
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("-o", "--out", type=Path, required=True, help="FILE.jsonl")
    arguments = parser.parse_args()
    try:
        documents = read_psytar(arguments.split, arguments.corpora)
    except AdetkError as error:
        print(f"psytar_pts: {error}", file=sys.stderr)
        return 1
    lines = (json.dumps(record_from_document(document)) + "\n" for document in documents)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("".join(lines), encoding="utf-8")
    print(f"{arguments.out}: {coverage(documents)}")
    return 0


def read_benchmark(corpus: str, split: str, corpora: Path) -> list[Document]:
    """A split of a corpus by its name, `PSYTAR_BY_PT` among them.

    Raises:
        AdetkError: as `read_corpus`, or as `read_psytar`.
    """
    is_psytar = corpus == PSYTAR_BY_PT
    return read_psytar(split, corpora) if is_psytar else read_corpus(corpus, split, corpora)


def read_psytar(split: str, corpora: Path) -> list[Document]:
    """A split of PsyTAR, coded with PTs.

    Raises:
        AdetkError: one of the two corpora is missing or unreadable.
    """
    return with_pts(read_corpus("psytar", split, corpora), read_cui_to_pts(corpora))


def read_cui_to_pts(corpora: Path) -> dict[str, frozenset[str]]:
    """UMLS concept -> the PTs that effects of TAC 2017 with it have.

    Raises:
        AdetkError: the corpus is missing, a line is unreadable, or no effect has both codes.
    """
    folder = corpora / CORPORA["tac2017"].folder / "Brat"
    cui_to_pts: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.glob("*.ann")):
        event_to_codes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for attribute in read_annotations(path).attributes:
            event_to_codes[attribute.target][attribute.name] = attribute.value
        for codes in event_to_codes.values():
            if CUI in codes and PT in codes:
                cui_to_pts[codes[CUI]].add(codes[PT])
    if not cui_to_pts:
        raise AdetkError(f"{folder}: no effect has both {CUI} and {PT}; expected TAC 2017's .ann files")
    return {cui: frozenset(pts) for cui, pts in cui_to_pts.items()}


def with_pts(documents: Iterable[Document], cui_to_pts: CuiToPts) -> list[Document]:
    """The documents, their effects' gold one set of all PTs of their concepts; not annotated where there is none."""

    def coded(mention: Mention) -> Mention:
        if not mention.gold:
            return mention
        pts = frozenset(pt for conjunct in mention.gold for cui in conjunct for pt in cui_to_pts.get(cui, ()))
        return replace(mention, gold=(pts,) if pts else None)

    return [replace(d, mentions=tuple(coded(mention) for mention in d.mentions)) for d in documents]


def coverage(documents: Iterable[Document]) -> Coverage:
    """Of PsyTAR's documents that `with_pts` has coded: there, an effect that had no UMLS concept has empty gold."""
    golds = [mention.gold for document in documents for mention in document.labelled(ADE)]
    found = [gold for gold in golds if gold]
    return Coverage(len(found) + golds.count(None), len(found), sum(len(pts) > 1 for (pts,) in found))


if __name__ == "__main__":
    sys.exit(main())
