import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="training is not installed")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import corpus_stats  # noqa: E402
from corpus.counts import counted  # noqa: E402
from corpus.likeness import (  # noqa: E402
    WORDS,
    WRITTEN,
    lacking,
    near_pairs,
    nearest_cosines,
    scores_apart,
    vocabulary_overlap,
    without_drug_names,
    without_marked_drugs,
    word_counts,
)
from corpus.stream import read_stream  # noqa: E402
from corpus.style import habit_shares, length_quantiles  # noqa: E402

from adetk.dictionaries import drug_lexicon  # noqa: E402
from adetk.document import ADE, DRUG, NO_ADE, Document, Mention  # noqa: E402
from adetk.errors import AdetkError  # noqa: E402
from adetk.extract.drugs import DrugFinder  # noqa: E402
from adetk.io import InputOptions  # noqa: E402
from adetk.normalize.terminology import open_terminology  # noqa: E402
from adetk.record import record_from_document  # noqa: E402

SKIN, NERVES = "10040785", "10029205"
ITCH, HEADACHE, RASH = "10037087", "10019211", "10037868"


def _post(identifier, pieces, kind="tweet"):
    """A post of plain strings and of marks: (words, label) or (words, label, gold, assertion)."""
    text, mentions = "", []
    for piece in pieces:
        words, *mark = [piece] if isinstance(piece, str) else piece
        if mark:
            label, gold, assertion = mark if len(mark) == 3 else (mark[0], None, "present")
            mentions.append(Mention(((len(text), len(text) + len(words)),), label, 1.0, assertion, gold=gold))
        text += words
    felt = any(m.label == ADE and m.assertion == "present" for m in mentions)
    meta = {"kind": kind, "lang": "en"}
    return Document(identifier, text, ADE if felt else NO_ADE, mentions=tuple(mentions), meta=meta)


def _codes(*conjuncts):
    return tuple(frozenset(c.split("/")) for c in conjuncts)


@pytest.fixture
def posts():
    return [
        _post(
            "p-1",
            [
                ("zoloft", DRUG),
                " made me ",
                ("itchy with a headache", ADE, _codes(ITCH, HEADACHE), "present"),
            ],
        ),
        _post("p-2", [("sertraline", DRUG), " and no ", ("rash", ADE, _codes(f"{RASH}/{ITCH}"), "negated")]),
        _post(
            "p-3",
            ["the ", ("blorbix", DRUG), " left me ", ("all purple inside", ADE, (), "present")],
            "forum",
        ),
        _post("p-4", ["picked up my ", ("Blorbix", DRUG), " for my ", ("gout", "INDICATION")]),
    ]


@pytest.fixture
def folder(tmp_path, posts):
    """Corpora of two written files and a demo."""

    def write(place, documents):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        lines = [json.dumps(record_from_document(d)) + "\n" for d in documents]
        path.write_text("".join(lines), encoding="utf-8")

    write("written/one.jsonl", posts)
    write(
        "written/two.jsonl",
        [_post("q-1", ["picked up my ", ("xanax", DRUG), " for my ", ("gout", "INDICATION")])],
    )
    write("demo/posts.jsonl", [_post("demo-1", ["nobody here took a thing and nobody minds"])])
    return tmp_path


def _run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["corpus_stats.py", *map(str, arguments)])
    status = corpus_stats.main()
    said = capsys.readouterr()
    return status, said.out, said.err


def test_counts_by_hand(posts):
    counts = counted(posts, open_terminology("ctcae"))
    assert (counts["posts"], counts["ade"], counts["ade_share"]) == (4, 2, 0.5)
    assert counts["kinds"] == {"tweet": 3, "forum": 1}
    assert counts["mentions"] == {"DRUG": 4, "ADE present": 2, "ADE negated": 1, "INDICATION": 1}
    # zoloft is sertraline; blorbix is in no dictionary and counts once, whatever its case
    assert (counts["drugs"], counts["drugs_by_name_only"]) == (2, 1)
    assert (counts["concepts"], counts["concepts_felt"], counts["felt_without_concept"]) == (3, 2, 1)


def test_all_26_socs_are_there_and_a_mention_of_two_is_in_both(posts):
    socs = counted(posts, open_terminology("ctcae"))["socs"]
    assert len(socs) == 26
    assert {k: v for k, v in socs[SKIN].items() if k != "name"} == {"mentions": 2, "felt": 1, "concepts": 2}
    assert {k: v for k, v in socs[NERVES].items() if k != "name"} == {"mentions": 1, "felt": 1, "concepts": 1}
    assert sum(soc["mentions"] for soc in socs.values()) == 3


def test_length_quantiles_by_hand():
    lengths = length_quantiles(["a", "a bc", "a bc def"])
    assert lengths["characters"][0] == 1
    assert lengths["characters"][3] == 4
    assert lengths["characters"][-1] == 8
    assert [lengths["words"][i] for i in (0, 3, 6)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "shown", "not_shown"),
    [
        ("@USER____ Cant sleep", "begins with a handle", "no capital letter"),
        ("ask @somebody", "handle", "begins with a handle"),
        ("RT @USER____: so tired", "retweet", "word in capitals (2 letters or more)"),
        ("look http://x.example/ABC", "link", "word in capitals (2 letters or more)"),
        ("#blorbix again", "hashtag", "HTML entity"),
        ("it&#39;s fine", "HTML entity", "hashtag"),
        ("so tired 😴", "emoji", "emoticon"),
        ("so tired :(", "emoticon", "emoji"),
        ("i cant", "contraction without apostrophe", "contraction with apostrophe"),
        ("I can’t", "curly apostrophe", "lone i in lower case"),
        ("took 40mg.", "dose", "full stop inside"),
        ("soooo sleepy...", "lengthened word (sooo)", "ends with a full stop"),
        ("NOT again. ever.", "ends with a full stop", "no capital letter"),
        ("why?!", "!! or ??", "comma"),
    ],
)
def test_habits(text, shown, not_shown):
    shares = habit_shares([text])
    assert shares[shown] == 1
    assert shares[not_shown] == 0


def test_habit_shares_are_of_posts():
    shares = habit_shares(["no! no!", "yes", "yes!", "well"])
    assert shares["exclamation mark"] == 0.5
    assert shares["handle"] == 0


def test_near_pairs_see_through_handles_case_and_punctuation():
    texts = [
        "took my blorbix at nine, still up",
        "nothing of the kind",
        "@USER____ Took my blorbix at nine: STILL up!!",
    ]
    (pair,) = near_pairs(texts)
    assert (pair.first, pair.second) == (0, 2)
    assert pair.cosine == pytest.approx(1, abs=1e-5)
    cosines = nearest_cosines(texts[:2], texts[2:])
    assert cosines[0] == pytest.approx(1, abs=1e-5)
    assert cosines[1] < 0.1


def test_drug_names_are_masked_by_mark_or_by_dictionary():
    post = _post("p", ["my ", ("blorbix", DRUG), " and zoloft"])
    assert without_marked_drugs(post) == "my DRUG and zoloft"
    assert without_drug_names(post, DrugFinder(*drug_lexicon())) == "my blorbix and DRUG"


def test_words_known_and_lacking_by_hand():
    ours, theirs = word_counts(["Tired tired, 12 @x", "sleep"]), word_counts(["tired of sleep of of"])
    assert ours == {"tired": 2, "user": 1, "sleep": 1}
    assert vocabulary_overlap(ours, theirs) == {"running": 0.75, "different": pytest.approx(2 / 3)}
    assert lacking(ours, theirs)[0] == {"top": 100, "lacking": 1, "share": 0.6}


@pytest.mark.parametrize(("tokens", "is_told"), [(WRITTEN, True), (WORDS, False)])
def test_a_habit_of_punctuation_is_seen_only_as_written(tokens, is_told):
    words = ["tired", "awake", "dizzy", "fine"] * 5
    scores = scores_apart([f"so {w} now" for w in words], [f"So {w} now!" for w in words], tokens)
    assert scores.shape == (40,)
    assert (scores[:20].min() > scores[20:].max()) == is_told


def test_stream_is_drawn_without_repeats_and_always_alike(tmp_path):
    path = tmp_path / "stream.tsv"
    rows = [f"t{i}\tpost number {i}" for i in range(20)]
    path.write_text("\n".join([*rows, "t20\tPost number 3!", "t21\t", "lonely"]) + "\n", encoding="utf-8")
    stream = read_stream(path, InputOptions(), sample=12, n_others=5)
    assert (len(stream.posts), len(stream.others), stream.n_repeats, stream.n_bad) == (12, 5, 1, 2)
    assert not {d.id for d in stream.posts} & {d.id for d in stream.others}
    assert read_stream(path, InputOptions(), 12, 5) == stream
    assert len(read_stream(path, InputOptions(), 0, 5).posts) == 20
    path.write_text("t1\tone post\n", encoding="utf-8")
    with pytest.raises(AdetkError, match="1 different posts"):
        read_stream(path, InputOptions(), 12, 5)


def test_report_counts_files_apart_and_lists_copies(folder, monkeypatch, capsys):
    status, out, _ = _run(monkeypatch, capsys, "--corpora", folder, "--json", "--list")
    report = json.loads(out)
    assert status == 0
    assert {name: counts["posts"] for name, counts in report["files"].items()} == {"one": 4, "two": 1}
    assert (report["all"]["posts"], report["repeats"]) == (5, 0)
    assert "demo" not in report
    # the two differ in the drug alone
    near = report["near"]["drug names masked"]
    assert (near["posts"], near["share"], near["pairs_across"]) == (2, 0.4, 1)
    assert near["pairs_within"] == {"one": 0, "two": 0}
    assert near["list"] == [["p-4", "q-1", 1.0]]
    assert near["posts_near_demo"] == 0


def test_a_copy_of_the_demo_is_counted_apart(folder, monkeypatch, capsys):
    written, demo = folder / "written" / "two.jsonl", folder / "demo" / "posts.jsonl"
    written.write_text(demo.read_text(encoding="utf-8").replace("demo-1", "q-2"), encoding="utf-8")
    _, out, _ = _run(monkeypatch, capsys, "--corpora", folder, "--json", "--demo")
    report = json.loads(out)
    assert report["near"]["as written"]["posts_near_demo"] == 1
    assert report["near"]["as written"]["posts"] == 0
    assert (report["demo"]["posts"], report["all"]["posts"]) == (1, 5)


@pytest.mark.parametrize("form", [["--json"], []])
def test_nothing_of_a_stream_is_printed_but_numbers(folder, monkeypatch, capsys, form):
    words = ["quibbleday", "zanthorp", "mirklefen", "oddwhistle"]
    rows = [f"stream-{i}\t{words[i % 4]} {words[i // 4]} took zoloft" for i in range(16)]
    (folder / "stream.tsv").write_text(
        "\n".join([*rows, "stream-x\tpicked up my gout"]) + "\n", encoding="utf-8"
    )
    status, out, err = _run(
        monkeypatch,
        capsys,
        "--corpora",
        folder,
        "--against",
        folder / "stream.tsv",
        "--list",
        "--sample",
        12,
        *form,
    )
    assert status == 0
    assert not any(word in out + err for word in [*words, "stream-"])
    if form:
        against = json.loads(out)["against"]
        assert (against["posts"], against["others"]) == (12, 5)
        assert set(against["auc"]["as written"]) == {"all", "tweet", "forum", "one", "two"}
        assert against["near"]["posts"] == len(against["near"]["list"])


def test_bad_places_are_told_in_one_line(folder, monkeypatch, capsys):
    status, out, err = _run(monkeypatch, capsys, "--corpora", folder, "--against", folder / "none.tsv")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    (folder / "written" / "two.jsonl").write_text("", encoding="utf-8")
    status, _, err = _run(monkeypatch, capsys, "--corpora", folder)
    assert status == 1
    assert "build_posts.py" in err


def test_our_posts_have_no_repeats_and_few_near_copies(monkeypatch, capsys):
    _, out, _ = _run(monkeypatch, capsys, "--json")
    report = json.loads(out)
    assert report["repeats"] == 0
    for title in ("as written", "drug names masked"):
        assert report["near"][title]["share"] < 0.01, title
        assert report["near"][title]["posts_near_demo"] == 0, title
