"""A folder of brat files, as `adetk.readers.export.write_brat` writes it or as brat itself leaves it.

Beside brat's own lines three conventions carry what a mention has more: the attribute `Assertion` (negated or
hypothetical; none is present), the relation `About` from a mention to its drug, and a note that starts with
`codes: ` (`codes: 10000001/10000002 + 10000003` is two conjuncts, the first with two accepted codes;
`codes: none` is no concept; no such note is not annotated). brat takes all of them as they are, and lets them be
edited. What is known of a document stands in `documents.jsonl`, which brat passes over.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adetk.document import Document, Mention
from adetk.errors import AdetkError
from adetk.fields import TEXT, field
from adetk.readers.brat import Annotations, Note, read_annotations
from adetk.readers.files import read_lines, read_text
from adetk.readers.spans import check_surface, in_text_order
from adetk.record import ASSERTIONS, document_from_record

DOCUMENTS_FILE = "documents.jsonl"
FILE_KEY = "file"
ASSERTION = "Assertion"
ABOUT = "About"
CODES_NOTE = "codes: "
NO_CODES = "none"
_CODES = re.compile(r"[^\s/+]+(?:/[^\s/+]+)*(?: \+ [^\s/+]+(?:/[^\s/+]+)*)*")
_log = logging.getLogger(__name__)


def read_brat(folder: Path) -> Iterator[Document]:
    """Read each text with its annotations; a text without an `.ann` file has no mentions.

    Documents come in the order of `documents.jsonl`, then those that it does not name, by file name: their id
    is the file's, their label unknown. Labels stay as they are. Fragments that only white space parts are one,
    as in every reader. Events and other attributes and relations are left out, and counted in one log line.

    Raises:
        AdetkError: no text is there, a line is unreadable, an offset is wrong, or a convention is broken.
    """
    texts = sorted(folder.glob("*.txt"))
    if not texts:
        raise AdetkError(f"{folder}: no .txt file; expected a folder of brat texts and annotations")
    name_to_known = _known(folder)
    unused: Counter[str] = Counter()
    for name in [*name_to_known, *(path.stem for path in texts if path.stem not in name_to_known)]:
        where, record = name_to_known.get(name, (str(folder / name), {"id": name}))
        text = read_text(folder / f"{name}.txt")
        bare = document_from_record({**record, "text": text}, where)
        yield Document(
            bare.id, text, bare.label, bare.score, _mentions(folder / f"{name}.ann", text, unused), bare.meta
        )
    if unused:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(unused.items()))
        _log.warning("%s: left out, as mentions have no place for them: %s", folder, counts)


def _known(folder: Path) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """File name without ending -> place and record of its line in `documents.jsonl`."""
    path = folder / DOCUMENTS_FILE
    if not path.exists():
        return {}
    name_to_known: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for where, line in read_lines(path):
        try:
            record = json.loads(line)
            name = field(record, FILE_KEY, where, TEXT)
        except (AttributeError, json.JSONDecodeError) as error:
            raise AdetkError(
                f"{where}: no JSON object ({error}); expected one with {FILE_KEY} and id"
            ) from error
        if name in name_to_known:
            raise AdetkError(f"{where}: {name} stands here a second time; expected each file once")
        name_to_known[name] = where, {key: value for key, value in record.items() if key != FILE_KEY}
    return name_to_known


def _mentions(path: Path, text: str, unused: Counter[str]) -> tuple[Mention, ...]:
    found = read_annotations(path) if path.exists() else Annotations(())
    id_to_index = {bound.id: index for index, bound in enumerate(found.text_bounds)}
    id_to_assertion = _assertions(found, path, unused)
    id_to_drug = _drugs(found, id_to_index, path, unused)
    id_to_gold = _golds(found, path, unused)
    unused["events"] += len(found.events)
    unused["equivalences"] += found.n_equivalences
    mentions = []
    for bound in found.text_bounds:
        check_surface(bound.spans, text, bound.surface, bound.where)
        mentions.append(
            Mention(
                in_text_order(bound.spans, text),
                label=bound.label,
                assertion=id_to_assertion.get(bound.id, "present"),
                drug=id_to_drug.get(bound.id),
                gold=id_to_gold.get(bound.id),
            )
        )
    unused += Counter()  # drops what was counted as 0
    return tuple(mentions)


def _assertions(found: Annotations, path: Path, unused: Counter[str]) -> dict[str, str]:
    id_to_assertion = {}
    for attribute in found.attributes:
        if attribute.name != ASSERTION:
            unused[f"attributes {attribute.name}"] += 1
            continue
        if attribute.value not in ASSERTIONS:
            raise AdetkError(
                f"{path}: {ASSERTION} of {attribute.target} is {attribute.value!a}; "
                f"expected one of {', '.join(ASSERTIONS)}"
            )
        _check_target(ASSERTION, attribute.target, found, path)
        id_to_assertion[attribute.target] = attribute.value
    return id_to_assertion


def _drugs(
    found: Annotations, id_to_index: Mapping[str, int], path: Path, unused: Counter[str]
) -> dict[str, int]:
    """Mention -> index of its drug, for the mentions that are about one."""
    id_to_drugs: dict[str, set[int]] = {}
    for relation in found.relations:
        if relation.name != ABOUT:
            unused[f"relations {relation.name}"] += 1
            continue
        for target in (relation.source, relation.target):
            _check_target(ABOUT, target, found, path)
        id_to_drugs.setdefault(relation.source, set()).add(id_to_index[relation.target])
    unused["mentions about several drugs (taken as about none)"] += sum(
        len(drugs) > 1 for drugs in id_to_drugs.values()
    )
    return {id: next(iter(drugs)) for id, drugs in id_to_drugs.items() if len(drugs) == 1}


def _golds(found: Annotations, path: Path, unused: Counter[str]) -> dict[str, tuple[frozenset[str], ...]]:
    """Mention -> its codes: those of adetk's own note, else the one term that brat's user coded it to."""
    id_to_terms: dict[str, set[str]] = {}
    for term in found.terms:
        _check_target(term.resource, term.target, found, path)
        id_to_terms.setdefault(term.target, set()).add(term.code)
    unused["mentions with several terms (taken as without)"] += sum(
        len(terms) > 1 for terms in id_to_terms.values()
    )
    id_to_gold: dict[str, tuple[frozenset[str], ...]] = {
        id: (frozenset(terms),) for id, terms in id_to_terms.items() if len(terms) == 1
    }
    for note in found.notes:
        if note.text.startswith(CODES_NOTE):
            _check_target(f"a note {CODES_NOTE.strip()}", note.target, found, path)
            id_to_gold[note.target] = _gold(note)
    return id_to_gold


def _check_target(what: str, target: str, found: Annotations, path: Path) -> None:
    if all(target != bound.id for bound in found.text_bounds):
        raise AdetkError(f"{path}: {what} names {target}; expected one of the file's T ids")


def _gold(note: Note) -> tuple[frozenset[str], ...]:
    codes = note.text.removeprefix(CODES_NOTE).strip()
    if codes == NO_CODES:
        return ()
    if not _CODES.fullmatch(codes) or NO_CODES in re.split(r"[\s/+]+", codes):
        raise AdetkError(
            f"{note.where}: codes {codes[:60]!a}; expected codes joined by / (either) or ' + ' (both), or {NO_CODES}"
        )
    return tuple(frozenset(conjunct.split("/")) for conjunct in codes.split(" + "))
