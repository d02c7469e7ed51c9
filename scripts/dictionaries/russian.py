"""Drug names in Cyrillic: generic names by the rules of Russian INN, and tables of what the rules do not give.

Generic names in Russian are Latin ones letter by letter, with few rules that look further than one letter:
paroxetine is пароксетин, levothyroxine левотироксин, ciprofloxacin ципрофлоксацин. An s between vowels is written
с or з with no rule (фуросемид, but розувастатин): such names are given in both spellings, as people write both.
Names in other cases than the nominative are not listed: `adetk.russian` makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from adetk.errors import AdetkError
from dictionaries.drug_catalogue import Catalogue
from dictionaries.drug_names import read_list
from dictionaries.tables import Row, fold, read_rows

BRANDS = Path(__file__).with_name("russian_brands.tsv")
GENERICS = Path(__file__).with_name("russian_generics.tsv")
REJECTED = Path(__file__).with_name("rejected_russian_names.txt")
COLUMNS = ("variant", "name", "kind")
SOURCE = "adetk"

_PLAIN = re.compile(r"[a-z]{5,}")
_LOWER_CYRILLIC = re.compile(r"(?=.*[а-яё])[а-яёa-z0-9][а-яёa-z0-9 -]*")
_VOWELS = "aeiouy"
# What an English name ends in and a Russian one does not; the -e of a Greek -ose or -ase is an -а.
_ENDINGS = (
    (re.compile(r"(?<=[ao])[sz]e$"), "za"),
    (re.compile(rf"(?<=[^{_VOWELS}])e$"), ""),
    (re.compile(r"ium$"), "iй"),
)
_GROUPS = (
    ("estradiol", "эстрадиол"), ("estriol", "эстриол"), ("ethinyl", "этинил"), ("norepi", "норэпи"),
    ("ethister", "этистер"), ("diethyl", "диэтил"), ("triethyl", "триэтил"), ("sulf", "сульф"),
    ("sulp", "сульп"), ("sulb", "сульб"), ("pulm", "пульм"), ("calc", "кальц"), ("salb", "сальб"),
    ("sch", "ш"), ("ph", "ф"), ("th", "т"), ("ch", "х"), ("rh", "р"), ("ck", "к"), ("qu", "кв"), ("x", "кс"),
    ("ya", "иа"), ("ae", "е"), ("oestr", "эстр"), ("oe", "оэ"), ("pseudoe", "псевдоэ"),
)  # fmt: skip
_LETTERS = dict(zip("abdefghijklmnopqrstuvwyz", "абдефггийклмнопкрстуввиз", strict=True))


def russian_rows(catalogue: Catalogue, drugs: Sequence[Row]) -> list[Row]:
    """Rows of Cyrillic names, with the columns of the Latin table and its ids.

    Args:
        catalogue: all drugs. One that our tables name and it does not know has the id `name:` and its name.
        drugs: rows of the Latin table.

    Raises:
        AdetkError: one of our tables has a variant that is not in Cyrillic, or that stands for two drugs.
    """
    rejected = read_list(REJECTED)
    variant_to_row: dict[str, Row] = {}
    fold_to_drug = _known(catalogue, drugs)
    for variant, name, kind in [*_by_hand(GENERICS), *_by_hand(BRANDS)]:
        drug = fold_to_drug.get(fold(name), (f"name:{name}", name))
        row: Row = (*drug, variant, kind, SOURCE)
        other = variant_to_row.setdefault(variant, row)
        if other[0] != row[0]:
            raise AdetkError(f"{variant!r} stands for {other[1]!r} and {name!r}; expected one drug")
    for row in _by_rule(catalogue, drugs, list(variant_to_row.values())):
        variant_to_row.setdefault(row[2], row)
    return [row for variant, row in variant_to_row.items() if fold(variant) not in rejected]


def spellings(name: str) -> list[str]:
    """The Russian spellings of a one-word generic name: the likelier first; one, or two of an s between vowels."""
    voiced = re.sub(rf"(?<=[{_VOWELS}])s(?=[{_VOWELS}])", "z", name.lower())
    return list(dict.fromkeys(map(_transliterated, (voiced, name.lower()))))


def _transliterated(name: str) -> str:
    for ending, replacement in _ENDINGS:
        name, changed = ending.subn(replacement, name)
        if changed:
            break
    written, at = [], 0
    while at < len(name):
        group = next((pair for pair in _GROUPS if name.startswith(pair[0], at)), None)
        latin, cyrillic = (name[at], _letter(name, at)) if group is None else group
        written.append(cyrillic)
        at += len(latin)
    return "".join(written)


def _letter(name: str, at: int) -> str:
    letter, following = name[at], name[at + 1 : at + 2]
    if letter == "c":
        return "ц" if following and following in "eiyй" else "к"
    if letter == "e" and at == 0:
        return "э"
    return _LETTERS.get(letter, letter)


def _known(catalogue: Catalogue, drugs: Iterable[Row]) -> dict[str, Row]:
    """Folded name -> id and name; the Latin table's names first, then all others that the catalogue has."""
    fold_to_drug = {fold(row[2]): row[:2] for row in drugs}
    pairs = [(drug, name) for drug in catalogue.drugs() for name in (drug.name, *drug.variants)]
    for drug, name in sorted(pairs, key=lambda pair: pair[1] != pair[0].name):  # a drug's own name first
        fold_to_drug.setdefault(fold(name), (drug.concept_id, " ".join(drug.name.split())))
    return fold_to_drug


def _by_rule(catalogue: Catalogue, drugs: Sequence[Row], by_hand: Sequence[Row]) -> Iterator[Row]:
    """Generic names of DrugBank's drugs that have a structure or a brand name, and of those in our tables."""
    written = {row[0] for row in by_hand if row[3] == "generic"}
    sold = {row[0] for row in [*drugs, *by_hand] if row[3] in ("brand", "slang")}
    sold |= {drug.concept_id for drug in catalogue.drugs() if drug.smiles}
    named = {row[:2] for row in drugs if row[1].lower() == row[2]}  # a name that was turned down is none here
    named |= {row[:2] for row in by_hand}
    for concept_id, name in sorted(named):
        if concept_id.startswith("DB") and concept_id in sold - written and _PLAIN.fullmatch(name.lower()):
            for number, variant in enumerate(spellings(name)):
                yield concept_id, name, variant, "synonym" if number else "generic", SOURCE


def _by_hand(path: Path) -> list[Row]:
    rows = list(read_rows(path, COLUMNS))
    for variant, _, kind in rows:
        if not _LOWER_CYRILLIC.fullmatch(variant) or kind not in ("generic", "brand", "synonym", "slang"):
            raise AdetkError(
                f"{path.name}: {variant!r}, {kind!r}; expected a lower-case Cyrillic name and its kind"
            )
    return rows
