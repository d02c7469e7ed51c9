"""How often the drug dictionary fires on a stream of posts: a check for names that are no drugs.

    python scripts/measure_drug_hits.py POSTS.tsv [--number 2000] [--top 150]

POSTS.tsv holds id and text, tab-separated, without a header. Names are matched over case-folded word tokens,
the longest name first. Prints counts and the most frequent names; no text of a post is printed or kept.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from dictionaries.tables import fold, read_rows

DRUGS = Path(__file__).parents[1] / "dictionaries" / "drugs.tsv"


def matches(text: str, fold_to_id: Mapping[str, str], longest: int) -> Iterator[str]:
    """The folded names in a text, left to right, the longest at each place, none inside another."""
    words = fold(text).split()
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + longest), start, -1):
            name = " ".join(words[start:end])
            if name in fold_to_id:
                yield name
                start = end
                break
        else:
            start += 1


def main() -> None:
    """Parse, match, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("posts", type=Path)
    parser.add_argument("--number", type=int, default=2000, help="how many posts, from the start")
    parser.add_argument("--top", type=int, default=150, help="how many names to print")
    parser.add_argument("--drugs", type=Path, default=DRUGS)
    arguments = parser.parse_args()
    columns = ("concept_id", "name", "variant")
    fold_to_id = {fold(variant): id for id, _, variant in read_rows(arguments.drugs, columns)}
    longest = max(len(name.split()) for name in fold_to_id)
    lines = arguments.posts.read_text(encoding="utf-8").split("\n")[: arguments.number]
    texts = [line.split("\t", 1)[1] for line in lines if "\t" in line]
    found = [list(matches(text, fold_to_id, longest)) for text in texts]
    hits = Counter(name for names in found for name in names)
    share = sum(map(bool, found)) / len(texts)
    print(
        f"{sum(hits.values())} hits of {len(hits)} names in {len(texts)} posts; {share:.1%} of posts have one"
    )
    for name, number in hits.most_common(arguments.top):
        print(f"{number}\t{name}\t{fold_to_id[name]}")


if __name__ == "__main__":
    main()
