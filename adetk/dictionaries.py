"""The dictionaries that travel with adetk, by name, and a user's own file, as lexicons."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from adetk.data import dictionaries_folder
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon, read_phrases

NAME_TO_FILES = {
    "ctcae": ("ctcae_concepts.tsv", "ctcae_synonyms.tsv", "hpo_synonyms.tsv"),
    "symptoms": ("symptoms.tsv",),
    "patient_phrases": ("patient_phrases.tsv",),
    "drugs": ("drugs.tsv",),
}
"""`patient_phrases` is made from PsyTAR's and TwADR-L's training phrases: leave it out where those are scored."""


def open_dictionary(name: str, beside: Path = Path()) -> Lexicon:
    """A packaged dictionary by its name, or a file of one phrase a line, relative to `beside`.

    Raises:
        AdetkError: when the name is neither, or the file holds no phrase.
    """
    if name in NAME_TO_FILES:
        folder = dictionaries_folder()
        return Lexicon(name, [entry for file in NAME_TO_FILES[name] for entry in read_phrases(folder / file)])
    path = beside / name
    if not path.is_file():
        raise AdetkError(
            f"dictionary {name!r}: neither one of {', '.join(NAME_TO_FILES)} nor a file at {path}; correct the name"
        )
    lexicon = Lexicon(path.stem, read_phrases(path))
    if not len(lexicon):
        raise AdetkError(f"{path}: no phrase in it; expected one a line")
    return lexicon


@lru_cache(maxsize=1)
def drug_lexicon() -> tuple[Lexicon, dict[str, str]]:
    """The packaged drug names with misspellings guarded, and id -> generic name."""
    folder = dictionaries_folder()
    rows = [line.split("\t") for line in (folder / "drugs.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    blocked = (folder / "fuzzy_blocked.txt").read_text(encoding="utf-8").split()
    id_to_name = {row[0]: row[1] for row in rows}
    return Lexicon("drugs", [(row[2], row[0]) for row in rows], blocked), id_to_name
