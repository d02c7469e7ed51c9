"""Count the project's own posts, find near copies among them, and hold them against a stream of real posts.

    python scripts/corpus_stats.py [--demo] [--list] [--json] [--against POSTS.tsv]

Reads what `build_posts.py` built. Of the stream only counts and rates are printed, never its texts or its ids.
Needs scikit-learn (`pip install adetk[train]`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus.counts import FileToPosts, counted, counted_files
from corpus.likeness import NEAR, Pair, near_pairs, without_marked_drugs
from corpus.stream import held_against, read_stream
from corpus.tables import markdown

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.io import InputOptions
from adetk.normalize.terminology import open_terminology
from adetk.readers.jsonl import read_jsonl

CORPORA = Path(__file__).resolve().parents[1] / "corpora"
DEMO = "demo"


def main() -> int:
    """Parse the arguments, measure, print."""
    arguments = _parser().parse_args()
    try:
        report = measured(arguments)
    except AdetkError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(report, indent=1) if arguments.json else markdown(report))
    return 0


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """The report that the arguments ask for.

    Raises:
        AdetkError: the posts or the stream cannot be read.
    """
    file_to_posts = read_written(arguments.corpora / "written")
    demo = list(read_jsonl(arguments.corpora / DEMO / "posts.jsonl"))
    report = counted_files(file_to_posts)
    if arguments.demo:
        report[DEMO] = counted(demo, open_terminology("ctcae"))
    report["near"] = near_copies(file_to_posts, demo, with_pairs=arguments.list)
    if arguments.against is not None:
        columns = InputOptions(arguments.id_column, arguments.text_column)
        stream = read_stream(arguments.against, columns, arguments.sample, report["all"]["posts"])
        report["against"] = held_against(file_to_posts, stream, with_ids=arguments.list)
    return report


def read_written(folder: Path) -> dict[str, list[Document]]:
    """The posts of each built file of a folder, by the file's name.

    Raises:
        AdetkError: there is no file, one is empty or one cannot be read.
    """
    file_to_posts = {path.stem: list(read_jsonl(path)) for path in sorted(folder.glob("*.jsonl"))}
    if not file_to_posts or not all(file_to_posts.values()):
        raise AdetkError(f"{folder}: no .jsonl file, or an empty one; build them with scripts/build_posts.py")
    return file_to_posts


def near_copies(file_to_posts: FileToPosts, demo: Sequence[Document], with_pairs: bool) -> dict[str, Any]:
    """Near copies among our posts and of the demo's: of the text as it is, and with the drug names masked.

    Two posts of one mould differ in the drug alone: only the second count shows them.
    """
    files = [name for name, documents in file_to_posts.items() for _ in documents]
    posts = [document for documents in file_to_posts.values() for document in documents]
    posts += demo  # last, so that it is only ever the second of a pair
    title_to_texts = {
        "as written": [document.text for document in posts],
        "drug names masked": [without_marked_drugs(document) for document in posts],
    }
    report: dict[str, Any] = {"cosine": NEAR}
    for title, texts in title_to_texts.items():
        pairs = [pair for pair in near_pairs(texts) if pair.first < len(files)]
        report[title] = _copy_counts(pairs, files)
        if with_pairs:
            listed = [(posts[p.first].id, posts[p.second].id, round(p.cosine, 3)) for p in pairs]
            report[title]["list"] = sorted(listed, key=lambda row: -row[2])
    return report


def _copy_counts(pairs: Sequence[Pair], files: Sequence[str]) -> dict[str, Any]:
    """`files`: which one each of our posts stands in; a place beyond is the demo's."""
    among_ours = [pair for pair in pairs if pair.second < len(files)]
    within = Counter(files[p.first] for p in among_ours if files[p.first] == files[p.second])
    copies = {place for pair in among_ours for place in (pair.first, pair.second)}
    return {
        "posts": len(copies),
        "share": len(copies) / len(files),
        "pairs_within": {name: within[name] for name in dict.fromkeys(files)},
        "pairs_across": len(among_ours) - within.total(),
        "posts_near_demo": len({pair.first for pair in pairs if pair.second >= len(files)}),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Count our own posts; find near copies; compare with a stream."
    )
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of written/ and demo/")
    parser.add_argument("--demo", action="store_true", help="count the demo's posts too, apart from the sums")
    parser.add_argument("--list", action="store_true", help="list near copies by the ids of our posts")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of Markdown")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="posts of a stream: .tsv .csv .jsonl .txt"
    )
    parser.add_argument("--id-column", help="the stream's id column")
    parser.add_argument("--text-column", help="the stream's text column")
    parser.add_argument("--sample", type=int, default=5000, help="posts of the stream to draw; 0 = all")
    return parser


if __name__ == "__main__":
    sys.exit(main())
