"""Print what splits share with what they could be trained on, and write the counts to `results/leaks.json`.

Run: `python scripts/report_leaks.py --corpora CORPORA`
Corpora that are not there are passed over, with a line that says so. No text is written.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from adetk import __version__
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.evaluate.leaks import Leak, shared
from adetk.readers import read_corpus
from adetk.readers.files import read_columns

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "results" / "leaks.json"
SHIPPED = "psytar (shipped)"
# The shipped files are named `.csv` and are tab-separated; they hold sentences and labels, no ids.
SHIPPED_FILES = "psytar/binary/{}.csv"

GroupOf = Callable[[Document], str]
Part = tuple[str, str]
"""Corpus and split."""


@dataclass(frozen=True)
class Pair:
    """What would be trained on, what would be scored, and what a document is a part of."""

    train: tuple[Part, ...]
    scored: tuple[Part, ...]
    group_of: GroupOf | None = None


def post(document: Document) -> str:
    """PsyTAR's review."""
    return f"{document.meta['drug']}.{document.meta['post']}"


def abstract(document: Document) -> str:
    """The PubMed id that PHEE's and ADE-Corpus-V2's document ids begin with."""
    return document.meta.get("abstract", document.id.partition("_")[0])


def _all_of(corpus: str, *splits: str) -> tuple[Part, ...]:
    return tuple((corpus, split) for split in splits)


PHEE = _all_of("phee", "train", "dev", "test")
ASKAPATIENT = _all_of("askapatient", "train-0", "validation-0", "test-0")
PAIRS = (
    Pair(_all_of(SHIPPED, "train"), _all_of(SHIPPED, "test"), post),
    Pair(_all_of("psytar", "train"), _all_of("psytar", "test"), post),
    Pair(_all_of("ade_corpus_v2", "all"), PHEE, abstract),
    Pair(PHEE, _all_of("ade_corpus_v2", "all"), abstract),
    Pair(_all_of("phee", "train"), _all_of("phee", "test"), abstract),
    Pair(_all_of("ade_corpus_v2", "train"), _all_of("ade_corpus_v2", "test"), abstract),
    Pair(ASKAPATIENT, _all_of("cadec", "test")),
    Pair(_all_of("cadec", "all"), _all_of("askapatient", "test-0")),
    Pair(_all_of("cadec", "train"), _all_of("cadec", "test")),
    Pair(_all_of("askapatient", "train-0"), _all_of("askapatient", "test-0")),
    Pair(_all_of("twadrl", "train-0"), _all_of("twadrl", "test-0")),
    Pair(_all_of("mcn_cadec", "train-0", "test-0"), _all_of("cadec", "test")),
    Pair(_all_of("mcn_psytar", "train-0", "test-0"), _all_of("psytar", "test")),
    Pair(_all_of("smm4h2017", "train", "test"), _all_of("smm4h2022", "valid")),
    Pair(_all_of("smm4h2017", "train"), _all_of("smm4h2017", "test")),
    Pair(_all_of("smm4h2022", "train"), _all_of("smm4h2022", "valid")),
    Pair(_all_of("smm4h2020_ru", "train"), _all_of("smm4h2020_ru", "valid")),
)


def main() -> int:
    """Parse the arguments, count, print and write."""
    parser = argparse.ArgumentParser(description="Count what scored splits share with training.")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--out", type=Path, default=RESULT, help="JSON to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    rows = _counted(arguments.corpora)
    if not rows:
        print(f"no corpus of any pair lies in {arguments.corpora}", file=sys.stderr)
        return 1
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "command": "python scripts/report_leaks.py --corpora CORPORA",
        "date": datetime.now(UTC).date().isoformat(),
        "adetk": __version__,
        "pairs": rows,
    }
    arguments.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def _counted(root: Path) -> list[dict[str, str | int]]:
    @cache
    def documents_of(part: Part) -> tuple[Document, ...]:
        return tuple(_documents(*part, root))

    rows: list[dict[str, str | int]] = []
    print(_row("train", "scored", "texts", "mentions", "surfaces", "groups"))
    for pair in PAIRS:
        try:
            train = [document for part in pair.train for document in documents_of(part)]
            scored = [document for part in pair.scored for document in documents_of(part)]
        except AdetkError as error:
            print(f"passed over {_named(pair.train)} -> {_named(pair.scored)}: {error}", file=sys.stderr)
            continue
        leak = shared(train, scored, group_of=pair.group_of)
        print(_shown(pair, leak))
        rows.append({"train": _named(pair.train), "scored": _named(pair.scored), **asdict(leak)})
    return rows


def _documents(corpus: str, split: str, root: Path) -> Sequence[Document]:
    return _shipped(split, root) if corpus == SHIPPED else read_corpus(corpus, split, root)


def _shipped(split: str, root: Path) -> list[Document]:
    """The sentences of PsyTAR's own split, found by their text in the workbook.

    Of sentences that stand in several posts the post is unknown: they are left out.
    """
    text_to_documents: dict[str, list[Document]] = defaultdict(list)
    for document in read_corpus("psytar", "all", root):
        text_to_documents[document.text].append(document)
    rows = read_columns(root / SHIPPED_FILES.format(split), ["sentences"])
    found = [text_to_documents[text] for _, (text,) in rows]
    return [documents[0] for documents in found if len({post(document) for document in documents}) == 1]


def _named(parts: tuple[Part, ...]) -> str:
    return f"{parts[0][0]} {'+'.join(split for _, split in parts)}"


def _shown(pair: Pair, leak: Leak) -> str:
    return _row(
        _named(pair.train),
        _named(pair.scored),
        f"{leak.n_texts} of {leak.scored_texts}",
        f"{leak.n_mentions} of {leak.scored_mentions}",
        f"{leak.n_surfaces} of {leak.scored_surfaces}",
        f"{leak.n_groups} of {leak.scored_groups}" if leak.scored_groups else "",
    )


def _row(train: str, scored: str, *counts: str) -> str:
    return f"{train:42} {scored:26}" + "".join(f"{count:>18}" for count in counts)


if __name__ == "__main__":
    sys.exit(main())
