"""What a linker's scores and candidate sets are worth on mentions that they were not fitted on.

    python scripts/measure_scores.py --part PART --recipe RECIPE.toml --corpora CORPORA --terminology MEDASCII

The recipe's development mentions, in five folds: all that is tuned is fitted on four and judged on the fifth. Of the
part only the encoder is taken; index and classifier are made of the training mentions, so that they know no development
mention. Printed are the share of right answers; the expected calibration error of their scores (ten bins of equal size)
before anything is fitted, by logistic lines, and by isotonic regression in their place; and how often the candidate set
holds the right term, for all codable mentions, and for those whose wording needs a model. Then the same of a linker
that has learnt the four folds once it was tuned on them, as parts do (`learn_development`). The choice of lines over
isotonic regression rests on this, and what is said of candidate sets after that.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from adetk.bundle import read_manifest
from adetk.document import ADE, Document, Link
from adetk.normalize.conformal import DEPTH, in_sets
from adetk.normalize.gold import GoldMention, codable_mentions
from adetk.normalize.lessons import development_mentions, target_mentions
from adetk.normalize.linker import Linker
from adetk.normalize.options import read_options
from adetk.normalize.part import index_rows, load_linker, opened
from adetk.normalize.surface import fold
from adetk.normalize.teaching import taught
from adetk.normalize.tuning import MODEL_METHODS, tune
from adetk.recipe import Recipe, read_recipe, read_training_data

FOLDS, BINS = 5, 10
KNOWN = ("exact", "synonym")


def main() -> None:
    """Parse the command line, print the figures."""
    parser = argparse.ArgumentParser(description="Calibration and candidate sets, out of fold.")
    for name in ("part", "recipe", "corpora", "terminology"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    recipe = read_recipe(options.recipe)
    taught_of, data = (
        _teacher(options.part, recipe, options.terminology),
        read_training_data(recipe, options.corpora),
    )
    linker = taught_of(data.train)
    everything = development_mentions(data.development, linker.terminology, [])
    rows = index_rows(linker.terminology, list(linker.row_to_times))
    new = development_mentions(data.development, linker.terminology, rows)
    print(f"{len(everything)} development wordings, {len(new)} of them new")
    first, learnt = _Figures(), _Figures()
    for fitted_on, judged in _splits(everything):
        known = [mention for mention in fitted_on if mention not in new]
        tuned = tune(linker, [mention for mention in fitted_on if mention in new], known).settings
        judge = _Judge(linker.with_settings(tuned))
        first.add(judge, judged)
        before = _Judge(linker.with_settings(replace(tuned, method_to_line={})))
        first.scores["not fitted"] += [link.score for link in before.answers(judged)]
        first.scores["isotonic"] += judge.isotonic(fitted_on, judge.answers(judged))
        seen = {fold(mention.surface) for mention in fitted_on}
        more = [d for d in data.carved if any(fold(m.surface(d.text)) in seen for m in d.labelled(ADE))]
        learnt.add(_Judge(taught_of([*data.train, *more]).with_settings(tuned)), judged)
    for title, figures in (("tuned", first), ("tuned, then the development mentions learnt", learnt)):
        print(f"{title}:")
        figures.print()


def _teacher(part: Path, recipe: Recipe, terminology: Path) -> Callable[[Sequence[Document]], Linker]:
    """What makes an untuned linker of documents, with a part's encoder."""
    settings = read_manifest(part, "normalize").settings
    options = read_options(recipe, str(terminology))
    embedder = load_linker(part, settings, opened(terminology, settings)).embedder
    terms = options.opened()

    def taught_of(documents: Sequence[Document]) -> Linker:
        mentions = target_mentions(documents, terms, options.longest_wording)
        return taught(embedder, terms, mentions, options, part)

    return taught_of


class _Figures:
    """What was found on judged mentions, fold after fold."""

    def __init__(self) -> None:
        self.scores: defaultdict[str, list[float]] = defaultdict(list)
        self.right: list[bool] = []
        self.sets: defaultdict[str, list[tuple[bool, int]]] = defaultdict(list)

    def add(self, judge: _Judge, judged: Sequence[GoldMention]) -> None:
        answers = judge.answers(judged)
        self.scores["lines"] += [link.score for link in answers]
        self.right += judge.right(answers, judged)
        for group, held in judge.sets(judged):
            self.sets[group].append(held)

    def print(self) -> None:
        print(f"  right {np.mean(self.right):.3f} of {len(self.right)}")
        for name, scores in sorted(self.scores.items(), reverse=True):
            print(f"  ECE, {name:12} {_ece(np.array(scores), np.array(self.right)):.3f}")
        for group, found in sorted(self.sets.items()):
            held, sizes = zip(*found, strict=True)
            print(
                f"  sets, {group:12} coverage {np.mean(held):.3f}, mean size {np.mean(sizes):.1f}, "
                f"median {np.median(sizes):.0f}, {np.mean(np.array(sizes) == 1):.2f} of one term, n {len(found)}"
            )


class _Judge:
    """A tuned linker and what is right."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def answers(self, mentions: Sequence[GoldMention]) -> list[Link]:
        return [links[0] for links in self.linker.link_all([mention.surface for mention in mentions])]

    def right(self, answers: Sequence[Link], mentions: Sequence[GoldMention]) -> list[bool]:
        return [self._is_right(link, mention) for link, mention in zip(answers, mentions, strict=True)]

    def isotonic(self, fitted_on: Sequence[GoldMention], judged: Sequence[Link]) -> list[float]:
        """Scores of the judged answers, by a step function of the lines' scores for each method with a model."""
        answers = self.answers(fitted_on)
        right = np.array(self.right(answers, fitted_on))
        methods = np.array([link.method for link in answers])
        steps = {}
        for method in set(MODEL_METHODS) & set(methods.tolist()):
            rows = methods == method
            own = np.array([link.score for link in answers])[rows]
            steps[method] = IsotonicRegression(out_of_bounds="clip").fit(own, right[rows])
        return [
            float(steps[link.method].predict([link.score])[0]) if link.method in steps else link.score
            for link in judged
        ]

    def sets(self, mentions: Sequence[GoldMention]) -> Iterator[tuple[str, tuple[bool, int]]]:
        """Of codable mentions: whether the set holds a right term, and its size; none without a quantile."""
        if self.linker.settings.quantile is None:
            return
        codable = codable_mentions(mentions, self.linker.terminology)
        ranked = self.linker.link_all([mention.surface for mention in mentions], DEPTH)
        for mention, links, is_codable in zip(mentions, ranked, codable, strict=True):
            if is_codable:
                chosen = [link for link in in_sets(links, self.linker.settings) if link.in_set]
                held = (any(self._is_right(link, mention) for link in chosen), len(chosen))
                yield "all", held
                yield "known" if links[0].method in KNOWN else "new", held

    def _is_right(self, link: Link, mention: GoldMention) -> bool:
        pt_of = self.linker.terminology.pt_of
        return pt_of(link.concept_id) in {pt_of(code) for code in mention.codes}


def _splits(mentions: Sequence[GoldMention]) -> Iterator[tuple[list[GoldMention], list[GoldMention]]]:
    folds = np.random.default_rng(0).permutation(len(mentions)) % FOLDS
    for number in range(FOLDS):
        yield (
            [m for m, f in zip(mentions, folds, strict=True) if f != number],
            [m for m, f in zip(mentions, folds, strict=True) if f == number],
        )


def _ece(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Mean distance between score and share of right answers, over bins of equal size."""
    bins = np.array_split(np.argsort(scores, kind="stable"), BINS)
    return float(sum(len(b) * abs(scores[b].mean() - right[b].mean()) for b in bins) / len(scores))


if __name__ == "__main__":
    main()
