import random

import pytest

from adetk.errors import AdetkError
from adetk.evaluate.official import check, official_text, score_smm4h2024
from adetk.evaluate.official.concepts import concept_counts
from adetk.evaluate.official.rows import rows_of
from adetk.evaluate.official.smm4h2024 import rows_by_tweet, word_counts
from adetk.evaluate.scores import Counts

TWEETS = ("t1", "t2")
LLT = "90000001$x$90000003$\n90000003$y$90000003$\n90000007$z$90000007$\n"
GOLD = ["t1\telbows hum\t90000003", "t2\tteeth itch\t90000007"]


@pytest.fixture
def task(tmp_path):
    def write(pred, gold=GOLD):
        folder = tmp_path / "gold"
        folder.mkdir(exist_ok=True)
        (folder / "tweets.tsv").write_text("".join(f"{id}\tglimzol, day {id}\n" for id in TWEETS))
        (folder / "gold_annotations_for_evaluation.tsv").write_text("\n".join(gold) + "\n")
        (folder / "llt.asc").write_text(LLT)
        (folder / "seen_concepts.txt").write_text("90000003\n")
        path = tmp_path / "pred.tsv"
        path.write_text("\n".join(pred))
        return folder, path

    return write


def figures(scores, start):
    return tuple(round(scores[f"{start}{name}"], 3) for name in ("precision", "recall", "f1"))


def test_word_counts_are_those_of_a_brute_force_reading():
    rng = random.Random(5)

    def lines():
        return [
            f"{rng.choice(TWEETS)}\t{rng.choice(('hum', 'Hum', 'itch'))}\t{rng.choice('12')}\n"
            for _ in range(rng.randint(0, 6))
        ]

    for _ in range(10_000):
        gold, pred = lines(), lines()
        counts = word_counts(*(rows_by_tweet(rows_of(side), TWEETS)[0] for side in (gold, pred)), TWEETS)
        pairs = [[tuple(line.split("\t")[:2]) for line in sorted(set(side))] for side in (gold, pred)]
        left, fair = list(pairs[1]), 0
        for pair in pairs[0]:
            if pair in left:
                left.remove(pair)
                fair += 1
        official = len(set(pairs[0]) & set(pairs[1]))
        for name, tp in (("official_extraction_", official), ("extraction_", fair)):
            assert sum(counts[name][0], Counts()) == Counts(tp, len(pairs[1]), len(pairs[0])), (gold, pred)


def brute_pts(lines, seen):
    """The whole file as a set of (tweet, PT) pairs, ids that llt.asc lacks left out."""
    pairs = {tuple(line.strip().split("\t")[::2]) for line in lines}
    code_to_pt = {"90000001": "90000003", "90000003": "90000003", "90000007": "90000007"}
    found = {(id, code_to_pt[code]) for id, code in pairs if code in code_to_pt}
    return {(id, pt) for id, pt in found if pt not in seen}


def test_pt_counts_are_those_of_a_brute_force_reading():
    rng = random.Random(6)
    code_to_pt = {"90000001": "90000003", "90000003": "90000003", "90000007": "90000007"}

    def lines():
        codes = ("90000001", "90000003", "90000007", "12", "-")
        return [f"{rng.choice(TWEETS)}\thum\t{rng.choice(codes)}\n" for _ in range(rng.randint(0, 5))]

    for case in range(10_000):
        gold, pred = lines(), lines()
        seen = frozenset({"90000003"}) if case % 2 else frozenset()
        expected, given = (
            {
                id: [row.cells[2] for row in rows]
                for id, rows in rows_by_tweet(rows_of(side), TWEETS)[0].items()
            }
            for side in (gold, pred)
        )
        counts = concept_counts("x_", expected, given, TWEETS, code_to_pt, seen)["official_x_"]
        wanted, answers = brute_pts(gold, seen), brute_pts(pred, seen)
        total = sum(counts[0], Counts())
        assert total == Counts(len(wanted & answers), len(answers), len(wanted)), (gold, pred)
        p, r = (len(wanted & answers) / (len(side) + 0.000001) for side in (answers, wanted))
        assert tuple(counts[1](total)) == (p, r, 2.0 * p * r / (p + r + 0.000001))


def test_gold_against_itself_and_nothing(task):
    scores = score_smm4h2024(*task(["tweet_id\tADE\tMedDRA_ID", *GOLD]))
    for name in ("extraction_", "normalization_", "unseen_"):
        assert figures(scores, f"official_{name}") == (1.0, 1.0, 1.0)
        assert figures(scores, name) == (1.0, 1.0, 1.0)
    empty = score_smm4h2024(*task([]))
    assert {value for name, value in empty.items() if name != "n"} == {0.0}


def test_words_said_twice_lower_the_official_score(task):
    gold = [*GOLD, "t1\telbows hum\t90000007"]
    scores = score_smm4h2024(*task(gold, gold))
    assert figures(scores, "official_extraction_") == (0.667, 0.667, 0.667)
    assert figures(scores, "extraction_") == (1.0, 1.0, 1.0)
    assert figures(scores, "official_normalization_") == (1.0, 1.0, 1.0)


def test_case_counts_in_words_and_spans_do_not_in_codes(task):
    scores = score_smm4h2024(*task(["t1\tElbows hum\t90000001", "t2\tteeth\t90000007"]))
    assert figures(scores, "official_extraction_") == (0.0, 0.0, 0.0)
    assert figures(scores, "official_normalization_") == (1.0, 1.0, 1.0)


def test_unknown_ids_vanish_but_their_words_count(task):
    scores = score_smm4h2024(*task([*GOLD, "t2\tnews\t12", "t2\tmore\t-"]))
    assert figures(scores, "official_extraction_") == (0.5, 1.0, 0.667)
    assert figures(scores, "official_normalization_") == (1.0, 1.0, 1.0)
    assert figures(scores, "normalization_") == (0.667, 1.0, 0.8)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("t1\telbows hum", "2 tab-separated cells, not 3"),
        ("", "1 tab-separated cells, not 3"),
        ("t9\tx\t90000003", "tweet id 't9' is not in tweets.tsv"),
    ],
)
def test_lines_at_which_the_official_scorer_stops(task, line, reason):
    folder, path = task([GOLD[0], line, GOLD[1]])
    with pytest.raises(AdetkError, match=f"pred.tsv:2: {reason}.*gives no score.*1 here"):
        score_smm4h2024(folder, path)
    (drop,) = check("smm4h2024", folder, path)
    assert (drop.line, drop.reason, drop.aborts) == (2, reason, True)


def test_check(task):
    pred = [GOLD[0], "t1\telbows hum\t90000007", GOLD[0], "t2\tteeth itch\t12", "t2\tnews\t-"]
    assert [(drop.line, drop.reason) for drop in check("smm4h2024", *task(pred))] == [
        (2, "the words of line 1 again: asked for, never right in extraction"),
        (3, "repeats line 1: dropped"),
        (4, "id '12' is not in llt.asc: dropped"),
    ]


def test_other_tweets_are_refused(task):
    with pytest.raises(AdetkError, match="0 of its 2 ids"):
        score_smm4h2024(*task(["a1\tx\t90000003", "a2\tx\t90000003"]))


def test_official_text(task):
    text = official_text("smm4h2024", score_smm4h2024(*task(GOLD[1:])))
    assert text.splitlines() == [
        "Task1: ADE Extraction F1:0.667",
        "Task1: ADE Extraction Precision:1.000",
        "Task1: ADE Extraction Recall:0.500",
        "Task1: ADE Normalization F1:0.667",
        "Task1: ADE Normalization Precision:1.000",
        "Task1: ADE Normalization Recall:0.500",
        "Task1: ADE Normalization on Unseen MedDRA IDs F1:1.000",
        "Task1: ADE Normalization on Unseen MedDRA IDs Precision::1.000",
        "Task1: ADE Normalization on Unseen MedDRA IDs Recall::1.000",
    ]
