"""A linker on disk: its part folder, and indexes of other terminologies in the user's cache.

Of a licensed terminology nothing is written into a part: only CTCAE's index travels in it. Any other
terminology's index, a table's too, is built once and kept in the user's cache folder. A part opened over a
terminology of another code system brings its encoder alone: equal digits are not equal concepts there.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adetk.bundle import MODEL, TOKENIZER, read_manifest
from adetk.cache import cache_folder
from adetk.data import default_bundle_folder
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.normalize.ctcae import read_ctcae
from adetk.normalize.embedder import Embedder
from adetk.normalize.fallback import WEIGHTS, ConceptClassifier
from adetk.normalize.index import ConceptIndex, encoder_of
from adetk.normalize.lay import lay_wordings
from adetk.normalize.linker import Linker
from adetk.normalize.settings import LinkerSettings
from adetk.normalize.terminology import MEDDRA, Terminology, open_terminology
from adetk.runtime import open_graph, runtime_fingerprint

logger = logging.getLogger(__name__)

INDEX = "index"
MENTIONS = "mentions.tsv"

Rows = Sequence[tuple[str, str]]


def open_linker(terminology: str | Path | Terminology = "ctcae", bundle: Path | str | None = None) -> Linker:
    """Open a bundle's linker.

    Args:
        terminology: `ctcae`, a MedDRA folder, a table, or an open terminology.
        bundle: the bundle's folder; None = the default one, which travels with adetk.

    Raises:
        AdetkError: no bundle or terminology there, or a damaged one.
    """
    folder = default_bundle_folder() if bundle is None else Path(bundle)
    settings = read_manifest(folder, "bundle").settings["normalize"]
    return load_linker(folder / "normalize", settings, opened(terminology, settings))


def opened(terminology: str | Path | Terminology, settings: Mapping[str, Any]) -> Terminology:
    """Open a terminology for a part; CTCAE without its patient phrases where the part's settings say so."""
    if isinstance(terminology, Terminology):
        return terminology
    if str(terminology) == "ctcae":
        return read_ctcae(patient_phrases=settings["patient_phrases"])
    return open_terminology(terminology)


def load_linker(
    folder: Path, settings: Mapping[str, Any], terminology: Terminology, synonyms: Rows = ()
) -> Linker:
    """Open a `normalize` part over a terminology.

    Args:
        folder: the part.
        settings: its manifest's settings.
        terminology: the one that the part was made for, or another.
        synonyms: `(phrase, code)` of a list of one's own, as further wordings to be near to; that the very phrases
            mean these terms is for `Linker.with_options`.
    """
    tokenizer = Tokenizer.from_file(folder / TOKENIZER, settings["max_length"])
    embedder = Embedder(tokenizer, open_graph(folder / MODEL), settings["encoder"])
    codes = settings.get("codes", MEDDRA)  # parts had no other codes before they said which
    mentions = read_mentions(folder / MENTIONS) if codes == terminology.codes else {}
    wordings = [
        *synonyms,
        *mentions,
        *ctcae_wordings(settings["ctcae_wordings"], terminology, settings["patient_phrases"]),
    ]
    index = open_index(terminology, wordings, embedder, folder / INDEX)
    classifier = ConceptClassifier.load(folder) if (folder / WEIGHTS).is_file() else None
    own = classifier if codes == terminology.codes else None
    linker = Linker(terminology, embedder, index, own, LinkerSettings(**settings["linker"]), mentions)
    linker = linker.with_lay(lay_wordings(terminology))
    if linker.is_calibrated:
        return linker
    if codes != terminology.codes:
        logger.warning(
            "the linker learnt codes of %s, %s has %s: of its training only the encoder is used, and scores are "
            "not calibrated",
            codes,
            terminology.label,
            terminology.codes if terminology.codes else "no column that says which",
        )
    else:
        _warn_of_another(terminology, classifier, linker.classifier)
    return linker


def _warn_of_another(
    terminology: Terminology, trained: ConceptClassifier | None, masked: ConceptClassifier | None
) -> None:
    total, known = (0 if c is None else len(c.concept_ids) for c in (trained, masked))
    logger.warning(
        "the linker was fitted for another terminology than %s: scores are not calibrated; its classifier "
        "knows %d concepts, %d of them are in this terminology",
        terminology.label,
        total,
        known,
    )


def open_index(terminology: Terminology, mentions: Rows, embedder: Embedder, own: Path) -> ConceptIndex:
    """The index of a terminology's rows and of the mentions whose concepts it offers.

    The part's `own` index or the one in the cache is taken when it was made from the same rows by the same
    encoder; else it is built and kept in the cache, with the vectors of wordings that an index of this encoder has
    already. A damaged one in the cache is built again.
    """
    rows = index_rows(terminology, mentions)
    fingerprint = _fingerprint(embedder.fingerprint, rows)
    cached = _cached() / fingerprint[:20]
    for folder in (own, cached):
        index = _loaded(folder)
        if index is not None and index.fingerprint == fingerprint:
            embedder.know(index.surface_to_vector)
            return index
    like = _most_alike(embedder.fingerprint, rows, own)
    known = {} if like is None else like[1].surface_to_vector
    new = len({surface for surface, _ in rows} - known.keys())
    logger.info("building the index of %s: %d rows, %d new wordings", terminology.label, len(rows), new)
    index = ConceptIndex.build(rows, embedder.in_bulk, fingerprint, embedder.fingerprint, known)
    _keep(index, cached)
    if like is not None and like[0] != own and set(like[1].rows) <= set(rows):
        shutil.rmtree(like[0], ignore_errors=True)  # all of it is in the new one
    embedder.know(index.surface_to_vector)
    return index


def _loaded(folder: Path) -> ConceptIndex | None:
    """The index in a folder; None where there is none, or a damaged one."""
    if not folder.is_dir():
        return None
    try:
        return ConceptIndex.load(folder)
    except AdetkError as error:
        logger.warning("%s", error)
        return None


def _cached() -> Path:
    """Where indexes are kept: each runtime has its own, for its vectors have other last digits."""
    return cache_folder() / "index" / re.sub(r"\W+", "-", runtime_fingerprint())


def _most_alike(encoder: str, rows: Rows, own: Path) -> tuple[Path, ConceptIndex] | None:
    """The index by this encoder that has the most of the wordings, and its folder; None where none has any."""
    wanted = {surface for surface, _ in rows}
    best, most = None, 0
    for folder in (own, *sorted(_cached().glob("*"))):
        index = _loaded(folder) if encoder_of(folder) == encoder else None
        shared = 0 if index is None else len(wanted & {surface for surface, _ in index.rows})
        if index is not None and shared > most:
            best, most = (folder, index), shared
    return best


def index_rows(terminology: Terminology, mentions: Rows) -> list[tuple[str, str]]:
    """The rows of a terminology's index: its names and synonyms, and the mentions whose concepts it offers."""
    offered = {concept.id for concept in terminology.offered()}
    return list(dict.fromkeys([*terminology.rows(), *(row for row in mentions if row[1] in offered)]))


def ctcae_wordings(
    wanted: bool, terminology: Terminology, patient_phrases: bool = True
) -> list[tuple[str, str]]:
    """CTCAE's names and synonyms, for another terminology of MedDRA's codes: CTCAE has lay wordings."""
    is_other = terminology.codes == MEDDRA and terminology.name != "CTCAE"
    return read_ctcae(patient_phrases=patient_phrases).rows() if wanted and is_other else []


def read_mentions(path: Path) -> dict[tuple[str, str], int]:
    """Training mentions that serve as further wordings: `(surface, concept id)` to how often it stood there.

    None where there is no file; 0 times in the files of an earlier adetk, which do not say.
    """
    if not path.is_file():
        return {}
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {(surface, concept): int(*times) if times else 0 for concept, surface, *times in rows}


def write_mentions(path: Path, row_to_times: Mapping[tuple[str, str], int]) -> None:
    """Write what `read_mentions` reads."""
    lines = (f"{concept}\t{surface}\t{times}\n" for (surface, concept), times in row_to_times.items())
    path.write_text("".join(lines), encoding="utf-8")


def _fingerprint(encoder: str, rows: Rows) -> str:
    lines = "".join(f"{concept}\t{surface}\n" for surface, concept in rows)
    return hashlib.sha256(f"{encoder}\n{lines}".encode()).hexdigest()


def _keep(index: ConceptIndex, folder: Path) -> None:
    """Write the index whole or not at all; a cache that cannot be written costs only time."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as new:
            index.save(Path(new) / INDEX)
            shutil.rmtree(folder, ignore_errors=True)
            (Path(new) / INDEX).rename(folder)
    except OSError as error:
        logger.warning(
            "%s: the index could not be kept (%s); it will be built again next time", folder, error
        )
