"""`adetk evaluate`, `score` and `convert`."""

import json

import pytest
from adetk_process import command, records, refused, succeeds


def test_evaluate_prints_one_object_and_logs_it(tiny_bundle, tmp_path):
    log = tmp_path / "log" / "scorings.jsonl"
    arguments = ("--corpus", "demo", "--split", "all", "--bundle", tiny_bundle, "--log", log, "--json")
    report = json.loads(succeeds("evaluate", "extract", *arguments).stdout)
    assert {"strict_f1", "strict_f1_low", "strict_f1_high", "relaxed_f1", "n"} <= set(report)
    logged = json.loads(log.read_text(encoding="utf-8"))
    assert logged["bundle_name"] == tiny_bundle.name
    assert {key: logged[key] for key in report} == report


def test_a_log_that_cannot_be_written_is_found_before_any_scoring(tiny_bundle, tmp_path):
    (tmp_path / "file").touch()
    log = tmp_path / "file" / "log.jsonl"
    for verb in ("evaluate", "classify"), ("ablate",):
        said = refused(*verb, "--corpus", "demo", "--split", "all", "--bundle", tiny_bundle, "--log", log)
        assert "log.jsonl: cannot be written" in said


def test_evaluate_at_a_threshold_of_ones_own(tiny_bundle, tmp_path):
    log = tmp_path / "log.jsonl"
    arguments = ("classify", "--corpus", "demo", "--split", "all", "--log", log, "--bundle", tiny_bundle)
    figures = json.loads(succeeds("evaluate", *arguments, "--threshold", "0", "--json").stdout)
    assert figures["recall"] == 1.0
    assert json.loads(log.read_text(encoding="utf-8"))["threshold"] == "0.0"


def test_a_corpus_or_split_that_is_not_there(tiny_bundle, tmp_path):
    options = ("--bundle", tiny_bundle, "--log", tmp_path / "log.jsonl")
    assert "no corpus is called" in refused("evaluate", "run", "--corpus", "no", "--split", "all", *options)
    assert "has no split" in refused("evaluate", "run", "--corpus", "demo", "--split", "no", *options)
    assert not (tmp_path / "log.jsonl").exists()


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
