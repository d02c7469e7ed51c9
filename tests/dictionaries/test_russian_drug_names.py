import re
from collections import defaultdict

import pytest
from dictionary_tables import fold, rows

from adetk.dictionaries import drug_lexicon
from adetk.errors import AdetkError
from adetk.lexicon import tokenize


def test_russian_names_have_the_ids_and_names_of_the_latin_ones():
    id_to_name = {row[0]: row[1] for row in rows("drugs.tsv")[1:]}
    body = rows("drugs_ru.tsv")[1:]
    russian_id_to_names = defaultdict(set)
    for concept_id, name, variant, kind, source in body:
        russian_id_to_names[concept_id].add(name)
        assert id_to_name.get(concept_id, name) == name
        assert re.fullmatch(r"(?=.*[а-яё])[а-яёa-z0-9 -]+", variant), variant
        assert kind in {"generic", "brand", "synonym", "slang"}
        assert source == "adetk"
    assert [concept_id for concept_id, names in russian_id_to_names.items() if len(names) > 1] == []
    assert len({row[2] for row in body}) == len(body)
    assert sum(row[3] == "brand" for row in body) > 1000
    assert len(set(russian_id_to_names) & set(id_to_name)) > 2000


RUSSIAN_NAMES = {
    "Fluoxetine": "флуоксетин прозак профлузак",
    "Paroxetine": "пароксетин паксил рексетин",
    "Sertraline": "сертралин золофт стимулотон",
    "Quetiapine": "кветиапин сероквель",
    "Pregabalin": "прегабалин лирика",
    "Phenazepam": "феназепам",
    "Ibuprofen": "ибупрофен нурофен",
    "Acetaminophen": "парацетамол панадол",
    "Albuterol": "сальбутамол вентолин",
    "Levothyroxine": "левотироксин эутирокс",
    "Oseltamivir": "осельтамивир тамифлю",
    "Furosemide": "фуросемид",
    "Rosuvastatin": "розувастатин крестор",
    "Loperamide": "лоперамид имодиум",
    "Adalimumab": "адалимумаб хумира",
    "kagocel": "кагоцел",
}


def test_russian_names_stand_for_the_right_drug():
    variant_to_name = {row[2]: row[1] for row in rows("drugs_ru.tsv")[1:]}
    found = {
        name: " ".join(v for v in variants.split() if variant_to_name.get(v) == name)
        for name, variants in RUSSIAN_NAMES.items()
    }
    assert found == RUSSIAN_NAMES
    structured = {row[0] for row in rows("drug_smiles.tsv")[1:]}
    ids = {row[1]: row[0] for row in rows("drugs_ru.tsv")[1:]}
    assert {ids[name] for name in ("Fluoxetine", "Quetiapine", "Albuterol", "Drotaverine")} <= structured
    drotaverine = {variant for variant, name in variant_to_name.items() if name == "Drotaverine"}
    assert drotaverine >= {"дротаверин", "но-шпа", "ношпа"}


def test_ordinary_russian_words_are_no_drug_in_any_case():
    words = """вода водка индия индии кофеин йод соль сахар чай молоко мёд кислород миг портал экватор соната
        концерт концерта берет берета диана диане реглан алфавит силуэт жанр опра снуп дон дона золото серебро
        витамин витамина эффект эффекта гриппом дивана проспала тотем фольк кетонов"""
    lexicon, _ = drug_lexicon()
    assert [word for word in words.split() if lexicon.matches(tokenize(word), fuzzy=True)] == []


def test_no_word_of_a_name_in_both_alphabets_is_a_name_by_itself():
    latin = {fold(row[2]) for row in rows("drugs.tsv")[1:]}
    words = {word for row in rows("drugs_ru.tsv")[1:] for word in fold(row[2]).split()}
    assert words & latin == set()


@pytest.mark.parametrize(
    ("latin", "russian"),
    [
        ("paroxetine", ["пароксетин"]),
        ("quetiapine", ["кветиапин"]),
        ("levofloxacin", ["левофлоксацин"]),
        ("citalopram", ["циталопрам"]),
        ("escitalopram", ["эсциталопрам"]),
        ("methotrexate", ["метотрексат"]),
        ("acyclovir", ["ацикловир"]),
        ("hydroxyzine", ["гидроксизин"]),
        ("diphenhydramine", ["дифенгидрамин"]),
        ("salbutamol", ["сальбутамол"]),
        ("sulpiride", ["сульпирид"]),
        ("lactulose", ["лактулоза"]),
        ("tiotropium", ["тиотропий"]),
        ("ethinylestradiol", ["этинилэстрадиол"]),
        ("pseudoephedrine", ["псевдоэфедрин"]),
        ("chlorpromazine", ["хлорпромазин"]),
        ("furosemide", ["фуроземид", "фуросемид"]),
        ("rosuvastatin", ["розувастатин", "росувастатин"]),
        ("etanercept", ["этанерцепт"]),
    ],
)
def test_generic_names_are_transliterated_by_rule(module, latin, russian):
    assert module("russian").spellings(latin) == russian


def test_a_russian_table_with_a_latin_name_or_two_drugs_of_a_name_is_refused(module, tmp_path, monkeypatch):
    russian = module("russian")
    catalogue = module("drug_catalogue").Catalogue()
    table = tmp_path / "table.tsv"
    monkeypatch.setattr(russian, "GENERICS", table)
    table.write_text("variant\tname\tkind\nzanomil\tzanomil\tbrand\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="lower-case Cyrillic"):
        russian.russian_rows(catalogue, [])
    table.write_text(
        "variant\tname\tkind\nзаномил\tzanomil\tbrand\nзаномил\tother\tbrand\n", encoding="utf-8"
    )
    with pytest.raises(AdetkError, match="expected one drug"):
        russian.russian_rows(catalogue, [])
