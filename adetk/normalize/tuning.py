"""tau or fusion, scores, abstention and candidate sets, chosen on development mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from adetk.document import Link
from adetk.evaluate.bootstrap import interval_of
from adetk.normalize.conformal import DEPTH, nonconformity, quantile
from adetk.normalize.gold import GoldMention, codable_mentions, is_right, right_answers
from adetk.normalize.linker import Linker
from adetk.normalize.settings import RUNNER_UP, LinkerSettings

TAUS = tuple(round(0.02 * i, 2) for i in range(51))
MODEL_METHODS = ("similarity", "classifier", "fused")
SURE = 0.9
"""Share of the answers that no coder is shown which are right."""
_ALWAYS_SIMILAR, _NEVER_SIMILAR = 3.0, -1.0
_FEWEST = 20
"""Fewer right or wrong answers than this are too few to fit a line through; fewer mentions, to leave the rule."""

Line = tuple[float, float]


@dataclass(frozen=True)
class Tuned:
    """Settings and what they reach on the development mentions.

    Attributes:
        settings: tau, whether both arms are fused, lines, abstention, quantile.
        sweep: tau -> share of the codable mentions answered right.
        scores: `accuracy_at_1` over codable mentions; `fusion_gain`, what fusion adds to that of the rule, with the
            ends of its interval; `precision`, `recall`, `f1` of coding after abstention.
    """

    settings: LinkerSettings
    sweep: dict[float, float]
    scores: dict[str, float]


def tune(linker: Linker, mentions: Sequence[GoldMention], known: Sequence[GoldMention] = ()) -> Tuned:
    """Choose all that is kept of a linker beside its model.

    tau: by accuracy on codable mentions. Fusion: takes the place of the rule over tau only where the interval of what
    it gains there, paired, excludes zero. Each method's score: a logistic line; isotonic regression gained nothing
    (`scripts/measure_scores.py`). Abstention: by F1 of coding. The score from which an answer is sure: the lowest
    from which `SURE` of them are right. Candidate sets: see `adetk.normalize.conformal`.

    Args:
        linker: over the terminology to tune for.
        mentions: to choose by, at least one of them codable.
        known: further ones, whose wordings need no model: tau does not touch them, and to choose a threshold by
            them would flatter it. Scores and candidate sets are fitted on them too, for what is coded has them.
    """
    settings = replace(linker.settings, method_to_line={}, terminology=linker.terminology.fingerprint)
    linker = linker.with_settings(settings)
    sweep = _sweep(linker, mentions)
    tau = max(sweep, key=lambda t: (sweep[t], t))
    linker = linker.with_settings(replace(settings, tau=tau, is_fused=False))
    gain = _fusion_gain(linker, mentions)
    is_fused = sum(_codable(linker, mentions)) >= _FEWEST and gain["fusion_gain_low"] > 0
    linker = linker.with_settings(replace(linker.settings, is_fused=is_fused))
    linker = linker.with_settings(_with_lines(linker, [*mentions, *known]))
    accuracy = sweep[tau] + (gain["fusion_gain"] if linker.settings.is_fused else 0.0)
    answers = [links[0] if links else None for links in _links(linker, mentions)]
    scores = np.array([0.0 if link is None else link.score for link in answers])
    right = right_answers(linker.terminology, answers, mentions)
    abstain, f1, precision, recall = _best_abstention(scores, right, sum(_codable(linker, mentions)))
    tuned = replace(
        linker.settings,
        abstain=abstain,
        sure=_least_sure(scores, right),
        quantile=_quantile(linker, [*mentions, *known]),
    )
    return Tuned(
        tuned,
        sweep,
        {"accuracy_at_1": accuracy, **gain, "precision": precision, "recall": recall, "f1": f1},
    )


def chosen_settings(tuned: Tuned) -> dict[str, Any]:
    """What a part's manifest keeps of a tuning."""
    return {
        "linker": tuned.settings.as_dict(),
        "development": {f"int8_{name}": score for name, score in tuned.scores.items()},
        "tau_sweep": {str(tau): round(accuracy, 4) for tau, accuracy in tuned.sweep.items()},
    }


def _codable(linker: Linker, mentions: Sequence[GoldMention]) -> list[bool]:
    return codable_mentions(mentions, linker.terminology)


def _sweep(linker: Linker, mentions: Sequence[GoldMention]) -> dict[float, float]:
    similar, classified = (_answers(linker, mentions, tau) for tau in (_ALWAYS_SIMILAR, _NEVER_SIMILAR))
    codable = np.array(_codable(linker, mentions))
    distances = np.array([_distance(link) for link in similar])
    right_similar, right_classified = (
        right_answers(linker.terminology, answers, mentions) for answers in (similar, classified)
    )
    return {
        tau: float(np.where(distances < tau, right_similar, right_classified)[codable].mean()) for tau in TAUS
    }


def _fusion_gain(linker: Linker, mentions: Sequence[GoldMention]) -> dict[str, float]:
    """What fusion adds to the rule's accuracy on codable mentions, with a 95 % interval (bootstrap, paired)."""
    codable = np.array(_codable(linker, mentions))
    by_rule, fused = (
        right_answers(linker.terminology, _answers(linker, mentions, linker.settings.tau, is_fused), mentions)
        for is_fused in (False, True)
    )
    gains = fused[codable].astype(float) - by_rule[codable]
    low, high = interval_of(len(gains), lambda weights: float(weights @ gains) / len(gains))
    return {"fusion_gain": float(gains.mean()), "fusion_gain_low": low, "fusion_gain_high": high}


def _answers(
    linker: Linker, mentions: Sequence[GoldMention], tau: float, is_fused: bool = False
) -> list[Link | None]:
    forced = linker.with_settings(replace(linker.settings, tau=tau, is_fused=is_fused))
    return [links[0] if links else None for links in _links(forced, mentions)]


def _links(linker: Linker, mentions: Sequence[GoldMention], candidates: int = 5) -> list[list[Link]]:
    return linker.link_all([mention.surface for mention in mentions], candidates)


def _distance(link: Link | None) -> float:
    """Of an answer by similarity; a wording that is known outright has none to beat."""
    if link is None or link.distance is None or link.method != "similarity":
        return 0.0
    return link.distance


def _with_lines(linker: Linker, mentions: Sequence[GoldMention]) -> LinkerSettings:
    """The linker's settings with a line for each method that has enough answers.

    A constant for the methods without a model. Of runners-up only those count whose answer is wrong.
    """
    lines: dict[str, Line] = {}
    ranked = _links(linker, mentions, DEPTH)
    rows = [(links, mention) for links, mention in zip(ranked, mentions, strict=True) if links]
    for method in ("exact", "synonym", *MODEL_METHODS):
        answers = [(links[0], mention) for links, mention in rows if links[0].method == method]
        right = right_answers(linker.terminology, [a for a, _ in answers], [m for _, m in answers])
        if method in ("exact", "synonym") and len(answers) >= _FEWEST:
            share = (right.sum() + 1) / (len(answers) + 2)
            lines[method] = (0.0, float(np.log(share / (1 - share))))
        elif method in MODEL_METHODS and _is_enough(right):
            lines[method] = _fit(np.array([_evidence(link) for link, _ in answers]), right)
    runners_up = [
        (link, mention)
        for links, mention in rows
        if mention.codes and not is_right(linker.terminology, links[0], mention)
        for link in links[1:]
        if link.method == "similarity"
    ]
    right = right_answers(linker.terminology, [link for link, _ in runners_up], [m for _, m in runners_up])
    if _is_enough(right):
        lines[RUNNER_UP] = _fit(np.array([_evidence(link) for link, _ in runners_up]), right)
    return replace(linker.settings, method_to_line=lines)


def _is_enough(right: NDArray[np.bool_]) -> bool:
    return len(right) > 0 and min(right.sum(), (~right).sum()) >= _FEWEST


def _evidence(link: Link) -> float:
    """The number that the method's line takes; see `LinkerSettings.method_to_line`."""
    if link.method == "similarity":
        return 1.0 - (link.distance if link.distance is not None else 1.0)
    return float(np.log(link.score / (1 - link.score)))  # the default lines of the others are the identity


def _fit(evidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Line:
    scale = float(np.std(evidence))
    model = LogisticRegression(C=100.0).fit((evidence / scale).reshape(-1, 1), right)
    return float(model.coef_[0, 0]) / scale, float(model.intercept_[0])


def _best_abstention(
    scores: NDArray[np.float64], right: NDArray[np.bool_], codable: int
) -> tuple[float, float, float, float]:
    """Threshold, F1, precision and recall of coding, where F1 is best."""
    best = (0.0, 0.0, 0.0, 0.0)
    for threshold in sorted({0.0, *scores.tolist()}):
        coded = scores >= threshold
        hits = int((right & coded).sum())
        f1 = 2 * hits / max(1, int(coded.sum()) + codable)
        if f1 > best[1]:
            best = (threshold, f1, hits / max(1, int(coded.sum())), hits / max(1, codable))
    return best


def _least_sure(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The lowest score from which `SURE` of the answers are right; 1 where none is."""
    sure = [t for t in sorted(set(scores.tolist())) if right[scores >= t].mean() >= SURE]
    return sure[0] if sure else 1.0


def _quantile(linker: Linker, mentions: Sequence[GoldMention]) -> float | None:
    """The conformal quantile over codable mentions."""
    codable = [
        mention
        for mention, is_codable in zip(mentions, _codable(linker, mentions), strict=True)
        if is_codable
    ]
    ranked = _links(linker, codable, DEPTH)
    return quantile(
        [
            nonconformity(links, mention.codes, linker.terminology)
            for links, mention in zip(ranked, codable, strict=True)
        ]
    )
