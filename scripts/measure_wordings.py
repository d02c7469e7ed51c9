"""Who is right about a wording that both know: training mentions, or the terminology's own names?

    python scripts/measure_wordings.py --corpora CORPORA --terminology MEDASCII

Five folds of each corpus's training split. Of the mentions whose wording is both a name of the terminology and a
mention in the other folds, the share that each codes right, at PT level; where several terms have that name, one
right one is enough, which favours names. The linker's order of wordings
(`adetk.normalize.linker`) rests on this.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from adetk.document import ADE
from adetk.normalize.surface import fold
from adetk.normalize.terminology import Terminology, open_terminology
from adetk.readers import read_corpus

CORPORA = ("smm4h2022", "cadec", "smm4h2017")
FOLDS = 5

Row = tuple[int, str, frozenset[str]]
"""Number of the document, folded wording, accepted PTs."""


def main() -> None:
    """Parse the command line, print a row a corpus."""
    parser = argparse.ArgumentParser(description="Compare training mentions with names, out of fold.")
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--terminology", type=Path, required=True)
    options = parser.parse_args()
    terminology = open_terminology(options.terminology)
    wording_to_pts: defaultdict[str, set[str]] = defaultdict(set)
    for concept in terminology.offered():
        wording_to_pts[fold(concept.name)].add(terminology.pt_of(concept.id))
    print(
        "corpus\tmentions of wordings that both know\tright by training mentions\tright by any term of that name"
    )
    for corpus in CORPORA:
        rows = _rows(corpus, options.corpora, terminology)
        both, by_mentions, by_name = compared(rows, wording_to_pts)
        print(f"{corpus}\t{both}\t{by_mentions / both:.3f}\t{by_name / both:.3f}")


def compared(rows: list[Row], wording_to_pts: Mapping[str, set[str]]) -> tuple[int, int, int]:
    """Mentions that both know, and how many of them each codes right, over all folds."""
    both = by_mentions = by_name = 0
    for number in range(FOLDS):
        wording_to_uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for document, wording, accepted in rows:
            if document % FOLDS != number:
                wording_to_uses[wording].update(sorted(accepted)[:1])
        for document, wording, accepted in rows:
            if document % FOLDS == number and wording in wording_to_uses and wording in wording_to_pts:
                both += 1
                by_mentions += wording_to_uses[wording].most_common(1)[0][0] in accepted
                by_name += not accepted.isdisjoint(wording_to_pts[wording])
    return both, by_mentions, by_name


def _rows(corpus: str, corpora: Path, terminology: Terminology) -> list[Row]:
    return [
        (number, fold(mention.surface(document.text)), frozenset(map(terminology.pt_of, mention.gold[0])))
        for number, document in enumerate(read_corpus(corpus, "train", corpora))
        for mention in document.labelled(ADE)
        if mention.gold and len(mention.gold) == 1
    ]


if __name__ == "__main__":
    main()
