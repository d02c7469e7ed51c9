"""From the runs of a recipe and the gold mentions to the samples that `bench_spans.py` reports on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from recipe_runs import runs_of, samples_of
from run_data import OUT_OF_FOLD, by_fold
from span_report import Sample, Taggings
from span_runs import Mentions, digest, predicted, scored_part_of, span_run
from trained_runs import WHOLE, Run, scored_in

from adetk.document import Document

FoldToRun = Mapping[int, Run[Mentions]]


def taggings_of(path: Path, corpora: Path, runs: Path) -> Taggings:
    """The runs of a recipe, beside the gold mentions; seeds that lack runs that others have are left out.

    Raises:
        AdetkError: no runs, runs of another version of the recipe, or other documents than those that were scored.
    """
    found = runs_of(path, runs, span_run)
    return samples_of(found, scored_part_of(found.recipe), corpora, _out_of_fold, _of_whole)


def _out_of_fold(documents: Sequence[Document], by_seed: Sequence[FoldToRun], folds: int) -> Sample:
    """All training documents, fold by fold, each as tagged by the tagger that did not learn from its fold."""
    parts = by_fold(documents, folds)

    def members(is_told: bool) -> list[list[Document]]:
        return [
            [
                document
                for number, part in enumerate(parts)
                for document in _predicted(of_seed[number], OUT_OF_FOLD, part, is_told)
            ]
            for of_seed in by_seed
        ]

    return _sample([d for part in parts for d in part], members)


def _of_whole(documents: Sequence[Document], name: str, by_seed: Sequence[FoldToRun]) -> Sample:
    def members(is_told: bool) -> list[list[Document]]:
        return [_predicted(of_seed[WHOLE], name, documents, is_told) for of_seed in by_seed]

    return _sample(documents, members)


def _sample(documents: Sequence[Document], members: Callable[[bool], list[list[Document]]]) -> Sample:
    return Sample(_unflagged(documents), members(False), members(True), digest(documents))


def _predicted(run: Run[Mentions], name: str, documents: Sequence[Document], is_told: bool) -> list[Document]:
    return predicted(documents, scored_in(run, name, digest(documents)), is_told)


def _unflagged(documents: Sequence[Document]) -> list[Document]:
    """Gold without its flags: what is negated or hypothetical is tagged like the rest, and flagged afterwards."""
    return [
        replace(d, mentions=tuple(replace(m, assertion="present") for m in d.mentions)) for d in documents
    ]
