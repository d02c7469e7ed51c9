"""The project's own posts: in sync with their sources, offsets right, demo and training text apart."""

import csv
import importlib.util
import json
import re
import sys
import tomllib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from adetk.errors import AdetkError
from adetk.held_out import same_text_key

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "corpora" / "demo" / "posts.txt"
WRITTEN = sorted((ROOT / "corpora" / "written").glob("*.txt"))
SEED = ROOT / "corpora" / "written" / "seed.txt"
SOURCES = [pytest.param(path, id=path.stem) for path in (DEMO, *WRITTEN)]
CODES = frozenset({"10019211", "10020765", "10028813", "10047700"})
HEADER = "# id=a-1 kind=tweet label={label} lang=en\n"
RUN = 8


def _load_script():
    spec = importlib.util.spec_from_file_location("build_posts", ROOT / "scripts" / "build_posts.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_posts"] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


build_posts = _load_script()


def _rows(source):
    with source.with_suffix(".jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _word_runs(text):
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def _built(tmp_path, marked, label="ADE"):
    source = tmp_path / "posts.txt"
    source.write_text("a preamble\n" + HEADER.format(label=label) + marked + "\n", encoding="utf-8")
    return json.loads(build_posts.build(source, CODES)[0])


@pytest.mark.parametrize("source", SOURCES)
def test_jsonl_is_what_the_script_builds(source):
    codes = build_posts.read_codes(build_posts.CONCEPTS)
    built = "".join(build_posts.build(source, codes))
    assert built == source.with_suffix(".jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", SOURCES)
def test_offsets_cut_the_mention_out_of_the_raw_text(source):
    for row in _rows(source):
        for mention in row["mentions"]:
            assert mention["spans"], row["id"]
            assert mention["spans"] == sorted(mention["spans"]), row["id"]
            pieces = [row["text"][start:end] for start, end in mention["spans"]]
            assert all(piece and piece == piece.strip() for piece in pieces), row["id"]
            assert mention["text"] == " ".join(pieces), row["id"]


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").rglob("*.toml")), ids=lambda path: path.stem)
def test_no_recipe_learns_from_the_posts_kept_apart(path):
    sources = [
        Path(s["path"]).name for s in tomllib.loads(path.read_text(encoding="utf-8"))["data"] if "path" in s
    ]
    assert not {"pass_b.jsonl", "posts.jsonl"} & set(sources)
    if path.stem.startswith("default_") or path.stem == "open_posts":
        letters = {"default_normalize": "acdef", "default_classify": "acdefghijklm"}.get(
            path.stem, "acdefghij"
        )
        assert sources == ["seed.jsonl", *(f"pass_{letter}.jsonl" for letter in letters)]


@pytest.mark.parametrize("source", SOURCES)
def test_mentions_do_not_overlap_and_point_at_drugs(source):
    for row in _rows(source):
        spans = sorted(tuple(span) for mention in row["mentions"] for span in mention["spans"])
        assert all(left[1] <= right[0] for left, right in pairwise(spans)), row["id"]
        for mention in row["mentions"]:
            assert ("gold" in mention) == (mention["label"] == "ADE"), row["id"]
            if mention["drug"] is not None:
                assert row["mentions"][mention["drug"]]["label"] == "DRUG", row["id"]


@pytest.mark.parametrize("source", SOURCES)
def test_gold_codes_stand_in_the_concept_table(source):
    with build_posts.CONCEPTS.open(encoding="utf-8", newline="") as file:
        known = {row[0] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    used = {
        code
        for row in _rows(source)
        for mention in row["mentions"]
        for accepted in mention.get("gold", [])
        for code in accepted
    }
    assert used
    assert used <= known


def test_every_source_is_built_and_every_built_file_has_its_source():
    folder = SEED.parent
    assert SEED in WRITTEN
    assert sorted(folder.glob("*.jsonl")) == [path.with_suffix(".jsonl") for path in WRITTEN]


def test_no_id_and_no_text_stands_twice_in_all_files():
    rows = [row for source in (DEMO, *WRITTEN) for row in _rows(source)]
    id_to_times = Counter(row["id"] for row in rows)
    assert [identifier for identifier, times in id_to_times.items() if times > 1] == []
    key_to_ids = defaultdict(list)
    for row in rows:
        key_to_ids[same_text_key(row["text"])].append(row["id"])
    assert [ids for ids in key_to_ids.values() if len(ids) > 1] == []


def test_demo_counts():
    rows = _rows(DEMO)
    assert Counter(row["label"] for row in rows) == {"noADE": 63, "ADE": 48}
    assert Counter(row["meta"]["kind"] for row in rows) == {"tweet": 88, "forum": 23}
    assert Counter(row["meta"]["lang"] for row in rows) == {"en": 98, "ru": 13}
    assert sum(len(row["text"].split()) > 600 for row in rows) == 2
    assert sum(len(mention["spans"]) > 1 for row in rows for mention in row["mentions"]) == 5
    assert any(ord(character) > 0xFFFF for row in rows for character in row["text"])


def test_seed_counts():
    rows = _rows(SEED)
    mentions = [mention for row in rows for mention in row["mentions"]]
    assert Counter(row["label"] for row in rows) == {"noADE": 264, "ADE": 156}
    assert {row["meta"]["lang"] for row in rows} == {"en"}
    felt = [m for m in mentions if m["label"] == "ADE" and m["assertion"] == "present"]
    assert len({code for m in felt for accepted in m["gold"] for code in accepted}) >= 90
    assert len({m["text"].casefold() for m in mentions if m["label"] == "DRUG"}) >= 90


def test_demo_is_not_in_the_training_text():
    demo = set().union(*(_word_runs(row["text"]) for row in _rows(DEMO)))
    assert len(demo) > 1000
    shared = {row["id"] for source in WRITTEN for row in _rows(source) if _word_runs(row["text"]) & demo}
    assert not shared


def test_built_by_hand(tmp_path):
    row = _built(
        tmp_path,
        "🤢 [[zed|DRUG]] &amp; i [[slept|ADE|10020765|#1]] all day, [[15 h|#1]]. "
        "[[sick|ADE|10028813+10047700]], no [[headache|ADE|10019211|negated]], [[foggy|ADE|-|@-]]",
    )
    assert row["text"] == "🤢 zed &amp; i slept all day, 15 h. sick, no headache, foggy"
    assert row["mentions"] == [
        {"spans": [[2, 5]], "text": "zed", "label": "DRUG", "assertion": "present", "drug": None},
        {
            "spans": [[14, 19], [29, 33]],
            "text": "slept 15 h",
            "label": "ADE",
            "assertion": "present",
            "drug": 0,
            "gold": [["10020765"]],
        },
        {
            "spans": [[35, 39]],
            "text": "sick",
            "label": "ADE",
            "assertion": "present",
            "drug": 0,
            "gold": [["10028813"], ["10047700"]],
        },
        {
            "spans": [[44, 52]],
            "text": "headache",
            "label": "ADE",
            "assertion": "negated",
            "drug": 0,
            "gold": [["10019211"]],
        },
        {
            "spans": [[54, 59]],
            "text": "foggy",
            "label": "ADE",
            "assertion": "present",
            "drug": None,
            "gold": [],
        },
    ]


def test_drug_is_the_nearest_before_unless_named(tmp_path):
    row = _built(
        tmp_path,
        "[[ill|INDICATION]] so [[Zed|DRUG]], [[sick|ADE|-]], [[Wye|DRUG]], [[sore|ADE|-]], "
        "[[itchy|ADE|-|@zed]]",
    )
    assert [mention["drug"] for mention in row["mentions"]] == [1, None, 1, None, 3, 1]


@pytest.mark.parametrize(
    ("marked", "label", "message"),
    [
        ("[[zed|DRUG]] made me [[ill|ADE|99999999]]", "ADE", "not in the concept table"),
        ("[[zed|DRUG]] made me [[ill|ADE]]", "ADE", "without a code"),
        ("[[zed|DRUG]] made me [[ ill|ADE|-]]", "ADE", "outer blanks"),
        ("[[|DRUG]] made me [[ill|ADE|-]]", "ADE", "empty"),
        ("made me [[ill [[zed|DRUG]]|ADE|-]]", "ADE", "bracket pair"),
        ("made me [[ill|EFFECT|-]]", "ADE", "expected ADE, DRUG or INDICATION"),
        ("made me [[ill|ADE|-|maybe]]", "ADE", "field 'maybe'"),
        ("made me [[ill|#1]]", "ADE", "no earlier mark carries #1"),
        ("made me [[ill|ADE|-|@zed]]", "ADE", "no DRUG mark reads 'zed'"),
        ("made me [[ill|ADE|-]]", "noADE", "ask for ADE"),
        ("might make me [[ill|ADE|-|hypothetical]]", "ADE", "ask for noADE"),
    ],
)
def test_broken_marks_are_refused(tmp_path, marked, label, message):
    with pytest.raises(AdetkError, match=re.escape(message)) as caught:
        _built(tmp_path, marked, label)
    assert "\n" not in str(caught.value)


def test_broken_header_and_repeated_id_are_refused(tmp_path):
    source = tmp_path / "posts.txt"
    source.write_text("# id=a-1 kind=letter label=ADE lang=en\ntext\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="kind=letter"):
        build_posts.build(source, CODES)
    source.write_text((HEADER.format(label="noADE") + "text\n") * 2, encoding="utf-8")
    with pytest.raises(AdetkError, match="stands twice"):
        build_posts.build(source, CODES)
