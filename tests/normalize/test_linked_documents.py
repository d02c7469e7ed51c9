from dataclasses import replace

import numpy as np
import pytest
from angle_linker import FITTED, TERMS, best, make, sigmoid

from adetk.document import ADE, DRUG, Document, Link, Mention, as_verbatim
from adetk.errors import AdetkError
from adetk.normalize.linker import Linker
from adetk.normalize.settings import LinkOptions


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


def test_an_effect_that_is_said_not_to_be_there_loses_its_code():
    text, (rash,) = mentions("rash")
    negated = replace(
        rash, assertion="negated", status="coded", links=(Link("9", "Old rash", terminology="Old 1"),)
    )
    (out,) = make()([Document("1", text, mentions=(negated,))])
    assert out.mentions == (replace(rash, assertion="negated"),)


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
