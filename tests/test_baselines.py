import importlib.util
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from adetk.classify.calibration import Calibration
from adetk.document import ADE, DRUG, NO_ADE, Concept, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.report import report_classify, report_extract, report_normalize, report_run
from adetk.normalize.terminology import Terminology

PACKAGE = Path(__file__).resolve().parents[1] / "scripts" / "baselines"


@pytest.fixture(scope="module")
def baselines():
    """The package as a script beside it imports it."""
    spec = importlib.util.spec_from_file_location("baselines", PACKAGE / "__init__.py")
    package = importlib.util.module_from_spec(spec)
    sys.modules["baselines"] = package  # its modules look one another up there
    spec.loader.exec_module(package)
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "baselines"]:
        del sys.modules[name]


def post(id, text, *surfaces, codes=(), label=None, **fields):
    """A post whose mentions are the first occurrences of `surfaces`, with one code each where `codes` are given."""
    gold = [(frozenset({code}),) for code in codes] or [None] * len(surfaces)
    mentions = tuple(
        Mention(((text.index(surface), text.index(surface) + len(surface)),), gold=code, **fields)
        for surface, code in zip(surfaces, gold, strict=True)
    )
    return Document(id, text, label=label, mentions=mentions)


def phrase(id, text, *codes):
    gold = (frozenset(codes),) if codes else None
    return Document(str(id), text, mentions=(Mention(((0, len(text)),), gold=gold),))


def surfaces(document):
    return [mention.surface(document.text) for mention in document.mentions]


def codes_of(document):
    return [link.concept_id for link in document.mentions[0].links]


def copied(text, times, label):
    """Different posts that share their words."""
    return [Document(f"{label}{i}", f"{text} {i}", label=label) for i in range(times)]


# ---------------------------------------------------------------------------------------------- gate


class Margin:
    """A model whose log-odds are the text as a number."""

    def decision_function(self, texts):
        return np.array([float(text) for text in texts])


def test_a_gate_learns_a_word(baselines):
    train = [
        *copied("plumox made me wobbly", 6, ADE),
        *copied("plumox is at the chemist", 6, NO_ADE),
    ]
    gate = baselines.TfidfGate.fit(train)
    asked = [Document("a", "so wobbly today"), Document("b", "chemist is shut", meta={"lang": "en"})]
    found = list(gate(asked))
    assert [d.label for d in found] == [ADE, NO_ADE]
    assert found[0].score > 0.5 > found[1].score > 0
    assert [(d.id, d.text, d.meta) for d in found] == [(d.id, d.text, d.meta) for d in asked]
    gold = [replace(asked[0], label=ADE), replace(asked[1], label=NO_ADE)]
    report = report_classify(gold, found)
    assert (report["f1"], report["average_precision"], report["n"]) == (1.0, 1.0, 2)


def test_a_gate_reads_cleaned_text(baselines):
    train = [*copied("see @plumox", 6, ADE), *copied("see https://plumox.example/a", 6, NO_ADE)]
    gate = baselines.TfidfGate.fit(train)
    found = list(gate([Document("a", "see @other"), Document("b", "see http://elsewhere.example")]))
    assert [d.label for d in found] == [ADE, NO_ADE]


def test_calibration_changes_the_label_of_a_borderline_post(baselines):
    # p = .3, odds 3:7. From one post in ten to one in two with strength .5: odds times sqrt(9), 9:7, p = .5625.
    border = Document("a", str(math.log(3 / 7)))
    # p = .2, odds 1:4, become 3:4, p = 3/7.
    below = Document("b", str(math.log(1 / 4)))
    plain = list(baselines.TfidfGate(Margin())([border, below]))
    assert [d.score for d in plain] == pytest.approx([0.3, 0.2])
    assert [d.label for d in plain] == [NO_ADE, NO_ADE]
    calibration = Calibration(source_prior=0.1, target_prior=0.5, strength=0.5)
    calibrated = list(baselines.TfidfGate(Margin(), calibration)([border, below]))
    assert [d.score for d in calibrated] == pytest.approx([0.5625, 3 / 7])
    assert [d.label for d in calibrated] == [ADE, NO_ADE]


def test_at_one_half_the_label_is_ade(baselines):
    found = list(baselines.TfidfGate(Margin())([Document("a", "0"), Document("b", "-0.001")]))
    assert [(d.score == 0.5, d.label) for d in found] == [(True, ADE), (False, NO_ADE)]


def test_the_strength_is_the_one_with_the_best_f1_out_of_fold(baselines, monkeypatch):
    # 2 of 8 are ADE: strength s multiplies the odds by 3 ** s. The ADE posts, at 1:1.5 and 1:2, are both let
    # through from s = .7 (2.16; .6 gives 1.93), the first other post, at 1:2.5, from .9 (2.69; .8 gives 2.41).
    odds = [1 / 1.5, 1 / 2, 1 / 2.5, 1 / 5, 0.01, 0.01, 0.01, 0.01]
    labels = np.array([True, True] + [False] * 6)
    gate = sys.modules["baselines.gate"]
    seen = {}

    def predictions(model, texts, truth, groups, cv, method):
        seen.update(groups=groups, folds=cv.get_n_splits(), method=method)
        return np.log(odds)

    monkeypatch.setattr(gate, "cross_val_predict", predictions)
    chosen = gate._chosen([f"post {i}" for i in range(8)], labels)
    assert chosen == Calibration(source_prior=0.25, target_prior=0.5, strength=0.7, threshold=0.5)
    assert seen == {"groups": [f"post {i}" for i in range(8)], "folds": 5, "method": "decision_function"}


def test_a_calibrated_gate_shifts_the_odds_of_the_plain_one(baselines):
    train = [
        *copied("plumox made me wobbly", 6, ADE),
        *copied("plumox is at the chemist", 18, NO_ADE),
    ]
    train += [replace(d, id=f"{d.id} again") for d in train]  # reposts do not count as different posts
    asked = [Document("a", "wobbly at the chemist"), Document("b", "wobbly"), Document("c", "nothing")]
    plain = baselines.TfidfGate.fit(train)
    assert plain.calibration == Calibration()
    calibrated = baselines.TfidfGate.fit(train, calibrated=True)
    settings = calibrated.calibration
    assert (settings.source_prior, settings.target_prior, settings.threshold) == (0.25, 0.5, 0.5)
    factor = 3**settings.strength
    for before, after in zip(plain(asked), calibrated(asked), strict=True):
        odds = factor * before.score / (1 - before.score)
        assert after.score == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ([Document("x7", "plumox")], "1 of 1 training posts are labelled neither ADE nor noADE, first 'x7'"),
        ([*copied("a", 4, ADE), *copied("b", 9, NO_ADE)], "4 different ADE posts and 9 others"),
        ([Document(str(i), "same", label=ADE) for i in range(9)], "1 different ADE posts and 0 others"),
    ],
)
def test_a_gate_refuses_what_it_cannot_learn_from(baselines, train, said):
    with pytest.raises(AdetkError, match=said):
        baselines.TfidfGate.fit(train)


# -------------------------------------------------------------------------------------------- tagger


def test_a_phrase_is_kept_when_half_of_its_matches_are_annotated(baselines):
    train = [
        post("1", "wobbly knees and a dull hum", "wobbly knees", "hum"),
        post("2", "Hums, then wobbly knees again, sweats", "Hums", "sweats"),
        post("3", "no hum, some sweats, drizzle", "drizzle"),
        post("4", "sweats and drizzle"),
    ]
    # In posts with a mention: wobbly knees 1 of 2, hum (and hums) 2 of 3, sweats 1 of 2, drizzle 1 of 1.
    tagger = baselines.DictionaryTagger.fit(train)
    assert tagger.phrase_to_ratio == {
        "wobbly knee": 0.5,
        "hum": pytest.approx(2 / 3),
        "sweat": 0.5,
        "drizzle": 1.0,
    }
    assert baselines.DictionaryTagger.fit(train, ratio=0.6).phrase_to_ratio.keys() == {"hum", "drizzle"}
    # Post 4 counts too: sweats 1 of 3, drizzle 1 of 2.
    everywhere = baselines.DictionaryTagger.fit(train, every_post=True)
    assert everywhere.phrase_to_ratio.keys() == {"wobbly knee", "hum", "drizzle"}
    assert everywhere.phrase_to_ratio["drizzle"] == 0.5


def test_the_longest_phrase_is_tagged_and_scored_with_its_ratio(baselines):
    train = [
        post("1", "aching", "aching"),
        post("2", "aching left elbow", "aching left elbow"),
        post("3", "aching", "aching"),
        post("4", "aching all over", "all over"),
    ]
    # The one match of "aching" inside the longer phrase is none of its own: 2 of 3 are annotated.
    tagger = baselines.DictionaryTagger.fit(train)
    text = "😀 Aching LEFT elbow & aching"
    (found,) = tagger([Document("a", text)])
    assert surfaces(found) == ["Aching LEFT elbow", "aching"]
    assert [m.score for m in found.mentions] == [1.0, pytest.approx(2 / 3)]
    assert {m.label for m in found.mentions} == {ADE}
    assert found.mentions[0].spans == ((2, 19),)


def test_parts_of_words_are_not_tagged(baselines):
    tagger = baselines.DictionaryTagger.fit([post("1", "an ache", "ache")])
    (found,) = tagger([Document("a", "headache, aches, achey")])
    assert surfaces(found) == ["aches"]


def test_mentions_that_are_negated_or_no_effects_are_no_phrases(baselines):
    train = [
        post("1", "no gloom", "gloom", assertion="negated"),
        post("2", "plumox for gloom", "plumox", label=None),
        post("3", "a twitch", "twitch"),
    ]
    train[1] = replace(train[1], mentions=(replace(train[1].mentions[0], label=DRUG),))
    assert baselines.DictionaryTagger.fit(train).phrase_to_ratio == {"twitch": 1.0}


def test_a_discontinuous_mention_is_no_match_of_its_words(baselines):
    split = Document("1", "sore and red eyes sore eyes", mentions=(Mention(((0, 4), (13, 17))),))
    tagger = baselines.DictionaryTagger.fit([split])
    assert tagger.phrase_to_ratio == {}
    (found,) = tagger([Document("a", "sore eyes")])
    assert found.mentions == ()


def test_the_gate_is_the_label(baselines):
    tagger = baselines.DictionaryTagger.fit([post("1", "a twitch", "twitch")])
    text = "twitch on plumox"
    drug = Mention(((10, 16),), DRUG, drug=0)
    old = Mention(((0, 6),), score=0.1)
    asked = [Document(label, text, label=label, mentions=(old, drug)) for label in (ADE, NO_ADE)]
    asked.append(Document("none", text))
    passed, turned_down, ungated = tagger(asked)
    assert passed.mentions == (Mention(((0, 6),), score=1.0), Mention(((10, 16),), DRUG))
    assert turned_down.mentions == (Mention(((10, 16),), DRUG),)
    assert surfaces(ungated) == ["twitch"]


def test_a_tagger_is_scored_by_the_report(baselines):
    gold = [post("1", "a twitch and gloom", "twitch", "gloom", label=ADE), post("2", "twitch", label=NO_ADE)]
    tagger = baselines.DictionaryTagger.fit([post("t", "my twitch", "twitch")])
    oracle = report_extract(gold, list(tagger(replace(d, mentions=()) for d in gold)))
    assert (oracle["strict_precision"], oracle["strict_recall"]) == (1.0, 0.5)
    none = report_extract(gold, list(tagger(Document(d.id, d.text) for d in gold)))
    assert (none["strict_precision"], none["relaxed_recall"]) == (0.5, 0.5)


def test_a_tagger_needs_a_mention(baselines):
    with pytest.raises(AdetkError, match="no ADE mention in 2 training posts"):
        baselines.DictionaryTagger.fit([Document("1", "fine"), Document("2", "well")])


# -------------------------------------------------------------------------------------------- linker


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
