"""Six posts that a network learns by heart."""

from adetk.classify.options import ClassifyOptions
from adetk.document import ADE, NO_ADE, Document

SIX = [
    ("zoloft made me so sick", ADE),
    ("zoloft refill tomorrow", NO_ADE),
    ("ambien and i slept through work", ADE),
    ("is ambien any good for sleep", NO_ADE),
    ("my hands shake since the new dose", ADE),
    ("new dose of coffee for my hands", NO_ADE),
]
SPANS = ClassifyOptions(span_weight=1.0)
DOCUMENTS = [Document(str(i), text, label) for i, (text, label) in enumerate(SIX)]
