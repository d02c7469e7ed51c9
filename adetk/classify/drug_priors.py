"""Shares of ADE posts by drug, estimated from unlabelled posts of a stream.

Of posts about one drug a third report an effect, of those about another none: what people post about an antacid is not
what they post about a sleeping pill, and a gate that is not of the stream cannot know. The share of each drug's posts
is estimated as that of the whole stream is (`estimate_prior`: Saerens et al. 2002), and drawn towards that one by as
much as `PSEUDO_POSTS` posts weigh. Unlike a single share, shares by drug change the order of posts.

For a gate that did not learn from labelled posts about these drugs. One that did knows of each name what its posts are
like, and its probabilities stand for the drug's share already: it would count twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from adetk.classify.calibration import PRIOR_TOLERANCE, Floats, estimate_prior
from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.io.sheet import read_sheet, write_sheet

PSEUDO_POSTS = 10.0
"""Posts at the share of the whole stream that each drug's own ones are counted with; see `scripts/bench_priors.py`."""
MOST_STEPS = 1000
ALL, NONE = "all", "none"
"""In a table, in place of a drug's id: all posts, and those that name no drug."""
COLUMNS = ("drug_id", "drug", "posts", "prior")
_LEAST = 1e-6
Share = TypeVar("Share", float, Floats)


@dataclass(frozen=True)
class DrugPriors:
    """Shares of ADE posts.

    Attributes:
        overall: among all posts, and among those about a drug that is not here.
        id_to_prior: among those about a drug; under `NONE`, among those that name none.

    Raises:
        AdetkError: a number that is no share.
    """

    overall: float
    id_to_prior: Mapping[str, float]

    def __post_init__(self) -> None:
        for drug, prior in ((ALL, self.overall), *self.id_to_prior.items()):
            if not 0 < prior < 1:
                raise AdetkError(f"prior {prior} of {drug}: expected a share, above 0 and below 1")

    @property
    def fingerprint(self) -> str:
        """The same for the same shares."""
        content = json.dumps([self.overall, sorted(self.id_to_prior.items())])
        return hashlib.sha256(content.encode()).hexdigest()

    def of(self, ids: Collection[str]) -> float:
        """The share among posts that name these drugs: the mean of theirs."""
        priors = [self.id_to_prior.get(i, self.overall) for i in ids or (NONE,)]
        return sum(priors) / len(priors)

    def reread(self, probability: float, ids: Collection[str]) -> float:
        """A post's probability of ADE at the share of the drugs that it names.

        Args:
            probability: at the overall share.
            ids: of the drugs.
        """
        odds = _odds(self.of(ids)) / _odds(self.overall)
        return probability * odds / (probability * odds + (1 - probability))

    def read(self, document: Document, ids: Collection[str], threshold: float) -> Document:
        """A post that a gate read at the overall share, with the score and the label that its drugs give it.

        The threshold is where F1 is best among posts that are read at one share.

        Args:
            document: with a score.
            ids: the drugs that it names.
            threshold: a post with at least this probability is an ADE post.
        """
        score = self.reread(document.score or 0.0, ids)
        return replace(document, score=score, label=ADE if score >= threshold else NO_ADE)


class Stream(NamedTuple):
    """Unlabelled posts as shares are estimated from them.

    Attributes:
        probabilities: of ADE, shape (n,).
        prior: the share that they stand for.
        ids: the drugs that each post names.
    """

    probabilities: Floats
    prior: float
    ids: Sequence[Collection[str]]


def estimate_drug_priors(stream: Stream, pseudo_posts: float = PSEUDO_POSTS) -> DrugPriors:
    """The shares of a stream by drug.

    A post that names several drugs is a post about one of them, each as likely as the other: so it is read at the mean
    of their shares, and counts for each by how likely it is about that one.

    Args:
        stream: some thousands of posts.
        pseudo_posts: see `PSEUDO_POSTS`.

    Raises:
        AdetkError: no post.
    """
    probabilities, prior, ids = stream
    overall = min(max(estimate_prior(probabilities, prior), _LEAST), 1 - _LEAST)
    drugs = sorted({i for named in ids for i in named or (NONE,)})
    row_of = {drug: row for row, drug in enumerate(drugs)}
    numbers = np.array([max(1, len(named)) for named in ids])
    posts = np.repeat(np.arange(len(ids)), numbers)
    rows = np.array([row_of[i] for named in ids for i in named or (NONE,)])
    odds = _odds(np.clip(probabilities, _LEAST, 1 - _LEAST)) / _odds(prior)
    priors = np.full(len(drugs), overall)
    for _ in range(MOST_STEPS):
        before, own = priors, priors[rows]
        total = np.bincount(posts, own, len(ids))
        at_mean = odds * _odds(total / numbers)
        is_ade = (at_mean / (1 + at_mean))[posts]
        positive = np.bincount(rows, is_ade * own / total[posts], len(drugs))
        other = np.bincount(rows, (1 - is_ade) * (1 - own) / (numbers - total)[posts], len(drugs))
        priors = (positive + pseudo_posts * overall) / (positive + other + pseudo_posts)
        priors = np.clip(priors, _LEAST, 1 - _LEAST)
        if np.abs(priors - before).max() < PRIOR_TOLERANCE:
            break
    return DrugPriors(overall, dict(zip(drugs, priors.tolist(), strict=True)))


def write_drug_priors(
    path: Path, priors: DrugPriors, ids: Sequence[Collection[str]], id_to_name: Mapping[str, str]
) -> None:
    """Write a table, the drugs with most posts first.

    Args:
        path: tab-separated; see `COLUMNS`.
        priors: what was estimated.
        ids: the drugs that each post names.
        id_to_name: names for people.

    Raises:
        AdetkError: it cannot be written.
    """
    id_to_posts = dict.fromkeys(priors.id_to_prior, 0)
    for named in ids:
        for i in named or (NONE,):
            id_to_posts[i] += 1

    def rows() -> Iterator[dict[str, str]]:
        yield dict(zip(COLUMNS, (ALL, "", str(len(ids)), f"{priors.overall:.6f}"), strict=True))
        for i, posts in sorted(id_to_posts.items(), key=lambda item: (-item[1], item[0])):
            cells = (i, id_to_name.get(i, ""), str(posts), f"{priors.id_to_prior[i]:.6f}")
            yield dict(zip(COLUMNS, cells, strict=True))

    write_sheet(path, COLUMNS, rows())


def read_drug_priors(path: Path) -> DrugPriors:
    """Read a table that `write_drug_priors` wrote, or one like it.

    Raises:
        AdetkError: no such table, a number that is no share, or no row `all`.
    """
    id_to_prior: dict[str, float] = {}
    for number, row in read_sheet(path, ("drug_id", "prior")):
        drug = row["drug_id"]
        if not drug or drug in id_to_prior:
            raise AdetkError(f"{path}: row {number} has the drug_id {drug!r}; expected one, and each once")
        try:
            prior = float(row["prior"])
        except ValueError:
            prior = -1.0
        if not 0 < prior < 1:
            raise AdetkError(
                f"{path}: row {number} has the prior {row['prior']!r}; expected a share, above 0 and below 1"
            )
        id_to_prior[drug] = prior
    if ALL not in id_to_prior:
        raise AdetkError(
            f"{path}: no row with the drug_id {ALL!r}; expected one, with the share among all posts"
        )
    return DrugPriors(id_to_prior.pop(ALL), id_to_prior)


def _odds(share: Share) -> Share:
    return share / (1 - share)
