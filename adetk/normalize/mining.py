"""Hard negatives for the linker's encoder: wordings that lie near and mean something else.

DILBERT (Miftahutdinov et al. 2021) takes them from two places, and so does this: terms that stand beside the right one
in the hierarchy, and those that the encoder itself confuses with it, found by FAISS and sought anew each epoch.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import faiss

from adetk.normalize.index import Embed
from adetk.normalize.lessons import concept_key
from adetk.normalize.surface import fold
from adetk.normalize.terminology import Terminology

NEIGHBOURS = 32
"""Wordings around an anchor that are looked at; many mean the same as it does."""
CONFUSED = 5
"""Of those that mean something else, how many of the nearest are drawn from."""

Pair = tuple[str, str]


class HardNegatives:
    """Finds, for each pair of wordings of one meaning, a wording of another meaning.

    A wording may mean several things. It is no negative of a pair if it shares a meaning with either side, nor if its
    codes are all of other systems than theirs: nobody said then that it means something else.

    Args:
        rows: `(wording, concept key)` of all that may be drawn.
        key_to_meaning: what counts as one meaning, e.g. a PT for its LLTs; a key that is not there is its own.
        meaning_to_siblings: meanings that stand beside one in the hierarchy.
        seed: of the draws.
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, str]],
        key_to_meaning: Mapping[str, str],
        meaning_to_siblings: Mapping[str, Sequence[str]],
        seed: int,
    ) -> None:
        meanings: defaultdict[str, set[str]] = defaultdict(set)
        self._meaning_to_wordings: dict[str, dict[str, None]] = {}
        wordings: dict[str, None] = {}
        for wording, key in rows:
            meaning = key_to_meaning.get(key, key)
            meanings[fold(wording)].add(meaning)
            self._meaning_to_wordings.setdefault(meaning, {})[wording] = None
            wordings[wording] = None
        self._wordings = list(wordings)
        self._fold_to_meanings = dict(meanings)
        self._meaning_to_siblings = meaning_to_siblings
        self._own_to_siblings: dict[frozenset[str], list[str]] = {}
        self._draw = random.Random(seed)

    def mine(self, pairs: Sequence[Pair], embed: Embed) -> list[str]:
        """One negative a pair: by even chance a sibling's wording or a near one, where there are both.

        Args:
            pairs: wordings of one meaning, of the rows.
            embed: the encoder as it stands, wordings to unit vectors.
        """
        vectors = embed(self._wordings)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        anchors = list(dict.fromkeys(anchor for anchor, _ in pairs))
        row_of = {wording: row for row, wording in enumerate(self._wordings)}
        _, found = index.search(vectors[[row_of[a] for a in anchors]], min(NEIGHBOURS, len(self._wordings)))
        anchor_to_near = dict(zip(anchors, found.tolist(), strict=True))
        return [self._negative(pair, anchor_to_near[pair[0]]) for pair in pairs]

    def _negative(self, pair: Pair, near: Sequence[int]) -> str:
        own = self._meanings(pair[0]) | self._meanings(pair[1])
        confused = list(islice(self._others(own, (self._wordings[row] for row in near)), CONFUSED))
        siblings = self._siblings(frozenset(own))
        pools = [pool for pool in (siblings, confused) if pool] or [self._any_other(own)]
        return self._draw.choice(self._draw.choice(pools))

    def _siblings(self, own: frozenset[str]) -> list[str]:
        if own not in self._own_to_siblings:
            beside = [s for meaning in sorted(own) for s in self._meaning_to_siblings.get(meaning, ())]
            wordings = dict.fromkeys(w for s in beside for w in self._meaning_to_wordings.get(s, ()))
            self._own_to_siblings[own] = [w for w in wordings if not self._meanings(w) & own]
        return self._own_to_siblings[own]

    def _any_other(self, own: set[str]) -> list[str]:
        """One by chance: around the anchor, all mean the same."""
        start = self._draw.randrange(len(self._wordings))
        others = self._others(own, (*self._wordings[start:], *self._wordings[:start]))
        # a code system with one meaning has nothing to tell it from: any wording then, of other systems most likely
        return [next(others, self._wordings[start])]

    def _others(self, own: set[str], wordings: Iterable[str]) -> Iterator[str]:
        systems = {_system(meaning) for meaning in own}
        for wording in wordings:
            meanings = self._meanings(wording)
            if not meanings & own and any(_system(meaning) in systems for meaning in meanings):
                yield wording

    def _meanings(self, wording: str) -> set[str]:
        return self._fold_to_meanings[fold(wording)]


def _system(key: str) -> str:
    return key.partition(":")[0]


def meanings_of(terms: Terminology) -> dict[str, str]:
    """Key of each term, current or not, to that of its PT: LLTs of one PT are no negatives of each other."""
    return {
        concept_key(terms.codes, code): concept_key(terms.codes, terms.pt_of(code)) for code in terms.concepts
    }


def siblings_of(terms: Terminology) -> dict[str, list[str]]:
    """Key of each PT (or term of one level) to those that stand with it under the nearest known parent.

    That is the HLT on its primary path, or what is known above it.
    """
    parent_to_own: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for concept in terms.offered():
        for pt, *parents in terms.paths(concept.id)[:1]:
            parent = next(filter(None, parents), "")
            if parent:
                parent_to_own[parent][concept_key(terms.codes, pt)] = None
    return {one: [s for s in own if s != one] for own in parent_to_own.values() for one in own}
