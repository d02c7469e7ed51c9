import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.official import (
    SUBMISSIONS,
    TASKS,
    check,
    official_text,
    score,
    submission,
    write_submission,
)

CORPORA = Path(os.environ.get("ADETK_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))

CODED = Link("90000001", "Humming elbow", pt_id="90000003")
NO_PT = Link("90000007", "Itchy teeth")
TEXT = "glimzol made my elbows\nand knees hum, odd days"
POSTS = [
    Document(
        "t1",
        TEXT,
        "ADE",
        mentions=(
            Mention(((0, 7),), label="DRUG"),
            Mention(((16, 22), (33, 36)), status="coded", links=(CODED,)),
            Mention(((38, 46),), status="review", links=(NO_PT,)),
            Mention(((27, 32),), assertion="negated", status="coded", links=(CODED,)),
        ),
    ),
    Document("t2", "no news", "noADE"),
    Document("t3", "my teeth itch", None, mentions=(Mention(((3, 13),), status="coded", links=(NO_PT,)),)),
    Document("t4", "something is wrong", "ADE"),
]


@pytest.mark.parametrize(
    ("task", "lines"),
    [
        ("smm4h2022-1a", ["t1\tADE\t0\t0\t-", "t3\tADE\t0\t0\t-", "t4\tADE\t0\t0\t-"]),
        ("smm4h2019-1", ["tweet_id\tclass", "t1\t1", "t2\t0", "t3\t1", "t4\t1"]),
        (
            "smm4h2019-2",
            [
                "tweet_id\tbegin\tend\ttype\textraction",
                "t1\t16\t36\tADR\telbows and knees hum",
                "t1\t38\t46\tADR\todd days",
                "t3\t3\t13\tADR\tteeth itch",
            ],
        ),
        *(
            (
                task,
                [
                    "tweet_id\tbegin\tend\ttype\textraction\tmeddra_code",
                    "t1\t16\t36\tADR\telbows and knees hum\t90000003",
                    "t1\t38\t46\tADR\todd days\t-",
                    "t3\t3\t13\tADR\tteeth itch\t90000007",
                ],
            )
            for task in ("smm4h2019-3", "smm4h2020-3")
        ),
        ("smm4h2020-2", ["tweet_id\tclass", "t1\t1", "t2\t0", "t3\t1", "t4\t1"]),
        ("smm4h2021-1a", ["tweet_id\tlabel", "t1\tADE", "t2\tNoADE", "t3\tADE", "t4\tADE"]),
        ("smm4h2021-1b", list(submission("smm4h2022-1b", POSTS))),
        ("smm4h2021-1c", list(submission("smm4h2022-1c", POSTS))),
        ("smm4h2021-2", ["tweet_id\tlabel", "t1\t1", "t2\t0", "t3\t1", "t4\t1"]),
        (
            "smm4h2022-1b",
            [
                "t1\tADE\t16\t36\telbows and knees hum",
                "t1\tADE\t38\t46\todd days",
                "t3\tADE\t3\t13\tteeth itch",
            ],
        ),
        (
            "smm4h2022-1c",
            [
                "t1\tADE\t16\t36\telbows and knees hum\t90000003",
                "t1\tADE\t38\t46\todd days\t-",
                "t3\tADE\t3\t13\tteeth itch\t90000007",
            ],
        ),
        ("smm4h2023", ["t1\t90000003", "t3\t90000007"]),
        (
            "smm4h2024",
            ["t1\telbows and knees hum\t90000003", "t1\todd days\t-", "t3\tteeth itch\t90000007"],
        ),
        ("smm4h2025", ["id,predicted_label", "t1,1", "t2,0", "t3,1", "t4,1"]),
    ],
)
def test_lines(task, lines):
    assert list(submission(task, POSTS)) == lines


def test_codes_of_one_post_stand_in_one_row_once_each():
    mentions = tuple(
        Mention(((start, start + 2),), status="coded", links=(link,))
        for start, link in ((0, NO_PT), (3, CODED), (6, NO_PT))
    )
    (line,) = submission("smm4h2023", [Document("t1", "aa bb cc", "ADE", mentions=mentions)])
    assert line == "t1\t90000007 & 90000003"


LUMP = "my elbows and knees hum"
JOINED = Document(
    "t1",
    LUMP,
    "ADE",
    mentions=(
        Mention(
            ((3, 23),),
            status="coded",
            links=(replace(CODED, conjunct=0), replace(NO_PT, conjunct=1), Link("90000009", "Elbow")),
        ),
    ),
)


@pytest.mark.parametrize(
    ("task", "lines"),
    [
        ("smm4h2022-1a", ["t1\tADE\t0\t0\t-"]),
        ("smm4h2022-1b", [f"t1\tADE\t3\t23\t{LUMP[3:]}"]),
        ("smm4h2022-1c", [f"t1\tADE\t3\t23\t{LUMP[3:]}\t{id}" for id in ("90000003", "90000007")]),
        ("smm4h2020-3", [f"t1\t3\t23\tADR\t{LUMP[3:]}\t{id}" for id in ("90000003", "90000007")]),
        ("smm4h2019-2", [f"t1\t3\t23\tADR\t{LUMP[3:]}"]),
        ("smm4h2023", ["t1\t90000003 & 90000007"]),
        ("smm4h2024", [f"t1\t{LUMP[3:]}\t{id}" for id in ("90000003", "90000007")]),
    ],
)
def test_every_effect_that_a_mention_joins_has_its_id(task, lines):
    assert [line for line in submission(task, [JOINED]) if not line.startswith("tweet_id")] == lines


def test_joined_effects_are_right_by_the_official_rule_where_gold_has_a_row_each(tmp_path):
    (tmp_path / "tweets.tsv").write_text(f"t1\t{LUMP}\n")
    gold = "".join(f"t1\tADE\t3\t23\t{LUMP[3:]}\t{id}\n" for id in ("90000003", "90000007"))
    (tmp_path / "spans_norm.tsv").write_text(gold)
    (tmp_path / "llt.asc").write_text("90000003$x$90000003$\n90000007$x$90000007$\n")
    write_submission("smm4h2022-1c", [JOINED], tmp_path / "pred.tsv")
    scores = score("smm4h2022-1c", tmp_path / "spans_norm.tsv", tmp_path / "pred.tsv")
    assert scores["strict_f1"] == 1.0
    assert scores["official_strict_f1"] == pytest.approx(1.0, abs=1e-5)


def test_identical_rows_are_written_once():
    mentions = (Mention(((0, 2), (6, 8))), Mention(((0, 8),)))
    assert list(submission("smm4h2022-1b", [Document("t1", "aa bb cc", "ADE", mentions=mentions)])) == [
        "t1\tADE\t0\t8\taa bb cc"
    ]


def test_ids_are_quoted_in_csv():
    lines = list(submission("smm4h2025", [Document('a,"b"', "x", "ADE")]))
    assert list(csv.reader(lines)) == [["id", "predicted_label"], ['a,"b"', "1"]]


@pytest.mark.parametrize("id", ["", "a\tb", "a\nb", " a"])
def test_ids_that_would_break_a_row_are_refused(id):
    with pytest.raises(AdetkError, match="expected the task's own ids"):
        list(submission("smm4h2022-1b", [Document(id, "x", "ADE")]))


def test_repeated_ids_and_unknown_tasks_are_refused():
    with pytest.raises(AdetkError, match="id 't2' stands more than once"):
        list(submission("smm4h2025", [POSTS[1], POSTS[1]]))
    with pytest.raises(
        AdetkError, match=r"task 'smm4h': unknown; expected one of smm4h2019-1, .* smm4h2022-1a"
    ):
        submission("smm4h", POSTS)
    assert set(TASKS) < set(SUBMISSIONS)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_written_scores_as_perfect_where_it_is_gold(task, tmp_path):
    folder = tmp_path / "gold"
    folder.mkdir()
    name = {"smm4h2023": "norms.tsv", "smm4h2024": "gold_annotations_x.tsv"}.get(task, "spans_norm.tsv")
    (folder / "tweets.tsv").write_text("".join(f"t{n}\t{'x' * 50}\n" for n in range(1, 5)))
    (folder / "llt.asc").write_text("90000001$x$90000003$\n90000003$x$90000003$\n90000007$x$90000007$\n")
    gold, pred = folder / name, tmp_path / "pred.tsv"
    rows = write_submission(task, POSTS, pred)
    if task == "smm4h2025":
        gold.write_text("id,label,language\nt1,1,en\nt2,0,en\nt3,1,en\nt4,1,en\n")
    else:
        gold.write_bytes(pred.read_bytes())
    assert rows == len(pred.read_text().splitlines()) - (task == "smm4h2025")
    scores = score(task, gold, pred)
    f1s = [value for name, value in scores.items() if name.endswith("_f1") or name == "f1"]
    assert f1s == pytest.approx([1.0] * len(f1s), abs=1e-5)
    assert len(f1s) >= 2
    assert check(task, gold, pred) == []


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(AdetkError, match="cannot be written"):
        write_submission("smm4h2025", POSTS, tmp_path / "absent" / "pred.csv")


# On the real corpus: what the organizers' script was seen to say of these submissions.


@pytest.fixture(scope="module")
def valid():
    from adetk.readers import read_corpus

    if not (CORPORA / "smm4h2022" / "valid").is_dir():
        pytest.skip(f"no smm4h2022 in {CORPORA}: set ADETK_CORPORA")
    return read_corpus("smm4h2022", "valid", CORPORA)


def coded_as_gold(document):
    mentions = []
    for mention in document.mentions:
        (codes,) = mention.gold or (frozenset(),)
        links = tuple(Link(code, "") for code in codes)
        mentions.append(replace(mention, links=links, status="coded" if links else "none"))
    return replace(document, mentions=tuple(mentions))


def scores_on_valid(task, documents, tmp_path):
    write_submission(task, documents, tmp_path / "pred.tsv")
    llt = tmp_path / "llt.asc"
    llt.write_text("90000001$x$90000001$\n")
    return score(task, CORPORA / "smm4h2022" / "valid", tmp_path / "pred.tsv", llt)


@pytest.mark.parametrize("task", ["smm4h2022-1a", "smm4h2022-1b", "smm4h2022-1c"])
def test_gold_as_a_submission(valid, tmp_path, task):
    scores = scores_on_valid(task, [coded_as_gold(document) for document in valid], tmp_path)
    values = {line.split(":")[1] for line in official_text(task, scores).splitlines()}
    assert values == {"1.000"}
    assert scores["f1" if task.endswith("a") else "strict_f1"] == 1.0
    assert scores["n"] == 915


def test_everything_moved_behind_the_gold(valid, tmp_path):
    moved = [
        replace(d, mentions=tuple(replace(m, spans=((m.end, m.end + 4),)) for m in d.mentions)) for d in valid
    ]
    scores = scores_on_valid("smm4h2022-1b", moved, tmp_path)
    assert round(scores["official_relaxed_f1"], 3) == 1.0
    assert scores["official_strict_f1"] == scores["strict_f1"] == 0.0
    assert round(scores["relaxed_f1"], 3) == 0.057  # where one span's end lies in another


def test_every_second_span_in_single_characters(valid, tmp_path):
    order = {id(m): n for n, m in enumerate(m for d in valid for m in d.mentions)}
    chopped = [
        replace(
            d,
            mentions=tuple(
                Mention(((start, start + 1),))
                for m in d.mentions
                if order[id(m)] % 2 == 0
                for start in range(m.start, m.end)
            ),
        )
        for d in valid
    ]
    scores = scores_on_valid("smm4h2022-1b", chopped, tmp_path)
    text = official_text("smm4h2022-1b", scores)
    assert text.startswith("Task1bRelaxedF:0.958\nTask1bRelaxedP:1.000\nTask1bRelaxedR:0.919\n")
    assert scores["official_strict_f1"] == 0.0
    assert round(scores["relaxed_f1"], 3) == 0.153
