"""Build and match the drug dictionary: adetk's lexicon against spaCy's PhraseMatcher, in one run.

python scripts/bench_lexicon.py [POSTS.jsonl]      posts default to corpora/demo, repeated to 2,000
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

import spacy
from spacy.matcher import PhraseMatcher

from adetk.data import dictionaries_folder
from adetk.lexicon import Lexicon, read_phrases, tokenize
from adetk.readers import read_jsonl

T = TypeVar("T")
POSTS = 2000


def main() -> None:
    """Print seconds to build, and posts a second, of both."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "corpora/demo/posts.jsonl"
    texts = list(islice(cycle([d.text for d in read_jsonl(path)]), POSTS))
    entries = read_phrases(dictionaries_folder() / "drugs.tsv")
    print(f"{len(entries)} names, {len(texts)} posts")

    lexicon, ours = timed(lambda: Lexicon("drugs", entries))
    nlp = spacy.blank("en")

    def build() -> PhraseMatcher:
        matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        matcher.add("DRUG", [nlp.make_doc(name) for name, _ in entries])
        return matcher

    matcher, theirs = timed(build)
    print(f"build: adetk {ours:.2f} s, PhraseMatcher {theirs:.2f} s, ratio {theirs / ours:.1f}")
    _, ours = timed(lambda: [lexicon.matches(tokenize(text)) for text in texts])
    _, theirs = timed(lambda: [matcher(nlp.make_doc(text)) for text in texts])
    print(
        f"match: adetk {len(texts) / ours:.0f} posts/s, spaCy {len(texts) / theirs:.0f}, ratio {theirs / ours:.1f}"
    )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and the seconds that it takes."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    main()
