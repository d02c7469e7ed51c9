"""Our posts held against a stream of real ones. Of the stream nothing but counts and rates comes out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from adetk.dictionaries import drug_lexicon
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.extract.drugs import DrugFinder
from adetk.held_out import without_repeats
from adetk.io import InputOptions, read_documents
from corpus.counts import FileToPosts
from corpus.likeness import (
    NEAR,
    WORDS,
    WRITTEN,
    lacking,
    nearest_cosines,
    scores_apart,
    vocabulary_overlap,
    without_drug_names,
    word_counts,
)
from corpus.style import habit_shares, length_quantiles

FEWEST = 10


@dataclass(frozen=True)
class Stream:
    """Posts that are not ours.

    Attributes:
        posts: those that ours are held against.
        others: further ones of the same stream, which show how near it is to itself; may be empty.
        n_repeats: posts left out because their text was there already.
        n_bad: rows that were no posts.
    """

    posts: list[Document]
    others: list[Document]
    n_repeats: int
    n_bad: int


def read_stream(path: Path, columns: InputOptions, sample: int, n_others: int) -> Stream:
    """Draw `sample` posts of a file (0 = all) and up to `n_others` further ones; always the same ones.

    Raises:
        AdetkError: the file cannot be read, or holds too few posts to tell ours from.
    """
    rows = list(read_documents(path, columns))
    documents = [row for row in rows if isinstance(row, Document)]
    different = without_repeats(documents, set())
    if len(different) < FEWEST:
        raise AdetkError(f"{path}: {len(different)} different posts; expected a stream of {FEWEST} or more")
    random.Random(0).shuffle(different)
    drawn = sample if sample > 0 else len(different)
    return Stream(
        posts=different[:drawn],
        others=different[drawn : drawn + n_others],
        n_repeats=len(documents) - len(different),
        n_bad=len(rows) - len(documents),
    )


def held_against(file_to_posts: FileToPosts, stream: Stream, with_ids: bool) -> dict[str, Any]:
    """Vocabulary, length, habits, near copies, and how well a classifier tells our posts from a stream's."""
    ours = [document for posts in file_to_posts.values() for document in posts]
    texts, their_texts = _texts(ours), _texts(stream.posts)
    words, their_words = word_counts(texts), word_counts(their_texts)
    nearest = nearest_cosines(texts, their_texts)
    near = [document.id for document, cosine in zip(ours, nearest, strict=True) if cosine >= NEAR]
    report: dict[str, Any] = {
        "posts": len(stream.posts),
        "others": len(stream.others),
        "repeats_left_out": stream.n_repeats,
        "bad_rows": stream.n_bad,
        "words": {
            "ours in theirs": vocabulary_overlap(words, their_words),
            "theirs in ours": vocabulary_overlap(their_words, words),
        },
        "lacking": lacking(words, their_words),
        "auc": _auc(file_to_posts, stream.posts),
        "near": {"cosine": NEAR, "posts": len(near), "share": len(near) / len(ours)},
        "length": length_quantiles(their_texts),
        "habits": _habits(ours, their_texts),
    }
    if stream.others:
        others = _texts(stream.others)
        report["words"]["further posts of theirs in theirs"] = vocabulary_overlap(
            word_counts(others), their_words
        )
        report["near"]["share_of_others"] = float((nearest_cosines(others, their_texts) >= NEAR).mean())
    if with_ids:
        report["near"]["list"] = near
    return report


def _auc(file_to_posts: FileToPosts, theirs: Sequence[Document]) -> dict[str, dict[str, float]]:
    """Area under the ROC curve, of all our posts, each kind and each file against theirs; 0.5 = alike."""
    finder = DrugFinder(*drug_lexicon())
    ours = [(name, document) for name, posts in file_to_posts.items() for document in posts]
    masked = [without_drug_names(document, finder) for _, document in ours]
    their_masked = [without_drug_names(document, finder) for document in theirs]
    report = {}
    for title, tokens in (("as written", WRITTEN), ("words alone", WORDS)):
        scores = scores_apart(masked, their_masked, tokens).tolist()
        their_scores = scores[len(ours) :]
        kinds = sorted({document.meta["kind"] for _, document in ours}, reverse=True)
        group_to_scores: dict[str, list[float]] = {g: [] for g in ("all", *kinds, *file_to_posts)}
        for (name, document), score in zip(ours, scores[: len(ours)], strict=True):
            for group in ("all", document.meta["kind"], name):
                group_to_scores[group].append(score)
        report[title] = {
            group: float(roc_auc_score([1] * len(found) + [0] * len(theirs), found + their_scores))
            for group, found in group_to_scores.items()
        }
    return report


def _habits(ours: Sequence[Document], their_texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each habit the share of posts of each of our kinds, and of theirs, that show it."""
    column_to_shares = {
        kind: habit_shares([document.text for document in ours if document.meta["kind"] == kind])
        for kind in sorted({document.meta["kind"] for document in ours}, reverse=True)
    }
    column_to_shares["theirs"] = habit_shares(their_texts)
    return {
        habit: {column: shares[habit] for column, shares in column_to_shares.items()}
        for habit in column_to_shares["theirs"]
    }


def _texts(documents: Sequence[Document]) -> list[str]:
    return [document.text for document in documents]
