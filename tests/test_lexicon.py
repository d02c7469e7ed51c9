import random

import pytest
from rapidfuzz.distance import OSA

from adetk.dictionaries import open_dictionary
from adetk.errors import AdetkError
from adetk.lexicon import Lexicon, Match, fold, read_phrases, tokenize


def surfaces(lexicon, text, fuzzy=False):
    tokens = tokenize(text)
    return [
        (text[tokens.spans[m.start][0] : tokens.spans[m.end - 1][1]], m.ids)
        for m in lexicon.matches(tokens, fuzzy)
    ]


def test_tokens_are_words_and_single_marks():
    tokens = tokenize("Can't sleep_now…5mg")
    words = ["Can", "'", "t", "sleep", "_", "now", "…", "5mg"]
    assert ["Can't sleep_now…5mg"[a:b] for a, b in tokens.spans] == words
    assert tokens.folded == ["can", "'", "t", "sleep", "_", "now", "…", "5mg"]


@pytest.mark.parametrize(
    ("token", "folded"),
    [
        ("Cramps", "cramp"),
        ("STRESS", "stress"),
        ("Tinnitus", "tinnitus"),
        ("arthritis", "arthritis"),
        ("gas", "gas"),
    ],
)
def test_fold_takes_off_case_and_a_plural(token, folded):
    assert fold(token) == folded
    assert fold(folded) == folded


def test_the_longest_entry_wins_from_left_to_right():
    lexicon = Lexicon("d", [("pain", "1"), ("back pain", "2"), ("pain in the neck", "3"), ("neck", "4")])
    assert surfaces(lexicon, "back pain in the neck, neck pain") == [
        ("back pain", ("2",)),
        ("neck", ("4",)),
        ("neck", ("4",)),
        ("pain", ("1",)),
    ]


def test_case_plural_and_spacing_do_not_matter():
    lexicon = Lexicon("d", [("Leg Cramps", "1")])
    assert surfaces(lexicon, "LEG   cramp and leg\ncramps") == [
        ("LEG   cramp", ("1",)),
        ("leg\ncramps", ("1",)),
    ]


def test_adjacent_entries_are_both_found():
    lexicon = Lexicon("d", [("dry", "1"), ("sore", "2")])
    assert [(m.start, m.end) for m in lexicon.matches(tokenize("dry sore dry"))] == [(0, 1), (1, 2), (2, 3)]


def test_punctuation_parts_words_and_belongs_to_entries_that_have_it():
    lexicon = Lexicon("d", [("can't sleep", "1"), ("ill", "2"), ("sick tired", "3")])
    assert surfaces(lexicon, "CAN'T SLEEP! (ill) sick, tired") == [("CAN'T SLEEP", ("1",)), ("ill", ("2",))]


def test_an_entry_is_not_found_inside_a_word():
    assert surfaces(Lexicon("d", [("ill", "1")]), "pills still ill-ish") == [("ill", ("1",))]


def test_a_phrase_with_several_ids_gives_them_once_each_in_order():
    lexicon = Lexicon("d", [("rash", "2"), ("Rashes", "2"), ("rash", "1"), ("RASH", "2")])
    assert surfaces(lexicon, "rash") == [("rash", ("2", "1"))]


@pytest.mark.parametrize("entries", [[], [("", "1"), ("  ", "2")]])
def test_a_dictionary_without_a_phrase_finds_nothing(entries):
    lexicon = Lexicon("d", entries)
    assert len(lexicon) == 0
    assert lexicon.matches(tokenize("a rash"), fuzzy=True) == []
    assert lexicon.tags(tokenize("")) == []


def test_tags_say_first_and_further_tokens():
    lexicon = Lexicon("d", [("dry mouth", ""), ("thirst", "")])
    assert lexicon.tags(tokenize("my dry mouth, thirst thirst")) == [0, 1, 2, 0, 1, 1]


def test_a_misspelt_word_meets_its_entry():
    lexicon = Lexicon("d", [("zolpidem", "1")])
    for word in ("zolpidm", "zolpiddem", "zolpxdem", "olpidem", "zolpidems"):
        assert lexicon.matches(tokenize(word), fuzzy=True)[0].ids == ("1",), word
    for word in ("zlpidme", "zolpi", "zolpidem2x"):
        assert lexicon.matches(tokenize(word), fuzzy=True) == [], word
    assert lexicon.matches(tokenize("zolpidm")) == []
    assert lexicon.matches(tokenize("zolpidem"), fuzzy=True) == [Match(0, 1, ("1",))]
    assert lexicon.matches(tokenize("zolpidm"), fuzzy=True) == [Match(0, 1, ("1",), fuzzy=True)]


def test_entries_of_six_letters_are_never_taken_misspelt():
    lexicon = Lexicon("d", [("ambien", "1"), ("two wordss", "2"), ("abc1234", "3")])
    for word in ("ambienn", "ambiem", "wordsss", "abc1235"):
        assert lexicon.matches(tokenize(word), fuzzy=True) == []


def test_blocked_words_are_no_misspelling_but_still_entries():
    lexicon = Lexicon("d", [("metforin", "1"), ("forming", "2")], fuzzy_blocked=["Metformins", "forming"])
    assert lexicon.matches(tokenize("metformin"), fuzzy=True) == []
    assert lexicon.matches(tokenize("forming"), fuzzy=True) == [Match(0, 1, ("2",))]


def test_a_word_that_an_entry_covers_is_not_matched_again():
    lexicon = Lexicon("d", [("fentanyl patch", "1"), ("fentanil", "2")])
    assert surfaces(lexicon, "fentanyl patch", fuzzy=True) == [("fentanyl patch", ("1",))]
    assert surfaces(lexicon, "fentanyl", fuzzy=True) == [("fentanyl", ("2",))]


def test_misspellings_agree_with_comparing_every_entry():
    draw = random.Random(1)
    words = sorted({"".join(draw.choices("abc", k=draw.randint(5, 10))) for _ in range(250)})
    words = [w for w in words if fold(w) == w]
    lexicon = Lexicon("d", [(w, w) for w in words])
    queries = {_edited(draw.choice(words), draw) for _ in range(600)} - set(words)
    matched = 0
    for query in sorted(queries):
        near = [w for w in words if len(w) >= 7 and OSA.distance(w, query) == 1]
        found = lexicon.matches(tokenize(query), fuzzy=True)
        assert [m.ids for m in found] == ([(min(near),)] if near else []), query
        matched += bool(near)
    assert matched > 100


def test_matches_agree_with_comparing_every_stretch_of_tokens():
    draw = random.Random(2)
    entries = {" ".join(draw.choices("pqr", k=draw.randint(1, 4))) for _ in range(15)}
    lexicon = Lexicon("d", [(e, e) for e in entries])
    for _ in range(200):
        tokens = draw.choices("pqrz", k=draw.randint(0, 10))
        expected, at = [], 0
        while at < len(tokens):
            ends = [e for e in range(len(tokens), at, -1) if " ".join(tokens[at:e]) in entries]
            expected += [(at, ends[0])] if ends else []
            at = ends[0] if ends else at + 1
        assert [(m.start, m.end) for m in lexicon.matches(tokenize(" ".join(tokens)))] == expected


def test_read_phrases_takes_lines_or_a_column(tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text(" dry mouth \n\nrash\n", encoding="utf-8")
    assert read_phrases(lines) == [("dry mouth", ""), ("rash", "")]
    table = tmp_path / "table.tsv"
    table.write_text('concept_id\tsynonym\n7\tthe "runs"\n\t\n8\trash\n', encoding="utf-8")
    assert read_phrases(table) == [('the "runs"', "7"), ("rash", "8")]


def test_read_phrases_passes_over_a_byte_order_mark(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("brain fog\nrash\n", encoding="utf-8-sig")
    assert read_phrases(path) == [("brain fog", ""), ("rash", "")]
    path.write_text("phrase\tconcept_id\nbrain fog\t7\n", encoding="utf-8-sig")
    assert read_phrases(path) == [("brain fog", "7")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such dictionary"),
        (b"rash\n\xff\n", "not UTF-8 at byte 5"),
        (b"a\tb\n1\t2\n", "expected one named"),
    ],
)
def test_a_dictionary_that_cannot_be_read_is_named(tmp_path, content, expected):
    path = tmp_path / "mine.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AdetkError, match=expected) as caught:
        read_phrases(path)
    assert str(path) in str(caught.value)


def test_open_dictionary_knows_packaged_names_and_files_beside_the_recipe(tmp_path):
    (tmp_path / "mine.txt").write_text("rash\n", encoding="utf-8")
    assert open_dictionary("mine.txt", tmp_path).name == "mine"
    ctcae = open_dictionary("ctcae", tmp_path)
    assert [surface for surface, _ in surfaces(ctcae, "dry mouths again")] == ["dry mouths"]
    with pytest.raises(AdetkError, match=r"'absent'.*ctcae, symptoms.*correct the name"):
        open_dictionary("absent", tmp_path)


def _edited(word, draw):
    at = draw.randrange(len(word))
    letter = draw.choice("abcd")
    return draw.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
        ]
    )
