"""What stands in a set of our posts: mentions, drugs, codes and lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adetk.dictionaries import drug_lexicon
from adetk.document import ADE, DRUG, Document, Mention
from adetk.held_out import same_text_key
from adetk.lexicon import tokenize
from adetk.normalize.terminology import Terminology, open_terminology
from corpus.style import length_quantiles

FileToPosts = Mapping[str, Sequence[Document]]
"""The posts of each file, by its name without suffix; none is empty."""


def counted_files(file_to_posts: FileToPosts) -> dict[str, Any]:
    """Counts of each file and of all together, and how many posts have the text of an earlier one."""
    terminology = open_terminology("ctcae")
    ours = [document for posts in file_to_posts.values() for document in posts]
    keys = Counter(same_text_key(document.text) for document in ours)
    return {
        "files": {name: counted(posts, terminology) for name, posts in file_to_posts.items()},
        "all": counted(ours, terminology),
        "repeats": sum(number - 1 for number in keys.values()),
    }


def counted(documents: Sequence[Document], terminology: Terminology) -> dict[str, Any]:
    """Posts, mentions, drugs, codes and lengths of a set of posts.

    A code counts wherever it is accepted, alone or as one of two; `felt` is what is neither negated nor
    hypothetical. Drugs of one dictionary id are one; names that the dictionary lacks count by their folded words.
    """
    mentions = [mention for document in documents for mention in document.mentions]
    effects = [mention for mention in mentions if mention.label == ADE]
    felt = [mention for mention in effects if mention.assertion == "present"]
    surfaces = {m.surface(document.text) for document in documents for m in document.labelled(DRUG)}
    ids, names = _drugs(surfaces)
    n_ade = sum(document.label == ADE for document in documents)
    return {
        "posts": len(documents),
        "ade": n_ade,
        "ade_share": n_ade / len(documents),
        "kinds": dict(Counter(document.meta["kind"] for document in documents)),
        "mentions": dict(Counter(_kind(mention) for mention in mentions)),
        "drugs": len(ids) + len(names),
        "drugs_by_name_only": len(names),
        "concepts": len(_codes(effects)),
        "concepts_felt": len(_codes(felt)),
        "felt_without_concept": sum(mention.gold == () for mention in felt),
        "socs": _socs(effects, terminology),
        "length": _lengths(documents),
    }


def _kind(mention: Mention) -> str:
    return f"{ADE} {mention.assertion}" if mention.label == ADE else mention.label


def _drugs(surfaces: Iterable[str]) -> tuple[set[str], set[str]]:
    """The dictionary ids of drug names, and the folded names that have none."""
    lexicon, _ = drug_lexicon()
    ids: set[str] = set()
    names: set[str] = set()
    for surface in surfaces:
        tokens = tokenize(surface)
        matches = lexicon.matches(tokens, fuzzy=True)
        if matches:
            ids.update(drug for match in matches for drug in match.ids)
        else:
            names.add(" ".join(tokens.folded))
    return ids, names


def _codes(effects: Iterable[Mention]) -> set[str]:
    return {code for mention in effects for accepted in mention.gold or () for code in accepted}


def _socs(effects: Sequence[Mention], terminology: Terminology) -> dict[str, dict[str, Any]]:
    """For every SOC: mentions of it, those that were felt, and its different codes; a mention may be of two SOCs."""
    rows: dict[str, dict[str, Any]] = {}
    for soc, name in terminology.socs.items():
        inside = [m for m in effects if any(terminology.soc_of(code)[0] == soc for code in _codes([m]))]
        codes = {code for code in _codes(inside) if terminology.soc_of(code)[0] == soc}
        felt = sum(mention.assertion == "present" for mention in inside)
        rows[soc] = {"name": name, "mentions": len(inside), "felt": felt, "concepts": len(codes)}
    return rows


def _lengths(documents: Sequence[Document]) -> dict[str, dict[str, list[float]]]:
    kinds = sorted({document.meta["kind"] for document in documents}, reverse=True)
    kind_to_texts = {kind: [d.text for d in documents if d.meta["kind"] == kind] for kind in kinds}
    return {kind: length_quantiles(texts) for kind, texts in kind_to_texts.items()}
