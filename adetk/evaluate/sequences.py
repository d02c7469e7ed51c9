"""Scores of BIO tags by seqeval, as papers on tagging give them.

They are of tags over words, so borders inside a word do not show, and a discontinuous mention counts as that
many entities. Our own scores, of raw characters, are those of `adetk.evaluate.scores`.
"""

from __future__ import annotations

from collections.abc import Sequence

from adetk.document import ADE, Document
from adetk.evaluate.matching import paired_documents
from adetk.extract.schemes import OUTSIDE, Scheme
from adetk.lexicon import tokenize

_FIGURES = ("precision", "recall", "f1")


def word_tags(document: Document, label: str = ADE) -> list[str]:
    """BIO tags of the present mentions of one label, one a word, as `adetk.extract.schemes` makes them.

    A word is a stretch of letters and digits or one other character. The fragments of a discontinuous mention
    are tagged one by one; of two that overlap the first (the longer, where both start together).
    """
    scheme = Scheme("bio", [label])
    present = (mention for mention in document.labelled(label) if mention.assertion == "present")
    return [scheme.class_names[tag] for tag in scheme.encode(tokenize(document.text).spans, present)]


def seqeval_figures(
    gold: Sequence[Document], predicted: Sequence[Document], label: str = ADE
) -> dict[str, float]:
    """`seqeval_default_` and `seqeval_strict_IOB2_` `precision recall f1` over the words of all documents.

    Tags made from mentions are well-formed, and on such the two modes agree; they differ on an I- that
    continues nothing, where the default mode begins an entity (as conlleval) and the strict one none.

    Returns:
        Nothing where seqeval is not installed: it comes with the extra `train`.

    Raises:
        AdetkError: if ids differ.
    """
    pairs = [
        (word_tags(expected, label), word_tags(given, label))
        for expected, given in paired_documents(gold, predicted)
    ]
    # A document without a tag adds nothing, and seqeval is slow.
    tagged = [pair for pair in pairs if {*pair[0], *pair[1]} - {OUTSIDE}]
    return seqeval_of_tags([tags for tags, _ in tagged], [tags for _, tags in tagged])


def seqeval_of_tags(gold: Sequence[list[str]], predicted: Sequence[list[str]]) -> dict[str, float]:
    """The figures of `seqeval_figures` of BIO tags, one list a document: micro averages over the labels."""
    try:
        from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as default
        from seqeval.metrics.v1 import precision_recall_fscore_support as strict
        from seqeval.scheme import IOB2
    except ImportError:
        return {}
    options = {"average": "micro", "zero_division": 0}
    name_to_scores = {
        "seqeval_default": default(gold, predicted, **options) if gold else (0.0, 0.0, 0.0),
        "seqeval_strict_IOB2": strict(gold, predicted, scheme=IOB2, **options) if gold else (0.0, 0.0, 0.0),
    }
    return {
        f"{name}_{figure}": float(score)
        for name, scores in name_to_scores.items()
        for figure, score in zip(_FIGURES, scores[:3], strict=True)
    }
