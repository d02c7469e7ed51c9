"""What a linker's scores and candidate sets are worth on mentions that they were not fitted on.

    python scripts/measure_scores.py --part PART --recipe RECIPE.toml --corpora CORPORA --terminology MEDASCII

The recipe's development mentions (which the part did not learn from), in five folds: all that is tuned is fitted on
four and judged on the fifth. Printed are the expected calibration error of the
answers' scores (ten bins of equal size) before anything is fitted, by logistic lines, and by isotonic regression in
their place; and how often the candidate set holds the right term, for all codable mentions, and for those whose
wording needs a model. The choice of lines over isotonic regression rests on this.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from adetk.bundle import read_manifest
from adetk.document import Link
from adetk.normalize.conformal import DEPTH, in_sets
from adetk.normalize.lessons import development_mentions
from adetk.normalize.linker import Linker
from adetk.normalize.part import index_rows, load_linker, opened
from adetk.normalize.tuning import GoldMention, codable_mentions, tune
from adetk.recipe import read_recipe, read_training_data

FOLDS, BINS = 5, 10
KNOWN = ("exact", "synonym")


def main() -> None:
    """Parse the command line, print the figures."""
    parser = argparse.ArgumentParser(description="Calibration and candidate sets, out of fold.")
    for name in ("part", "recipe", "corpora", "terminology"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    settings = read_manifest(options.part, "normalize").settings
    linker = load_linker(options.part, settings, opened(options.terminology, settings))
    data = read_training_data(read_recipe(options.recipe), options.corpora)
    everything = development_mentions(data.development, linker.terminology, [])
    rows = index_rows(linker.terminology, list(linker.row_to_times))
    new = development_mentions(data.development, linker.terminology, rows)
    print(f"{len(everything)} development wordings, {len(new)} of them new")
    scores: defaultdict[str, list[float]] = defaultdict(list)
    right: list[bool] = []
    sets: defaultdict[str, list[tuple[bool, int]]] = defaultdict(list)
    for fitted_on, judged in _splits(everything):
        known = [mention for mention in fitted_on if mention not in new]
        tuned = tune(linker, [mention for mention in fitted_on if mention in new], known).settings
        judge = _Judge(linker.with_settings(tuned))
        before = linker.with_settings(replace(tuned, method_to_line={}))
        answers = judge.answers(judged)
        scores["lines"] += [link.score for link in answers]
        scores["not fitted"] += [link.score for link in judge.of(before).answers(judged)]
        scores["isotonic"] += judge.isotonic(fitted_on, answers)
        right += judge.right(answers, judged)
        for group, held in judge.sets(judged):
            sets[group].append(held)
    for name in ("not fitted", "lines", "isotonic"):
        print(f"ECE, {name:12} {_ece(np.array(scores[name]), np.array(right)):.3f}")
    for group, found in sorted(sets.items()):
        held, sizes = zip(*found, strict=True)
        print(
            f"sets, {group:12} coverage {np.mean(held):.3f}, mean size {np.mean(sizes):.1f}, "
            f"median {np.median(sizes):.0f}, {np.mean(np.array(sizes) == 1):.2f} of one term, n {len(found)}"
        )


class _Judge:
    """A tuned linker and what is right."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def of(self, linker: Linker) -> _Judge:
        return _Judge(linker)

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
        for method in {"similarity", "classifier"} & set(methods.tolist()):
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
    for fold in range(FOLDS):
        yield (
            [m for m, f in zip(mentions, folds, strict=True) if f != fold],
            [m for m, f in zip(mentions, folds, strict=True) if f == fold],
        )


def _ece(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Mean distance between score and share of right answers, over bins of equal size."""
    bins = np.array_split(np.argsort(scores, kind="stable"), BINS)
    return float(sum(len(b) * abs(scores[b].mean() - right[b].mean()) for b in bins) / len(scores))


if __name__ == "__main__":
    main()
