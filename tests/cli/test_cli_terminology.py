import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from adetk.cli import app
from adetk.coded_rows import read_coded
from adetk.document import DRUG, Document, Link, Mention
from adetk.errors import AdetkError
from adetk.io import Writer
from adetk.normalize.release_diff import CodedMention

LLT = {
    "19000001": ["Knee hum", "19000001", "Y"],
    "19000002": ["Knee humming", "19000001", "Y"],
    "19000003": ["Elbow glow", "19000003", "Y"],
}
TEXT = "zorbium made my knee hum and, so it seems, my elbow glows"


def release(folder, version, **changed):
    folder.mkdir()
    lines = [
        f"{code}${name}${pt}$$$$$$${currency}$$" for code, (name, pt, currency) in (LLT | changed).items()
    ]
    (folder / "llt.asc").write_text("\n".join(lines), encoding="utf-8")
    (folder / "meddra_release.asc").write_text(f"{version}$English$$$$", encoding="utf-8")
    return folder


@pytest.fixture
def releases(tmp_path):
    changed = {"19000002": ["Knee humming", "19000001", "N"]}
    return release(tmp_path / "old", "99.0"), release(tmp_path / "new", "99.1", **changed)


def link(code, terminology="MedDRA 99.0"):
    return Link(code, LLT[code][0], "LLT", LLT[code][1], LLT[LLT[code][1]][0], terminology=terminology)


def posts(terminology="MedDRA 99.0"):
    """Two coded mentions in one post, a drug, a mention without a code, a post without mentions."""
    drug = Mention(((0, 7),), DRUG, status="coded", links=(Link("D1", "zorbium"),))
    knee = Mention(((16, 20), (21, 24)), drug=0, status="coded", links=(link("19000002", terminology),))
    elbow = Mention(((46, 57),), status="coded", links=(link("19000003", terminology),))
    unsure = Mention(((16, 20),), status="none", links=(link("19000001", terminology),))
    return [
        Document("p1", TEXT, "ADE", 0.9, (drug, knee, elbow, unsure)),
        Document("p2", "a fine day", "noADE"),
    ]


@pytest.fixture(params=["coded.jsonl", "coded.tsv", "coded.csv", "coded.csv.gz", "coded.parquet"])
def coded(request, tmp_path):
    if request.param.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return write(tmp_path / request.param)


def write(path, documents=None):
    with Writer(path) as writer:
        for document in posts() if documents is None else documents:
            writer.write(document)
    return path


def invoke(*arguments):
    return CliRunner().invoke(app, ["terminology", *map(str, arguments)])


def succeeds(*arguments):
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_format_gives_the_same_coded_mentions(coded):
    assert list(read_coded(coded)) == [
        CodedMention("p1", 16, 24, "knee hum", "19000002", "Knee humming", "MedDRA 99.0"),
        CodedMention("p1", 46, 57, "elbow glows", "19000003", "Elbow glow", "MedDRA 99.0"),
    ]


@pytest.mark.parametrize("name", ["coded.jsonl", "coded.csv"])
def test_a_mention_that_joins_effects_is_looked_at_for_each(releases, tmp_path, name):
    links = [replace(link(code), conjunct=i) for i, code in enumerate(("19000003", "19000002"))]
    joined = Mention(((0, 21),), status="coded", links=(*links, link("19000001")))
    path = write(tmp_path / name, [Document("p1", "knee hum, elbow glows", mentions=(joined,))])
    assert [mention.code for mention in read_coded(path)] == ["19000003", "19000002"]
    assert "1 of 2 coded mentions are touched" in succeeds("diff", *releases, "--coded", path)


def test_diff_prints_changes_and_the_rows_that_they_touch(releases, coded, tmp_path):
    out = tmp_path / "diff.json"
    lines = succeeds("diff", *releases, "--coded", coded, "-o", out).splitlines()
    assert lines == [
        "     1  LLT made non-current",
        "LLT   made non-current  19000002  Knee humming",
        "1 of 2 coded mentions are touched",
        "     1  19000002  Knee humming: LLT made non-current; use 19000001 Knee hum (PT Knee hum)",
    ]
    report = json.loads(out.read_text(encoding="utf-8"))
    assert (report["old"], report["new"]) == ("MedDRA 99.0", "MedDRA 99.1")
    assert report["changes"] == [
        {
            "kind": "made non-current",
            "level": "LLT",
            "id": "19000002",
            "name": "Knee humming",
            "before": "",
            "after": "",
        }
    ]
    (row,) = report["touched"]
    assert (row["id"], row["start"], row["end"], row["verbatim"]) == ("p1", 16, 24, "knee hum")
    assert row["changes"] == report["changes"]
    assert (row["proposal"]["concept_id"], row["proposal"]["terminology"]) == ("19000001", "MedDRA 99.1")


def test_no_file_is_written_over_that_is_read(releases, coded):
    before = coded.read_bytes()
    done = invoke("diff", *releases, "--coded", coded, "-o", coded)
    assert "is both coded rows and output" in str(done.exception)
    submitted = CliRunner().invoke(app, ["submit", "smm4h2022-1c", str(coded), "-o", str(coded)])
    assert "is both input and output" in str(submitted.exception)
    assert coded.read_bytes() == before


def test_diff_without_rows(releases):
    assert succeeds("diff", *releases).splitlines()[-1] == "LLT   made non-current  19000002  Knee humming"
    assert succeeds("diff", releases[0], releases[0]) == "no change\n"


def test_rows_of_another_release_are_pointed_out(releases, tmp_path):
    path = write(tmp_path / "coded.jsonl", posts("MedDRA 98.1"))
    said = invoke("diff", *releases, "--coded", path).stderr
    assert "2 of 2 mentions were not coded in MedDRA 99.0" in said


def refused(*arguments):
    result = invoke("diff", *arguments)
    assert isinstance(result.exception, AdetkError)
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_what_is_no_output_of_ours_is_refused(releases, tmp_path):
    other, damaged, text = tmp_path / "other.csv", tmp_path / "coded.jsonl", tmp_path / "posts.txt"
    other.write_text("id,verbatim\n1,knee hum\n", encoding="utf-8")
    assert "other.csv: no column start, end, label, llt_code" in refused(*releases, "--coded", other)
    damaged.write_text('{"id": "1", "text": "knee"}\n{"id"\n', encoding="utf-8")
    assert "coded.jsonl:2: invalid JSON" in refused(*releases, "--coded", damaged)
    text.write_text("knee hum\n", encoding="utf-8")
    assert "expected jsonl, tsv, csv, parquet" in refused(*releases, "--coded", text)
    assert "no such file" in refused(*releases, "--coded", tmp_path / "absent.csv")


def test_a_row_without_offsets_is_refused(releases, tmp_path):
    path = write(tmp_path / "coded.csv")
    path.write_text(path.read_text(encoding="utf-8").replace(",16,24,", ",sixteen,24,"), encoding="utf-8")
    assert "row of 'p1' has start and end ('sixteen', '24')" in refused(*releases, "--coded", path)


def test_show_has_the_history_of_a_term(releases):
    old, _ = releases
    (old / "meddra_history_english.asc").write_text(
        "19000002$Knee humming$98.0$LLT$Y$Added\n", encoding="utf-8"
    )
    assert json.loads(succeeds("show", old, "19000002"))["history"] == [
        {
            "id": "19000002", "name": "Knee humming", "version": "98.0", "level": "LLT", "is_current": True,
            "action": "Added",
        }
    ]  # fmt: skip
    assert "history" not in json.loads(succeeds("show", "ctcae", "10028813"))


def test_info_and_search(releases):
    assert json.loads(succeeds("info", releases[1]))["non_current"] == 1
    assert succeeds("search", releases[1], "knee humming", "--limit", "1") == "19000001\tLLT\tKnee hum\n"
