"""The dictionaries that travel with adetk, by name, and a user's own file, as lexicons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

from adetk.data import dictionaries_folder
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon, Match, Tokens, read_phrases
from adetk.russian import case_forms

NAME_TO_FILES = {
    "ctcae": ("ctcae_concepts.tsv", "ctcae_synonyms.tsv", "hpo_synonyms.tsv"),
    "symptoms": ("symptoms.tsv",),
    "patient_phrases": ("patient_phrases.tsv",),
    "drugs": ("drugs.tsv",),
    "drugs_ru": ("drugs_ru.tsv",),
}
"""`patient_phrases` is made from PsyTAR's and TwADR-L's training phrases: leave it out where those are scored.
`drugs_ru` has Russian names in all cases, for taggers of Russian."""

_CYRILLIC = re.compile("[\u0400-\u04ff]")


def open_dictionary(name: str, beside: Path = Path()) -> Lexicon:
    """A packaged dictionary by its name, or a file of one phrase a line, relative to `beside`.

    Raises:
        AdetkError: when the name is neither, or the file holds no phrase.
    """
    if name in NAME_TO_FILES:
        folder = dictionaries_folder()
        entries = [entry for file in NAME_TO_FILES[name] for entry in read_phrases(folder / file)]
        return _in_all_cases(entries) if name == "drugs_ru" else Lexicon(name, entries)
    path = beside / name
    if not path.is_file():
        raise AdetkError(
            f"dictionary {name!r}: neither one of {', '.join(NAME_TO_FILES)} nor a file at {path}; correct the name"
        )
    lexicon = Lexicon(path.stem, read_phrases(path))
    if not len(lexicon):
        raise AdetkError(f"{path}: no phrase in it; expected one a line")
    return lexicon


class DrugLexicon(Lexicon):
    """Drug names: the Latin ones, and those of posts in Cyrillic, which are not made ready before such a post comes.

    Args:
        entries: Latin names and ids.
        russian: Russian names, nominatives, and ids.
        fuzzy_blocked: see `Lexicon`.
    """

    def __init__(
        self, entries: Iterable[tuple[str, str]], russian: list[tuple[str, str]], fuzzy_blocked: Iterable[str]
    ) -> None:
        super().__init__("drugs", entries, fuzzy_blocked)
        self._russian_names = russian

    def matches(self, tokens: Tokens, fuzzy: bool = False) -> list[Match]:
        """As `Lexicon.matches`; Russian names in all cases, misspelt ones only where the dictionary has them.

        One letter away from a Russian name in some case are too many ordinary words in some case.
        """
        found = super().matches(tokens, fuzzy)
        if any(map(_CYRILLIC.match, tokens.folded)):  # no token is part of names in both alphabets
            found = sorted([*found, *self._russian.matches(tokens)], key=lambda m: m.start)
        return found

    @cached_property
    def _russian(self) -> Lexicon:
        return _in_all_cases(self._russian_names)


@lru_cache(maxsize=1)
def drug_lexicon() -> tuple[Lexicon, dict[str, str]]:
    """The packaged drug names with misspellings guarded, and id -> generic name."""
    latin, russian = (_drug_rows(name) for name in ("drugs.tsv", "drugs_ru.tsv"))
    blocked = (dictionaries_folder() / "fuzzy_blocked.txt").read_text(encoding="utf-8").split()
    id_to_name = {row[0]: row[1] for row in [*russian, *latin]}
    return DrugLexicon([(r[2], r[0]) for r in latin], [(r[2], r[0]) for r in russian], blocked), id_to_name


def _in_all_cases(names: Iterable[tuple[str, str]]) -> Lexicon:
    """Russian names, given as nominatives with ids; what stands in the lexicon can be saved as it is."""
    return Lexicon("drugs_ru", [(form, drug) for name, drug in names for form in case_forms(name)])


def _drug_rows(name: str) -> list[list[str]]:
    """Rows of a table of drug names: id, generic name, name, and more."""
    lines = (dictionaries_folder() / name).read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]
