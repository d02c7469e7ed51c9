from adetk.card import bundle_card


def test_a_card_says_what_each_part_was_trained_on_and_scored():
    settings = {
        "recipe": "mine.toml",
        "base": "minilm",
        "sources": ["psytar", "seed.jsonl"],
        "development": {"n": 120, "f1": 0.71234567, "int8_f1": 0.70999},
        "terminology": "ctcae",
    }
    card = bundle_card("small", {"classify": settings, "normalize": settings})
    assert card.startswith("# small\n")
    assert "(which CTCAE term?)" in card.replace("\n", " ")
    for line in ("## classify", "## normalize", "- psytar", "- seed.jsonl", "| n | 120 |", "| f1 | 0.7123 |"):
        assert line in card.splitlines()
    assert card.count("| int8_f1 | 0.71 |") == 2


def test_a_card_names_another_terminology():
    settings = {"recipe": "r.toml", "base": "minilm", "development": {}, "terminology": "MedDRA 99.1"}
    assert "(which MedDRA 99.1 term?)" in bundle_card("x", {"normalize": settings}).replace("\n", " ")
