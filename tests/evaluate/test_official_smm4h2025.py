import random
from operator import sub

import pytest

from adetk.errors import AdetkError
from adetk.evaluate.official import check, official_text, score_smm4h2025
from adetk.evaluate.official.figures import exact_ratios
from adetk.evaluate.official.smm4h2025 import Post, label_counts
from adetk.evaluate.scores import Counts

GOLD = 'id,text,label,language\na,"one, two",1,de\nb,x,0,de\nc,"two\nlines",1,fr\nd,x,1,fr\n'


@pytest.fixture
def task(tmp_path):
    def write(pred, gold=GOLD):
        (tmp_path / "gold.csv").write_text(gold, encoding="utf-8")
        (tmp_path / "pred.csv").write_text(pred, encoding="utf-8")
        return tmp_path / "gold.csv", tmp_path / "pred.csv"

    return write


def figures(scores, start):
    return tuple(round(scores[f"{start}{name}"], 3) for name in ("precision", "recall", "f1"))


def test_counts_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="training is not installed")
    rng = random.Random(11)
    for _ in range(100):
        posts = {str(i): Post(rng.randint(0, 1), rng.choice(("de", "fr"))) for i in range(rng.randint(1, 12))}
        answers = {id: rng.randint(0, 1) for id in posts if rng.random() < 0.7}
        counts = label_counts(posts, answers)
        for language in (None, "de", "fr"):
            asked = [id for id in answers if language in (None, posts[id].language)]
            name = f"official_{language}_" if language else "official_"
            if not asked:
                assert language is None or name not in counts
                continue
            want = metrics.precision_recall_fscore_support(
                [posts[id].label for id in asked], [answers[id] for id in asked], labels=[1], zero_division=0
            )
            got = exact_ratios(sum(counts[name][0], Counts()))
            assert tuple(got) == pytest.approx([float(figure[0]) for figure in want[:3]])


def test_gold_against_itself_and_nothing(task):
    scores = score_smm4h2025(*task("id,predicted_label\na,1\nb,0\nc,1\nd,1\n"))
    for start in ("official_", "official_de_", "official_fr_", "", "de_", "fr_"):
        assert figures(scores, start) == (1.0, 1.0, 1.0)
    assert scores["n"] == 4
    empty = score_smm4h2025(*task("id,predicted_label\n"))
    assert empty["official_f1"] == empty["f1"] == empty["fr_f1"] == 0.0


def test_a_file_without_a_byte_scores_nothing(task):
    paths = task("")
    scores = score_smm4h2025(*paths)
    assert {value for name, value in scores.items() if name != "n"} == {0.0}
    assert [(drop.line, drop.reason, drop.aborts) for drop in check("smm4h2025", *paths)] == [
        (0, "not even the header id,predicted_label is in it", True),
        (0, "no answer for 4 of 4 ids, first 'a': left out", False),
    ]


def brute_figures(posts, answers, language, is_official):
    """Precision, recall and F1 by sorting the ids into sets."""
    asked = {id for id, post in posts.items() if language in (None, post.language)}
    asked &= set(answers) if is_official else asked
    said = {id for id in asked if answers.get(id) == 1}
    true = {id for id in asked if posts[id].label == 1}
    p = len(said & true) / len(said) if said else 0.0
    r = len(said & true) / len(true) if true else 0.0
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def test_counts_are_those_of_a_brute_force_reading():
    rng = random.Random(13)
    for _ in range(10_000):
        posts = {str(i): Post(rng.randint(0, 1), rng.choice(("de", "fr"))) for i in range(rng.randint(1, 5))}
        answers = {id: rng.randint(0, 1) for id in posts if rng.random() < 0.7}
        counts = label_counts(posts, answers)
        for name, (per_post, formula) in counts.items():
            start = name.removeprefix("official_")
            language = start.removesuffix("_") or None
            brute = brute_figures(posts, answers, language, start != name)
            found = formula(sum(per_post, Counts()))
            assert max(map(abs, map(sub, found, brute))) < 1e-12, (posts, answers, name)
        languages = {post.language for post in posts.values()}
        answered = {posts[id].language for id in answers}
        assert set(counts) == {"", "official_"} | {f"{x}_" for x in languages} | {
            f"official_{x}_" for x in answered
        }


def test_posts_without_an_answer_are_left_out_officially(task):
    paths = task("id,predicted_label\na,1\n")
    scores = score_smm4h2025(*paths)
    assert figures(scores, "official_") == (1.0, 1.0, 1.0)
    assert figures(scores, "") == (1.0, 0.333, 0.5)
    assert "official_fr_f1" not in scores
    assert scores["fr_f1"] == 0.0
    assert [(drop.line, drop.reason) for drop in check("smm4h2025", *paths)] == [
        (0, "no answer for 3 of 4 ids, first 'b': left out")
    ]


def test_the_last_answer_counts_and_unknown_ids_do_not(task):
    paths = task("predicted_label,id\n0,a\n1,b\n1,zz\n1,c\n0,d\n1,a\n")
    assert figures(score_smm4h2025(*paths), "official_") == (0.667, 0.667, 0.667)
    assert [(drop.line, drop.reason) for drop in check("smm4h2025", *paths)] == [
        (2, "line 7 is about the same post: replaced by it"),
        (4, "id 'zz' is not in the gold: dropped"),
    ]


def test_numbers_are_compared_as_numbers(task):
    gold = "id,text,label,language\n007,x,1,de\n8,x,0,de\n"
    scores = score_smm4h2025(*task("id,predicted_label\n7,1.0\n8,0.0\n", gold))
    assert figures(scores, "official_") == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("pred", "message"),
    [
        ("id,predicted_label\nx,1\ny,0\n", "0 of its 2 ids, first 'x', are among the 4"),
        ("id,predicted_label\na,ADE\n", r"pred.csv:2: predicted_label is 'ADE', not 0 or 1.*gives no score"),
        ("id\tlabel\na\t1\n", "no column id, predicted_label"),
        ("\n", "no column id, predicted_label"),
        ("id,predicted_label\na,1,2\n", "pred.csv:2: not 2 cells"),
    ],
)
def test_bad_submissions_are_refused(task, pred, message):
    with pytest.raises(AdetkError, match=message):
        score_smm4h2025(*task(pred))


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ("id,label,language\na,2,de\n", "gold.csv:2: label '2' and language 'de'"),
        ("id,label,language\na,1,\n", "gold.csv:2: label '1' and language ''"),
        ("id,label,language\n", "no row in it"),
        ("id,label\na,1\n", "no column language"),
    ],
)
def test_bad_gold_is_refused(task, gold, message):
    with pytest.raises(AdetkError, match=message):
        score_smm4h2025(*task("id,predicted_label\na,1\n", gold))


def test_official_text(task):
    scores = score_smm4h2025(*task("id,predicted_label\na,1\nb,1\nc,0\nd,1\n"))
    assert official_text("smm4h2025", scores) == (
        "Precision-de: 0.5000\nRecall-de: 1.0000\nF1-de: 0.6667\n\n"
        "Precision-fr: 1.0000\nRecall-fr: 0.5000\nF1-fr: 0.6667\n\n"
        "Precision: 0.6667\nRecall: 0.6667\nF1: 0.6667"
    )
