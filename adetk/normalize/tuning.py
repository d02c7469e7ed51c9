"""tau, scores and abstention, chosen on development mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from adetk.document import Link
from adetk.normalize.linker import Linker, LinkerSettings
from adetk.normalize.terminology import Terminology

TAUS = tuple(round(0.02 * i, 2) for i in range(51))
_ALWAYS_SIMILAR, _NEVER_SIMILAR = 3.0, -1.0
_FEWEST = 20
"""Fewer right or wrong answers than this are too few to fit a line through."""


@dataclass(frozen=True)
class GoldMention:
    """A development mention: its wording and the codes that are right; none = no term is."""

    surface: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Tuned:
    """Settings and what they reach on the development mentions.

    Attributes:
        settings: tau, lines, abstention.
        sweep: tau -> share of the codable mentions answered right.
        scores: `accuracy_at_1` over codable mentions; `precision`, `recall`, `f1` of coding after abstention.
    """

    settings: LinkerSettings
    sweep: dict[float, float]
    scores: dict[str, float]


def tune(linker: Linker, mentions: Sequence[GoldMention]) -> Tuned:
    """Choose tau by accuracy on codable mentions, fit each method's score, choose abstention by F1 of coding."""
    similar, classified = (
        _answers(linker, mentions, _ALWAYS_SIMILAR),
        _answers(linker, mentions, _NEVER_SIMILAR),
    )
    codable = np.array(codable_mentions(mentions, linker.terminology))
    distances = np.array([_distance(link) for link in similar])
    right_similar, right_classified = _right(linker, similar, mentions), _right(linker, classified, mentions)
    sweep = {
        tau: float(np.where(distances < tau, right_similar, right_classified)[codable].mean()) for tau in TAUS
    }
    tau = max(sweep, key=lambda t: (sweep[t], t))
    settings = replace(linker.settings, tau=tau, terminology=linker.terminology.fingerprint)
    answers = [s if d < tau else c for s, c, d in zip(similar, classified, distances, strict=True)]
    right = _right(linker, answers, mentions)
    settings = replace(settings, method_to_line=_lines(answers, right, linker.settings))
    tuned = linker.with_settings(settings)
    answers = _answers(tuned, mentions, tau)
    scores = np.array([0.0 if link is None else link.score for link in answers])
    abstain, f1, precision, recall = _best_abstention(scores, right, int(codable.sum()))
    return Tuned(
        replace(settings, abstain=abstain),
        sweep,
        {"accuracy_at_1": sweep[tau], "precision": precision, "recall": recall, "f1": f1},
    )


def codable_mentions(mentions: Sequence[GoldMention], terminology: Terminology) -> list[bool]:
    """Per mention whether the terminology offers a term with the PT of a right code."""
    offered = {terminology.pt_of(concept.id) for concept in terminology.offered()}
    return [any(terminology.pt_of(code) in offered for code in mention.codes) for mention in mentions]


def _answers(linker: Linker, mentions: Sequence[GoldMention], tau: float) -> list[Link | None]:
    forced = linker.with_settings(replace(linker.settings, tau=tau))
    return [links[0] if links else None for links in forced.link_all([m.surface for m in mentions])]


def _distance(link: Link | None) -> float:
    """Of an answer by similarity; a wording that is known outright has none to beat."""
    if link is None or link.distance is None or link.method != "similarity":
        return 0.0
    return link.distance


def _right(
    linker: Linker, answers: Sequence[Link | None], mentions: Sequence[GoldMention]
) -> NDArray[np.bool_]:
    pt_of = linker.terminology.pt_of
    return np.array(
        [
            link is not None and pt_of(link.concept_id) in {pt_of(code) for code in mention.codes}
            for link, mention in zip(answers, mentions, strict=True)
        ]
    )


def _lines(
    answers: Sequence[Link | None], right: NDArray[np.bool_], settings: LinkerSettings
) -> dict[str, tuple[float, float]]:
    """A logistic line for each method that has enough answers; a constant for the methods without a model."""
    lines = dict(settings.method_to_line)
    for method in ("exact", "synonym", "similarity", "classifier"):
        rows = [i for i, link in enumerate(answers) if link is not None and link.method == method]
        hits = right[rows]
        if method in ("exact", "synonym") and len(rows) >= _FEWEST:
            share = (hits.sum() + 1) / (len(rows) + 2)
            lines[method] = (0.0, float(np.log(share / (1 - share))))
        elif method in ("similarity", "classifier") and rows and min(hits.sum(), (~hits).sum()) >= _FEWEST:
            lines[method] = _fit(np.array([_evidence(answers[i]) for i in rows]), hits)
    return lines


def _evidence(link: Link | None) -> float:
    """The number that the method's line takes; see `LinkerSettings.method_to_line`."""
    if link is None:
        return 0.0
    if link.method == "similarity":
        return 1.0 - (link.distance if link.distance is not None else 1.0)
    return float(np.log(link.score / (1 - link.score)))  # the default line of `classifier` is the identity


def _fit(evidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
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
