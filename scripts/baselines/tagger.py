"""The tagger's baseline: phrases of the training mentions, found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adetk.document import ADE, NO_ADE, Document, Mention, Span
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon, tokenize


@dataclass(frozen=True)
class DictionaryTagger:
    """Adds ADE mentions to documents: longest matches of a dictionary; ADE mentions that were there are replaced.

    A post labelled `noADE` gets none, so the gate is whatever set the labels: a gate's own answers, the gold
    labels (oracle), or nobody (a label of None is no gate).

    Attributes:
        lexicon: the phrases, each with itself as its id.
        phrase_to_ratio: of the times that a phrase was matched in training, how often it was annotated.
    """

    lexicon: Lexicon
    phrase_to_ratio: Mapping[str, float]

    @classmethod
    def fit(
        cls, documents: Sequence[Document], ratio: float = 0.5, every_post: bool = False
    ) -> DictionaryTagger:
        """Collect the phrases of present ADE mentions that are annotated often enough where they are matched.

        Args:
            documents: posts with ADE mentions.
            ratio: least share of a phrase's matches that are annotated as just that.
            every_post: False counts in posts that have an ADE mention, those that pass a gate; True counts in
                all posts, for tagging without a gate.

        Raises:
            AdetkError: no document has a present ADE mention.
        """
        phrases = {_phrase(m.surface(d.text)) for d in documents for m in _present(d)} - {""}
        if not phrases:
            raise AdetkError(
                f"no ADE mention in {len(documents)} training posts; a dictionary needs posts with mentions"
            )
        candidates = _lexicon(phrases)
        matched: Counter[str] = Counter()
        annotated: Counter[str] = Counter()
        for document in documents:
            spans = {mention.spans for mention in _present(document)}
            if not (spans or every_post):
                continue
            for phrase, span in _matches(candidates, document.text):
                matched[phrase] += 1
                annotated[phrase] += (span,) in spans
        phrase_to_ratio = {phrase: annotated[phrase] / times for phrase, times in matched.items()}
        kept = {phrase: share for phrase, share in phrase_to_ratio.items() if share >= ratio}
        return cls(_lexicon(kept), kept)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Tag documents lazily, in order."""
        for document in documents:
            found = () if document.label == NO_ADE else self._mentions(document.text)
            # `drug` counts in the mentions as they were
            others = (replace(m, drug=None) for m in document.mentions if m.label != ADE)
            yield replace(document, mentions=(*found, *others))

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        found = _matches(self.lexicon, text)
        return tuple(Mention((span,), ADE, self.phrase_to_ratio[phrase]) for phrase, span in found)


def _present(document: Document) -> list[Mention]:
    return [mention for mention in document.labelled(ADE) if mention.assertion == "present"]


def _phrase(surface: str) -> str:
    """One spelling for the surfaces that the lexicon takes for the same."""
    return " ".join(tokenize(surface).folded)


def _lexicon(phrases: Iterable[str]) -> Lexicon:
    return Lexicon("training mentions", ((phrase, phrase) for phrase in sorted(phrases)))


def _matches(lexicon: Lexicon, text: str) -> list[tuple[str, Span]]:
    """The phrases in a text, longest first come, and their raw characters."""
    tokens = tokenize(text)
    return [
        (match.ids[0], (tokens.spans[match.start][0], tokens.spans[match.end - 1][1]))
        for match in lexicon.matches(tokens)
    ]
