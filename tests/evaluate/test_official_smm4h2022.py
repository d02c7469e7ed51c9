import random

import pytest

from adetk.errors import AdetkError
from adetk.evaluate.official import check, official_text, score, score_smm4h2022
from adetk.evaluate.official.figures import official_ratios
from adetk.evaluate.official.rows import rows_of
from adetk.evaluate.official.spans import entries, pair_counts
from adetk.evaluate.scores import Counts

TWEETS = {
    "t1": "glimzol made my elbows hum all night",
    "t2": "no news today",
    "t3": "glimzol again: teeth itch",
}
LLT = "90000001$Humming elbow$90000003$$$$$$$Y$\n90000003$Joint noise$90000003$\n90000007$Itchy teeth$90000007$\n"
GOLD = ["t1\tADE\t16\t26\telbows hum\t90000001", "t3\tADE\t15\t25\tteeth itch\t-"]


@pytest.fixture
def task(tmp_path):
    """A function: gold lines and submitted lines to the folder of the gold and the file of the submission."""

    def write(pred, gold=GOLD):
        folder = tmp_path / "gold"
        folder.mkdir(exist_ok=True)
        (folder / "tweets.tsv").write_text("".join(f"{id}\t{text}\n" for id, text in TWEETS.items()))
        for name in ("class", "spans", "spans_norm"):
            (folder / f"{name}.tsv").write_text("\n".join(gold) + "\n")
        (folder / "llt.asc").write_text(LLT)
        path = tmp_path / "pred.tsv"
        path.write_text("\n".join(pred))
        return folder, path

    return write


def figures(scores, start):
    return tuple(round(scores[f"{start}{name}"], 3) for name in ("precision", "recall", "f1"))


# An independent reading of the rules, over whole files at once: a table of gold by submission.


def brute_rows(lines, known, code_to_pt):
    rows = []
    for line in dict.fromkeys(line.strip() for line in lines):
        cells = [cell.strip() for cell in line.split("\t")]
        if 5 <= len(cells) <= 6 and cells[0] in known and cells[1] == "ADE":
            code = [*cells, ""][5] if code_to_pt is not None else ""
            code = code_to_pt[code] if code_to_pt and code in code_to_pt else code
            rows.append((cells[0], code, int(cells[2]), int(cells[3])))
    return rows


def brute_figures(gold, pred, strict):
    def is_match(a, b):
        if a[:2] != b[:2]:
            return False
        return a == b if strict else a[2] in range(b[2], b[3] + 1) or b[2] in range(a[2], a[3] + 1)

    table = [[is_match(a, b) for b in pred] for a in gold]
    tp = sum(map(sum, table))
    fn = len([row for row in table if True not in row])
    fp = sum(1 for j in range(len(pred)) if not any(row[j] for row in table))
    p, r = tp / (tp + fp + 0.000001), tp / (tp + fn + 0.000001)
    return p, r, 2 * p * r / (p + r + 0.000001)


def random_lines(rng, n):
    lines = []
    for _ in range(rng.randint(0, n)):
        cells = [rng.choice(("t1", "t1", "t2", "t3", "t9")), rng.choice(("ADE", "ADE", "ADE", "ade"))]
        cells += [str(rng.randint(0, 9)), str(rng.randint(0, 9)), "x"]
        cells += [rng.choice(("90000001", "90000003", "90000009", "-", ""))] if rng.random() < 0.8 else []
        lines.append("\t".join(cells[: rng.choice((6, 6, 6, 6, 4))]) + rng.choice(("\n", " \n")))
    return lines


def test_counts_are_those_of_a_brute_force_reading():
    rng = random.Random(7)
    for case in range(10_000):
        gold, pred = random_lines(rng, 5), random_lines(rng, 5)
        codes = None if case % 2 else {"90000001": "90000003", "90000003": "90000003"}
        strict = case % 4 < 2
        counts = pair_counts(
            entries(rows_of(gold), TWEETS, codes)[0], entries(rows_of(pred), TWEETS, codes)[0], TWEETS, strict
        )
        brute = brute_rows(gold, TWEETS, codes), brute_rows(pred, TWEETS, codes)
        assert tuple(official_ratios(sum(counts, Counts()))) == brute_figures(*brute, strict), (gold, pred)


@pytest.mark.parametrize("subtask", ["1a", "1b", "1c"])
def test_gold_against_itself(task, subtask):
    scores = score_smm4h2022(subtask, *task(GOLD))
    families = ("",) if subtask == "1a" else ("relaxed_", "strict_")
    for family in families:
        assert figures(scores, f"official_{family}") == (1.0, 1.0, 1.0)
        assert figures(scores, family) == (1.0, 1.0, 1.0)
        assert 0.999998 < scores[f"official_{family}f1"] < 1.0  # a millionth in every denominator
    assert scores["n"] == 3


@pytest.mark.parametrize("subtask", ["1a", "1b", "1c"])
def test_an_empty_submission_scores_nothing(task, subtask):
    scores = score_smm4h2022(subtask, *task([]))
    assert {value for name, value in scores.items() if name != "n"} == {0.0}


def test_every_figure_has_an_interval(task):
    scores = score_smm4h2022("1b", *task(GOLD[:1]))
    assert figures(scores, "strict_") == (1.0, 0.5, 0.667)
    assert scores["strict_recall_low"] == 0.0
    assert scores["strict_recall_high"] == 1.0
    assert scores["official_strict_recall_high"] == pytest.approx(1.0, abs=1e-5)


def test_spans_that_touch_count_as_relaxed(task):
    scores = score_smm4h2022("1b", *task(["t1\tADE\t26\t30\t all", "t3\tADE\t13\t15\t: "]))
    assert figures(scores, "official_relaxed_") == (1.0, 1.0, 1.0)
    assert figures(scores, "official_strict_") == (0.0, 0.0, 0.0)
    assert figures(scores, "relaxed_") == (0.0, 0.0, 0.0)


def test_every_matching_pair_counts(task):
    pieces = [f"t1\tADE\t{start}\t{start + 1}\tx" for start in range(16, 26)]
    scores = score_smm4h2022("1b", *task(pieces))
    assert figures(scores, "official_relaxed_") == (1.0, 0.909, 0.952)  # 10 pairs, 1 miss
    assert figures(scores, "relaxed_") == (0.1, 0.5, 0.167)  # 1 of 10 answers, 1 of 2 expected
    assert figures(scores, "strict_") == (0.0, 0.0, 0.0)


def test_one_answer_for_two_gold_spans(task):
    gold = ["t1\tADE\t16\t22\telbows", "t1\tADE\t23\t26\thum"]
    scores = score_smm4h2022("1b", *task(["t1\tADE\t16\t26\telbows hum"], gold))
    assert figures(scores, "official_relaxed_") == (1.0, 1.0, 1.0)
    assert figures(scores, "relaxed_") == (1.0, 0.5, 0.667)


def test_a_missing_id_matches_a_missing_id(task):
    scores = score_smm4h2022("1c", *task(["t3\tADE\t15\t25\tteeth itch\t-"]))
    assert figures(scores, "official_strict_") == (1.0, 0.5, 0.667)
    # One to one, gold without an id is not expected, and what lies there is no answer.
    assert figures(scores, "strict_") == (0.0, 0.0, 0.0)


def test_gold_without_an_id_is_never_matched_by_one(task):
    scores = score_smm4h2022("1c", *task(["t3\tADE\t15\t25\tteeth itch\t90000007"]))
    assert figures(scores, "official_relaxed_") == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("code", "is_right"),
    [("90000001", True), ("90000003", True), ("90000007", False), ("90000009", False), ("", False)],
)
def test_llts_fold_to_pts_and_unknown_ids_stay(task, code, is_right):
    scores = score_smm4h2022("1c", *task([f"t1\tADE\t16\t26\telbows hum\t{code}"], GOLD[:1]))
    assert scores["official_strict_f1"] == pytest.approx(float(is_right), abs=1e-5)
    assert scores["strict_f1"] == float(is_right)


def test_unknown_ids_match_each_other(task):
    row = "t1\tADE\t16\t26\telbows hum\t12"
    assert score_smm4h2022("1c", *task([row], [row]))["official_strict_f1"] == pytest.approx(1.0, abs=1e-5)


def test_ids_play_no_part_in_detection(task):
    scores = score_smm4h2022("1b", *task(["t1\tADE\t16\t26\telbows hum\t90000007", "t3\tADE\t15\t25\tx"]))
    assert figures(scores, "official_strict_") == (1.0, 1.0, 1.0)  # nor do the words


def test_lines_that_vanish_and_what_check_says_of_them(task):
    pred = [
        "tweet_id\ttype\tstart\tend\tspan",
        "t1\tADE\t16\t26",
        "t1\tADE",
        "t1\tADE\t16\t26\telbows hum\t1\t2",
        "t1\tade\t16\t26\telbows hum",
        "t2\tnoADE\t-\t-\t-",
        "t9\tADE\t1\t2\tx",
        "t3\tADE\t15\t25\tteeth itch",
        "t3\tADE\t15\t25\tteeth itch ",
        "",
    ]
    folder, path = task(pred)
    assert figures(score("smm4h2022-1b", folder, path), "official_strict_") == (1.0, 0.5, 0.667)
    assert [(drop.line, drop.reason) for drop in check("smm4h2022-1b", folder, path)] == [
        (2, "4 tab-separated cells, not 5 or 6: dropped"),
        (
            3,
            "2 tab-separated cells, not 5 or 6: dropped: a class file as participants get it is none to submit",
        ),
        (4, "7 tab-separated cells, not 5 or 6: dropped"),
        (5, "type 'ade' is not exactly ADE: dropped"),
        (7, "tweet id 't9' is not in tweets.tsv: dropped"),
        (9, "repeats line 8: dropped"),
    ]


def test_check_says_what_is_misread(task):
    pred = [
        "t1\tADE\t26\t16\tx\t90000001",
        "t2\tADE\t0\t99\tx\t12",
        "t2\tADE\t0\t2\tno",
        "t2\tADE\t0\t2\tno\t-",
        "t2\tADE\t1.0\t2\tno\t-",
    ]
    folder, path = task(pred)
    found = check("smm4h2022-1c", folder, path)
    assert [(drop.line, drop.reason, drop.aborts) for drop in found] == [
        (1, "offsets 26 and 16 cut no span out of 36 characters", False),
        (2, "offsets 0 and 99 cut no span out of 13 characters", False),
        (2, "id '12' is not in llt.asc: compared as it is", False),
        (3, "id '': matches only gold with the same", False),
        (5, "offsets '1.0' and '2' are not whole numbers", True),
    ]
    with pytest.raises(AdetkError, match=r"pred\.tsv:5: offsets '1\.0' and '2'.*no score"):
        score("smm4h2022-1c", folder, path)


def test_offsets_of_lines_that_do_not_count_are_not_read(task):
    pred = [*GOLD, "t2\tnoADE\tx\ty\t-", "t9\tADE\tx\ty\t-"]
    assert score_smm4h2022("1a", *task(pred))["official_f1"] == pytest.approx(1.0, abs=1e-5)


def test_classification_asks_for_one_row(task):
    scores = score_smm4h2022("1a", *task(["t1\tADE\t0\t0\t-", "t1\tADE\t3\t4\t-", "t2\tADE\t0\t0\t-"]))
    assert figures(scores, "official_") == (0.5, 0.5, 0.5)
    assert figures(scores, "") == (0.5, 0.5, 0.5)


def test_a_class_file_is_gold_but_no_submission(task):
    classes = ["t1\tADE", "t2\tnoADE", "t3\tADE"]
    folder, path = task(GOLD, classes)
    assert score_smm4h2022("1a", folder, path)["official_f1"] == pytest.approx(1.0, abs=1e-5)
    folder, path = task(classes, classes)
    assert score_smm4h2022("1a", folder, path)["official_f1"] == 0.0
    assert len(check("smm4h2022-1a", folder, path)) == 3


def test_a_submission_about_other_tweets_is_refused_with_counts(task):
    pred = ["a1\tADE\t1\t2\tx", "a1\tADE\t1\t3\tx", "a2\tADE\t1\t2\tx"]
    with pytest.raises(AdetkError, match=r"0 of its 2 ids, first 'a1', are among the 3 of the gold"):
        score_smm4h2022("1b", *task(pred))


def test_official_text(task):
    paths = task(["t1\tADE\t16\t26\telbows hum\t90000003", "t3\tADE\t15\t24\tteeth itc\t-"])
    assert official_text("smm4h2022-1a", score("smm4h2022-1a", *paths)) == (
        "Task1aF:1.000\nTask1aP:1.000\nTask1aR:1.000\n"
    )
    assert official_text("smm4h2022-1c", score("smm4h2022-1c", *paths)) == (
        "Task1cRelaxedF:1.000\nTask1cRelaxedP:1.000\nTask1cRelaxedR:1.000\n"
        "Task1cStrictF:0.500\nTask1cStrictP:0.500\nTask1cStrictR:0.500\n"
    )


def test_files_are_found_where_the_organizers_put_them(task, tmp_path):
    folder, path = task(GOLD)
    by_file = score_smm4h2022("1c", folder / "spans_norm.tsv", path, folder / "llt.asc")
    (tmp_path / "in" / "res").mkdir(parents=True)
    folder.rename(tmp_path / "in" / "ref")
    path.rename(tmp_path / "in" / "res" / "answers.tsv")
    (tmp_path / "in" / "res" / "_notes").write_text("")
    assert score_smm4h2022("1c", tmp_path / "in", tmp_path / "in" / "res") == by_file
    (tmp_path / "in" / "res" / "more.tsv").write_text("")
    with pytest.raises(AdetkError, match="holds 2 files; expected one submission"):
        score_smm4h2022("1c", tmp_path / "in", tmp_path / "in" / "res")


def test_files_with_a_prefix_are_found(task):
    folder, path = task(GOLD)
    expected = score_smm4h2022("1b", folder, path)
    for name in ("tweets", "spans", "spans_norm", "class"):
        (folder / f"{name}.tsv").rename(folder / f"dev_{name}.tsv")
    assert score_smm4h2022("1b", folder, path) == expected
    (folder / "old_spans.tsv").write_text("")
    with pytest.raises(AdetkError, match=r"2 files are called \*_spans\.tsv: dev_spans\.tsv, old_spans\.tsv"):
        score_smm4h2022("1b", folder, path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tweets.tsv", None, "no tweets.tsv"),
        ("tweets.tsv", "t1 no tab\n", "tweets.tsv:1: no tab in the line"),
        ("tweets.tsv", "\n", "no tweet in it"),
        ("tweets.tsv", "u1\tother\n", "spans_norm.tsv: 0 of its 2 ids"),
        ("spans_norm.tsv", None, "no spans_norm.tsv"),
        ("spans_norm.tsv", "t1\tADE\tx\t2\tx\t-\n", "spans_norm.tsv:1: offsets 'x' and '2'"),
        ("llt.asc", None, "no MedDRA at"),
        ("llt.asc", "1$2\n", "no line with three fields"),
    ],
)
def test_bad_gold_is_refused(task, name, content, message):
    folder, path = task(GOLD)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(AdetkError, match=message):
        score_smm4h2022("1c", folder, path)


def test_bad_submission_files_are_refused(task):
    folder, path = task(GOLD)
    path.write_bytes(b"t1\tADE\t1\t2\t\xff")
    with pytest.raises(AdetkError, match="byte 11 is not UTF-8"):
        score_smm4h2022("1b", folder, path)
    path.unlink()
    with pytest.raises(AdetkError, match="cannot be read"):
        score_smm4h2022("1b", folder, path)


def test_unknown_tasks_are_refused(task):
    folder, path = task(GOLD)
    with pytest.raises(AdetkError, match="task 'smm4h2019': unknown; expected one of smm4h2022-1a"):
        score("smm4h2019", folder, path)
    with pytest.raises(AdetkError, match="subtask '2': unknown"):
        score_smm4h2022("2", folder, path)
