"""What the pieces are worth, worked by hand on a made-up terminology of four terms and posts of a few words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from adetk.document import ADE, NO_ADE, Concept, Document, Link, Mention
from adetk.encoder import Tokenizer
from adetk.errors import AdetkError
from adetk.evaluate.ablation import ablate, gate_rows, gated, without_features
from adetk.evaluate.arms import TAUS, by_rule, linking_rows, tau_rows
from adetk.evaluate.bootstrap import interval, paired_difference
from adetk.evaluate.links import link_hits
from adetk.evaluate.report import report_extract
from adetk.evaluate.runner import evaluate
from adetk.extract.features import DictionaryFeatures
from adetk.extract.schemes import Scheme
from adetk.extract.tagger import Tagger
from adetk.lexicon import Lexicon
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Arms, Linker, LinkerSettings
from adetk.normalize.terminology import Terminology
from adetk.pipeline import Pipeline

TAU = 0.1
SURFACE_TO_ANGLE = {
    "Dry mouth": 0, "parched": 60, "Rash": 90, "Cough": 180, "Spasm": 270,
    "thirsty": 10, "blotches": 85, "hacking": 140, "twitching": 224, "feeling odd": 120,
}  # fmt: skip
TERMS = Terminology(
    "Invented",
    "1",
    "English",
    {
        number: Concept(number, name, "CTCAE", synonyms, parent_id="s")
        for number, name, synonyms in (
            ("1", "Dry mouth", ("parched",)),
            ("2", "Rash", ()),
            ("3", "Cough", ()),
            ("4", "Spasm", ()),
        )
    },
    {"s": "Everything"},
)
CLASS_TO_ANGLE = {"1": 0, "3": 140, "4": 225}

GOLD = [  # wording and right code; then the nearest term with its distance, and the classifier's answer
    ("dry mouth", "1"),  # an exact name, which the embedder does not know (200 degrees): Cough .060, Spasm
    ("Rash", "2"),  # an exact name: Rash 0, Cough
    ("parched", "1"),  # a synonym: Dry mouth 0, Dry mouth
    ("thirsty", "1"),  # Dry mouth .015, Dry mouth
    ("blotches", "2"),  # Rash .004, Cough
    ("hacking", "3"),  # Cough .234, Cough
    ("twitching", "4"),  # Cough .281, Spasm
    ("feeling odd", "1"),  # Rash .134, Cough
]


def vectors(surfaces):
    angles = np.radians([SURFACE_TO_ANGLE.get(surface, 200) for surface in surfaces])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


class Embedder:
    """Looks angles up; any other wording lies at 200 degrees. Remembers how often it was asked."""

    fingerprint = "angles"

    def __init__(self):
        self.calls = 0

    def __call__(self, surfaces):
        self.calls += 1
        return vectors(surfaces)


def make_linker(tau=TAU, with_classifier=True):
    classifier = None
    if with_classifier:
        angles = np.radians(list(CLASS_TO_ANGLE.values()))
        weights = 20 * np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        classifier = ConceptClassifier(list(CLASS_TO_ANGLE), weights, np.zeros(3, np.float32))
    embedder = Embedder()
    index = ConceptIndex.build(TERMS.rows(), embedder, "f")
    embedder.calls = 0
    return Linker(TERMS, embedder, index, classifier, LinkerSettings(tau=tau))


def coded(number, surface, code, **fields):
    mention = Mention(((0, len(surface)),), ADE, gold=(frozenset({code}),))
    return Document(str(number), surface, ADE, mentions=(mention,), **fields)


@pytest.fixture(scope="module")
def gold():
    return [coded(number, surface, code) for number, (surface, code) in enumerate(GOLD)]


@pytest.fixture(scope="module")
def arms():
    return [[found] for found in make_linker().arms([surface for surface, _ in GOLD])]


def figures(rows, name):
    return {row.variant: row.report[name] for row in rows}


# The linker's arms


def test_each_arm_alone_and_together(gold, arms):
    rows = linking_rows(gold, arms, TAU, TERMS)
    assert figures(rows, "accuracy_at_1") == {
        "exact": 2 / 8,
        "exact_or_synonym": 3 / 8,
        "similarity": 5 / 8,  # Rash, parched, thirsty, blotches, hacking
        "classifier": 4 / 8,  # parched, thirsty, hacking, twitching
        "nearest_or_classifier": 6 / 8,  # all but the first and the last
        "fused": 6 / 8,  # the same: of twitching's two near terms the classifier knows which
        "wording_or_rule": 7 / 8,
        "wording_or_fused": 7 / 8,
        "all": 7 / 8,  # the first by its name
    }
    assert figures(rows, "answered") == {
        "exact": 2 / 8,
        "exact_or_synonym": 3 / 8,
        "similarity": 1.0,
        "classifier": 1.0,
        "nearest_or_classifier": 1.0,
        "fused": 1.0,
        "wording_or_rule": 1.0,
        "wording_or_fused": 1.0,
        "all": 1.0,
    }
    assert {row.ablation for row in rows} == {"linking"}
    assert all((row.report["n"], row.report["tau"], row.report["coverage"]) == (8, TAU, 1.0) for row in rows)


def test_the_curve_over_tau(gold, arms):
    rows = tau_rows(gold, arms, TAU, TERMS)
    accuracies = figures(rows, "accuracy_at_1")
    assert list(accuracies) == [*(f"{tau:.2f}" for tau in TAUS), "own"]
    assert accuracies["own"] == accuracies["0.10"] == 7 / 8
    assert accuracies["0.00"] == 6 / 8  # blotches go to the classifier
    assert accuracies["0.05"] == 7 / 8
    assert accuracies["0.25"] == 7 / 8
    assert accuracies["0.30"] == 6 / 8  # twitching goes to the nearest term


def test_the_arms_together_are_what_the_linker_answers():
    surfaces = [surface for surface, _ in GOLD] + ["unheard of", "rashes", " ", "PARCHED"]
    arms = make_linker().arms(surfaces)
    assert arms[-2] == Arms()
    for tau in (-1.0, *TAUS, 3.0):
        answers = [links[0] if links else None for links in make_linker(tau).link_all(surfaces)]
        assert [by_rule(a, tau) for a in arms] == answers
    alone = make_linker(with_classifier=False)
    answers = [links[0] if links else None for links in alone.link_all(surfaces)]
    assert [by_rule(a, 0.0) for a in alone.arms(surfaces)] == answers


def test_an_exact_answer_stands_behind_a_synonym_that_fits_better():
    terms = Terminology(
        "Invented",
        "2",
        "",
        {
            c.id: c
            for c in (Concept("1", "Severe cramps", "CTCAE"), Concept("2", "Spasm", "CTCAE", ("cramps",)))
        },
    )
    embedder = Embedder()
    linker = Linker(terms, embedder, ConceptIndex.build(terms.rows(), embedder, "f"), None, LinkerSettings())
    (arms,) = linker.arms(["cramps"])
    assert (arms.wording.concept_id, arms.wording.method) == ("2", "synonym")
    assert (arms.exact.concept_id, arms.exact.method) == ("1", "exact")  # less its degree word
    assert arms.classifier is None


def test_without_a_classifier_there_is_nothing_to_choose(gold):
    arms = [[found] for found in make_linker(with_classifier=False).arms([s for s, _ in GOLD])]
    rows = linking_rows(gold, arms, TAU, TERMS)
    assert [row.variant for row in rows] == [
        *("exact", "exact_or_synonym", "similarity", "fused", "wording_or_rule", "wording_or_fused", "all"),
    ]
    assert figures(rows, "accuracy_at_1")["all"] == 6 / 8
    assert tau_rows(gold, arms, TAU, TERMS) == []


def test_a_code_that_the_terminology_lacks_is_a_miss_and_lowers_the_coverage(gold, arms):
    changed = [*gold[:-1], coded(len(gold) - 1, GOLD[-1][0], "77")]
    (row,) = [r for r in linking_rows(changed, arms, TAU, TERMS) if r.variant == "all"]
    assert row.report["coverage"] == row.report["accuracy_at_1"] == 7 / 8


# Intervals


def test_intervals_and_differences_are_those_of_the_bootstrap(gold, arms):
    rows = {row.variant: row.report for row in linking_rows(gold, arms, TAU, TERMS)}

    def hits(answer):
        links = [() if (link := answer(a)) is None else (link,) for (a,) in arms]
        predicted = [
            replace(d, mentions=(replace(d.mentions[0], links=found),))
            for d, found in zip(gold, links, strict=True)
        ]
        return link_hits(gold, predicted, TERMS.pt_of)

    exact, full = hits(lambda a: a.exact), hits(lambda a: by_rule(a, TAU))
    report = rows["exact"]
    low, high = interval(exact, lambda total: total.accuracy)
    assert (report["accuracy_at_1_low"], report["accuracy_at_1_high"]) == (low, high)
    low, high = paired_difference(exact, full, lambda total: total.accuracy)
    assert report["accuracy_at_1_difference"] == 2 / 8 - 7 / 8
    assert (report["accuracy_at_1_difference_low"], report["accuracy_at_1_difference_high"]) == (low, high)
    assert low < high < 0
    assert not any("difference" in name for name in rows["all"])


# The gate


def test_gates_choose_among_the_same_answers():
    """Four posts of one span each; the tagger is right on posts 0 and 1, wrong on 2, and speaks up in 3 (noADE)."""
    right = Mention(((0, 4),), ADE, gold=(frozenset({"2"}),))
    gold = [Document(str(i), "rash today", ADE, mentions=(right,)) for i in range(3)]
    gold.append(Document("3", "rash today", NO_ADE))
    found = Mention(((0, 4),), ADE, status="coded", links=(Link("2", "Rash"),))
    linked = [
        Document("0", "rash today", mentions=(found,)),
        Document("1", "rash today", mentions=(replace(found, links=(Link("3", "Cough"),)),)),
        Document("2", "rash today", mentions=(replace(found, spans=((0, 10),)),)),
        Document("3", "rash today", mentions=(found,)),
    ]
    gate_to_passed = {
        "none": [True, True, True, True],
        "model": [True, False, True, True],
        "oracle": [True, True, True, False],
    }
    gate_to_predicted = {gate: gated(linked, passed) for gate, passed in gate_to_passed.items()}
    rows = gate_rows(gold, gate_to_predicted, TERMS.pt_of)
    assert [row.variant for row in rows] == ["none", "model", "oracle"]
    assert figures(rows, "strict_f1") == {"none": 4 / 7, "model": 2 / 6, "oracle": 4 / 6}
    assert figures(rows, "relaxed_f1") == {"none": 6 / 7, "model": 4 / 6, "oracle": 1.0}
    assert figures(rows, "end_to_end_strict_f1") == {"none": 2 / 7, "model": 2 / 6, "oracle": 2 / 6}
    assert figures(rows, "end_to_end_relaxed_f1") == {"none": 4 / 7, "model": 4 / 6, "oracle": 4 / 6}
    by_name = {row.variant: row.report for row in rows}
    assert by_name["oracle"]["strict_f1_difference"] == 4 / 6 - 2 / 6
    assert "strict_f1_difference" not in by_name["model"]
    assert all(row.report["n"] == 4 for row in rows)


# The dictionary features


class ByTags:
    """A network that says what the first dictionary says, and keeps the tags that it was given."""

    def __init__(self):
        self.seen = []

    def __call__(self, batch):
        self.seen.append(batch.tags)
        return 9 * np.eye(3, dtype=np.float32)[batch.tags[:, :, 0]]


def make_tagger(backend, *phrases):
    features = DictionaryFeatures([Lexicon("d", [(p, "") for p in phrases]), Lexicon("e", [("today", "")])])
    return Tagger(Tokenizer(backend, 64), ByTags(), features, Scheme("bio", [ADE]))


def test_without_features_all_tags_are_o(letter_pieces):
    tagger = make_tagger(letter_pieces, "dry mouth")
    document = Document("1", "a dry mouth today")
    assert [m.surface(document.text) for m in tagger.mentions([document])[0]] == ["dry mouth"]
    silent = without_features(tagger)
    assert silent.mentions([document]) == [[]]
    on, off = tagger.network.seen
    assert on.shape == off.shape
    assert set(np.unique(on)) == {0, 1, 2}
    assert not off.any()
    assert [lexicon.name for lexicon in tagger.features.lexicons] == ["d", "e"]
    assert len(tagger.features.lexicons[0]) == 1  # the tagger itself keeps its dictionaries


# All together


class Classifier:
    """Calls every post with an `a` in it an ADE post."""

    def __init__(self):
        self.texts = []

    def __call__(self, documents):
        for document in documents:
            self.texts.append(document.text)
            yield replace(document, label=ADE if "a" in document.text else NO_ADE, score=0.5)


@pytest.fixture
def parts(letter_pieces):
    """A pipeline of made-up parts that remember what they were asked."""
    return SimpleNamespace(
        classifier=Classifier(),
        tagger=make_tagger(letter_pieces, *(surface for surface, _ in GOLD)),
        drugs=iter,
        assertions=iter,
        linker=make_linker(),
        terminology=TERMS,
    )


def test_every_ablation_is_there_and_no_model_runs_twice(parts, gold):
    posts = [*gold, Document("none", "cough drops", NO_ADE)]
    rows = ablate(parts, posts)
    assert list(dict.fromkeys(row.ablation for row in rows)) == ["gate", "linking", "tau", "features"]
    assert len(parts.classifier.texts) == len(posts)
    on, off = parts.tagger.network.seen
    assert len(on) == len(posts)
    assert len(off) == len(gold)  # the posts of the oracle gate
    assert (
        parts.linker.embedder.calls == 1
    )  # the wordings that no row of the index has; gold spans are those found
    by_name = {(row.ablation, row.variant): row.report for row in rows}
    assert by_name["features", "on_gate_oracle"]["strict_f1"] == 1.0
    guessed = sum(" " not in surface for surface, _ in GOLD) / len(
        GOLD
    )  # told that there is one: the first word
    assert by_name["features", "off_gate_oracle"]["strict_f1"] == guessed
    assert by_name["features", "off_gate_oracle"]["strict_f1_difference"] == guessed - 1.0
    assert by_name["gate", "oracle"]["strict_f1"] == by_name["features", "on_gate_oracle"]["strict_f1"]
    assert by_name["gate", "none"]["end_to_end_strict_f1"] == 7 / 8
    passed = sum("a" in surface for surface, _ in GOLD)
    assert by_name["gate", "model"]["strict_f1"] == pytest.approx(2 * passed / (passed + len(gold)))


def test_order_and_the_predictions_that_gold_carries_play_no_part(parts, gold):
    posts = [*gold, Document("none", "cough drops", NO_ADE)]
    told = [replace(d, score=1.0, mentions=tuple(replace(m, score=0.1) for m in d.mentions)) for d in posts]
    assert ablate(parts, posts) == ablate(parts, told[::-1])


def test_without_labels_the_features_are_compared_without_a_gate(parts, gold):
    posts = [replace(d, label=None) for d in gold] + [Document("none", "all well")]
    by_name = {(row.ablation, row.variant): row.report for row in ablate(parts, posts)}
    assert {variant for ablation, variant in by_name if ablation == "features"} == {
        "on_gate_none",
        "off_gate_none",
    }
    assert [len(tags) for tags in parts.tagger.network.seen] == [9, 9]
    assert by_name["gate", "oracle"]["strict_f1"] == 1.0  # a post is ADE by its mention


def test_what_cannot_be_varied_is_left_out(parts, gold):
    uncoded = [replace(d, mentions=tuple(replace(m, gold=None) for m in d.mentions)) for d in gold]
    assert {row.ablation for row in ablate(parts, uncoded)} == {"gate", "features"}
    parts.tagger = Tagger(
        parts.tagger.tokenizer,
        lambda batch: np.zeros((*batch.input_ids.shape, 3), np.float32),
        DictionaryFeatures([]),
        Scheme("bio", [ADE]),
    )
    assert {row.ablation for row in ablate(parts, gold)} == {"gate", "linking", "tau"}
    with pytest.raises(AdetkError, match="1 documents without an ADE mention"):
        ablate(parts, [Document("1", "sick", ADE)])


def test_a_real_bundle_scores_as_evaluate_says(tiny_bundle, posts, easy_posts):
    gold = [*posts, *easy_posts]
    pipeline = Pipeline.from_pretrained(tiny_bundle)
    by_name = {(row.ablation, row.variant): row.report for row in ablate(pipeline, gold)}
    for gate in ("none", "model", "oracle"):
        whole = evaluate("run", Pipeline.from_pretrained(tiny_bundle, gate=gate), gold)
        for figure in ("strict_f1", "relaxed_f1", "end_to_end_strict_f1", "end_to_end_relaxed_f1"):
            for name in (figure, f"{figure}_low", f"{figure}_high"):
                assert by_name["gate", gate][name] == pytest.approx(whole[name], abs=1e-9)
    linked = evaluate("normalize", pipeline, gold)
    for name in ("accuracy_at_1", "accuracy_at_1_low", "accuracy_at_1_high", "n", "coverage"):
        assert by_name["linking", "all"][name] == pytest.approx(linked[name], abs=1e-9)
    assert all(
        by_name["gate", "oracle"][name] >= by_name["gate", "none"][name]
        for name in ("strict_f1", "relaxed_f1")
    )


def test_a_real_bundle_without_its_features(tiny_bundle, easy_posts):
    pipeline = Pipeline.from_pretrained(tiny_bundle)
    by_name = {(row.ablation, row.variant): row.report for row in ablate(pipeline, easy_posts)}
    silent = without_features(pipeline.tagger)
    bare = [replace(d, mentions=()) for d in easy_posts]
    off = [next(pipeline.assertions(pipeline.drugs(silent([d])))) if d.label == ADE else d for d in bare]
    expected = report_extract(easy_posts, off)
    for name in ("strict_f1", "strict_f1_low", "strict_f1_high", "relaxed_f1"):
        assert by_name["features", "off_gate_oracle"][name] == pytest.approx(expected[name], abs=1e-9)
    on, off_report = by_name["features", "on_gate_oracle"], by_name["features", "off_gate_oracle"]
    assert on["strict_f1"] == by_name["gate", "oracle"]["strict_f1"] > 0.1
    assert off_report["strict_f1_difference"] == off_report["strict_f1"] - on["strict_f1"] != 0
