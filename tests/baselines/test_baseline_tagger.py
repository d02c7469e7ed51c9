from dataclasses import replace

import pytest
from baseline_posts import post, surfaces

pytest.importorskip("sklearn")

from adetk.document import ADE, DRUG, NO_ADE, Document, Mention
from adetk.errors import AdetkError
from adetk.evaluate.report import report_extract


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
