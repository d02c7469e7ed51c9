"""`adetk submit`, `adetk convert` and `adetk score` one after the other, for every task that can be scored."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adetk.cli import app
from adetk.document import Document, Link, Mention
from adetk.evaluate.official import SUBMISSIONS, TASKS
from adetk.readers.export import write_jsonl

FIXTURES = Path(__file__).parents[1] / "readers" / "fixtures"
LLT = "90000001$Humming elbow$90000003$\n90000003$Joint noise$90000003$\n90000007$Itchy teeth$90000007$\n"
NAME = {"smm4h2022-1a": "class.tsv", "smm4h2022-1b": "spans.tsv", "smm4h2022-1c": "spans_norm.tsv"}
NAME |= {"smm4h2023": "norms.tsv", "smm4h2024": "gold_annotations_made_up.tsv", "smm4h2025": "gold.csv"}
GOLD = {
    "smm4h2022-1a": "t1\tADE\nt2\tnoADE\nt3\tADE\nt4\tnoADE\n",
    "smm4h2022-1b": "t1\tADE\t11\t22\telbows hum\nt1\tADE\t24\t25\t😵\nt3\tADE\t3\t13\tteeth itch\n",
    "smm4h2022-1c": (
        "t1\tADE\t11\t22\telbows hum\t90000001\nt1\tADE\t24\t25\t😵\t-\nt3\tADE\t3\t13\tteeth itch\t90000007\n"
    ),
    "smm4h2023": "t1\t90000003\nt3\t90000007\n",
    "smm4h2024": 't1\t"elbows hum\t90000001\nt1\t😵\t-\nt3\tteeth itch\t90000007\n',
    "smm4h2025": 'id,text,label,language\nt1,"x, y",1,de\nt2,x,0,de\nt3,x,1.0,fr\nt4,x,0,fr\n',
}


def mention(start, end, code="", pt=""):
    links = (Link(code, "made up", pt_id=pt),) if code else ()
    return Mention(((start, end),), status="coded" if code else "none", links=links)


POSTS = [
    Document(
        "t1",
        'glim &amp; "elbows hum, 😵',
        "ADE",
        mentions=(mention(11, 22, "90000001", "90000003"), mention(24, 25)),
    ),
    Document("t2", "no news", "noADE"),
    Document("t3", "my teeth itch", "ADE", mentions=(mention(3, 13, "90000007"),)),
    Document("t4", "teeth are fine", "noADE"),
]


def adetk(*arguments):
    """What a command prints; it succeeds."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(*arguments):
    """The last line that a command says in a process of its own, on its way to exit status 1."""
    done = subprocess.run(
        [sys.executable, "-m", "adetk", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.fixture(params=TASKS)
def task(request):
    return request.param


@pytest.fixture
def gold(task, tmp_path):
    folder = tmp_path / "gold"
    folder.mkdir()
    (folder / NAME[task]).write_text(GOLD[task], encoding="utf-8")
    if task != "smm4h2025":
        tweets = "".join(f"{document.id}\t{document.text}\n" for document in POSTS)
        (folder / "tweets.tsv").write_text(tweets, encoding="utf-8")
        (folder / "llt.asc").write_text(LLT)
    if task in ("smm4h2023", "smm4h2024"):
        (folder / "seen_concepts.txt").write_text("90000003\n")
    return folder


@pytest.fixture
def submit(task, tmp_path):
    """A function: documents to the file that `adetk submit` makes of them."""

    def write(documents):
        write_jsonl(documents, tmp_path / "coded.jsonl")
        adetk("submit", task, tmp_path / "coded.jsonl", "-o", tmp_path / "submission")
        return tmp_path / "submission"

    return write


def f1s(scores):
    return {name: value for name, value in scores.items() if name.endswith("_f1") or name == "f1"}


def scored(task, gold, pred, *options):
    return json.loads(adetk("score", task, "--gold", gold, "--pred", pred, "--json", *options))


def test_a_perfect_submission(task, gold, submit):
    pred = submit(POSTS)
    figures = f1s(scored(task, gold, pred))
    assert figures == pytest.approx(dict.fromkeys(figures, 1.0), abs=2e-6)
    fair = {name: value for name, value in figures.items() if not name.startswith("official_")}
    assert set(fair.values()) == {1.0}
    assert len(figures) == 2 * len(fair)
    assert adetk("score", task, "--gold", gold, "--pred", pred, "--check") == ""
    text = adetk("score", task, "--gold", gold, "--pred", pred)
    official = [line.rpartition(":")[2].strip() for line in text.splitlines() if ":" in line]
    assert set(official) in ({"1.000"}, {"1.0000"})
    assert len(official) >= 3


def test_an_empty_submission(task, gold, submit, tmp_path):
    nothing = submit([Document(document.id, document.text, "noADE") for document in POSTS])
    scores = scored(task, gold, nothing)
    assert {value for name, value in scores.items() if name != "n"} == {0.0}
    assert scores["n"] == 4
    (tmp_path / "no_byte").write_bytes(b"")
    scores = scored(task, gold, tmp_path / "no_byte")
    assert {value for name, value in scores.items() if name != "n"} == {0.0}


def test_a_submission_for_other_ids(task, gold, submit):
    others = [Document(f"x{d.id}", d.text, d.label, mentions=d.mentions) for d in POSTS]
    said = refused("score", task, "--gold", gold, "--pred", submit(others))
    n_ids = 4 if task == "smm4h2025" else 2
    assert f"0 of its {n_ids} ids, first 'xt1', are among the 4 of the gold" in said


def test_check_lists_the_rows_about_other_posts(task, gold, submit):
    stranger = Document("x1", POSTS[2].text, "ADE", mentions=POSTS[2].mentions)
    pred = submit([*POSTS, stranger])
    lines = pred.read_text(encoding="utf-8").splitlines()
    listed = adetk("score", task, "--gold", gold, "--pred", pred, "--check").splitlines()
    assert len(listed) == 1
    assert listed[0].startswith(f"{pred}:{len(lines)}: ")
    assert "'x1'" in listed[0]
    assert lines[-1].startswith("x1")


@pytest.mark.parametrize(
    ("corpus", "split", "task", "gold"),
    [
        ("smm4h2022", "valid", "smm4h2022-1a", "smm4h2022/valid"),
        ("smm4h2022", "valid", "smm4h2022-1b", "smm4h2022/valid"),
        ("smm4h2022", "train", "smm4h2022-1c", "smm4h2022/train"),
        ("smm4h2021", "valid", "smm4h2022-1c", "smm4h2021/valid"),
        ("smm4h2023", "train", "smm4h2023", "smm4h2023/train"),
        ("smm4h2025", "train", "smm4h2025", "smm4h2025/train_data_SMM4H_2025_Task_1.csv"),
    ],
)
def test_a_corpus_as_a_submission_to_its_own_task(tmp_path, corpus, split, task, gold):
    out = tmp_path / "answers"
    adetk("convert", corpus, "--split", split, "--corpora", FIXTURES, "--format", task, "-o", out)
    (tmp_path / "llt.asc").write_text("".join(f"9000000{n}$x$9000000{n}$\n" for n in range(1, 10)))
    figures = f1s(scored(task, FIXTURES / gold, out, "--llt", tmp_path / "llt.asc"))
    # Where no post of a language is ADE, its F1 is 0 whatever is said: French, in this fixture.
    figures = {name: value for name, value in figures.items() if "fr_" not in name}
    assert figures == pytest.approx(dict.fromkeys(figures, 1.0), abs=2e-6)
    assert len(figures) >= 2


def test_there_and_back(tmp_path):
    brat, out, back = tmp_path / "brat", tmp_path / "out.jsonl", tmp_path / "back.jsonl"
    adetk("convert", "smm4h2022", "--split", "train", "--corpora", FIXTURES, "-o", out)
    adetk("convert", out, "-o", brat)
    adetk("convert", brat, "-o", back)
    assert back.read_text(encoding="utf-8") == out.read_text(encoding="utf-8")


@pytest.mark.parametrize("task", [task for task in SUBMISSIONS if task not in TASKS])
def test_tasks_that_are_only_submitted_to(tmp_path, task):
    write_jsonl(POSTS, tmp_path / "coded.jsonl")
    adetk("submit", task, tmp_path / "coded.jsonl", "-o", tmp_path / "out.tsv")
    header, *rows = (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()
    assert (header.split("\t")[0] == "tweet_id") == (task not in ("smm4h2021-1b", "smm4h2021-1c"))
    widths = {len(row.split("\t")) for row in rows}
    assert widths == {header.count("\t") + 1}


def test_an_unknown_task_is_refused(tmp_path):
    write_jsonl(POSTS, tmp_path / "coded.jsonl")
    said = refused("submit", "smm4h1999", tmp_path / "coded.jsonl", "-o", tmp_path / "out.tsv")
    assert said.startswith("adetk: task 'smm4h1999': unknown; expected one of smm4h2019-1,")
