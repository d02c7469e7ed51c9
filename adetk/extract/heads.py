"""BIOHD: heads that mentions share, and bodies that are one mention's own.

The tag set is that of Tang et al. (2013) and Metke-Jimenez and Karimi (2016): beside `B I` for a mention that is
whole and alone, `HB HI` for words that several mentions share (head) and `DB DI` for the other words of a mention
that is discontinuous or shares a head (body). "[pain] in [legs] and [arms]" is one head with two bodies.

Back from tags, it is ambiguous which parts belong together. The rule here: heads and bodies of one label are taken
together within a sentence, as long as no gap exceeds `MAX_GAP` words. If they are all heads or all bodies, they are
one mention; else each body makes a mention with the head that is nearest to it. Of the rules that were tried on
the training split of CADEC (every head, the head before, pairs of bodies, no regard for sentences), this one brought
most mentions back (`scripts/bench_schemes.py` says how many).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from adetk.extract.segments import BODY, HEAD, PLAIN, Segment, WordMention, joined_runs

MAX_GAP = 12
"""Words between two parts that may still be of one mention."""


def heads_and_bodies(mentions: Sequence[WordMention]) -> list[Segment]:
    """The segments of mentions, in text order.

    A mention that shares a word with an earlier one of another label is left out: a word has one tag.
    """
    word_to_owners: dict[int, list[WordMention]] = {}
    for mention in mentions:
        words = _words(mention)
        if all(owner.label == mention.label for word in words for owner in word_to_owners.get(word, ())):
            for word in words:
                word_to_owners.setdefault(word, []).append(mention)
    segments: list[Segment] = []
    last: tuple[int, list[WordMention]] = (-1, [])
    for word, owners in sorted(word_to_owners.items()):
        if last == (word - 1, owners):
            segments[-1] = segments[-1]._replace(end=word + 1)
        else:
            segments.append(Segment(word, word + 1, owners[0].label, _role(owners, word_to_owners)))
        last = (word, owners)
    return segments


def mentions_of(segments: Sequence[Segment], sentences: Sequence[int]) -> list[WordMention]:
    """The mentions of segments, in text order, by the rule above.

    Args:
        segments: in text order.
        sentences: number of each word's sentence.
    """
    mentions = {WordMention(((s.first, s.end),), s.label) for s in segments if s.role == PLAIN}
    parts = sorted(
        (s for s in segments if s.role != PLAIN), key=lambda s: s.label
    )  # stable: text order stays
    for _, of_label in groupby(parts, key=lambda s: s.label):
        for group in _groups(list(of_label), sentences):
            mentions.update(_combined(group))
    return sorted(mentions)


def _role(owners: Sequence[WordMention], word_to_owners: dict[int, list[WordMention]]) -> str:
    if len(owners) > 1:
        return HEAD
    is_alone = all(len(word_to_owners[word]) == 1 for word in _words(owners[0]))
    return PLAIN if is_alone and len(owners[0].runs) == 1 else BODY


def _words(mention: WordMention) -> list[int]:
    return [word for first, end in mention.runs for word in range(first, end)]


def _groups(parts: Sequence[Segment], sentences: Sequence[int]) -> list[list[Segment]]:
    """The parts that belong together: of one sentence, and near each other."""
    groups: list[list[Segment]] = []
    for part in parts:
        before = groups[-1][-1] if groups else None
        is_near = before is not None and part.first - before.end <= MAX_GAP
        if before is not None and is_near and sentences[part.first] == sentences[before.end - 1]:
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _combined(group: Sequence[Segment]) -> list[WordMention]:
    heads = [part for part in group if part.role == HEAD]
    bodies = [part for part in group if part.role == BODY]
    if not heads or not bodies:
        return [_mention(group)]
    return [_mention([min(heads, key=lambda head: _gap(head, body)), body]) for body in bodies]


def _gap(head: Segment, body: Segment) -> int:
    """Words between the two, the head before the body or after it."""
    return max(body.first - head.end, head.first - body.end)


def _mention(parts: Sequence[Segment]) -> WordMention:
    return WordMention(joined_runs((part.first, part.end) for part in parts), parts[0].label)
