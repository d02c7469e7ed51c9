"""Running whole and by steps, over files and streams; what is cut off."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time

import pytest
from adetk_process import MANY, POSTS, ROWS, records, refused, start, succeeds

KNOWN = {"exact", "synonym"}
"""A term's name is a synonym where a mention that the linker learnt has the same words."""


def test_every_post_comes_out_in_order_with_its_columns_and_mentions(coded):
    found = records(coded)
    assert [(r["id"], r["text"]) for r in found] == [row[:2] for row in ROWS]
    assert [r["meta"] for r in found] == [{"source": row[2]} for row in ROWS]
    mentions = [m for r in found for m in r["mentions"]]
    assert {m["label"] for m in mentions} >= {"ADE", "DRUG"}
    for record in found:
        for mention in record["mentions"]:
            surface = " ".join(record["text"][start:end] for start, end in mention["spans"])
            assert mention["text"] == surface
    effects = [
        (r["id"], m["text"], m["links"][0]) for r in found for m in r["mentions"] if m["label"] == "ADE"
    ]
    answers = [(post, words, link["name"]) for post, words, link in effects]
    assert answers == [
        ("1", "nausea", "Nausea"),
        ("3", "weight gain", "Weight gain"),
        ("3", "headache", "Headache"),
        ("3", "insomnia", "Insomnia"),
        ("4", "diarrhea", "Diarrhea"),
    ]
    assert {link["method"] for _, _, link in effects} <= KNOWN
    assert all(re.fullmatch(r"\d{8}", link["concept_id"]) for _, _, link in effects)


def test_run_is_classify_extract_normalize(posts, sure_bundle, tmp_path):
    whole = tmp_path / "whole.jsonl"
    closing = succeeds("run", posts, "-o", whole, "--bundle", sure_bundle).stderr
    assert re.fullmatch(r"5 posts in \d+\.\d s\n", closing)
    step = posts
    for verb in ("classify", "extract", "normalize"):
        out = tmp_path / f"{verb}.jsonl"
        succeeds(verb, step, "-o", out, "--bundle", sure_bundle)
        step = out
    assert step.read_bytes() == whole.read_bytes()
    assert all(record["label"] in ("ADE", "noADE") for record in records(whole.read_bytes()))


def test_the_tables_hold_what_the_json_lines_hold(posts, sure_bundle, coded, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    expected = [
        (r["id"], m["text"], str(m["spans"][0][0]), str(m["spans"][-1][1]), m["label"], r["meta"]["source"])
        for r in records(coded)
        for m in r["mentions"] or [{"text": "", "spans": [["", ""]], "label": ""}]
    ]
    options = ("--bundle", sure_bundle, "--gate", "none")
    columns = ("id", "verbatim", "start", "end", "label", "source")
    for ending, dialect in (("tsv", {"delimiter": "\t", "quoting": csv.QUOTE_NONE}), ("csv", {})):
        out = tmp_path / f"coded.{ending}"
        succeeds("run", posts, "-o", out, *options)
        with out.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, **dialect))
        assert [tuple(row[column] for column in columns) for row in rows] == expected
    out = tmp_path / "coded.parquet"
    succeeds("run", posts, "-o", out, *options)
    rows = parquet.read_table(out).to_pylist()
    found = [tuple("" if row[c] is None else str(row[c]) for c in columns) for row in rows]
    assert found == expected


def test_standard_input_and_output(sure_bundle, coded):
    options = ("--bundle", sure_bundle, "--gate", "none")
    assert succeeds("run", "-", *options, "--input-format", "tsv", stdin=POSTS.encode()).stdout == coded
    lines = "".join(json.dumps({"id": i, "text": t, "source": s}) + "\n" for i, t, s in ROWS)
    assert succeeds("run", "-", *options, stdin=lines.encode()).stdout == coded
    table = succeeds("run", "-", *options, "--format", "csv", stdin=b"zoloft and nausea\n").stdout
    assert next(csv.DictReader(io.StringIO(table.decode())))["id"] == "1"


def test_a_column_of_verbatims_is_coded_as_it_is(tiny_bundle):
    content = b"row,verbatim\na,Nausea\nb,Headache\n"
    arguments = ("--input-format", "csv", "--id-column", "row", "--text-column", "verbatim")
    found = records(succeeds("normalize", "-", *arguments, "--bundle", tiny_bundle, stdin=content).stdout)
    answers = [(r["id"], r["mentions"][0]["links"][0]["name"]) for r in found]
    assert answers == [("a", "Nausea"), ("b", "Headache")]
    assert {r["mentions"][0]["links"][0]["method"] for r in found} <= KNOWN


def test_posts_in_which_nothing_was_found_are_no_verbatims(sure_bundle, tmp_path):
    tagged, coded = tmp_path / "tagged.jsonl", tmp_path / "coded.jsonl"
    succeeds("extract", "-", "-o", tagged, "--bundle", sure_bundle, stdin=b"what a day\ngot a headache\n")
    succeeds("normalize", tagged, "-o", coded, "--bundle", sure_bundle)
    first, second = records(coded.read_bytes())
    assert first["mentions"] == []
    assert [m["text"] for m in second["mentions"]] == ["headache"]


def test_a_line_of_2_mb_is_a_post(tiny_bundle):
    text = b"zoloft " + b"a" * 2_000_000 + b" headache"
    found = records(succeeds("run", "-", "--bundle", tiny_bundle, stdin=text).stdout)
    assert [len(record["text"]) for record in found] == [len(text)]


def test_the_page_shows_the_mentions(posts, sure_bundle, tmp_path):
    page = tmp_path / "page.html"
    options = ("--bundle", sure_bundle, "--gate", "none", "--html", page)
    succeeds("run", posts, "-o", tmp_path / "coded.jsonl", *options)
    html = page.read_text(encoding="utf-8")
    assert "zoloft" in html
    assert "DRUG" in html
    assert "ADE Weight gain" in html
    assert "coffee" not in html
    assert html.endswith("</body></html>\n")


def test_the_page_is_no_other_file_of_the_run(posts, tiny_bundle, tmp_path):
    before = posts.read_bytes()
    for out, page in ((tmp_path / "o.jsonl", posts), (tmp_path / "o.jsonl", tmp_path / "o.jsonl")):
        said = refused("run", posts, "-o", out, "--html", page, "--bundle", tiny_bundle)
        assert re.search("is both (input|output) and page; expected different files", said)
    assert posts.read_bytes() == before


def test_a_whole_run_imports_no_training_library(posts, tiny_bundle, tmp_path):
    script = (
        "import sys\nfrom adetk.cli import main\ntry:\n    main()\nexcept SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'pandas', 'spacy', 'sentence_transformers'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    arguments = ("run", posts, "-o", tmp_path / "coded.jsonl", "--bundle", tiny_bundle)
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def test_a_killed_run_goes_on_and_ends_in_the_same_bytes(many, tiny_bundle, tmp_path):
    whole, out = tmp_path / "whole.jsonl", tmp_path / "coded.jsonl"
    succeeds("run", many, "-o", whole, "--bundle", tiny_bundle)
    process = start("run", many, "-o", out, "--bundle", tiny_bundle, stderr=subprocess.DEVNULL)
    position = tmp_path / "coded.jsonl.partial.state"
    deadline = time.monotonic() + 60
    while not position.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    done = json.loads(position.read_text(encoding="utf-8"))["position"]["documents"]
    assert 0 < done < MANY
    other = refused("run", many, "-o", out, "--bundle", tiny_bundle, "--gate", "none", "--resume")
    assert "gate was 'model' and is now 'none'" in other
    closing = succeeds("run", many, "-o", out, "--bundle", tiny_bundle, "--resume").stderr
    assert closing.startswith(f"{MANY} posts in ")
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coded.jsonl", "whole.jsonl"]


def test_an_interrupted_run_says_how_to_go_on_and_its_page_is_whole(many, sure_bundle, tmp_path):
    whole, out = tmp_path / "whole.jsonl", tmp_path / "coded.jsonl"
    posts = tmp_path / "posts.txt"
    posts.write_bytes(
        b"".join(b"%d, " % n + line for n in range(3) for line in many.read_bytes().splitlines(True))
    )
    options = ("--bundle", sure_bundle, "--gate", "none", "--html")
    succeeds("run", posts, "-o", whole, *options, tmp_path / "whole.html")
    process = start(
        *("run", posts, "-o", out, *options, tmp_path / "page.html"),
        stderr=subprocess.PIPE,
        # What a shell has put into the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    position = tmp_path / "coded.jsonl.partial.state"
    while process.poll() is None and not position.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 130
    assert said == "adetk: interrupted; a run into a file goes on with --resume\n"
    assert "add --resume to go on" in refused("run", posts, "-o", out, *options, tmp_path / "page.html")
    succeeds("run", posts, "-o", out, *options, tmp_path / "page.html", "--resume")
    assert out.read_bytes() == whole.read_bytes()
    assert (tmp_path / "page.html").read_bytes() == (tmp_path / "whole.html").read_bytes()


def test_another_verb_does_not_resume(many, tiny_bundle, tmp_path):
    out = tmp_path / "out.jsonl"
    process = start("classify", many, "-o", out, "--bundle", tiny_bundle, stderr=subprocess.DEVNULL)
    state = tmp_path / "out.jsonl.partial.state"
    while process.poll() is None and not state.exists():
        time.sleep(0.002)
    process.kill()
    process.wait()
    if not state.exists():
        pytest.skip("the run was over before it could be killed")
    said = refused("extract", many, "-o", out, "--resume", "--bundle", tiny_bundle)
    assert "step" in said


def test_a_reader_that_goes_away_is_no_news(many, tiny_bundle):
    process = start("classify", many, "--bundle", tiny_bundle, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["id"] == "1"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=120) == 1
