"""What a gate does in another stream than its own: at another share of ADE posts, and with a promised recall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gate_systems import Sample, f1_of
from seed_figures import Report, with_bounds

from adetk.classify.calibration import Calibration, estimate_prior, recall_threshold
from adetk.evaluate.bootstrap import Weights, intervals_of

LEAST_SHARE = 1e-4
"""An estimate below this is taken for it: at no ADE post at all there is no threshold to choose."""


def prevalence_report(
    calibrations: Sequence[Calibration], chosen: Sample, final: Sample, share: float, draws: int
) -> Report:
    """F1 in a stream with `share` of ADE, without and with an estimate of that share from the posts alone.

    Posts are weighted to the share; `f1_as_it_is` and `f1_adapted` are medians over the members, `estimated` is the
    share that `estimate_prior` finds, `gain` their difference. Intervals are over posts.

    Args:
        calibrations: one a member, as `platt_calibrations` gives them.
        chosen: what they were fitted on, and what the threshold at the estimated share is found by.
        final: the documents of the stream.
        share: of ADE.
        draws: of the bootstrap.
    """
    margins, labels = final.margins, final.labels
    at_known = [c.of_margins(m) for c, m in zip(calibrations, margins, strict=True)]

    def figures(weights: Weights) -> list[float]:
        found = weights @ labels / weights.sum()
        weighed = weights * np.where(labels, share / found, (1 - share) / (1 - found))
        rows = []
        for calibration, own, m, p in zip(calibrations, chosen.margins, margins, at_known, strict=True):
            estimate = estimate_prior(p, calibration.target_prior, weighed)
            moved = calibration.at_prior(max(estimate, LEAST_SHARE)).with_best_threshold(own, chosen.labels)
            decisions = p >= calibration.threshold, moved.of_margins(m) >= moved.threshold
            rows.append([*(f1_of(d, labels, weighed) for d in decisions), estimate])
        without, with_estimate, estimated = np.median(np.array(rows), axis=0).tolist()
        return [without, with_estimate, with_estimate - without, estimated]

    names = ("f1_as_it_is", "f1_adapted", "gain", "estimated")
    return with_bounds(
        dict(zip(names, figures(np.ones(len(labels), np.int64)), strict=True)),
        intervals_of(len(labels), figures, draws),
    )


def recall_report(sample: Sample, recall: float, splits: int) -> Report:
    """How `recall_threshold` does: ADE posts are split in halves, one sets the threshold, the other is counted.

    `held`: share of the splits in which the other half's recall was `recall` at least (the promise is about the mean,
    so about half of the splits); `mean_recall`; `lowest_recall`; `passed`: share of all posts of the other kind that
    the threshold lets through. Medians over the members.

    Args:
        sample: of documents that the members did not learn from.
        recall: that is promised.
        splits: random ones.
    """
    rng = np.random.default_rng(0)
    rows = []
    for margins in sample.margins:
        positives, others = margins[sample.labels], margins[~sample.labels]
        found, passed = [], []
        for _ in range(splits):
            order = rng.permutation(len(positives))
            half = len(positives) // 2
            threshold = recall_threshold(positives[order[:half]], recall)
            found.append(float(np.mean(positives[order[half:]] >= threshold)))
            passed.append(float(np.mean(others >= threshold)))
        held = float(np.mean(np.array(found) >= recall))
        rows.append([held, np.mean(found), min(found), np.mean(passed)])
    names = ("held", "mean_recall", "lowest_recall", "passed")
    report = dict(zip(names, np.median(np.array(rows), axis=0).tolist(), strict=True))
    return report | {"splits": splits, "n": int(sample.labels.sum())}
