import random

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.leaks import shared
from adetk.evaluate.links import LinkCounts, link_hits
from adetk.evaluate.runner import slices_on
from adetk.evaluate.scores import Counts, span_counts
from adetk.evaluate.slices import SLICES, link_slices, span_slices, training_of
from adetk.normalize.ctcae import read_ctcae

PARTITIONS = [
    ("seen_mention", "unseen_mention"),
    ("in_vocabulary", "out_of_vocabulary"),
    ("words_1", "words_2", "words_3", "words_4_or_more"),
    ("contiguous", "discontinuous"),
]
CODE_TO_PT = {"L1": "P1", "L1b": "P1", "L2": "P2", "L3": "P3"}
WORDS = ("itchy", "sore", "throat", "rash", "numb", "toes", "Café", "x2")


def to_pt(code):
    return CODE_TO_PT.get(code, "")


def mention(text, *words, gold=None, **fields):
    """A mention of one fragment a word group, first occurrences in `text`."""
    spans = tuple((text.index(part), text.index(part) + len(part)) for part in words)
    return Mention(spans, gold=gold and tuple(frozenset(codes.split()) for codes in gold), **fields)


def slices_of(text, *words, train=(), gold=None):
    """The slices that one mention is in."""
    document = Document("a", text, mentions=(mention(text, *words, gold=gold),))
    counted = span_slices([document], [document], training_of(train, to_pt))
    return {name for name, (counts,) in counted.items() if counts.n_gold}


@pytest.fixture
def train():
    text = "numb toes all day, itchy and sore: ear"
    return [
        Document("t", text, mentions=(mention(text, "numb toes", gold=["L1", "L2"]), mention(text, "itchy")))
    ]


def test_a_wording_of_training_is_seen_whatever_its_case_and_blanks(train):
    assert "seen_mention" in slices_of("Numb \n TOES", "Numb \n TOES", train=train)
    assert "seen_mention" in slices_of("numb in my toes", "numb", "toes", train=train)
    assert {"unseen_mention", "refined"} <= slices_of("toes numb", "toes numb", train=train)
    assert {"unseen_mention", "refined"} <= slices_of("numb toe", "numb toe", train=train)


def test_white_space_that_was_annotated_is_a_word():
    assert "words_1" in slices_of("sore  ear", "  ")


def test_words_that_training_only_reads_are_no_mention_but_vocabulary(train):
    assert {"unseen_mention", "in_vocabulary"} <= slices_of("sore EAR", "sore EAR", train=train)
    assert {"unseen_mention", "in_vocabulary"} <= slices_of("sore-ear!", "sore-ear!", train=train)
    assert "out_of_vocabulary" in slices_of("sore ears", "sore ears", train=train)
    assert "in_vocabulary" in slices_of("so :-(", ":-(", train=train)


def test_concepts_are_compared_as_pts(train):
    assert "seen_concept" in slices_of("x", "x", train=train, gold=["L1b"])
    assert "unseen_concept" in slices_of("x", "x", train=train, gold=["L3"])
    assert "seen_concept" in slices_of("x", "x", train=train, gold=["L3", "L2"])
    assert "unseen_concept" in slices_of("x", "x", train=train, gold=["U1"])
    for gold in (None, []):
        assert slices_of("x", "x", train=train, gold=gold).isdisjoint({"seen_concept", "unseen_concept"})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("itchy", "words_1"),
        ("can't", "words_1"),
        ("can't  sleep", "words_2"),
        ("could not sleep", "words_3"),
        ("could not sleep well", "words_4_or_more"),
        ("no sleep at all for days", "words_4_or_more"),
    ],
)
def test_length_is_in_words_between_blanks(text, name):
    assert slices_of(text, text) & {n for n in SLICES if n.startswith("words")} == {name}


def test_fragments_count_together():
    assert {"words_2", "discontinuous"} <= slices_of("numb in my toes", "numb", "toes")
    assert {"words_2", "contiguous"} <= slices_of("numb toes", "numb toes")


def test_refined_keeps_the_first_of_each_wording(train):
    texts = ["rash", "Rash", "itchy", "hives"]
    gold = [Document(str(i), text, mentions=(mention(text, text),)) for i, text in enumerate(texts)]
    predicted = [gold[0], *(Document(d.id, d.text) for d in gold[1:])]
    refined = span_slices(gold, predicted, training_of(train, to_pt))["refined"]
    assert refined == [Counts(1, 0, 1), Counts(), Counts(), Counts(0, 0, 1)]


def test_a_mention_that_is_not_scored_does_not_use_up_its_wording():
    text = "rash, rash, rash"
    spans = [((0, 4),), ((6, 10),), ((12, 16),)]
    coded = (frozenset({"L1"}),)
    gold = [
        Document(
            "a",
            text,
            mentions=(
                Mention(spans[0], assertion="negated", gold=()),
                Mention(spans[1], gold=()),
                Mention(spans[2], gold=coded),
            ),
        )
    ]
    training = training_of([], to_pt)
    assert span_slices(gold, gold, training)["refined"] == [Counts(1, 0, 1)]
    assert [c.total for c in link_slices(gold, gold, training)["refined"]] == [1]
    assert [c.total for c in link_slices(gold, gold, training)["unseen_mention"]] == [1]


def test_a_relaxed_match_answers_for_one_mention_only():
    text = "itchy rash"
    gold = [Document("a", text, mentions=(mention(text, "itchy"), mention(text, "rash")))]
    predicted = [Document("a", text, mentions=(mention(text, text),))]
    train = [Document("t", "rash", mentions=(mention("rash", "rash"),))]
    slices = span_slices(gold, predicted, training_of(train, to_pt), relaxed=True)
    assert sum(slices[name][0].tp for name in PARTITIONS[0]) == 1


def test_the_same_fragments_come_before_an_overlap():
    text = "itchy rash"
    gold = [Document("a", text, mentions=(mention(text, "itchy rash"), mention(text, "rash")))]
    predicted = [Document("a", text, mentions=(mention(text, "rash"),))]
    slices = span_slices(gold, predicted, training_of([], to_pt), relaxed=True)
    assert (slices["words_1"], slices["words_2"]) == ([Counts(1, 0, 1)], [Counts(0, 0, 1)])


def random_documents(rng, n, is_gold):
    documents = []
    for i in range(n):
        words = [rng.choice(WORDS) for _ in range(12)]
        text = " ".join(words)
        starts = [sum(len(word) + 1 for word in words[:k]) for k in range(len(words))]
        mentions = []
        for _ in range(rng.randint(0, 4)):
            first, length = rng.randrange(8), rng.randint(1, 5)
            end = min(first + length, 12) - 1
            spans = ((starts[first], starts[end] + len(words[end])),)
            if end - first > 1 and rng.random() < 0.4:
                spans = (
                    (starts[first], starts[first] + len(words[first])),
                    (starts[end], starts[end] + len(words[end])),
                )
            codes = rng.choice([None, (), (frozenset({"L1"}),), (frozenset({"L2"}), frozenset({"L3", "U"}))])
            links = tuple(
                Link(rng.choice(["L1", "L1b", "L2", "U"]), "a term") for _ in range(rng.randint(0, 3))
            )
            assertion = rng.choice(["present", "present", "negated"])
            fields = {"gold": codes} if is_gold else {"links": links, "status": rng.choice(["coded", "none"])}
            mentions.append(Mention(spans, assertion=assertion, **fields))
        documents.append(Document(f"d{i}", text, mentions=tuple(mentions)))
    return documents


@pytest.mark.parametrize("seed", range(20))
def test_partitions_add_up_to_the_whole(seed):
    rng = random.Random(seed)
    gold = random_documents(rng, 12, is_gold=True)
    predicted = [
        Document(d.id, d.text, mentions=other.mentions)
        for d, other in zip(gold, random_documents(rng, 12, is_gold=False), strict=True)
    ]
    training = training_of(random_documents(rng, 6, is_gold=True), to_pt)
    for relaxed in (False, True):
        whole = span_counts(gold, predicted, relaxed=relaxed)
        slices = span_slices(gold, predicted, training, relaxed=relaxed)
        for names in PARTITIONS:
            together = [sum(counts, Counts()) for counts in zip(*(slices[n] for n in names), strict=True)]
            assert [(c.tp, c.n_gold) for c in together] == [(c.tp, c.n_gold) for c in whole]
    for rule in ("any", "first", "all"):
        whole = link_hits(gold, predicted, to_pt, multi=rule)
        slices = link_slices(gold, predicted, training, rule)
        for names in [*PARTITIONS, ("seen_concept", "unseen_concept")]:
            together = [sum(counts, LinkCounts()) for counts in zip(*(slices[n] for n in names), strict=True)]
            assert [(c.hits, c.total, c.coded_hits) for c in together] == [
                (c.hits, c.total, c.coded_hits) for c in whole
            ]


@pytest.mark.parametrize("seed", range(5))
def test_seen_mentions_are_the_leak(seed):
    rng = random.Random(seed)
    gold, train = random_documents(rng, 12, is_gold=True), random_documents(rng, 30, is_gold=True)
    gold = [
        Document(d.id, d.text, mentions=tuple(m for m in d.mentions if m.assertion == "present"))
        for d in gold
    ]
    slices = span_slices(gold, gold, training_of(train, to_pt))
    leak = shared(train, gold)
    assert 0 < leak.n_mentions < leak.scored_mentions
    assert sum(slices["seen_mention"], Counts()).n_gold == leak.n_mentions
    unseen = leak.scored_surfaces - leak.n_surfaces
    assert sum(slices["refined"], Counts()).n_gold == unseen


def test_only_mentions_have_slices():
    document = Document("a", "itchy", label="ADE", mentions=(mention("itchy", "itchy"),))
    for task in ("extract", "normalize"):
        assert "unseen_mention_n" in slices_on(task, [document], [document], [], read_ctcae())
    for task in ("classify", "run"):
        with pytest.raises(AdetkError, match=f"task '{task}' has no slices"):
            slices_on(task, [document], [document], [], read_ctcae())
