"""The linker's options, review and calibration, as a user has them."""

import csv
import json
import subprocess
import sys

import pytest

VERBATIMS = "insomnia\nnausea and headache\nmy toes hum strangely\ncompany speak\n"


def adetk(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "adetk", *map(str, arguments)], capture_output=True, timeout=120, check=False
    )


def succeeds(*arguments):
    done = adetk(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def refused(*arguments):
    done = adetk(*arguments)
    assert (done.returncode, done.stdout) == (1, b""), done.stderr
    said = done.stderr.decode().splitlines()
    assert len(said) == 1
    return said[0]


def mentions(path):
    return [json.loads(line)["mentions"][0] for line in path.read_text(encoding="utf-8").splitlines()]


def sheet_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, dialect="excel-tab"))


@pytest.fixture
def verbatims(tmp_path):
    path = tmp_path / "verbatims.txt"
    path.write_text(VERBATIMS, encoding="utf-8")
    return path


def test_a_review_goes_round(verbatims, tiny_bundle, tmp_path):
    coded, sheet, own = tmp_path / "coded.jsonl", tmp_path / "review.tsv", tmp_path / "own.tsv"
    asked = ("--bundle", tiny_bundle, "--explain", "--synonyms", own)
    own.write_text("phrase\tcode\ncompany speak\t10019211\n", encoding="utf-8")
    succeeds("normalize", verbatims, "-o", coded, "--review", sheet, *asked)
    exact, joined, odd, company = mentions(coded)
    assert (exact["status"], exact["links"][0]["surface"]) == ("coded", "Insomnia")
    assert [(link["name"], link["conjunct"]) for link in joined["links"][:2]] == [
        ("Nausea", 0),
        ("Headache", 1),
    ]
    assert (company["links"][0]["name"], company["links"][0]["method"]) == ("Headache", "synonym")
    assert exact["explanation"]["text"].startswith("'insomnia': Insomnia (10022437) by exact")
    assert {"tau", "abstain", "sure"} <= exact["explanation"]["thresholds"].keys()
    assert odd["status"] == "review"
    rows = sheet_rows(sheet)
    assert "my toes hum strangely" in [row["verbatim"] for row in rows]
    for row in rows:
        row.update(decision="correct", code="10022437", reviewer="ann")
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), dialect="excel-tab")
        writer.writeheader()
        writer.writerows(rows)
    done = succeeds("review", "apply", sheet, "--to", coded, "--synonyms", own)
    assert f"{len(rows)} corrected" in done.stderr.decode()
    assert [m["status"] for m in mentions(coded)] == ["coded"] * 4
    log = (tmp_path / "coded.jsonl.audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(log) == len(rows)
    succeeds("normalize", verbatims, "-o", coded, *asked)
    again = mentions(coded)[2]["links"][0]
    assert (again["name"], again["method"], again["score"]) == ("Insomnia", "synonym", 1.0)


def test_what_was_not_asked_for_is_not_there(verbatims, tiny_bundle, tmp_path):
    coded = tmp_path / "coded.jsonl"
    succeeds("normalize", verbatims, "-o", coded, "--bundle", tiny_bundle)
    for mention in mentions(coded):
        assert mention.keys() == {"spans", "text", "label", "score", "assertion", "status", "links"}
        for link in mention["links"]:
            assert not {"surface", "in_set"} & link.keys()
        assert mention["status"] in ("coded", "none")


def test_files_that_cannot_be_are_refused_before_anything_is_read(verbatims, tiny_bundle, tmp_path):
    coded, sheet = tmp_path / "coded.jsonl", tmp_path / "review.tsv"
    bundle = ("--bundle", tiny_bundle)
    assert "is both output and review sheet" in refused(
        "normalize", verbatims, "-o", coded, "--review", coded, *bundle
    )
    assert "expected a .jsonl output with --resume" in refused(
        "normalize", verbatims, "-o", tmp_path / "coded.csv", "--review", sheet, "--resume", *bundle
    )
    (tmp_path / "own.tsv").write_text("phrase\tcode\nhum\t123\n", encoding="utf-8")
    for option in ("-o", "--errors", "--review"):
        places = {"-o": coded, "--errors": tmp_path / "bad.jsonl", "--review": sheet} | {
            option: tmp_path / "own.tsv"
        }
        given = [part for pair in places.items() for part in pair]
        assert "own.tsv: is both synonyms and" in refused(
            "normalize", verbatims, "--synonyms", tmp_path / "own.tsv", *given, *bundle
        )
    assert "own.tsv: row 2: code '123' is no term of CTCAE" in refused(
        "normalize", verbatims, "-o", coded, "--synonyms", tmp_path / "own.tsv", *bundle
    )
    table = tmp_path / "house.tsv"
    table.write_text("code\tname\tsystem\nA1\tKnee hum\tHouse list\n", encoding="utf-8")
    said = adetk(
        "normalize", verbatims, "-o", coded, "--candidates", "conformal", "--terminology", table, *bundle
    )
    assert said.returncode == 1
    assert "not fitted for house.tsv" in said.stderr.decode().splitlines()[-1]
    assert not coded.exists()
    assert not sheet.exists()


def test_calibrating_makes_candidate_sets_possible(tiny_bundle, tmp_path):
    pytest.importorskip("sklearn", reason="training is not installed")
    name_to_code = {f"{name} {n}": code for name, code in (("hum", "A1"), ("glow", "A2")) for n in range(30)}
    rows = [
        {
            "id": name,
            "text": name,
            "mentions": [{"spans": [[0, len(name)]], "label": "ADE", "gold": [[code]]}],
        }
        for name, code in name_to_code.items()
    ]
    data, table, out = tmp_path / "coded.jsonl", tmp_path / "house.tsv", tmp_path / "house"
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    table.write_text("code\tname\tsystem\nA1\tKnee hum\tH\nA2\tElbow glow\tH\n", encoding="utf-8")
    place = ("--bundle", tiny_bundle, "--terminology", table)
    report = json.loads(succeeds("calibrate", "normalize", data, *place, "-o", out).stdout)
    assert 0 <= report["int8_accuracy_at_1"] <= 1
    coded = tmp_path / "out.jsonl"
    succeeds(
        "normalize", data, "-o", coded, "--bundle", out, "--terminology", table, "--candidates", "conformal"
    )
    held = 0
    for mention in mentions(coded):
        assert all(link["calibrated"] for link in mention["links"])
        held += any(link["in_set"] and [link["concept_id"]] in mention["gold"] for link in mention["links"])
    assert held >= 54  # 90 % of the mentions that it was fitted on
