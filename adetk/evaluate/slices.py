"""Gold mentions by what a model could have learnt of them: seen or not, long or short, in one piece or not.

A mention whose wording stands in training can be answered from memory; the others tell what a model makes of
new words and of new concepts. `refined` is the test set of Tutubalina et al. 2020 (Fair evaluation in concept
normalization): no wording of training, and no wording twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adetk.document import ADE, Document, Mention
from adetk.evaluate.bootstrap import Tally
from adetk.evaluate.coded import CodeToPt, conjuncts, pts
from adetk.evaluate.links import LinkCounts, Multi, judged_mentions
from adetk.evaluate.scores import Counts, found_mentions
from adetk.lexicon import tokenize

SLICES = (
    "seen_mention", "unseen_mention", "refined",
    "seen_concept", "unseen_concept",
    "in_vocabulary", "out_of_vocabulary",
    "words_1", "words_2", "words_3", "words_4_or_more",
    "contiguous", "discontinuous",
)  # fmt: skip
_LONG = 4


@dataclass(frozen=True, slots=True)
class Training:
    """What stands in training documents.

    Attributes:
        wordings: of the mentions of one label, without case and kind of white space.
        concepts: PTs of these mentions' gold codes.
        words: of all the texts: stretches of letters and digits, without case.
        code_to_pt: code -> PT code; see `adetk.evaluate.coded.pts`.
    """

    wordings: frozenset[str]
    concepts: frozenset[str]
    words: frozenset[str]
    code_to_pt: CodeToPt


def training_of(train: Sequence[Document], code_to_pt: CodeToPt, label: str = ADE) -> Training:
    """What a model that learnt from `train` has seen; negated and hypothetical mentions were seen too."""
    mentions = [(mention, document.text) for document in train for mention in document.labelled(label)]
    concepts = (_concepts(mention, code_to_pt) for mention, _ in mentions)
    return Training(
        wordings=frozenset(_wording(mention, text) for mention, text in mentions),
        concepts=frozenset[str]().union(*concepts),
        words=frozenset(word for document in train for word in _words(document.text)),
        code_to_pt=code_to_pt,
    )


def span_slices(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    training: Training,
    label: str = ADE,
    relaxed: bool = False,
) -> dict[str, list[Counts]]:
    """Gold mentions found, by slice and per document; expected and matched as in `span_counts`.

    A predicted mention belongs to no slice, so `n_pred` is 0: only the recall has a meaning.

    Returns:
        Each of `SLICES` -> one count per document, in the order of gold. A mention without a gold code is in
        no slice of concepts. `refined` keeps the first mention of each wording.

    Raises:
        AdetkError: if ids differ.
    """
    found = found_mentions(gold, predicted, label, relaxed)
    judged = [[(m, Counts(tp=int(is_found), n_gold=1)) for m, is_found in mentions] for mentions in found]
    return _by_slice(gold, judged, training, Counts())


def link_slices(
    gold: Sequence[Document], predicted: Sequence[Document], training: Training, multi: Multi = "any"
) -> dict[str, list[LinkCounts]]:
    """Gold ADE mentions with a code and their first links, by slice and per document; as `link_hits` at 1.

    Returns:
        As `span_slices`. Mentions without a code are in no slice, and not counted as skipped either.

    Raises:
        AdetkError: if ids differ or `multi` is unknown.
    """
    judged = [
        [(mention, counts) for mention, counts in mentions if counts.total]
        for mentions in judged_mentions(gold, predicted, training.code_to_pt, multi=multi)
    ]
    return _by_slice(gold, judged, training, LinkCounts())


def _by_slice(
    documents: Sequence[Document],
    judged: Sequence[Sequence[tuple[Mention, Tally]]],
    training: Training,
    nothing: Tally,
) -> dict[str, list[Tally]]:
    name_to_tallies = {name: [nothing] * len(documents) for name in SLICES}
    refined: set[str] = set()
    for i, (document, mentions) in enumerate(zip(documents, judged, strict=True)):
        for mention, tally in mentions:
            names = list(_slices(mention, document.text, training))
            words = _wording(mention, document.text)
            if words not in training.wordings and words not in refined:
                refined.add(words)
                names.append("refined")
            for name in names:
                name_to_tallies[name][i] += tally
    return name_to_tallies


def _slices(mention: Mention, text: str, training: Training) -> Iterator[str]:
    """The slices that a mention is in, whatever the other mentions are."""
    wording = _wording(mention, text)
    yield "seen_mention" if wording in training.wordings else "unseen_mention"
    concepts = _concepts(mention, training.code_to_pt)
    if concepts:
        # Of a mention of several concepts one that was seen is enough: the rest is not zero-shot.
        yield "unseen_concept" if concepts.isdisjoint(training.concepts) else "seen_concept"
    yield "in_vocabulary" if training.words.issuperset(_words(wording)) else "out_of_vocabulary"
    length = max(1, len(wording.split()))  # white space alone may be annotated
    yield f"words_{length}" if length < _LONG else f"words_{_LONG}_or_more"
    yield "contiguous" if len(mention.spans) == 1 else "discontinuous"


def _wording(mention: Mention, text: str) -> str:
    return " ".join(mention.surface(text).casefold().split())


def _concepts(mention: Mention, code_to_pt: CodeToPt) -> frozenset[str]:
    return pts(frozenset[str]().union(*conjuncts(mention)), code_to_pt)


def _words(text: str) -> Iterator[str]:
    for start, end in tokenize(text).spans:
        word = text[start:end].casefold()
        if word.isalnum():
            yield word
