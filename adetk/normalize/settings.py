"""What was tuned of a linker, and what a run asks of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

COVERAGE = 0.9
"""Share of mentions whose right term the candidate set holds."""
RUNNER_UP = "runner_up"

_DEFAULT_LINES: Mapping[str, tuple[float, float]] = {
    "exact": (0.0, 4.6),
    "synonym": (0.0, 3.0),
    "similarity": (10.0, -6.0),
    "classifier": (1.0, 0.0),
    "fused": (1.0, 0.0),
    RUNNER_UP: (15.0, -12.5),
}
"""Before anything is fitted: .99, .95, even odds at cosine .6, the classifier's and the fusion's own probability; of
what the answer leaves, a runner-up at cosine .83 has half."""


@dataclass(frozen=True)
class LinkerSettings:
    """What was tuned on development mentions.

    Attributes:
        tau: the nearest term answers when its distance (1 - cosine) is below this.
        is_fused: one answer of both arms (see `adetk.normalize.fusion`) in place of the rule over tau;
            over another terminology than the one that this was chosen for, the rule answers.
        abstain: an answer with a lower score leaves the mention uncoded.
        sure: an answer with a lower score goes to a coder, where review is asked for.
        method_to_line: method -> (slope, intercept) of the logistic that turns the method's evidence into
            the probability of being right: 1 - distance for `similarity` and `runner_up`, the log-odds of its
            probability for `classifier` and `fused`, 1 for `exact` and `synonym`. A runner-up has its share of what the
            answer leaves: 1 - the answer's score.
        quantile: of the nonconformity (1 - score) of right terms; the terms that do not exceed it are the
            candidate set. None = not fitted, or too few development mentions to promise `COVERAGE`.
        terminology: fingerprint of the terminology that all this was fitted for.
    """

    tau: float = 0.35
    abstain: float = 0.0
    sure: float = 0.5
    method_to_line: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    quantile: float | None = None
    terminology: str = ""
    is_fused: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)

    def chance(self, method: str, evidence: float) -> float:
        """The method's line at this evidence: a probability."""
        slope, intercept = self.method_to_line.get(method, _DEFAULT_LINES[method])
        return float(1 / (1 + np.exp(-(slope * evidence + intercept))))


@dataclass(frozen=True)
class LinkOptions:
    """What a run asks of a linker beyond its best candidates.

    Attributes:
        conformal: mark the candidate set, and give all of it.
        review: mentions whose answer is not sure, or whose set holds more than one term, get the status `review`.
        explain: say of each candidate which wording won, and of each mention why.
        synonyms: `(phrase, code)` of a list of one's own, which stands before all else.
    """

    conformal: bool = False
    review: bool = False
    explain: bool = False
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What decides the answers, for a JSON object: of a list of synonyms how many rows, and a hash of them."""
        rows = json.dumps(self.synonyms).encode()
        digest = hashlib.blake2b(rows, digest_size=8).hexdigest()
        synonyms = f"{len(self.synonyms)} rows ({digest})" if self.synonyms else None
        return {**asdict(self), "synonyms": synonyms}
