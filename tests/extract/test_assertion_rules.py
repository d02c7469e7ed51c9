import pytest

from adetk.errors import AdetkError
from adetk.extract.assertion_rules import ASSERTIONS, STOPS, Phrases, Rule, Rules, read_rules


def written(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_slots_are_filled_in_every_way_with_and_without_apostrophes(tmp_path):
    path = written(
        tmp_path,
        """
        joiners = ["and"]
        stops = ["but"]
        pseudo = ["no {thing}"]
        wanted = ["sleep"]
        [slots]
        who = ["i", "it"]
        wont = ["won't"]
        thing = ["doubt"]
        [[rules]]
        assertion = "hypothetical"
        direction = "backward"
        reach = 2
        phrases = ["{who} {wont}"]
        needs = ["say"]
        unless = ["{who}"]
        """,
    )
    rule = Rule(
        "hypothetical", "backward", 2, ("i won't", "i wont", "it won't", "it wont"), ("say",), ("i", "it")
    )
    expected = Rules((rule,), ("but",), ("no doubt",), frozenset({"and"}), frozenset({"sleep"}))
    assert read_rules(path) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rules]]\nassertion = 'gone'", r"rule 1: 'gone'; expected hypothetical or negated"),
        ("[[rules]]\ndirection = 'up'", r"rule 1: 'up'; expected forward or backward"),
        ("[[rules]]\nphrase = ['no']", r"rule 1: unknown key phrase"),
        ("[[rules]]\nreach = 'far'", r"rule 1: reach is 'far'; expected a value like 0"),
        ("stops = ['{who} but']\n[slots]\nyou = ['u']", r"stops: no slot 'who'; expected one of you"),
        ("stops = [", r"not TOML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, text, said):
    with pytest.raises(AdetkError, match=said) as caught:
        read_rules(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(AdetkError, match="no such"):
        read_rules(tmp_path / "none.toml")


def test_the_longest_phrase_counts_in_whole_words_from_left_to_right():
    rules = Rules(
        (Rule(phrases=("no", "never had")), Rule(phrases=("had any",), needs=("no",), unless=("any",))),
        stops=("but",),
        pseudo=("no doubt",),
    )
    found = [(span, uses) for span, uses in Phrases(rules).find("no nose, no doubt never had any but no")]
    assert found == [
        ((0, 2), [(0, "phrases"), (1, "needs")]),
        ((9, 17), []),
        ((18, 27), [(0, "phrases")]),
        ((28, 31), [(1, "unless")]),
        ((32, 35), [(0, STOPS)]),
        ((36, 38), [(0, "phrases"), (1, "needs")]),
    ]


def test_runs_of_blanks_are_one_and_marks_between_words_count():
    phrases = Phrases(Rules((Rule(phrases=("did not have", "w/o")),)))
    text = "  did \n not  have w/o, did not, have. w  /o did not have"
    assert [text[start:end] for (start, end), _ in phrases.find(text)] == [
        "did \n not  have",
        "w/o",
        "did not have",
    ]
    assert list(phrases.find("")) == []


def test_the_packaged_rules_are_lower_case_and_know_every_assertion():
    rules = read_rules()
    phrases = [p for r in rules.rules for key in (r.phrases, r.needs, r.unless) for p in key]
    phrases += [*rules.stops, *rules.pseudo, *rules.wanted, *rules.joiners]
    assert {rule.assertion for rule in rules.rules} == set(ASSERTIONS)
    assert all(phrase == " ".join(phrase.lower().split()) for phrase in phrases)
    assert all(rule.phrases for rule in rules.rules)
