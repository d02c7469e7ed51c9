import random
from dataclasses import replace
from functools import partial

import pytest

from adetk.document import Document, Link, Mention
from adetk.errors import AdetkError
from adetk.evaluate.bootstrap import interval_of, paired_difference
from adetk.evaluate.coded import document_set_counts, end_to_end_counts
from adetk.evaluate.compare import Difference, compare
from adetk.evaluate.figures import classify_figures, extract_figures, normalize_figures, run_figures
from adetk.evaluate.links import link_hits, link_ranks
from adetk.evaluate.ranking import average_precision, brier, ece, roc_auc
from adetk.evaluate.report import report_classify, report_extract, report_normalize, report_run
from adetk.evaluate.scores import gate_counts, span_counts


def to_pt(code):
    return code[:2]


def gold_documents():
    documents = []
    for i in range(60):
        mentions = [Mention(((0, 5),), gold=(frozenset({f"P{i % 4}x"}),)), Mention(((7, 9), (11, 14)))]
        is_ade = i % 3 != 0
        documents.append(
            Document(
                f"post{i:02}",
                "x" * 40 + f" {i}",
                label="ADE" if is_ade else "noADE",
                mentions=tuple(mentions * is_ade),
            )
        )
    return documents


def system(gold, seed, skill):
    """Answers that are right with probability `skill`."""
    rng = random.Random(seed)
    predicted = []
    for document in gold:
        mentions = []
        for mention in document.mentions:
            codes = [f"P{rng.randrange(4)}y" for _ in range(3)]
            if rng.random() < skill and mention.gold:
                codes.insert(rng.randrange(3), next(iter(mention.gold[0])))
            links = tuple(Link(code, "a term") for code in codes)
            spans = mention.spans if rng.random() < skill else ((mention.start, mention.end + 1),)
            mentions.append(Mention(spans, links=links, status="coded"))
        is_ade = (document.label == "ADE") == (rng.random() < skill)
        score = 0.5 + rng.random() / 2 if is_ade else rng.random() / 2
        predicted.append(
            replace(document, label="ADE" if is_ade else "noADE", score=score, mentions=tuple(mentions))
        )
    return predicted


GOLD = gold_documents()
GOOD, FAIR = system(GOLD, 1, 0.9), system(GOLD, 2, 0.7)
TASKS = {
    "classify": (classify_figures, report_classify),
    "extract": (extract_figures, report_extract),
    "normalize": (
        partial(normalize_figures, code_to_pt=to_pt),
        partial(report_normalize, code_to_pt=to_pt),
    ),
    "run": (partial(run_figures, code_to_pt=to_pt), partial(report_run, code_to_pt=to_pt)),
}
each_task = pytest.mark.parametrize(("figures_of", "report"), TASKS.values(), ids=TASKS)


@each_task
def test_every_figure_with_an_interval_is_compared(figures_of, report):
    differences = compare(figures_of, GOLD, GOOD, FAIR)
    good, fair = report(GOLD, GOOD), report(GOLD, FAIR)
    assert set(differences) == {name for name in good if f"{name}_low" in good}
    for name, difference in differences.items():
        assert (difference.first, difference.second) == (good[name], fair[name])
        assert difference.value == good[name] - fair[name]
        assert difference.low <= difference.value <= difference.high


@each_task
def test_a_system_does_not_differ_from_itself(figures_of, report):
    for difference in compare(figures_of, GOLD, GOOD, GOOD, draws=50).values():
        assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)
        assert not difference.is_significant


@each_task
def test_exchanged_systems_change_the_sign(figures_of, report):
    there = compare(figures_of, GOLD, GOOD, FAIR, draws=100)
    back = compare(figures_of, GOLD, FAIR, GOOD, draws=100)
    for name, difference in there.items():
        assert (difference.low, difference.high) == pytest.approx((-back[name].high, -back[name].low))


@each_task
def test_order_plays_no_part(figures_of, report):
    shuffled = random.Random(3).sample(GOOD, len(GOOD))
    assert compare(figures_of, GOLD[::-1], shuffled, FAIR, draws=50) == compare(
        figures_of, GOLD, GOOD, FAIR, draws=50
    )


@each_task
def test_what_cannot_be_compared_is_refused(figures_of, report):
    with pytest.raises(AdetkError, match="60 gold and 59 predicted documents"):
        compare(figures_of, GOLD, GOOD, FAIR[1:])
    with pytest.raises(AdetkError, match="0 documents"):
        compare(figures_of, [], [], [])


def test_counts_agree_with_paired_difference():
    def f1(counts):
        return counts.f1

    def expected(counts_of, statistic):
        return paired_difference(counts_of(GOLD, GOOD), counts_of(GOLD, FAIR), statistic)

    classify = compare(classify_figures, GOLD, GOOD, FAIR)["f1"]
    extract = compare(extract_figures, GOLD, GOOD, FAIR)
    normalize = compare(TASKS["normalize"][0], GOLD, GOOD, FAIR)
    run = compare(TASKS["run"][0], GOLD, GOOD, FAIR)
    pairs = [
        (classify, expected(gate_counts, f1)),
        (extract["strict_f1"], expected(span_counts, f1)),
        (extract["relaxed_recall"], expected(partial(span_counts, relaxed=True), lambda c: c.recall)),
        (normalize["accuracy_at_1"], expected(partial(link_hits, code_to_pt=to_pt), lambda c: c.accuracy)),
        (
            normalize["mean_reciprocal_rank"],
            expected(partial(link_ranks, code_to_pt=to_pt), lambda c: c.mean),
        ),
        (run["end_to_end_strict_f1"], expected(partial(end_to_end_counts, code_to_pt=to_pt), f1)),
        (run["post_set_f1"], expected(partial(document_set_counts, code_to_pt=to_pt), f1)),
    ]
    for difference, bounds in pairs:
        assert (difference.low, difference.high) == pytest.approx(bounds)
    assert extract["strict_f1"].is_significant
    assert extract["strict_f1"].low > 0


@pytest.mark.parametrize("measure", [average_precision, roc_auc, ece, brier])
def test_scores_of_posts_agree_with_their_own_bootstrap(measure):
    labels = [d.label == "ADE" for d in GOLD]
    scores = [[d.score for d in side] for side in (GOOD, FAIR)]
    bounds = interval_of(60, lambda w: measure(labels, scores[0], w) - measure(labels, scores[1], w))
    difference = compare(classify_figures, GOLD, GOOD, FAIR)[measure.__name__]
    assert (difference.low, difference.high) == pytest.approx(bounds)


def test_draws_are_seeded():
    assert compare(extract_figures, GOLD, GOOD, FAIR) == compare(extract_figures, GOLD, GOOD, FAIR, seed=0)
    assert compare(extract_figures, GOLD, GOOD, FAIR) != compare(extract_figures, GOLD, GOOD, FAIR, seed=1)


@pytest.mark.parametrize(
    ("low", "high", "is_significant"),
    [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.1, False), (0.0, 0.1, False), (-0.1, 0.0, False)],
)
def test_significant_leaves_out_zero(low, high, is_significant):
    difference = Difference(0.75, 0.5, low, high)
    assert difference.value == 0.25
    assert difference.is_significant is is_significant
