"""A linker whose vectors are angles."""

import numpy as np

from adetk.document import Concept
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Linker
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import Terminology

SURFACE_TO_ANGLE = {
    "Dry mouth": 0, "parched": 5, "Rash": 40, "spots": 45, "Cough": 90, "Severe cramps": 130, "Spasm": 150,
    "cramps": 155, "mouth like sand": 10, "blotches": 55, "hacking": 85, "odd feeling": 300,
}  # fmt: skip
CLASSES = {"1": 300, "3": 140, "9": 270}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def vector(degrees):
    return [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]


class Embedder:
    """Looks angles up; any other surface lies at 200 degrees."""

    fingerprint = "angles"

    def __call__(self, surfaces):
        return np.array([vector(SURFACE_TO_ANGLE.get(s, 200)) for s in surfaces], np.float32)


def concept(number, name, *synonyms):
    return Concept(number, name, "CTCAE", synonyms, parent_id="s")


TERMS = Terminology(
    "Invented",
    "1",
    "English",
    {
        c.id: c
        for c in (
            concept("1", "Dry mouth", "parched"),
            concept("2", "Rash", "spots"),
            concept("3", "Cough"),
            concept("4", "Severe cramps"),
            concept("5", "Spasm", "cramps"),
        )
    },
    {"s": "Everything"},
)
FITTED = LinkerSettings(tau=0.2, terminology=TERMS.fingerprint)


def make(settings=FITTED, classes=CLASSES, terms=TERMS):
    embedder = Embedder()
    index = ConceptIndex.build(terms.rows(), embedder, "f")
    classifier = None
    if classes:
        weights = 20 * np.array([vector(d) for d in classes.values()], np.float32)
        classifier = ConceptClassifier(list(classes), weights, np.zeros(len(classes), np.float32))
    return Linker(terms, embedder, index, classifier, settings)


def best(surface, linker=None):
    link = (make() if linker is None else linker).link(surface)[0]
    return link.concept_id, link.method
