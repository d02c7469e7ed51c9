"""How many posts, and how many annotated drug mentions, the drug dictionary finds: with Latin names, with Russian ones.

    python scripts/measure_drug_hits.py smm4h2020_ru train --corpora CORPORA [--top 150] [--misspelt]

Prints three arms: Latin names with misspellings, as they are served; the same with Russian names, as they are
served; and, served nowhere, with misspelt Russian names too. Then the most frequent names of the second arm, or
(`--misspelt`) the words that only the third one takes for drugs: a check for names that are no drugs. Nothing else
of a post is printed, and nothing is kept. Choose names by training splits only.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from adetk.data import dictionaries_folder
from adetk.dictionaries import drug_lexicon
from adetk.document import DRUG, Document, Span
from adetk.lexicon import Lexicon, Match, Tokens, read_phrases, tokenize
from adetk.readers import read_corpus
from adetk.russian import case_forms

DRUG_CLASS = "DRUGCLASS"
Matcher = Callable[[Tokens], list[Match]]


def main() -> None:
    """Parse, match, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", help="name of a corpus")
    parser.add_argument("split")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--top", type=int, default=150, help="how many names to print")
    parser.add_argument("--misspelt", action="store_true", help="print what misspelt Russian names would add")
    arguments = parser.parse_args()
    documents = list(read_corpus(arguments.corpus, arguments.split, arguments.corpora))
    name_to_matcher = matchers()
    name_to_words = {name: report(name, matcher, documents) for name, matcher in name_to_matcher.items()}
    latin, served, misspelt = name_to_words.values()
    del latin
    for word, number in ((misspelt - served) if arguments.misspelt else served).most_common(arguments.top):
        print(f"{number}\t{word}")


def matchers() -> dict[str, Matcher]:
    """The three arms, by name."""
    served, _ = drug_lexicon()
    folder = dictionaries_folder()
    blocked = (folder / "fuzzy_blocked.txt").read_text(encoding="utf-8").split()
    latin = Lexicon("drugs", read_phrases(folder / "drugs.tsv"), blocked)
    russian = timed_russian(read_phrases(folder / "drugs_ru.tsv"))

    def with_misspelt(tokens: Tokens) -> list[Match]:
        found = [*latin.matches(tokens, fuzzy=True), *russian.matches(tokens, fuzzy=True)]
        return sorted(found, key=lambda match: match.start)

    return {
        "Latin names": lambda tokens: latin.matches(tokens, fuzzy=True),
        "and Russian ones": lambda tokens: served.matches(tokens, fuzzy=True),
        "and misspelt Russian ones": with_misspelt,
    }


def timed_russian(names: Iterable[tuple[str, str]]) -> Lexicon:
    """All cases of the Russian names as one lexicon, made as it is made for the first post in Cyrillic."""
    start = time.process_time()
    lexicon = Lexicon("drugs_ru", ((form, drug) for name, drug in names for form in case_forms(name)))
    print(f"{len(lexicon)} Russian forms in {time.process_time() - start:.2f} s of CPU")
    return lexicon


def report(name: str, matcher: Matcher, documents: Sequence[Document]) -> Counter[str]:
    """Print the figures of one arm; gives how often each word or phrase was taken for a drug."""
    words: Counter[str] = Counter()
    n_with = n_mentions = n_found = n_right = 0
    for document in documents:
        tokens = tokenize(document.text)
        matches = matcher(tokens)
        n_with += bool(matches)
        words.update(" ".join(tokens.folded[m.start : m.end]) for m in matches)
        spans = [(tokens.spans[m.start][0], tokens.spans[m.end - 1][1]) for m in matches]
        drugs = [(m.start, m.end) for m in document.labelled(DRUG)]
        classes = [(m.start, m.end) for m in document.labelled(DRUG_CLASS)]
        n_mentions += len(drugs)
        n_found += sum(any(_overlap(drug, span) for span in spans) for drug in drugs)
        n_right += sum(any(_overlap(span, drug) for drug in (*drugs, *classes)) for span in spans)
    print(f"{name}: {n_with / len(documents):.1%} of {len(documents)} posts have a hit")
    print(f"  {words.total()} hits of {len(words)} different words")
    if n_mentions:
        print(f"  {n_found / n_mentions:.1%} of {n_mentions} annotated drug mentions are found")
        print(f"  {n_right} hits lie on an annotated drug or class of drugs")
    return words


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


if __name__ == "__main__":
    main()
