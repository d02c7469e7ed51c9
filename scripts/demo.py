"""Code the demo posts by the command line, show what was found, and score it against the posts' own labels.

    python scripts/demo.py [--bundle FOLDER]

Needs no network and no torch. The coded posts stay in out/demo/coded.jsonl.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adetk.document import ADE, DRUG, Document
from adetk.evaluate.report import Report
from adetk.evaluate.runner import evaluate
from adetk.pipeline import Pipeline
from adetk.readers import read_jsonl

ROOT = Path(__file__).resolve().parents[1]
POSTS = Path("corpora/demo/posts.jsonl")
CODED = Path("out/demo/coded.jsonl")
ROWS = 25
TITLE = "against the demo's own labels; not a quality figure"
FIGURES = {
    "gate_f1": "posts that report an effect",
    "strict_f1": "words of the effect, same borders",
    "relaxed_f1": "words of the effect, overlapping",
    "end_to_end_strict_f1": "code of the effect, same borders",
    "end_to_end_relaxed_f1": "code of the effect, overlapping",
}


def main() -> None:
    """Parse the command line, run, show."""
    parser = argparse.ArgumentParser(description="Code the demo posts and show the result.")
    parser.add_argument("--bundle", type=Path, help="a bundle's folder; none: the default bundle")
    bundle = parser.parse_args().bundle
    seconds = code([] if bundle is None else ["--bundle", str(bundle.resolve())])
    console = Console(width=None if sys.stdout.isatty() else 120)
    coded = list(read_jsonl(ROOT / CODED))
    console.print(mention_table(coded))
    print(
        totals(coded),
        f"{len(coded)} posts in {seconds:.1f} s, start included; all of it: {CODED}\n",
        sep="\n",
    )
    console.print(score_table(Pipeline.from_pretrained(bundle), list(read_jsonl(ROOT / POSTS))))


def code(arguments: Sequence[str]) -> float:
    """Run `adetk run` over the demo posts; its seconds."""
    (ROOT / CODED).parent.mkdir(parents=True, exist_ok=True)
    command = ["run", str(POSTS), "-o", str(CODED), *arguments]
    print("adetk", *command, flush=True)
    started = time.perf_counter()
    status = subprocess.run([sys.executable, "-m", "adetk", *command], cwd=ROOT).returncode
    if status != 0:
        sys.exit(status)
    return time.perf_counter() - started


def mention_table(documents: Sequence[Document]) -> Table:
    """The first coded effects."""
    headings = ("post", "words", "drug", "term", "code", "score", "method")
    table = Table(*headings, title=f"first {ROWS} coded effects", box=SIMPLE_HEAD)
    rows = [(d, m, link) for d in documents for m in d.labelled(ADE) for link in m.answers]
    for document, mention, link in rows[:ROWS]:
        drug = "" if mention.drug is None else document.mentions[mention.drug].surface(document.text)
        words = mention.surface(document.text)
        cells = (document.id, words, drug, link.name, link.concept_id, f"{link.score:.2f}", link.method)
        table.add_row(*map(Text, cells))  # Text: a post's own [brackets] are no markup
    return table


def totals(documents: Sequence[Document]) -> str:
    """What was found, in a few lines."""
    effects = [m for d in documents for m in d.labelled(ADE)]
    coded = [m for m in effects if m.status == "coded"]
    terms = {link.concept_id for mention in coded for link in mention.answers}
    reporting = sum(d.label == ADE for d in documents)
    drugs = sum(len(d.labelled(DRUG)) for d in documents)
    return (
        f"{reporting} of {len(documents)} posts report an adverse drug event\n"
        f"{len(effects)} effects found, {len(coded)} coded, to {len(terms)} terms; {drugs} drug names"
    )


def score_table(pipeline: Pipeline, gold: Sequence[Document]) -> Table:
    """F1 against the demo's own labels: English posts, and all."""
    english = [document for document in gold if document.meta["lang"] == "en"]
    reports = [evaluate("run", pipeline, documents) for documents in (english, gold)]
    headings = [f"{len(english)} in English", f"all {len(gold)}"]
    table = Table("F1 of", *headings, title=TITLE, box=SIMPLE_HEAD)
    for name, meaning in FIGURES.items():
        table.add_row(meaning, *(_figure(report, name) for report in reports))
    return table


def _figure(report: Report, name: str) -> str:
    return f"{report[name]:.2f}  ({report[f'{name}_low']:.2f} to {report[f'{name}_high']:.2f})"


if __name__ == "__main__":
    main()
