import pytest

from adetk.dictionaries import drug_lexicon, open_dictionary
from adetk.extract.features import DictionaryFeatures
from adetk.lexicon import Match, tokenize
from adetk.russian import case_forms


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("золофт", "золофта золофту золофтом золофте золофты"),
        ("прозак", "прозака прозаку прозаком прозаке прозаки"),
        ("виагра", "виагры виагре виагру виагрой"),
        ("зипрекса", "зипрексы зипрексе зипрексу зипрексой"),
        ("валерьянка", "валерьянки валерьянке валерьянку валерьянкой"),
        ("энтеросгель", "энтеросгеля энтеросгелю энтеросгелем энтеросгеле"),
        ("литий", "лития литию литием литии"),
        ("магнезия", "магнезии магнезию магнезией"),
        ("ацц", "ацца аццем"),
        ("но-шпа", "но-шпы но-шпу но-шпой"),
        ("тромбо асс", "тромбо асса тромбо ассом"),
    ],
)
def test_names_are_declined_by_their_ending(name, forms):
    found = case_forms(name)
    assert found[0] == name
    assert set(forms.split(" ")) <= {word for form in found for word in form.split(" ")}
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "name", ["тамифлю", "эссенциале", "арава-о", "магне б6", "ирс-19", "беродуал н", "клион-д", ""]
)
def test_other_vowels_numbers_and_short_words_are_not_declined(name):
    assert case_forms(name) == [name]


def test_velars_and_sibilants_take_i_and_sibilants_take_em():
    assert {"лозапы", "лозапом"} <= set(case_forms("лозап"))
    assert "прозакы" not in case_forms("прозак")
    assert {"трентажи", "трентажем"} <= set(case_forms("трентаж"))


def test_posts_in_both_alphabets_have_their_drugs_in_order_with_one_id_a_drug():
    lexicon, id_to_name = drug_lexicon()
    tokens = tokenize("Сначала пила золофт, потом перешли с золофта на Paxil, а zoloft и но-шпу бросила")
    found = lexicon.matches(tokens, fuzzy=True)
    assert [id_to_name[i] for m in found for i in m.ids] == [
        "Sertraline", "Sertraline", "Paroxetine", "Sertraline", "Drotaverine",
    ]  # fmt: skip
    assert [m.start for m in found] == sorted(m.start for m in found)
    assert not any(m.fuzzy for m in found)


def test_a_latin_post_leaves_the_russian_names_where_they_are():
    drug_lexicon.cache_clear()
    lexicon, _ = drug_lexicon()
    assert lexicon.matches(tokenize("zoloft keeps me awake 😀")) == [Match(0, 1, ("DB01104",))]
    assert "_russian" not in vars(lexicon)
    assert lexicon.matches(tokenize("от феназепама сплю")) != []
    assert "_russian" in vars(lexicon)


def test_one_letter_away_from_a_russian_name_is_no_drug():
    lexicon, _ = drug_lexicon()
    assert lexicon.matches(tokenize("флуоксетин")) != []
    assert lexicon.matches(tokenize("флуоксетун флуоксети"), fuzzy=True) == []


def test_a_taggers_dictionaries_of_drugs_are_one_an_alphabet():
    tokens = tokenize("пью магне б6 с золофтом и prozac")
    assert open_dictionary("drugs").tags(tokens) == [0, 0, 0, 0, 0, 0, 1]
    assert open_dictionary("drugs_ru").tags(tokens) == [0, 1, 2, 0, 1, 0, 0]


def test_a_part_tags_drugs_as_in_training(tmp_path):
    names = ["drugs", "drugs_ru"]
    trained = DictionaryFeatures([open_dictionary(name) for name in names])
    trained.save(tmp_path)
    served = DictionaryFeatures.load(tmp_path, names)
    tokens = tokenize("после золофта и но-шпы, then zoloft with ace inhibitors")
    tags = [lexicon.tags(tokens) for lexicon in trained.lexicons]
    assert [lexicon.tags(tokens) for lexicon in served.lexicons] == tags
    assert [sum(map(bool, of_one)) for of_one in tags] == [3, 4]
