from dataclasses import replace

import numpy as np
import pytest

from adetk.document import ADE, DRUG, Concept, Document, Link, Mention, as_verbatim
from adetk.errors import AdetkError
from adetk.normalize.fallback import ConceptClassifier
from adetk.normalize.index import ConceptIndex
from adetk.normalize.linker import Linker
from adetk.normalize.settings import LinkerSettings, LinkOptions
from adetk.normalize.terminology import Terminology

SURFACE_TO_ANGLE = {
    "Dry mouth": 0, "parched": 5, "Rash": 40, "spots": 45, "Cough": 90, "Severe cramps": 130, "Spasm": 150,
    "cramps": 155, "mouth like sand": 10, "blotches": 55, "hacking": 85, "odd feeling": 300,
}  # fmt: skip
CLASSES = {"1": 300, "3": 140, "9": 270}


def vector(degrees):
    return [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]


class Embedder:
    """Looks angles up; any other surface lies at 200 degrees."""

    fingerprint = "angles"

    def __call__(self, surfaces):
        return np.array([vector(SURFACE_TO_ANGLE.get(s, 200)) for s in surfaces], np.float32)


def concept(number, name, *synonyms):
    return Concept(number, name, "CTCAE", synonyms, parent_id="s")


TERMS = Terminology(
    "Invented",
    "1",
    "English",
    {
        c.id: c
        for c in (
            concept("1", "Dry mouth", "parched"),
            concept("2", "Rash", "spots"),
            concept("3", "Cough"),
            concept("4", "Severe cramps"),
            concept("5", "Spasm", "cramps"),
        )
    },
    {"s": "Everything"},
)
FITTED = LinkerSettings(tau=0.2, terminology=TERMS.fingerprint)


def make(settings=FITTED, classes=CLASSES, terms=TERMS):
    embedder = Embedder()
    index = ConceptIndex.build(terms.rows(), embedder, "f")
    classifier = None
    if classes:
        weights = 20 * np.array([vector(d) for d in classes.values()], np.float32)
        classifier = ConceptClassifier(list(classes), weights, np.zeros(len(classes), np.float32))
    return Linker(terms, embedder, index, classifier, settings)


def best(surface, linker=None):
    link = (make() if linker is None else linker).link(surface)[0]
    return link.concept_id, link.method


@pytest.mark.parametrize(
    ("surface", "answer"),
    [
        ("Dry mouth", ("1", "exact")),
        ("DRY MOUTHS!", ("1", "exact")),
        ("my really dry mouth", ("1", "exact")),
        ("parched", ("1", "synonym")),
        ("so Parched", ("1", "synonym")),
        ("mouth like sand", ("1", "similarity")),
        ("odd feeling", ("1", "classifier")),
    ],
)
def test_exact_goes_before_synonym_before_similarity_before_classifier(surface, answer):
    assert best(surface) == answer


def test_a_synonym_word_for_word_goes_before_a_name_less_its_degree_words():
    assert best("cramps") == ("5", "synonym")
    assert best("severe cramp") == ("4", "exact")
    assert best("terrible cramps") == ("4", "exact")  # less degree words both names and synonyms fit


def test_a_wording_of_two_concepts_gives_both_the_nearer_first():
    shared = Terminology(
        "Invented", "2", "", {c.id: c for c in (concept("1", "Rash", "itch"), concept("2", "Cough", "itch"))}
    )
    links = make(LinkerSettings(), None, shared).link("itch")
    assert [(link.concept_id, link.method) for link in links] == [("1", "synonym"), ("2", "synonym")]
    assert links[0].distance <= links[1].distance


def test_a_distance_of_just_tau_is_not_below_it():
    distance = make().link("mouth like sand")[0].distance
    assert best("mouth like sand", make(replace(FITTED, tau=distance)))[1] == "classifier"
    assert best("mouth like sand", make(replace(FITTED, tau=np.nextafter(distance, 1))))[1] == "similarity"


def test_without_a_classifier_similarity_always_answers():
    assert best("odd feeling", make(classes=None))[1] == "similarity"


def test_the_classifier_only_answers_what_the_terminology_offers():
    assert best("unheard of") == ("3", "classifier")  # the class at 270 degrees is no term
    linker = make(classes={"9": 200, "8": 100})
    assert linker.classifier is None
    assert best("unheard of", linker)[1] == "similarity"


def test_runners_up_are_the_other_neighbours_once_each():
    links = make().link("odd feeling", candidates=4)
    assert links[0].method == "classifier"
    assert [link.method for link in links[1:]] == ["similarity"] * 3
    assert len({link.concept_id for link in links}) == 4
    distances = [link.distance for link in links[1:]]
    assert distances == sorted(distances)
    assert len(make().link("parched", candidates=2)) == 2


def test_empty_wordings_have_no_candidate():
    assert make().link_all(["", "Rash", "  "]) == [[], make().link("Rash"), []]
    assert make().link_all([]) == []


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_scores_are_the_lines_of_their_methods():
    lines = {"exact": (0.0, 2.0), "similarity": (3.0, -1.0), "classifier": (0.5, 0.25)}
    linker = make(replace(FITTED, method_to_line=lines))
    assert linker.link("rash")[0].score == pytest.approx(sigmoid(2.0))
    similar = linker.link("mouth like sand")[0]
    assert similar.score == pytest.approx(sigmoid(3 * (1 - similar.distance) - 1))
    logits = 20 * np.array([vector(300), vector(140)]) @ np.array(vector(300))
    p = np.exp(logits[0]) / np.exp(logits).sum()
    p = min(p, 1 - 1e-6)
    assert linker.link("odd feeling")[0].score == pytest.approx(
        sigmoid(0.5 * np.log(p / (1 - p)) + 0.25), rel=1e-3
    )
    assert make().link("parched")[0].score == pytest.approx(sigmoid(3.0))  # not fitted


def test_links_say_whether_their_scores_were_fitted_for_this_terminology():
    assert all(link.calibrated for link in make().link("Rash"))
    other = make(replace(FITTED, terminology="another"))
    assert not any(link.calibrated for link in other.link("Rash"))


def test_links_carry_their_place_in_the_terminology():
    link = make().link("rash")[0]
    assert (link.name, link.level, link.soc_name, link.terminology) == (
        "Rash",
        "CTCAE",
        "Everything",
        "Invented 1",
    )


def mentions(*words, **fields):
    text = " ".join(words)
    starts = [text.index(w) for w in words]
    return text, [Mention(((s, s + len(w)),), ADE, **fields) for s, w in zip(starts, words, strict=True)]


def test_an_answer_below_abstain_leaves_the_mention_uncoded_with_its_candidates():
    text, (rash, odd) = mentions("rash", "odd feeling")
    document = Document("1", text, mentions=(rash, odd))
    lines = {"exact": (0.0, 2.0), "classifier": (0.0, -2.0)}
    linker = make(replace(FITTED, method_to_line=lines, abstain=0.5))
    (out,) = linker([document])
    assert [m.status for m in out.mentions] == ["coded", "none"]
    assert [m.links[0].concept_id for m in out.mentions] == ["2", "1"]
    at_the_score = replace(linker.settings, abstain=out.mentions[1].links[0].score)
    assert [m.status for m in next(make(at_the_score)([document])).mentions] == ["coded", "coded"]


def test_only_present_effects_are_linked():
    text, (present,) = mentions("rash")
    kept = Mention(((0, 4),), DRUG, status="coded", links=(Link("7", "x"),))
    document = Document(
        "1",
        text,
        mentions=(
            replace(present, assertion="negated"),
            kept,
            present,
            replace(present, assertion="hypothetical"),
            replace(present, label="INDICATION"),
        ),
    )
    (out,) = make()([document])
    assert [m.status for m in out.mentions] == ["none", "coded", "coded", "none", "none"]
    assert [len(m.links) > 0 for m in out.mentions] == [False, True, True, False, False]
    assert out.mentions[1] == kept


def test_a_discontinuous_mention_is_linked_by_its_words():
    document = Document("1", "dry and sore mouth", mentions=(Mention(((0, 3), (13, 18)), ADE),))
    (out,) = make()([document])
    assert (out.mentions[0].links[0].concept_id, out.mentions[0].links[0].method) == ("1", "exact")


def test_documents_are_linked_lazily_in_order_whatever_the_batch():
    documents = [
        Document(str(i), text, mentions=tuple(found))
        for i, (text, found) in enumerate(
            mentions(*w) for w in (["rash", "hacking"], ["odd feeling"], [], ["spots"])
        )
    ]
    assert list(make()(documents, batch_size=1)) == list(make()(documents, batch_size=3))
    stream = make()(iter(documents), batch_size=2)
    assert [d.id for d in stream] == ["0", "1", "2", "3"]


def test_a_mention_gets_as_many_links_as_the_linker_is_asked_for():
    linker = make()
    document = Document("1", "odd feeling", mentions=(Mention(((0, 11),)),))
    links = {}
    for linker.candidates in (2, 3):
        links[linker.candidates] = next(linker([document])).mentions[0].links
    assert [len(found) for found in links.values()] == [2, 3]
    assert links[3][:2] == links[2]


def test_what_training_mentions_were_coded_with_most_often_goes_first():
    row_to_times = {
        ("Rash", "3"): 2,
        ("rash", "1"): 1,
        ("RASH", "1"): 2,
        ("spots", "2"): 0,
        ("gone", "99"): 5,
    }
    base = make()
    linker = Linker(TERMS, base.embedder, base.index, base.classifier, base.settings, row_to_times)
    links = linker.link("rash", candidates=3)
    assert [(link.concept_id, link.method) for link in links[:2]] == [("1", "synonym"), ("3", "synonym")]
    assert base.link("rash")[0].concept_id == "2"  # the term's own name
    assert linker.link("spots")[0].concept_id == "2"  # not known how often: a synonym as any other
    assert linker.link("Cough")[0].method == "exact"
    assert linker.link("gone")[0].concept_id != "99"  # not in the terminology
    lax = linker.with_settings(replace(FITTED, terminology="another"))
    assert (lax.is_calibrated, linker.is_calibrated) == (False, True)
    assert [link.concept_id for link in lax.link("rash")] == [link.concept_id for link in linker.link("rash")]


def test_the_number_of_candidates_does_not_change_the_answer():
    linker = make()
    for surface in ("cramps", "rash", "odd feeling"):
        answers = {linker.link(surface, candidates=k)[0].concept_id for k in (1, 2, 5)}
        assert len(answers) == 1


def test_a_list_of_ones_own_stands_before_all_else():
    linker = make(replace(FITTED, abstain=0.999))
    linker.add_synonym("odd  feeling", "2")
    linker.add_synonym("Rash", "3")
    linker.add_synonym("severe cramps", "1")
    for surface, concept_id in (("ODD feelings", "2"), ("rash", "3"), ("Severe Cramps", "1")):
        link = linker.link(surface)[0]
        assert (link.concept_id, link.method, link.score) == (concept_id, "synonym", 1.0)
        assert linker.is_coded(link)
    assert best("cramps", linker) == ("5", "synonym")  # a term has this very wording
    assert best("so odd feeling", linker) == ("2", "synonym")
    linker.add_synonym("odd feeling", "4")
    assert best("odd feeling", linker) == ("4", "synonym")
    assert best("odd feeling") == ("1", "classifier")
    with pytest.raises(AdetkError, match="code '77' is no term"):
        linker.add_synonym("hum", "77")
    with pytest.raises(AdetkError, match="has no word"):
        linker.add_synonym("...", "1")


def test_options_are_of_the_copy():
    linker = make()
    own = linker.with_options(LinkOptions(synonyms=(("odd feeling", "2"),)))
    assert best("odd feeling", own) == ("2", "synonym")
    assert best("odd feeling", linker) == ("1", "classifier")
    assert own.search("spasm", limit=1)[0].id == "5"


def test_a_verbatim_of_two_effects_has_an_answer_for_each():
    linker = make(replace(FITTED, abstain=0.9))
    links = linker.link("rash, coughs", candidates=3)
    assert [(link.concept_id, link.method, link.conjunct) for link in links[:2]] == [
        ("2", "exact", 0),
        ("3", "exact", 1),
    ]
    assert (len(links), links[2].conjunct, links[2].method) == (3, None, "similarity")
    assert linker.link("parched and dry mouth")[0].conjunct is None  # one term
    verbatim = as_verbatim(Document("1", "rash and cough"))
    marked = Document("2", "i have rash and cough", mentions=(Mention(((7, 21),)),))
    whole, part = (d.mentions[0] for d in linker([verbatim, marked]))
    assert [link.name for link in whole.answers] == ["Rash", "Cough"]
    assert part.links[0].conjunct is None
    one = linker.with_options(LinkOptions())
    one.candidates = 1
    assert len(next(one([verbatim])).mentions[0].links) == 2  # never less than the effects


def test_runners_up_share_what_the_answer_leaves():
    lines = {"similarity": (0.0, 0.0), "runner_up": (2.0, -1.0)}
    first, *rest = make(replace(FITTED, method_to_line=lines)).link("mouth like sand", candidates=4)
    assert first.score == 0.5
    for link in rest:
        assert link.score == pytest.approx(0.5 * sigmoid(2 * (1 - link.distance) - 1))


def test_a_candidate_set_is_given_whole_and_marked():
    settings = replace(FITTED, quantile=0.999, method_to_line={"runner_up": (0.0, 0.0)})
    linker = make(settings).with_options(LinkOptions(conformal=True))
    links = linker.link("mouth like sand", candidates=2)
    assert len(links) == 5  # every term: each has half of what the answer leaves
    assert all(link.in_set for link in links)
    narrow = make(replace(settings, quantile=0.1)).with_options(LinkOptions(conformal=True))
    assert [link.in_set for link in narrow.link("mouth like sand", candidates=3)] == [True, False, False]
    assert make(settings).link("rash")[0].in_set is None
    with pytest.raises(AdetkError, match="no conformal quantile"):
        make().with_options(LinkOptions(conformal=True))
    with pytest.raises(AdetkError, match="not fitted for Invented 1"):
        make(replace(settings, terminology="x")).with_options(LinkOptions(conformal=True))


def statuses(linker, *surfaces):
    return [next(linker([as_verbatim(Document("1", s))])).mentions[0].status for s in surfaces]


def test_what_is_not_sure_is_for_review_where_review_is_asked_for():
    lines = {"exact": (0.0, 2.0), "synonym": (0.0, 1.0), "classifier": (0.0, -2.0)}
    settings = replace(FITTED, method_to_line=lines, abstain=0.3, sure=0.8, quantile=0.9)
    surfaces = ("rash", "spots", "odd feeling")  # .88, .73, .12
    assert statuses(make(settings), *surfaces) == ["coded", "coded", "none"]
    asked = make(settings).with_options(LinkOptions(review=True))
    assert statuses(asked, *surfaces) == ["coded", "review", "review"]
    assert statuses(asked, "rash and cough", "rash and hacking") == ["coded", "review"]
    wide = replace(settings, quantile=1.0)
    both = make(wide).with_options(LinkOptions(review=True, conformal=True))
    assert statuses(both, "rash") == ["review"]  # the set holds more than one term
    assert statuses(make(wide).with_options(LinkOptions(conformal=True)), "rash") == ["coded"]


def test_one_other_term_in_the_set_of_a_joined_mention_is_for_review():
    lines = {m: (0.0, float(np.log(p / (1 - p)))) for m, p in (("synonym", 0.3), ("exact", 0.2))}
    lines["runner_up"] = (20.0, -10.0)
    settings = replace(FITTED, method_to_line=lines, sure=0.1, quantile=0.5)
    linker = make(settings).with_options(LinkOptions(conformal=True, review=True))
    (mention,) = next(linker([as_verbatim(Document("1", "spots and cough"))])).mentions
    assert [link.in_set for link in mention.links] == [True, False, True, False, False]
    assert mention.status == "review"


def explained(linker, surface):
    asked = linker.with_options(LinkOptions(explain=True))
    return next(asked([as_verbatim(Document("1", surface))])).mentions[0]


def test_an_explanation_names_the_wording_that_won_and_the_thresholds():
    linker = make(replace(FITTED, abstain=0.25))
    near = explained(linker, "mouth like sand")
    assert near.links[0].surface in ("parched", "Dry mouth")
    assert near.explanation.thresholds == {"tau": 0.2, "abstain": 0.25, "sure": 0.5}
    said = near.explanation.text
    for part in (
        "'mouth like sand': Dry mouth (1) by similarity to ",
        "< tau 0.2",
        "next: Rash ('Rash', 0.134)",
    ):
        assert part in said
    assert "it has the wording 'Rash'" in explained(linker, "RASH!").explanation.text
    assert explained(linker, "really spots").links[0].surface == "spots"
    assert (
        "by classifier, no wording is nearer than tau 0.2"
        in explained(linker, "odd feeling").explanation.text
    )
    linker.add_synonym("odd feeling", "2")
    assert explained(linker, "odd  Feeling").links[0].surface == "odd feeling"
    joined = explained(linker, "rash and coughs").explanation.text
    assert "Rash (2) by exact" in joined
    assert " and Cough (3) by exact" in joined
    plain = next(linker([as_verbatim(Document("1", "rash"))])).mentions[0]
    assert (plain.explanation, plain.links[0].surface) == (None, "")


def test_an_earlier_linkers_explanation_does_not_stay():
    linker = make()
    old = replace(as_verbatim(Document("1", "rash")), mentions=(explained(linker, "rash"),))
    assert old.mentions[0].explanation is not None
    assert next(linker([old])).mentions[0].explanation is None
