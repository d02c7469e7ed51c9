"""The command line as a user has it: every test starts `python -m adetk` in a process of its own."""

import csv
import gzip
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

import adetk
from adetk.bundle import read_manifest, write_manifest
from adetk.extract.schemes import Scheme

ROWS = [
    ("1", "zoloft keeps me awake all night and gives me nausea", "forum"),
    ("2", "picked up my zoloft refill today", "tweet"),
    ("3", "two weeks of prednisone: weight gain, headache, insomnia 😀", "forum"),
    ("4", "day 3 of lexapro. diarrhea again", "tweet"),
    ("5", "coffee first", "tweet"),
]
POSTS = "id\ttext\tsource\n" + "".join("\t".join(row) + "\n" for row in ROWS)
MANY = 600
HEADER = b"id\ttext\n"
FINE = b"1\tzoloft gave me a headache\n"


def start(*arguments, **options):
    """The process of `adetk ARGUMENTS`."""
    return subprocess.Popen([sys.executable, "-m", "adetk", *map(str, arguments)], **options)


def command(*arguments, stdin=b"", **options):
    """What `adetk ARGUMENTS` gave: exit status, output, what it said."""
    process = start(
        *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    out, err = process.communicate(stdin, timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err.decode("utf-8"))


def succeeds(*arguments, **options):
    done = command(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done


def refused(*arguments, **options):
    """The one line with which adetk refuses."""
    done = command(*arguments, **options)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("adetk: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == b""
    return done.stderr


def records(content):
    return [json.loads(line) for line in content.decode("utf-8").splitlines()]


@pytest.fixture
def posts(tmp_path):
    path = tmp_path / "posts.tsv"
    path.write_text(POSTS, encoding="utf-8")
    return path


@pytest.fixture
def good(tmp_path):
    """An output file of an earlier run, which no failed run may touch."""
    path = tmp_path / "coded.jsonl"
    path.write_bytes(b"good\n")
    return path


@pytest.fixture(scope="module")
def sure_bundle(tiny_bundle, tmp_path_factory):
    """The tiny bundle with a tagger that is always right: what stands in CTCAE is an effect."""
    helper = pytest.importorskip("onnx", reason="training is not installed").helper
    int64, float32 = 7, 1
    bundle = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("bundles") / "sure")
    names = Scheme("bio", ["ADE", "INDICATION"]).tag_names
    assert names[:3] == ["O", "B-ADE", "I-ADE"]  # as a dictionary's tags count: outside, first, further
    nodes = [
        helper.make_node("Gather", ["tags", "ctcae"], ["found"], axis=2),
        helper.make_node("OneHot", ["found", "depth", "values"], ["output"]),
    ]
    constants = [
        helper.make_tensor("ctcae", int64, [], [0]),
        helper.make_tensor("depth", int64, [], [len(names)]),
        helper.make_tensor("values", float32, [2], [0.0, 9.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "sure",
        [helper.make_tensor_value_info("tags", int64, ["n", "length", 2])],
        [helper.make_tensor_value_info("output", float32, ["n", "length", len(names)])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (bundle / "extract" / "model.onnx").write_bytes(model.SerializeToString())
    write_manifest(bundle, "bundle", read_manifest(bundle, "bundle", verify=False).settings)
    return bundle


@pytest.fixture(scope="module")
def coded(sure_bundle, tmp_path_factory):
    """What `adetk run` writes for `POSTS`, every post tagged."""
    folder = tmp_path_factory.mktemp("coded")
    (folder / "posts.tsv").write_text(POSTS, encoding="utf-8")
    out = folder / "coded.jsonl"
    succeeds("run", folder / "posts.tsv", "-o", out, "--bundle", sure_bundle, "--gate", "none")
    return out.read_bytes()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A file of many different posts."""
    path = tmp_path_factory.mktemp("many") / "posts.txt"
    lines = (f"day {n}: {ROWS[n % len(ROWS)][1]}\n" for n in range(MANY))
    path.write_text("".join(lines), encoding="utf-8")
    return path


# What is right


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
    answers = [(post, words, link["name"], link["method"]) for post, words, link in effects]
    assert answers == [
        ("1", "nausea", "Nausea", "exact"),
        ("3", "weight gain", "Weight gain", "exact"),
        ("3", "headache", "Headache", "exact"),
        ("3", "insomnia", "Insomnia", "exact"),
        ("4", "diarrhea", "Diarrhea", "exact"),
    ]
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
    assert all(r["mentions"][0]["links"][0]["method"] == "exact" for r in found)


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


def test_evaluate_prints_one_object_and_logs_it(tiny_bundle, tmp_path):
    log = tmp_path / "log" / "scorings.jsonl"
    arguments = ("--corpus", "demo", "--split", "all", "--bundle", tiny_bundle, "--log", log, "--json")
    report = json.loads(succeeds("evaluate", "extract", *arguments).stdout)
    assert {"strict_f1", "strict_f1_low", "strict_f1_high", "relaxed_f1", "n"} <= set(report)
    logged = json.loads(log.read_text(encoding="utf-8"))
    assert logged["bundle_name"] == tiny_bundle.name
    assert {key: logged[key] for key in report} == report


def test_terminology_verbs():
    assert json.loads(succeeds("terminology", "info", "ctcae").stdout)["name"] == "CTCAE"
    first = succeeds("terminology", "search", "ctcae", "nausea").stdout.decode().splitlines()[0]
    code, _, name = first.split("\t")
    assert name == "Nausea"
    assert json.loads(succeeds("terminology", "show", "ctcae", code).stdout)["name"] == "Nausea"


def test_version_and_help():
    assert succeeds("--version").stdout.decode() == f"{adetk.__version__}\n"
    assert b"--resume" in succeeds("run", "--help").stdout


# What is bad


BAD_ROWS = {
    b"2": "1 fields; expected 2",
    b"3\t": "empty text",
    b"4\tsick \0 again": "NUL",
    b"5\tsick \xe9 again": "not UTF-8",
}


def test_bad_rows_go_to_the_errors_file_and_the_run_goes_on(tiny_bundle, tmp_path):
    source, errors = tmp_path / "posts.tsv", tmp_path / "errors.jsonl"
    source.write_bytes(HEADER + FINE + b"".join(row + b"\n" for row in BAD_ROWS) + b"6\tdizzy\n")
    out = tmp_path / "coded.jsonl"
    closing = succeeds("run", source, "-o", out, "--bundle", tiny_bundle, "--errors", errors).stderr
    assert closing.endswith(", 4 bad rows left out\n")
    assert [record["id"] for record in records(out.read_bytes())] == ["1", "6"]
    found = records(errors.read_bytes())
    assert [entry["line"] for entry in found] == [3, 4, 5, 6]
    for entry, reason in zip(found, BAD_ROWS.values(), strict=True):
        assert reason in entry["reason"]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS.items(), ids=["fields", "empty", "nul", "utf8"])
def test_strict_stops_at_a_bad_row(row, reason, tiny_bundle, tmp_path, good):
    source = tmp_path / "posts.tsv"
    source.write_bytes(HEADER + FINE + row + b"\n" + b"6\tdizzy\n")
    said = refused("classify", source, "-o", good, "--bundle", tiny_bundle, "--strict")
    assert f"posts.tsv:3: {reason}" in said
    assert good.read_bytes() == b"good\n"


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("nothing.tsv", None, (), "no such file"),
        ("empty.tsv", b"", (), "is empty"),
        ("blank.tsv", b"\n\n", (), "only blank lines"),
        ("posts.tsv", HEADER + FINE, ("--text-column", "body"), "no column 'body'; found 'id', 'text'"),
        ("posts.tsv", HEADER + FINE, ("--id-column", "key"), "no column 'key'"),
        ("posts.xlsx", HEADER + FINE, (), "'xlsx'"),
        ("wide.tsv", (HEADER + FINE).decode().encode("utf-16"), (), "UTF-16"),
        ("header.tsv", b"id\tte\xffxt\n" + FINE, (), "first line is damaged"),
        ("plain.tsv.gz", HEADER + FINE, (), "is not gzipped"),
        ("packed.tsv", gzip.compress(HEADER + FINE), (), "is gzipped"),
        ("table.parquet", b"PAR1 no more", (), "cannot be read as Parquet"),
    ],
)
def test_input_that_is_no_table_of_posts(name, content, options, said, tiny_bundle, tmp_path, good):
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    assert said in refused("classify", source, "-o", good, "--bundle", tiny_bundle, *options)
    assert good.read_bytes() == b"good\n"
    assert {path.name for path in tmp_path.iterdir()} <= {name, good.name}


def test_a_gz_cut_short_leaves_the_old_output(tiny_bundle, tmp_path, good):
    lines = b"".join(b"%d\tday %d of zoloft, %x\n" % (n, n, 7**n) for n in range(300))
    source = tmp_path / "posts.tsv.gz"
    source.write_bytes(gzip.compress(HEADER + lines)[:-2000])
    said = refused("run", source, "-o", good, "--bundle", tiny_bundle)
    assert re.search(r"posts\.tsv\.gz: the gzip data end or break after line \d+", said)
    assert good.read_bytes() == b"good\n"


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("nowhere/coded.jsonl", "cannot be written"),
        ("folder.jsonl", "is a folder"),
        ("coded.xml", "'xml'"),
        ("posts.tsv", "is both input and output"),
    ],
)
def test_output_that_cannot_be_written(out, said, posts, tiny_bundle, tmp_path):
    (tmp_path / "folder.jsonl").mkdir()
    assert said in refused("run", posts, "-o", tmp_path / out, "--bundle", tiny_bundle)
    assert posts.read_text(encoding="utf-8") == POSTS


def test_a_full_disk_is_one_line(posts, tiny_bundle):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        process = start("run", posts, "--bundle", tiny_bundle, stdout=full, stderr=subprocess.PIPE)
        said = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 1
    assert len(said.splitlines()) == 1
    assert "No space left" in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (None, "", "no llt.asc"),
        ("pt.asc", "19000001$Zorvitis$\n", "no llt.asc"),
        ("llt.asc", "", "no line in it"),
        ("llt.asc", "19000001$Zorvitis\n", "llt.asc:1: 2 fields"),
        (
            "llt.asc",
            "19000001$Zorvitis$19000001$\n1900$Blenny$19000001$\n",
            "llt.asc:2: found '1900' as a code",
        ),
    ],
)
def test_a_folder_that_is_no_meddra(name, content, said, posts, tiny_bundle, tmp_path, good):
    folder = tmp_path / "MedAscii"
    folder.mkdir()
    if name is not None:
        (folder / name).write_text(content, encoding="utf-8")
    assert said in refused("terminology", "info", folder)
    options = ("--bundle", tiny_bundle, "--terminology", folder)
    assert said in refused("run", posts, "-o", good, *options)
    assert good.read_bytes() == b"good\n"


def test_a_code_that_the_terminology_lacks(tmp_path):
    (tmp_path / "llt.asc").write_text("19000001$Zorvitis$19000001$\n", encoding="utf-8")
    assert "code '19000002' is not in MedDRA" in refused("terminology", "show", tmp_path, "19000002")
    assert "no terminology at" in refused("terminology", "info", tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name", ["classify/model.onnx", "extract/tokenizer.json", "normalize/index/rows.tsv", "README.md"]
)
def test_a_flipped_byte_in_a_bundle(name, posts, tiny_bundle, tmp_path, good):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    said = refused("run", posts, "-o", good, "--bundle", bundle)
    assert f"{name}: damaged" in said
    assert good.read_bytes() == b"good\n"


def test_a_changed_setting_in_a_bundle(posts, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    manifest = bundle / "manifest.json"
    content = manifest.read_text(encoding="utf-8")
    manifest.write_text(content.replace('"max_length": 48', '"max_length": 49', 1), encoding="utf-8")
    assert "manifest.json: not a manifest" in refused("run", posts, "--bundle", bundle)


def test_a_folder_that_is_no_bundle(posts, tiny_bundle, tiny_parts, tmp_path):
    assert "no manifest.json there" in refused("run", posts, "--bundle", tmp_path)
    assert "no manifest.json there" in refused("run", posts, "--bundle", tmp_path / "nowhere")
    part = tiny_parts.folders["classify"]
    assert "holds 'classify', expected 'bundle'" in refused("run", posts, "--bundle", part)
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    (bundle / "extract" / "model.onnx").unlink()
    assert "missing" in refused("run", posts, "--bundle", bundle)


def test_a_bundle_of_another_format_version(posts, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    manifest = bundle / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(content | {"format_version": 99}), encoding="utf-8")
    assert "format version 99, this adetk reads 1" in refused("run", posts, "--bundle", bundle)


def test_parts_are_bundled_once_and_in_their_places(tiny_parts, tiny_bundle, tmp_path):
    folders = [tiny_parts.folders[kind] for kind in ("classify", "extract", "normalize")]
    out = tmp_path / "tiny"
    succeeds("bundle", *folders, "-o", out)
    names = sorted(path.relative_to(out) for path in out.rglob("*"))
    assert names == sorted(path.relative_to(tiny_bundle) for path in tiny_bundle.rglob("*"))
    assert "is not empty" in refused("bundle", *folders, "-o", out)
    assert "holds 'extract', expected 'classify'" in refused("bundle", *folders[1:], folders[0], "-o", out)


def test_a_recipe_of_another_kind_or_none(tiny_recipes, tmp_path):
    recipe = tiny_recipes["extract"]
    assert "is a recipe for extract" in refused("train", "classify", recipe, "-o", tmp_path / "part")
    assert "no such recipe" in refused("train", "classify", tmp_path / "no.toml", "-o", tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_a_corpus_or_split_that_is_not_there(tiny_bundle, tmp_path):
    options = ("--bundle", tiny_bundle, "--log", tmp_path / "log.jsonl")
    assert "no corpus is called" in refused("evaluate", "run", "--corpus", "no", "--split", "all", *options)
    assert "has no split" in refused("evaluate", "run", "--corpus", "demo", "--split", "no", *options)
    assert not (tmp_path / "log.jsonl").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("run",),
        ("fly", "posts.tsv"),
        ("run", "posts.tsv", "--faster"),
        ("run", "posts.tsv", "--gate", "perhaps"),
        ("train", "everything", "recipe.toml", "-o", "part"),
    ],
)
def test_wrong_usage_is_2(arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# What is cut off


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


def test_a_reader_that_goes_away_is_no_news(many, tiny_bundle):
    process = start("classify", many, "--bundle", tiny_bundle, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["id"] == "1"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=120) == 1


def test_posts_in_which_nothing_was_found_are_no_verbatims(sure_bundle, tmp_path):
    tagged, coded = tmp_path / "tagged.jsonl", tmp_path / "coded.jsonl"
    succeeds("extract", "-", "-o", tagged, "--bundle", sure_bundle, stdin=b"what a day\ngot a headache\n")
    succeeds("normalize", tagged, "-o", coded, "--bundle", sure_bundle)
    first, second = records(coded.read_bytes())
    assert first["mentions"] == []
    assert [m["text"] for m in second["mentions"]] == ["headache"]


def test_the_page_is_no_other_file_of_the_run(posts, tiny_bundle, tmp_path):
    before = posts.read_bytes()
    for out, page in ((tmp_path / "o.jsonl", posts), (tmp_path / "o.jsonl", tmp_path / "o.jsonl")):
        said = refused("run", posts, "-o", out, "--html", page, "--bundle", tiny_bundle)
        assert "is the page and another file of this run" in said
    assert posts.read_bytes() == before


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


def test_a_folder_in_a_files_place_is_one_line(tiny_bundle, tmp_path):
    assert "Is a directory" in refused("train", "classify", tmp_path, "-o", tmp_path / "part")


def test_score_check_and_convert(tmp_path):
    gold = tmp_path / "gold"
    gold.mkdir()
    (gold / "tweets.tsv").write_text("a1\tzorvex gave me hives\na2\tfine today\n", encoding="utf-8")
    (gold / "spans.tsv").write_text("a1\tADE\t15\t20\thives\n", encoding="utf-8")
    good, short = tmp_path / "good.tsv", tmp_path / "short.tsv"
    good.write_text("a1\tADE\t15\t20\thives\n", encoding="utf-8")
    short.write_text("a1\tADE\n", encoding="utf-8")
    figures = json.loads(succeeds("score", "smm4h2022-1b", "--gold", gold, "--pred", good, "--json").stdout)
    assert figures["official_strict_f1"] == pytest.approx(1.0, abs=1e-5)
    listed = succeeds("score", "smm4h2022-1b", "--gold", gold, "--pred", short, "--check").stdout
    assert b"short.tsv:1:" in listed
    out = tmp_path / "demo.jsonl"
    assert " documents in " in succeeds("convert", "demo", "-o", out).stderr
    assert records(out.read_bytes())[0]["id"] == "demo-001"


def test_evaluate_at_a_threshold_of_ones_own(tiny_bundle, tmp_path):
    log = tmp_path / "log.jsonl"
    arguments = ("classify", "--corpus", "demo", "--split", "all", "--log", log, "--bundle", tiny_bundle)
    figures = json.loads(succeeds("evaluate", *arguments, "--threshold", "0", "--json").stdout)
    assert figures["recall"] == 1.0
    assert json.loads(log.read_text(encoding="utf-8"))["threshold"] == "0.0"


@pytest.fixture
def cadec(tmp_path):
    """A folder of corpora with a CADEC of one training and two test posts; one text stands in both."""
    name_to_coded = {
        "DRUGA.1": ("Headache all week", "Headache", "10019211 + 10028813"),
        "DRUGA.2": ("headache   all week", "headache", "10019211 + 10028813"),
        "DRUGA.3": ("so much vomiting", "vomiting", "10047700"),
    }
    for name, (text, words, codes) in name_to_coded.items():
        span = f"{text.index(words)} {text.index(words) + len(words)}\t{words}\n"
        for part, content in (
            ("text", text),
            ("original", f"T1\tADR {span}"),
            ("meddra", f"TT1\t{codes} {span}"),
        ):
            file = tmp_path / "cadec" / part / f"{name}.{'txt' if part == 'text' else 'ann'}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
    splits = tmp_path / "cadec" / "splits"
    splits.mkdir()
    (splits / "train.id").write_text("DRUGA.1\n", encoding="utf-8")
    (splits / "test.id").write_text("DRUGA.2\nDRUGA.3\n", encoding="utf-8")
    return tmp_path


def evaluated(task, corpora, bundle, *options):
    """The report of CADEC's test posts and the line of the log."""
    log = corpora / "log.jsonl"
    where = ("--corpus", "cadec", "--split", "test", "--corpora", corpora, "--bundle", bundle, "--log", log)
    report = json.loads(succeeds("evaluate", task, *where, *options, "--json").stdout)
    return report, json.loads(log.read_text(encoding="utf-8").splitlines()[-1])


def test_evaluate_without_the_texts_of_another_split(cadec, tiny_bundle):
    assert evaluated("normalize", cadec, tiny_bundle)[0]["n"] == 2
    report, logged = evaluated("normalize", cadec, tiny_bundle, "--unseen-in", "train")
    assert report["n"] == 1
    assert logged["split"] == "test without train"


def test_evaluate_by_each_rule_for_several_codes(cadec, tiny_bundle):
    default, logged = evaluated("normalize", cadec, tiny_bundle)
    assert "multi" not in logged
    rule_to_accuracy = {}
    for rule in ("any", "first", "all"):
        report, logged = evaluated("normalize", cadec, tiny_bundle, "--multi", rule)
        assert logged["multi"] == rule
        assert report["skipped"] == 0
        rule_to_accuracy[rule] = report["accuracy_at_1"]
    assert rule_to_accuracy == {"any": 1.0, "first": 1.0, "all": 0.5}
    assert default["accuracy_at_1"] == 1.0


def test_evaluate_by_slices(cadec, tiny_bundle):
    report, logged = evaluated("normalize", cadec, tiny_bundle, "--slices-by", "train", "--multi", "all")
    assert logged["slices_by"] == "train"
    names = ("seen_mention", "unseen_mention", "refined", "seen_concept", "unseen_concept", "words_1")
    assert [report[f"{name}_n"] for name in names] == [1, 1, 1, 1, 1, 2]
    assert [report[f"{name}_accuracy_at_1"] for name in names] == [0.0, 1.0, 1.0, 0.0, 1.0, 0.5]
    assert {"unseen_mention_accuracy_at_1_low", "unseen_mention_accuracy_at_1_high"} <= set(report)
    assert "discontinuous_accuracy_at_1" not in report
    spans, _ = evaluated("extract", cadec, tiny_bundle, "--slices-by", "train", "--gate", "none")
    assert (spans["unseen_mention_n"], spans["out_of_vocabulary_n"]) == (1, 1)
    assert 0.0 <= spans["seen_mention_strict_recall"] <= spans["seen_mention_relaxed_recall"] <= 1.0


def test_evaluate_refuses_options_of_other_tasks(tiny_bundle, tmp_path):
    where = ("--corpus", "demo", "--split", "all", "--bundle", tiny_bundle, "--log", tmp_path / "log.jsonl")
    assert "leave it out of run" in refused("evaluate", "run", *where, "--slices-by", "all")
    assert "leave it out of extract" in refused("evaluate", "extract", *where, "--multi", "all")
    assert "has no split" in refused("evaluate", "extract", *where, "--slices-by", "train")
    assert command("evaluate", "normalize", *where, "--multi", "some").returncode == 2
    assert not (tmp_path / "log.jsonl").exists()
