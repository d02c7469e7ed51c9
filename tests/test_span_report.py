import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from span_report import (  # noqa: E402
    DISCONTINUOUS,
    FIGURES,
    GATES,
    RECIPE_TO_PLAIN,
    Sample,
    Taggings,
    behind,
    member_figures,
    spans_report,
)
from span_runs import (  # noqa: E402
    Found,
    Mentions,
    digest,
    predicted,
    span_run,
)
from trained_runs import WHOLE, Run, digest_of, path_of, read_runs, write_run  # noqa: E402

from adetk.document import ADE, NO_ADE, Document, Mention  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.evaluate.official import score_smm4h2022, write_submission  # noqa: E402

# ---- documents that are made up


def post(number, spans=(), label=None):
    """A post of 20 letters; one span is `(start, end)`, a discontinuous mention a tuple of them."""
    mentions = tuple(Mention(s if isinstance(s[0], tuple) else (s,)) for s in spans)
    return Document(f"p{number}", f"{number:020d}", label or (ADE if spans else NO_ADE), mentions=mentions)


GOLD = [post(0, [(0, 3), (4, 7)]), post(1), post(2, [((0, 2), (5, 7))])]
TAGGED = [post(0, [(0, 3), (7, 9)]), post(1, [(0, 4)]), post(2, [((0, 2), (5, 7))])]


def test_figures_of_a_worked_case():
    figures = member_figures(GOLD, [TAGGED, *behind("oracle", sample(GOLD, [TAGGED]))])
    without, gated = figures(np.ones(3, int))
    assert set(without) == {*FIGURES, DISCONTINUOUS}
    assert (without["strict_precision"], without["strict_recall"]) == (2 / 4, 2 / 3)
    assert without["strict_f1"] == without["relaxed_f1"] == pytest.approx(4 / 7)
    assert without["official_relaxed_f1"] == pytest.approx(
        6 / 7, abs=1e-5
    )  # a span that touches matches there
    assert without[DISCONTINUOUS] == gated[DISCONTINUOUS] == 1.0
    assert gated["strict_precision"] == gated["strict_recall"] == pytest.approx(2 / 3)
    assert gated["official_relaxed_f1"] == pytest.approx(1.0, abs=1e-5)
    doubled, _ = figures(np.array([1, 2, 1]))
    assert doubled["strict_f1"] == pytest.approx(4 / 8)
    assert DISCONTINUOUS not in member_figures(GOLD[:2], [TAGGED[:2]])(np.ones(2, int))[0]


def test_the_oracle_turns_down_posts_that_are_known_to_report_nothing():
    unlabelled = [replace(GOLD[1], label=None), *GOLD[1:]]
    (left,) = behind("oracle", sample(unlabelled, [TAGGED]))
    assert [len(d.mentions) for d in left] == [2, 0, 1]
    assert behind("none", sample(GOLD, [TAGGED])) == [TAGGED]


def test_the_oracle_also_tells_the_tagger():
    told = replace(sample(GOLD, [[post(0), post(1), post(2)]]), told=[TAGGED])
    assert [[len(d.mentions) for d in member] for member in behind("oracle", told)] == [[2, 0, 1]]
    assert [[len(d.mentions) for d in member] for member in behind("none", told)] == [[0, 0, 0]]


def test_figures_are_those_of_the_scorer_of_submissions(tmp_path):
    draw = np.random.default_rng(3)

    def posts():
        starts = [draw.integers(0, 15, draw.integers(0, 4)) for _ in range(60)]
        return [
            post(n, [(int(s), int(s + draw.integers(1, 5))) for s in own]) for n, own in enumerate(starts)
        ]

    gold, tagged = posts(), posts()
    (tmp_path / "tweets.tsv").write_text("".join(f"{d.id}\t{d.text}\n" for d in gold))
    for name, documents in (("spans.tsv", gold), ("answers.tsv", tagged)):
        write_submission("smm4h2022-1b", documents, tmp_path / name)
    scores = score_smm4h2022("1b", tmp_path / "spans.tsv", tmp_path / "answers.tsv")
    unrepeated = [replace(d, mentions=tuple(dict.fromkeys(d.mentions))) for d in gold]
    (report,) = member_figures(
        unrepeated, [[replace(d, mentions=tuple(dict.fromkeys(d.mentions))) for d in tagged]]
    )(np.ones(60, int))
    for name in FIGURES:
        assert report[name] == pytest.approx(scores[name]), name


def sample(gold, members):
    """Members that find no more when they are told."""
    return Sample(gold, members, members, digest(gold))


def taggings(name, members, chosen="out_of_fold", gold=None, final=None):
    gold = gold or GOLD
    return Taggings(name, {"corpus": "mine"}, chosen, sample(gold, members), "valid", final)


def test_the_report_holds_both_gates_the_seeds_and_the_difference_to_the_plain_recipe():
    half = [GOLD[0], GOLD[1], post(2)]
    final = sample(GOLD, [GOLD, GOLD])
    report = spans_report(
        [
            taggings("mine_extract", [TAGGED, half, TAGGED]),
            taggings("mine_more_extract", [GOLD, GOLD, TAGGED], final=final),
        ],
        draws=40,
    )
    plain, more = (report["recipes"][name]["out_of_fold"] for name in ("mine_extract", "mine_more_extract"))
    assert tuple(plain) == tuple(more) == GATES
    assert (plain["none"]["n"], plain["none"]["ade"], plain["none"]["mentions"]) == (3, 2, 3)
    assert plain["none"]["discontinuous_n"] == 1
    assert plain["none"]["strict_f1"] == pytest.approx(4 / 7)  # of .571, .8 and .571
    assert plain["none"]["strict_f1_highest"] == pytest.approx(0.8)
    assert plain["none"]["strict_f1_spread"] == pytest.approx(np.std([4 / 7, 0.8, 4 / 7], ddof=1))
    assert plain["oracle"]["members"] == 3
    assert plain["none"]["strict_f1_low"] <= plain["none"]["strict_f1"] <= plain["none"]["strict_f1_high"]
    assert "more_than_plain_strict_f1" not in plain["none"]
    assert more["none"]["more_than_plain_strict_f1"] == pytest.approx(3 / 7)
    assert more["none"]["more_than_plain_strict_f1_low"] <= 3 / 7
    pair = {p["system"]: p for p in report["pairs"]}["none"]
    assert (pair["first"], pair["second"], pair["corpus"]) == ("mine_more_extract", "mine_extract", "mine")
    assert pair["strict_f1"] == more["none"]["more_than_plain_strict_f1"]
    assert pair[DISCONTINUOUS] == 0.0
    assert report["recipes"]["mine_more_extract"]["valid"]["oracle"]["strict_f1"] == 1.0
    assert "valid" not in report["recipes"]["mine_extract"]
    json.dumps(report)


def test_a_recipe_that_is_one_thing_away_from_another_one_stands_beside_that():
    names = ("smm4h2022_extract", "smm4h2022_no_patient_phrases_extract", "smm4h2022_with_psytar_extract")
    members = (TAGGED, [GOLD[0], GOLD[1], post(2)], GOLD)
    of_corpus = [taggings(name, [member]) for name, member in zip(names, members, strict=True)]
    of_corpus = [replace(one, about={"corpus": "smm4h2022"}) for one in of_corpus]
    recipes = spans_report(of_corpus, 5)["recipes"]
    assert [recipes[name]["plain"] for name in names] == [names[0], names[0], names[1]]
    rows = [recipes[name]["out_of_fold"]["none"] for name in names]
    assert rows[1]["more_than_plain_strict_f1"] == pytest.approx(0.8 - 4 / 7)
    assert rows[2]["more_than_plain_strict_f1"] == pytest.approx(1 - 0.8)


def test_the_recipes_that_stand_beside_others_are_there():
    recipes = SCRIPTS.parent / "recipes"
    names = {*RECIPE_TO_PLAIN, *RECIPE_TO_PLAIN.values()}
    assert all((recipes / f"{name}.toml").is_file() for name in names)


def test_the_sentences_of_a_post_are_drawn_together():
    meta = {"drug": "x", "post": "1"}
    gold, tagged = ([replace(d, meta=meta) for d in side] for side in (GOLD, TAGGED))
    report = spans_report([taggings("mine_extract", [tagged], gold=gold)], draws=30)
    row = report["recipes"]["mine_extract"]["out_of_fold"]["none"]
    assert row["strict_f1_low"] == row["strict_f1"] == row["strict_f1_high"]


def test_other_answers_are_not_compared():
    other = [GOLD[0], GOLD[1], post(2, [(0, 2)])]
    report = spans_report(
        [taggings("mine_extract", [TAGGED]), taggings("mine_b_extract", [TAGGED], gold=other)], 5
    )
    assert report["pairs"] == []
    assert digest(GOLD) != digest(other)
    drug = replace(GOLD[1], mentions=(Mention(((0, 2),), "DRUG"),))
    assert digest(GOLD) == digest([GOLD[0], drug, GOLD[2]])


def test_a_run_is_read_as_it_was_written_and_holds_no_text(tmp_path):
    recipe = tmp_path / "r_extract.toml"
    recipe.write_text("")
    found = (
        Found(0, ((0, 3),), ADE, 0.75),
        Found(2, ((0, 2), (5, 7)), ADE, 0.5),
        Found(1, ((1, 2),), ADE, 0.25, is_told=True),
    )
    scored = {"valid": Mentions(digest(GOLD), found)}
    run = Run("r_extract", digest_of(recipe), 3, WHOLE, 0, scored, {"seconds": 1})
    path = path_of(tmp_path / "runs", "r_extract", 3, WHOLE)
    write_run(run, path)
    assert read_runs(tmp_path / "runs", recipe, span_run) == [run]
    assert json.loads(path.read_text())["scored"]["valid"]["mentions"][1] == [
        *[2, [[0, 2], [5, 7]], ADE, 0.5],
        False,
    ]
    documents = predicted(GOLD, scored["valid"])
    assert [d.mentions for d in documents] == [
        (Mention(((0, 3),), score=0.75),),
        (),
        (Mention(((0, 2), (5, 7)), score=0.5),),
    ]
    assert predicted(GOLD, scored["valid"], is_told=True)[1].mentions == (Mention(((1, 2),), score=0.25),)
    path.write_text(path.read_text().replace("[[0, 3]]", "3"))
    with pytest.raises(AdetkError, match="not a run"):
        read_runs(tmp_path / "runs", recipe, span_run)
