"""What each tag scheme can express at best: mentions to tags and back, and how many are still the same.

Run: `python scripts/bench_schemes.py --corpora CORPORA [--corpus NAME --split SPLIT [--labels ADE,DRUG]]`
Without a corpus: the training splits that the taggers' recipes learn from, written to `results/schemes.json`.
Corpora that are not there are passed over, with a line that says so. No text is written.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from adetk import __version__
from adetk.document import ADE
from adetk.errors import AdetkError
from adetk.extract.expressed import Expressed, expressed
from adetk.extract.schemes import NAMES, open_scheme
from adetk.readers import read_corpus

RESULT = Path(__file__).resolve().parent.parent / "results" / "schemes.json"
TRAINED_ON = ("cadec", "psytar", "phee", "ade_corpus_v2", "tac2017", "rudrec", "smm4h2022")

Row = dict[str, str | int | float]


def main() -> int:
    """Print the counts of each corpus and scheme; write them where no corpus is named."""
    arguments = _parser().parse_args()
    parts = [(name, "train") for name in TRAINED_ON]
    if arguments.corpus:
        parts = [(arguments.corpus, arguments.split)]
    rows: list[Row] = []
    print(f"{'corpus':22}{'scheme':8}{'f1':>7}" + "".join(f"{title:>16}" for title in _TITLES))
    for corpus, split in parts:
        try:
            rows += counted(corpus, split, arguments.labels.split(","), arguments.corpora)
        except AdetkError as error:
            print(f"passed over {corpus} {split}: {error}", file=sys.stderr)
    if not arguments.corpus:
        content = {
            "command": "python scripts/bench_schemes.py --corpora CORPORA",
            "date": datetime.now(UTC).date().isoformat(),
            "adetk": __version__,
            "rows": rows,
        }
        arguments.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if rows else 1


def counted(corpus: str, split: str, labels: Sequence[str], root: Path) -> list[Row]:
    """A row a scheme.

    Raises:
        AdetkError: the corpus cannot be read.
    """
    documents = read_corpus(corpus, split, root)
    rows: list[Row] = []
    for name in NAMES:
        counts = expressed(documents, open_scheme(name, labels))
        print(
            f"{corpus + ' ' + split:22}{name:8}{counts.f1:7.3f}" + "".join(f"{c:>16}" for c in _shown(counts))
        )
        rows.append({"corpus": corpus, "split": split, "scheme": name, **asdict(counts), "f1": counts.f1})
    return rows


_TITLES = ("mentions", "not there", "discontinuous", "overlapping")


def _shown(counts: Expressed) -> tuple[str, ...]:
    return (
        f"{counts.kept} of {counts.mentions}",
        f"{counts.given - counts.kept}",
        f"{counts.discontinuous_kept} of {counts.discontinuous}",
        f"{counts.overlapping_kept} of {counts.overlapping}",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Count what each tag scheme can express at best.")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of all corpora")
    parser.add_argument("--corpus", help="one corpus, printed only")
    parser.add_argument("--split", default="train", help="its split")
    parser.add_argument("--labels", default=ADE, help="mention labels, separated by commas")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the counts go")
    return parser


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # readers count what corpora get wrong: not of interest here
    sys.exit(main())
