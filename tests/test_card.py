import pytest

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


def part(**settings):
    return {"recipe": "r.toml", "base": "somewhere", "development": {}, "terminology": "ctcae", **settings}


@pytest.mark.parametrize(
    ("gate", "tagger", "said"),
    [
        (["en"], ["en"], "English"),
        (["en", "ru"], ["de", "en", "ru"], "English and Russian"),
        (["de"], ["de", "en"], "de"),
        (None, ["en", "ru"], "English"),
        (["ru"], None, "gate and tagger share no language"),
    ],
)
def test_a_card_says_which_languages_gate_and_tagger_learnt(gate, tagger, said):
    named = {"classify": gate, "extract": tagger}
    parts = {kind: part(**({} if codes is None else {"languages": codes})) for kind, codes in named.items()}
    card = bundle_card("x", {**parts, "normalize": part(languages=["fr"])})
    assert f"in patient text ({said}): a gate" in card
    assert f"- Languages: {said}. What it says" in card


def test_a_card_says_what_a_run_may_ask_for_and_on_what_terms_the_rest_stands():
    gate = part(
        positives=[0.5] * 138,
        base="minilm",
        sources=["corpora/written/a.jsonl: 7 documents; CC0 1.0, written for this project"],
    )
    tagger = part(dictionaries=["ctcae", "drugs"])
    linker = part(linker={"quantile": 0.8})
    lines = bundle_card("x", {"classify": gate, "extract": tagger, "normalize": linker}).splitlines()
    assert "| ADE posts that `--min-recall` is calibrated on | 138 |" in lines
    assert "| sets of `--candidates conformal` | hold the right term 90% of the time |" in lines
    assert "Recipe `r.toml`, from the encoder `minilm` (all-MiniLM-L6-v2, Apache-2.0). Trained on:" in lines
    assert (
        "Recipe `r.toml`, from the encoder `somewhere`, with the dictionaries ctcae, drugs. Trained on:"
        in lines
    )
    assert "  easier than a stream's: expect less there." in lines
    other = bundle_card("x", {"normalize": part(linker={"quantile": None})})
    assert "| sets of `--candidates conformal` | not fitted |" in other.splitlines()
    assert "easier than a stream" not in other


def test_a_card_names_another_terminology():
    settings = {"recipe": "r.toml", "base": "minilm", "development": {}, "terminology": "MedDRA 99.1"}
    assert "(which MedDRA 99.1 term?)" in bundle_card("x", {"normalize": settings}).replace("\n", " ")


def test_a_card_draws_the_choice_of_tau():
    sweep = {str(round(0.02 * i, 2)): round(0.4 + 0.002 * i, 4) for i in range(51)}
    settings = {
        "recipe": "r.toml", "base": "minilm", "development": {}, "terminology": "ctcae",
        "tau_sweep": sweep, "linker": {"tau": 0.66},
    }  # fmt: skip
    lines = bundle_card("x", {"normalize": settings}).splitlines()
    bars = {line.split("|")[1].strip(): line.split("|")[3].strip() for line in lines if "█" in line}
    assert list(bars) == [
        "0.0",
        "0.1",
        "0.2",
        "0.3",
        "0.4",
        "0.5",
        "0.6",
        "0.66 (chosen)",
        "0.7",
        "0.8",
        "0.9",
        "1.0",
    ]
    assert (len(bars["0.0"]), len(bars["0.5"]), len(bars["1.0"])) == (1, 11, 21)
    assert "A bar of one block is 0.4000, of 21 blocks 0.5000." in lines
    assert not any("fused" in line for line in lines)
    fused = bundle_card("x", {"normalize": {**settings, "linker": {"tau": 0.66, "is_fused": True}}})
    assert "by nearest term and classifier fused, in place of tau" in fused
    flat = bundle_card("x", {"normalize": {**settings, "tau_sweep": dict.fromkeys(sweep, 0.5)}})
    assert flat.count("█") == 12


def test_a_card_says_what_a_linker_learnt_after_it_was_scored():
    learnt = part(options={"learn_development": True})
    says = "Development mentions that were carved out of a source have been learnt since; figures"
    assert says in bundle_card("x", {"normalize": learnt})
    for other in (part(), part(options={"learn_development": False}), {**learnt, "calibrated_for": "Y"}):
        assert says not in bundle_card("x", {"normalize": other})
