import json
import subprocess
import sys

import pytest

POSTS = [f"{i}\t{text}" for i, text in enumerate(("zoloft made me sick", "zoloft refill today") * 4)]


def adetk(*arguments):
    command = [sys.executable, "-m", "adetk", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def posts(tmp_path):
    path = tmp_path / "posts.tsv"
    path.write_text("\n".join(["id\ttext", *POSTS, "9\t "]) + "\n", encoding="utf-8")
    return path


def test_the_prior_is_a_share_with_its_interval(tiny_bundle, posts):
    done = adetk("prior", posts, "--bundle", tiny_bundle, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["n"] == len(POSTS)
    assert 0 <= report["prior_low"] <= report["prior"] <= report["prior_high"] <= 1
    assert "1 bad rows left out" in done.stderr


def test_no_post_no_share(tiny_bundle, tmp_path):
    path = tmp_path / "posts.tsv"
    path.write_text("id\ttext\n1\t \n", encoding="utf-8")
    done = adetk("prior", path, "--bundle", tiny_bundle)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("adetk: 0 posts to estimate a share from")


def test_classify_takes_a_prior_and_a_recall(tiny_bundle, posts, tmp_path):
    scores = []
    for prior in ("0.01", "0.6"):
        out = tmp_path / f"{prior}.jsonl"
        assert adetk("classify", posts, "-o", out, "--bundle", tiny_bundle, "--prior", prior).returncode == 0
        scores.append([json.loads(line)["score"] for line in out.read_text(encoding="utf-8").splitlines()])
    assert all(low < high for low, high in zip(*scores, strict=True))
    refused = adetk("classify", posts, "--bundle", tiny_bundle, "--min-recall", "0.9999")
    assert refused.returncode == 1
    assert "to promise it" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    both = adetk("classify", posts, "--bundle", tiny_bundle, "--min-recall", "0.5", "--threshold", "0.5")
    assert both.returncode == 1
    assert "give one" in both.stderr


def test_a_sheet_of_shares_that_cannot_be_written_is_found_first(tiny_bundle, posts, tmp_path):
    done = adetk("prior", posts, "--bundle", tiny_bundle, "--by-drug", tmp_path / "no" / "shares.tsv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0].startswith(f"adetk: {tmp_path}/no/shares.tsv: cannot be written")


def test_shares_by_drug_are_written_and_read(tiny_bundle, posts, tmp_path):
    sheet = tmp_path / "shares.tsv"
    done = adetk("prior", posts, "--bundle", tiny_bundle, "--by-drug", sheet, "--json")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in sheet.read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["drug_id", "drug", "posts", "prior"]
    assert [row[:1] + row[2:3] for row in rows[1:2]] == [["all", "8"]]
    assert rows[2][1:3] == ["Sertraline", "8"]
    assert float(rows[1][3]) == pytest.approx(json.loads(done.stdout)["prior"], abs=1e-5)

    def scores(prior):
        out = tmp_path / "out.jsonl"
        assert adetk("classify", posts, "-o", out, "--bundle", tiny_bundle, "--prior", prior).returncode == 0
        return [json.loads(line)["score"] for line in out.read_text(encoding="utf-8").splitlines()]

    plain = scores("0.2")
    text = "drug_id\tprior\nall\t0.2\nSERTRALINE\t0.6\n".replace("SERTRALINE", rows[2][0])
    sheet.write_text(text, encoding="utf-8")
    expected = [(6 * p) / (6 * p + 1 - p) for p in plain]  # odds of 1 to 4 become odds of 3 to 2
    assert scores(sheet) == pytest.approx(expected)
    refused = adetk("classify", posts, "--bundle", tiny_bundle, "--prior", sheet, "--min-recall", "0.5")
    assert refused.returncode == 1
    assert "one share, give one" in " ".join(refused.stderr.split())
    ungated = adetk("run", posts, "--bundle", tiny_bundle, "--prior", sheet, "--gate", "none")
    assert ungated.returncode == 1
    assert "shares by drug given, and the gate 'none', which scores no post" in " ".join(
        ungated.stderr.split()
    )
    sheet.write_text("drug_id\tprior\nall\t0.2\nsertraline\t0.6\n", encoding="utf-8")
    by_name = adetk("classify", posts, "--bundle", tiny_bundle, "--prior", sheet)
    assert by_name.returncode == 1
    assert "1 of the ids are none of adetk's drugs, the first is 'sertraline'" in " ".join(
        by_name.stderr.split()
    )
    before = posts.read_bytes()
    onto = adetk("prior", posts, "--bundle", tiny_bundle, "--by-drug", posts)
    assert onto.returncode == 1
    assert onto.stderr.endswith("is both input and sheet of shares; expected different files\n")
    assert posts.read_bytes() == before
    wrong = adetk("classify", posts, "--bundle", tiny_bundle, "--prior", "often")
    assert wrong.returncode == 1
    assert wrong.stderr == (
        "adetk: prior 'often': expected a share such as 0.07, or a sheet that adetk prior --by-drug wrote\n"
    )
