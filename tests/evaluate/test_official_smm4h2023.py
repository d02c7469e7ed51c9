import random

import pytest

from adetk.errors import AdetkError
from adetk.evaluate.official import check, official_text, score_smm4h2023
from adetk.evaluate.official.concepts import concept_counts
from adetk.evaluate.official.rows import rows_of
from adetk.evaluate.official.smm4h2023 import id_lists
from adetk.evaluate.scores import Counts

TWEETS = ("t1", "t2", "t3")
CODE_TO_PT = {"90000001": "90000003", "90000003": "90000003", "90000007": "90000007", "90000008": "90000008"}
GOLD = ["tweet_id\tptid", "t1\t90000003 & 90000007", "t2\t90000008"]


@pytest.fixture
def task(tmp_path):
    def write(pred, gold=GOLD, seen="90000003\n90000007\n"):
        folder = tmp_path / "gold"
        folder.mkdir(exist_ok=True)
        (folder / "tweets.tsv").write_text("".join(f"{id}\tglimzol, day {id}\n" for id in TWEETS))
        (folder / "norms.tsv").write_text("\n".join(gold) + "\n")
        (folder / "llt.asc").write_text("".join(f"{code}$x${pt}$\n" for code, pt in CODE_TO_PT.items()))
        if seen is not None:
            (folder / "seen_concepts.txt").write_text(seen)
        path = tmp_path / "pred.tsv"
        path.write_text("\n".join(pred))
        return folder, path

    return write


def figures(scores, start):
    return tuple(round(scores[f"{start}{name}"], 3) for name in ("precision", "recall", "f1"))


def brute_triples(lines, seen, keep_unknown):
    """The whole file as a set of (tweet, PT) pairs."""
    last = {}
    for line in dict.fromkeys(line.strip() for line in lines):
        cells = line.split("\t")
        if len(cells) == 2 and cells[0].strip() in TWEETS:
            last[cells[0].strip()] = cells[1].strip().split(" & ")
    pairs = {(id, CODE_TO_PT.get(code, f"?{code}")) for id, codes in last.items() for code in codes}
    pairs = {(id, code) for id, code in pairs if code.removeprefix("?") not in seen}
    return {p for p in pairs if p[1][0] != "?" or (keep_unknown and p[1][1:] not in ("", "-"))}


def test_counts_are_those_of_a_brute_force_reading():
    rng = random.Random(3)
    codes = [*CODE_TO_PT, "90000009", "-"]

    def lines():
        rows = [
            f"{rng.choice(('t1', 't2', 't3', 't9'))}\t"
            + rng.choice((" & ", " & ", "&")).join(rng.sample(codes, rng.randint(1, 3)))
            + rng.choice(("", "", "", "\tx"))
            for _ in range(rng.randint(0, 4))
        ]
        return [row + "\n" for row in rows]

    for case in range(10_000):
        gold, pred = lines(), lines()
        seen = frozenset({"90000003"}) if case % 2 else frozenset()
        expected, given = (id_lists(rows_of(side), TWEETS)[0] for side in (gold, pred))
        counts = concept_counts("x_", expected, given, TWEETS, CODE_TO_PT, seen)
        for name, keep_unknown in (("official_x_", False), ("x_", True)):
            wanted, answers = (brute_triples(side, seen, keep_unknown) for side in (gold, pred))
            total = sum(counts[name][0], Counts())
            assert total == Counts(len(wanted & answers), len(answers), len(wanted)), (gold, pred)


def test_gold_against_itself_and_nothing(task):
    scores = score_smm4h2023(*task(GOLD))
    for start in ("official_", "", "official_unseen_", "unseen_"):
        assert figures(scores, start) == (1.0, 1.0, 1.0)
    assert 0.999998 < scores["official_f1"] < 1.0
    assert scores["n"] == 3
    empty = score_smm4h2023(*task([]))
    assert {value for name, value in empty.items() if name != "n"} == {0.0}


def test_llts_fold_and_sets_are_compared(task):
    scores = score_smm4h2023(*task(["t1\t90000001 & 90000003 & 90000001", "t3\t90000007"]))
    assert figures(scores, "official_") == (0.5, 0.333, 0.4)
    assert figures(scores, "") == (0.5, 0.333, 0.4)
    assert figures(scores, "official_unseen_") == (0.0, 0.0, 0.0)


def test_unknown_ids_vanish_officially_and_are_wrong_otherwise(task):
    scores = score_smm4h2023(*task(["t1\t90000003 & 90000009", "t2\t90000008&90000007", "t3\t-"]))
    assert figures(scores, "official_") == (1.0, 0.333, 0.5)
    assert figures(scores, "") == (0.333, 0.333, 0.333)


def test_the_later_row_of_a_tweet_replaces_the_earlier(task):
    scores = score_smm4h2023(*task(["t2\t90000008", "t1\t90000003 & 90000007", "t2\t90000007"]))
    assert figures(scores, "official_") == (0.667, 0.667, 0.667)


def test_only_what_is_unseen(task):
    paths = task(["t1\t90000003", "t2\t90000008 & 90000007"], seen="90000003\n")
    assert figures(score_smm4h2023(*paths), "official_unseen_") == (0.5, 0.5, 0.5)


def test_without_seen_concepts_there_are_no_unseen_figures(task):
    scores = score_smm4h2023(*task(GOLD, seen=None))
    assert not any("unseen" in name for name in scores)
    assert "Unseen" not in official_text("smm4h2023", scores)


def test_check(task):
    pred = [
        "t1\t90000003",
        "t1\t90000009 & 90000007",
        "t9\t90000003",
        "t2\t90000008\tx",
        "t2",
        "t2\t-",
        "t2\t-",
    ]
    assert [(drop.line, drop.reason) for drop in check("smm4h2023", *task(pred))] == [
        (1, "line 2 is about the same tweet: replaced by it"),
        (2, "id '90000009' is not in llt.asc: dropped"),
        (3, "tweet id 't9' is not in tweets.tsv: dropped"),
        (4, "3 tab-separated cells, not 2: dropped"),
        (5, "1 tab-separated cells, not 2: dropped"),
        (7, "repeats line 6: dropped"),
    ]


def test_other_tweets_are_refused(task):
    with pytest.raises(AdetkError, match="0 of its 1 ids, first 'a1', are among the 3"):
        score_smm4h2023(*task(["a1\t90000003"]))


def test_official_text_repeats_the_organizers_slip(task):
    text = official_text("smm4h2023", score_smm4h2023(*task(["t1\t90000003", "t2\t90000008 & 90000007"])))
    assert text == (
        "Task5OverallF:0.667\nTask5OverallP:0.667\nTask5OverallR:0.667\n"
        "Task5UnseenF:1.000\nTask5UnseenR:1.000\nTask5UnseenR:1.000\n"
    )
