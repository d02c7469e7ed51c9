"""A linker whose arms disagree."""

import numpy as np

from adetk.document import ADE, Concept, Document, Mention
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Linker, LinkerSettings
from adetk.normalize.terminology import Terminology

TAU = 0.1
SURFACE_TO_ANGLE = {
    "Dry mouth": 0, "parched": 60, "Rash": 90, "Cough": 180, "Spasm": 270,
    "thirsty": 10, "blotches": 85, "hacking": 140, "twitching": 224, "feeling odd": 120,
}  # fmt: skip
TERMS = Terminology(
    "Invented",
    "1",
    "English",
    {
        number: Concept(number, name, "CTCAE", synonyms, parent_id="s")
        for number, name, synonyms in (
            ("1", "Dry mouth", ("parched",)),
            ("2", "Rash", ()),
            ("3", "Cough", ()),
            ("4", "Spasm", ()),
        )
    },
    {"s": "Everything"},
)
CLASS_TO_ANGLE = {"1": 0, "3": 140, "4": 225}
GOLD = [  # wording and right code; then the nearest term with its distance, and the classifier's answer
    ("dry mouth", "1"),  # an exact name, which the embedder does not know (200 degrees): Cough .060, Spasm
    ("Rash", "2"),  # an exact name: Rash 0, Cough
    ("parched", "1"),  # a synonym: Dry mouth 0, Dry mouth
    ("thirsty", "1"),  # Dry mouth .015, Dry mouth
    ("blotches", "2"),  # Rash .004, Cough
    ("hacking", "3"),  # Cough .234, Cough
    ("twitching", "4"),  # Cough .281, Spasm
    ("feeling odd", "1"),  # Rash .134, Cough
]


def vectors(surfaces):
    angles = np.radians([SURFACE_TO_ANGLE.get(surface, 200) for surface in surfaces])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


class Embedder:
    """Looks angles up; any other wording lies at 200 degrees. Remembers how often it was asked."""

    fingerprint = "angles"

    def __init__(self):
        self.calls = 0

    def __call__(self, surfaces):
        self.calls += 1
        return vectors(surfaces)


def make_linker(tau=TAU, with_classifier=True):
    classifier = None
    if with_classifier:
        angles = np.radians(list(CLASS_TO_ANGLE.values()))
        weights = 20 * np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        classifier = ConceptClassifier(list(CLASS_TO_ANGLE), weights, np.zeros(3, np.float32))
    embedder = Embedder()
    index = ConceptIndex.build(TERMS.rows(), embedder, "f")
    embedder.calls = 0
    return Linker(TERMS, embedder, index, classifier, LinkerSettings(tau=tau))


def coded(number, surface, code, **fields):
    mention = Mention(((0, len(surface)),), ADE, gold=(frozenset({code}),))
    return Document(str(number), surface, ADE, mentions=(mention,), **fields)


def figures(rows, name):
    return {row.variant: row.report[name] for row in rows}
