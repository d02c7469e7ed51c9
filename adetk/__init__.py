"""adetk: adverse drug events in patient text, from raw posts to coded terms.

    from adetk import Document, Pipeline

    for document in Pipeline.from_pretrained()([Document("1", "zoloft has me up all night")]):
        print(document.label, [m.links[0].name for m in document.mentions if m.status == "coded"])

The public names are loaded when they are first asked for: importing adetk costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adetk.document import Concept, Document, Link, Mention
    from adetk.errors import AdetkError
    from adetk.normalize.linker import Linker
    from adetk.normalize.terminology import Terminology, open_terminology
    from adetk.pipeline import Pipeline
    from adetk.readers import read_corpus

__version__ = "0.1.0"
__all__ = [
    "AdetkError",
    "Concept",
    "Document",
    "Link",
    "Linker",
    "Mention",
    "Pipeline",
    "Terminology",
    "open_terminology",
    "read_corpus",
]

_NAME_TO_MODULE = {
    "AdetkError": "errors",
    "Concept": "document",
    "Document": "document",
    "Link": "document",
    "Linker": "normalize.linker",
    "Mention": "document",
    "Pipeline": "pipeline",
    "Terminology": "normalize.terminology",
    "open_terminology": "normalize.terminology",
    "read_corpus": "readers",
}


def __getattr__(name: str) -> Any:
    if name not in _NAME_TO_MODULE:
        raise AttributeError(f"module 'adetk' has no attribute {name!r}")
    return getattr(import_module(f"adetk.{_NAME_TO_MODULE[name]}"), name)
