"""Why a mention has its answer, in words: method, the wording that won, distances, runners-up, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from adetk.document import Document, Explanation, Link, Mention
from adetk.normalize.settings import LinkerSettings

Step = Callable[[Iterable[Document]], Iterator[Document]]
RUNNERS_UP = 3


def explanation(mention: Mention, surface: str, settings: LinkerSettings) -> Explanation:
    """Of a mention that the linker has decided on.

    Args:
        mention: with its links and status.
        surface: its words.
        settings: the linker's.
    """
    thresholds = {"tau": settings.tau, "abstain": settings.abstain, "sure": settings.sure}
    if any(link.method == "fused" for link in mention.links):  # then tau had no part
        del thresholds["tau"]
    if settings.quantile is not None and any(link.in_set is not None for link in mention.links):
        thresholds["least_in_set"] = 1 - settings.quantile
    thresholds = {name: round(number, 6) for name, number in thresholds.items()}
    if not mention.links:
        return Explanation(f"{surface!r} has no word to compare", thresholds)
    answers = [link for link in mention.links if link.conjunct is not None] or list(mention.links[:1])
    others = mention.links[len(answers) :][:RUNNERS_UP]
    text = f"{surface!r}: {' and '.join(_said(link, settings) for link in answers)}; {_decided(mention, settings)}"
    if others:
        text += f"; next: {', '.join(_next(link) for link in others)}"
    return Explanation(text, thresholds)


def told(step: Step, say: Callable[[str], None]) -> Step:
    """The same step, which also says the explanations while documents pass."""

    def through(documents: Iterable[Document]) -> Iterator[Document]:
        for document in step(documents):
            for mention in document.mentions:
                if mention.explanation is not None:
                    say(f"{document.id}: {mention.explanation.text}")
            yield document

    return through


def _said(link: Link, settings: LinkerSettings) -> str:
    found = f"{link.name} ({link.concept_id}) by {link.method}"
    if link.method == "similarity":
        found += f" to {link.surface!r}, distance {link.distance:.3f}"
        if link.distance is not None and link.distance < settings.tau:
            found += f" < tau {settings.tau:g}"
    elif link.method == "classifier":
        found += f", no wording is nearer than tau {settings.tau:g}"
    elif link.method == "fused":
        found += ", from the wordings around it and the classifier where there is one"
    else:
        found += f", it has the wording {link.surface!r}"
    return f"{found}, score {link.score:.3f}"


def _decided(mention: Mention, settings: LinkerSettings) -> str:
    if mention.status == "review":
        return f"for review (sure from {max(settings.sure, settings.abstain):.3f})"
    return f"{'coded' if mention.status == 'coded' else 'not coded'} (abstains below {settings.abstain:.3f})"


def _next(link: Link) -> str:
    distance = "" if link.distance is None else f", {link.distance:.3f}"
    return f"{link.name} ({link.surface!r}{distance})"
