import math
from dataclasses import replace

import pytest
from baseline_posts import codes_of, phrase, post

pytest.importorskip("sklearn")

from adetk.document import ADE, DRUG, NO_ADE, Concept, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.report import report_normalize, report_run
from adetk.normalize.terminology import Terminology


def test_look_up_gives_the_most_frequent_code_of_a_training_wording(baselines):
    train = [
        phrase(1, "Wobbly knees", "900"),
        phrase(2, "wobbly knee", "901"),
        phrase(3, "wobbly-knees", "901"),
        phrase(4, "gloom", "905"),
        phrase(5, "gloom", "904"),
        phrase(6, "!!", "906"),
        phrase(7, "unannotated"),
    ]
    linker = baselines.LookUpLinker.fit(train)
    asked = [phrase("a", "WOBBLY knees"), phrase("b", "Gloom"), phrase("c", "?"), phrase("d", "gloomy")]
    found = list(linker(asked))
    assert [codes_of(d) for d in found] == [["901", "900"], ["904", "905"], [], []]
    assert [d.mentions[0].status for d in found] == ["coded", "coded", "none", "none"]
    first = found[0].mentions[0].links[0]
    assert (first.name, first.score, first.method) == ("wobbly knee", pytest.approx(2 / 3), "synonym")


def test_mentions_of_several_things_or_none_teach_no_linker(baselines):
    several = Mention(((0, 4),), gold=(frozenset({"1"}), frozenset({"2"})))
    without = Mention(((0, 4),), gold=())
    document = Document("1", "gloom", mentions=(several, without))
    for linker in (baselines.LookUpLinker, baselines.NearestNeighbourLinker, baselines.SvmLinker):
        with pytest.raises(AdetkError, match="no wording with a code"):
            linker.fit([document])


def test_neighbours_are_ranked_by_cosine_each_code_once(baselines):
    rows = [("wobbly knees", "900"), ("wobbling of knees", "900"), ("wobbly elbow", "901"), ("hum", "902")]
    linker = baselines.NearestNeighbourLinker.fit([phrase(1, "jelly legs", "900")], rows)
    near, exact, other = linker([phrase("a", "wobbly knee"), phrase("b", "Jelly  LEGS"), phrase("c", "hums")])
    assert codes_of(near) == ["900", "901", "902"]
    assert codes_of(exact)[0] == "900"
    assert codes_of(other)[0] == "902"
    link = exact.mentions[0].links[0]
    assert (link.name, link.method, link.calibrated) == ("wobbly knees", "similarity", False)
    assert (link.score, link.distance) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-6))
    scores = [link.score for link in near.mentions[0].links]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] == 0.0


def test_the_cosine_is_that_of_the_n_grams(baselines):
    linker = baselines.NearestNeighbourLinker.fit([], [("ab", "1"), ("cd", "2")])
    (found,) = linker([phrase("a", "ab cd")])
    # The rows share no n-gram and have equally many; the query has all of both: 1 / sqrt(2) with each.
    assert [link.score for link in found.mentions[0].links] == pytest.approx([math.sqrt(0.5)] * 2)
    assert codes_of(found) == ["1", "2"]


def test_of_equally_near_wordings_the_more_frequent_code_leads_then_the_first(baselines):
    train = [phrase(1, "gloom", "905"), phrase(2, "Gloom", "907"), phrase(3, "gloom", "907")]
    linker = baselines.NearestNeighbourLinker.fit(train, [("gloom", "906")])
    (found,) = linker([phrase("a", "gloom")])
    assert codes_of(found) == ["907", "905", "906"]


def test_neighbours_are_at_most_as_many_as_asked_for(baselines):
    rows = [(f"term {'abcdefghijklmno'[i] * 3}", f"{900 + i}") for i in range(15)]
    (found,) = baselines.NearestNeighbourLinker.fit([], rows)([phrase("a", "term ccc")])
    assert (len(codes_of(found)), codes_of(found)[0]) == (10, "902")
    (found,) = baselines.NearestNeighbourLinker.fit([], rows, candidates=3)([phrase("a", "term ccc")])
    assert codes_of(found)[0] == "902"
    assert len(codes_of(found)) == 3


def test_svm_ranks_the_codes_by_margin(baselines):
    words = ["wobbly", "gloom", "hum", "sweats", "twitch", "itch", "thirst", "chill", "blur", "cramp", "yawn"]
    train = [phrase(f"{w}{i}", f"{w} {i}", f"9{n:02}") for n, w in enumerate(words) for i in range(3)]
    linker = baselines.SvmLinker.fit(train)
    (found,) = linker([phrase("a", "such gloom")])
    links = found.mentions[0].links
    assert (len(links), links[0].concept_id, links[0].name) == (10, "901", "gloom 0")
    assert links[0].method == "classifier"
    margins = [link.score for link in links]
    assert margins == sorted(margins, reverse=True)
    assert found.mentions[0].status == "coded"


def test_svm_learns_from_wordings_of_the_codes_that_training_has(baselines):
    train = [phrase(1, "wobbly", "900"), phrase(2, "gloom", "901")]
    rows = [("shaky knees", "900"), ("low mood", "901"), ("tinnitus", "902")]
    (found,) = baselines.SvmLinker.fit(train, rows)([phrase("a", "knees")])
    assert codes_of(found) == ["900", "901"]
    assert found.mentions[0].links[0].name == "shaky knees"


def test_svm_of_two_codes(baselines):
    train = [phrase(1, "wobbly", "900"), phrase(2, "gloom", "901")]
    first, second = baselines.SvmLinker.fit(train)([phrase("a", "wobbly"), phrase("b", "gloom")])
    assert (codes_of(first), codes_of(second)) == (["900", "901"], ["901", "900"])
    assert first.mentions[0].links[0].score == pytest.approx(-first.mentions[0].links[1].score)


def test_svm_needs_two_codes(baselines):
    with pytest.raises(AdetkError, match="2 training mentions, all of code '900'"):
        baselines.SvmLinker.fit([phrase(1, "wobbly", "900"), phrase(2, "wobbling", "900")])


def test_the_untrained_encoder_finds_wordings_that_it_knows(baselines, tiny_encoder):
    pytest.importorskip("torch", reason="training is not installed")
    from baselines.untrained import untrained_linker

    terms = Terminology(
        "T", "1", "", {c.id: c for c in (Concept("1", "Itching", "CTCAE"), Concept("2", "Cough", "CTCAE"))}
    )
    train = [phrase(0, "so scratchy", "1"), phrase(1, "barking away", "2"), phrase(2, "barking away", "2")]
    asked = [phrase(3, "itching"), phrase(4, "barking away"), phrase(5, "something else")]
    alone, taught = (untrained_linker(str(tiny_encoder), terms, posts) for posts in ([], train))
    assert [codes_of(d)[0] for d in alone(asked[:1])] == ["1"]
    assert [codes_of(d)[0] for d in taught(asked[:2])] == ["1", "2"]
    assert [d.mentions[0].links[0].method for d in taught(asked)] == ["exact", "synonym", "similarity"]
    assert [d.mentions[0].links[0].method for d in alone(asked)] == ["exact", "similarity", "similarity"]


def test_linkers_leave_everything_else_as_it_was(baselines):
    train = [phrase(1, "wobbly", "900"), phrase(2, "gloom", "901")]
    drug = Mention(((0, 6),), DRUG)
    effect = Mention(((12, 18),), drug=0, gold=(frozenset({"900"}),), assertion="negated")
    document = Document("a", "plumox: not wobbly", label=ADE, score=0.7, mentions=(drug, effect))
    for kind in (baselines.LookUpLinker, baselines.NearestNeighbourLinker, baselines.SvmLinker):
        linker = kind.fit(train)
        found, bare = linker([document, Document("b", "no mention")])
        linked = replace(effect, links=found.mentions[1].links, status="coded")
        assert found == replace(document, mentions=(drug, linked))
        assert linked.links[0].concept_id == "900"
        assert bare == Document("b", "no mention")
        assert list(linker([])) == []


def test_linkers_are_lazy_and_keep_the_order_across_batches(baselines):
    train = [phrase(1, "wobbly", "900"), phrase(2, "gloom", "901")]
    asked = [phrase(i, "wobbly" if i % 3 else "gloom", "900" if i % 3 else "901") for i in range(150)]
    for kind in (baselines.LookUpLinker, baselines.NearestNeighbourLinker, baselines.SvmLinker):
        found = list(kind.fit(train)(iter(asked)))
        assert [d.id for d in found] == [d.id for d in asked]
        report = report_normalize(asked, found, lambda code: code)
        assert (report["accuracy_at_1"], report["n"]) == (1.0, 150)


def test_the_three_in_a_row(baselines):
    train = [
        *(
            post(f"a{i}", f"plumox gave me a twitch {i}", "twitch", codes=["900"], label=ADE)
            for i in range(6)
        ),
        *(post(f"n{i}", f"plumox was cheap {i}", label=NO_ADE) for i in range(6)),
    ]
    gate = baselines.TfidfGate.fit(train)
    tagger, linker = baselines.DictionaryTagger.fit(train), baselines.LookUpLinker.fit(train)
    gold = [
        post("1", "it gave me a twitch", "twitch", codes=["900"], label=ADE),
        post("2", "it was cheap", label=NO_ADE),
    ]
    found = list(linker(tagger(gate(Document(d.id, d.text) for d in gold))))
    report = report_run(gold, found, lambda code: code)
    assert [report[k] for k in ("gate_f1", "strict_f1", "end_to_end_strict_f1")] == [1.0, 1.0, 1.0]
