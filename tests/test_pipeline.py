import json
import shutil
from dataclasses import replace
from itertools import count, islice

import numpy as np
import pytest

from adetk.bundle import read_manifest
from adetk.document import ADE, DRUG, NO_ADE, Document, Mention, as_verbatim
from adetk.errors import AdetkError
from adetk.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline(tiny_bundle):
    return Pipeline.from_pretrained(tiny_bundle)


@pytest.fixture(scope="module")
def documents(posts, easy_posts):
    return [*posts, *easy_posts]


@pytest.fixture(scope="module")
def out(pipeline, documents):
    return list(pipeline(documents))


def bare(document):
    return replace(document, label=None, score=None, mentions=())


def test_documents_keep_order_id_text_and_meta(documents, out):
    assert [(d.id, d.text, d.meta) for d in out] == [(d.id, d.text, d.meta) for d in documents]


def test_every_part_has_said_something(out):
    assert {d.label for d in out} == {ADE, NO_ADE}
    assert all(0 <= d.score <= 1 for d in out)
    effects = [m for d in out for m in d.labelled(ADE)]
    assert len(effects) > 40
    assert all(len(m.links) == 5 for m in effects)
    assert "coded" in {m.status for m in effects}
    assert len({m.links[0].concept_id for m in effects}) > 5


def test_posts_that_are_turned_down_get_drugs_only(out):
    turned_down = [d for d in out if d.label == NO_ADE]
    assert {m.label for d in turned_down for m in d.mentions} == {DRUG}
    assert {m.label for d in out if d.label == ADE for m in d.mentions} >= {ADE, DRUG}


def test_effects_point_at_drugs(out):
    for document in out:
        for effect in document.labelled(ADE):
            if document.labelled(DRUG):
                assert document.mentions[effect.drug].label == DRUG
            else:
                assert effect.drug is None


def test_gold_never_leaks_into_what_is_predicted(pipeline, documents, out):
    assert list(pipeline(map(bare, documents))) == out
    told = Mention(((0, 3),), "REMARK", drug=0, gold=(frozenset({"1"}),))
    everything = [replace(d, label=ADE, score=1.0, mentions=(*d.mentions, told)) for d in documents]
    assert list(pipeline(everything)) == out
    assert all(m.gold is None for d in out for m in d.mentions)


def test_a_batch_decides_nothing(pipeline, documents, out):
    by_id = {d.id: d for d in out}
    for document in documents[::17]:
        (alone,) = pipeline([document])
        assert [(m.spans, m.label, m.status) for m in alone.mentions] == [
            (m.spans, m.label, m.status) for m in by_id[document.id].mentions
        ]
        assert alone.score == pytest.approx(by_id[document.id].score, abs=1e-5)


def test_posts_come_lazily(pipeline):
    taken = []

    def endless():
        for number in count():
            taken.append(number)
            yield Document(str(number), "zoloft gave me nausea")

    assert [d.id for d in islice(pipeline(endless()), 2)] == ["0", "1"]
    assert len(taken) <= 256 * 3  # two batches are under way, and the next is at hand


def test_without_a_gate_every_post_is_tagged_and_labels_stay(tiny_bundle, documents, out):
    found = list(Pipeline.from_pretrained(tiny_bundle, gate="none")(documents))
    assert [d.label for d in found] == [d.label for d in documents]
    tagged = {d.id for d in found if any(m.label != DRUG for m in d.mentions)}
    assert tagged > {d.id for d in out if any(m.label != DRUG for m in d.mentions)}


def test_the_oracle_goes_by_the_posts_own_labels(tiny_bundle, easy_posts):
    pipeline = Pipeline.from_pretrained(tiny_bundle, gate="oracle")
    turned = [replace(d, label=NO_ADE if i % 2 else ADE) for i, d in enumerate(easy_posts)]
    found = list(pipeline(turned))
    assert [d.label for d in found] == [d.label for d in turned]
    assert any(d.labelled(ADE) for d in found[::2])
    assert not any(d.labelled(ADE) for d in found[1::2])
    with pytest.raises(AdetkError, match=r"document '5' has no label; the oracle gate takes labelled posts"):
        list(pipeline([Document("5", "sick")]))


@pytest.mark.parametrize("gate", ["none", "oracle"])
@pytest.mark.parametrize("asked", ["threshold", "prior", "min_recall"])
def test_a_gate_that_scores_no_post_is_not_asked_how_to_decide(tiny_bundle, gate, asked):
    with pytest.raises(
        AdetkError, match=rf"{asked} given, and the gate '{gate}', which scores no post; leave"
    ):
        Pipeline.from_pretrained(tiny_bundle, gate=gate, **{asked: 0.5})


def test_steps_one_by_one_are_the_pipeline(pipeline, documents, out):
    classified = list(pipeline.classify(documents))
    extracted = list(pipeline.extract(classified))
    assert list(pipeline.normalize(extracted)) == out


def test_posts_that_nobody_classified_are_tagged(pipeline, easy_posts):
    assert any(d.labelled(ADE) for d in pipeline.extract(map(bare, easy_posts)))


def test_empty_and_odd_posts_pass(pipeline):
    texts = ["", "   ", "\U0001f600", "@a https://b.example", "sick " * 2000, "​", "боль"]
    found = list(pipeline(Document(str(i), text) for i, text in enumerate(texts)))
    assert [d.text for d in found] == texts
    assert list(pipeline([])) == []


def test_the_fingerprint_says_what_decides_the_output(tiny_bundle, pipeline):
    same = Pipeline.from_pretrained(str(tiny_bundle))
    assert same.fingerprint() == pipeline.fingerprint()
    assert Pipeline.from_pretrained(tiny_bundle, gate="none").fingerprint() != pipeline.fingerprint()
    assert pipeline.fingerprint("classify") != pipeline.fingerprint("extract")
    assert json.loads(pipeline.fingerprint())["bundle"] == pipeline.manifest.fingerprint


def test_an_open_terminology_may_be_given(tiny_bundle, pipeline):
    given = Pipeline.from_pretrained(tiny_bundle, pipeline.terminology)
    assert given.terminology is pipeline.terminology
    assert pipeline.terminology.fingerprint in given.fingerprint()


def test_a_bundle_that_is_damaged_or_absent_or_a_part_is_refused(tiny_bundle, tmp_path, tiny_parts):
    with pytest.raises(AdetkError, match=r"no manifest\.json there"):
        Pipeline.from_pretrained(tmp_path)
    with pytest.raises(AdetkError, match="holds 'extract', expected 'bundle'"):
        Pipeline.from_pretrained(tiny_parts.folders["extract"])
    with pytest.raises(AdetkError, match="gate 'maybe': unknown; expected one of model, none, oracle"):
        Pipeline.from_pretrained(tiny_bundle, gate="maybe")
    copy = shutil.copytree(tiny_bundle, tmp_path / "copy")
    (copy / "classify" / "model.onnx").write_bytes(b"")
    with pytest.raises(AdetkError, match=r"classify/model\.onnx: damaged"):
        Pipeline.from_pretrained(copy)


def test_a_verbatim_is_one_mention():
    assert as_verbatim(Document("1", "dry mouth")).mentions == (Mention(((0, 9),), ADE),)
    assert as_verbatim(Document("1", "  ")).mentions == ()
    told = Document("1", "dry mouth", mentions=(Mention(((0, 3),), DRUG),))
    assert as_verbatim(told) is told


def test_serving_imports_no_training_library(tiny_bundle):
    import subprocess
    import sys

    code = (
        "import sys; from adetk.pipeline import Pipeline; from adetk.document import Document;"
        f"list(Pipeline.from_pretrained({str(tiny_bundle)!r})([Document('1', 'zoloft gave me nausea')]));"
        "print(sorted({'torch', 'transformers', 'sklearn', 'pandas', 'onnx'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_threshold_of_the_caller_goes_before_the_bundles(tiny_bundle, easy_posts):
    strict, lax = (Pipeline.from_pretrained(tiny_bundle, threshold=t) for t in (1.0, 0.0))
    bare = [Document(d.id, d.text) for d in easy_posts[:8]]
    assert {d.label for d in lax.classify(bare)} == {"ADE"}
    assert {d.label for d in strict.classify(bare)} == {"noADE"}
    assert strict.fingerprint() != lax.fingerprint()
    with pytest.raises(AdetkError, match="from 0 to 1"):
        Pipeline.from_pretrained(tiny_bundle, threshold=1.5)


def test_a_higher_prior_raises_scores_and_keeps_their_order(tiny_bundle, easy_posts):
    rare, common = (Pipeline.from_pretrained(tiny_bundle, prior=p) for p in (0.01, 0.6))
    bare = [Document(d.id, d.text) for d in easy_posts[:12]]
    low, high = ([d.score for d in pipeline.classify(bare)] for pipeline in (rare, common))
    assert all(a < b for a, b in zip(low, high, strict=True))
    assert np.argsort(low).tolist() == np.argsort(high).tolist()
    assert rare.fingerprint() != common.fingerprint()


def test_a_promised_recall_keeps_that_share_of_the_calibration_posts(tiny_bundle):
    settings = read_manifest(tiny_bundle, "bundle").settings["classify"]
    kept = Pipeline.from_pretrained(tiny_bundle, min_recall=0.5).classifier.calibration
    scores = kept.of_margins(np.array(settings["positives"]))
    assert len(scores) == settings["development"]["ade"]
    rank = (len(scores) + 1) // 2  # of the smallest scores, the one that is the threshold
    assert (scores < kept.threshold).sum() == rank - 1
    with pytest.raises(AdetkError, match="are needed to promise it"):
        _ = Pipeline.from_pretrained(tiny_bundle, min_recall=0.999).classifier
