"""What each piece of the pipeline is worth: the same posts scored again with a piece changed or taken away.

The models run once: every post is tagged and linked without a gate, and each variant is a choice among those
answers. Only the dictionary features need a second pass of the tagger, over the posts of the oracle gate.

A curve over tau shows how much depends on it. It is no way to choose tau: that is `normalize.tuning`'s work, on
development mentions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adetk.document import ADE, NO_ADE, Document
from adetk.errors import AdetkError
from adetk.evaluate.arms import linking_rows, tau_rows
from adetk.evaluate.bootstrap import weighted_sum
from adetk.evaluate.coded import CodeToPt, conjuncts, end_to_end_counts
from adetk.evaluate.scores import span_counts
from adetk.evaluate.variants import Figures, Row, variant_rows
from adetk.extract.features import DictionaryFeatures
from adetk.extract.tagger import Tagger
from adetk.lexicon import Lexicon
from adetk.normalize.linker import Arms
from adetk.pipeline import Pipeline


def ablate(pipeline: Pipeline, gold: Sequence[Document]) -> list[Row]:
    """Every ablation that the gold documents and the bundle allow.

    Left out: `linking` and `tau` where no gold mention has a code, `tau` where the linker has no classifier,
    `features` where the tagger has no dictionaries. The oracle gate goes by the posts' labels; a post without
    one is ADE if it holds a present ADE mention. All gates stand before one tagging: the tagger is not told what
    the oracle knows.

    Args:
        pipeline: the full system; whatever its gate, all gates are shown and `model` is the full one.
        gold: documents with ADE mentions. Their order plays no part.

    Raises:
        AdetkError: there is no ADE mention to score.
    """
    gold = sorted(gold, key=lambda document: document.id)
    if not any(document.labelled(ADE) for document in gold):
        raise AdetkError(f"{len(gold)} documents without an ADE mention; an ablation needs annotated spans")
    bare = [replace(d, mentions=(), score=None, label=None) for d in gold]
    linked = list(pipeline.linker(pipeline.tagger(bare)))
    gate_to_passed = {
        "none": [True] * len(gold),
        "model": [document.label != NO_ADE for document in pipeline.classifier(bare)],
        "oracle": [_is_ade(document) for document in gold],
    }
    rows = gate_rows(gold, linked, gate_to_passed, pipeline.terminology.pt_of)
    if any(conjuncts(mention) for document in gold for mention in document.labelled(ADE)):
        given = gold, _arms(pipeline, gold), pipeline.linker.settings.tau, pipeline.terminology
        rows += [*linking_rows(*given), *tau_rows(*given)]
    if pipeline.tagger.features.lexicons:
        rows += _feature_rows(pipeline.tagger, gold, bare, linked)
    return rows


def gate_rows(
    gold: Sequence[Document],
    linked: Sequence[Document],
    gate_to_passed: Mapping[str, Sequence[bool]],
    code_to_pt: CodeToPt,
) -> list[Row]:
    """Spans and end to end behind each gate; `model` is the full system.

    Args:
        gold: the right answers.
        linked: the same documents in the same order, all of them tagged and linked.
        gate_to_passed: which of the documents each gate lets through.
        code_to_pt: see `adetk.evaluate.coded.pts`.
    """

    def figures(passed: Sequence[bool]) -> Figures:
        predicted = gated(linked, passed)
        name_to_total = {
            "strict_f1": weighted_sum(span_counts(gold, predicted)),
            "relaxed_f1": weighted_sum(span_counts(gold, predicted, relaxed=True)),
            "end_to_end_strict_f1": weighted_sum(end_to_end_counts(gold, predicted, code_to_pt)),
            "end_to_end_relaxed_f1": weighted_sum(
                end_to_end_counts(gold, predicted, code_to_pt, relaxed=True)
            ),
        }
        return lambda weights: {name: total(weights).f1 for name, total in name_to_total.items()}

    variants = {gate: figures(passed) for gate, passed in gate_to_passed.items()}
    return variant_rows("gate", variants, "model", gold, {"n": len(gold)})


def gated(documents: Sequence[Document], passed: Sequence[bool]) -> list[Document]:
    """The documents, less the mentions of those that a gate turns down."""
    return [d if passes else replace(d, mentions=()) for d, passes in zip(documents, passed, strict=True)]


def without_features(tagger: Tagger) -> Tagger:
    """The same tagger with every dictionary emptied: all features are "O", as in the published system by a bug."""
    silent = DictionaryFeatures([Lexicon(lexicon.name, []) for lexicon in tagger.features.lexicons])
    return Tagger(tagger.tokenizer, tagger.network, silent, tagger.scheme)


def _feature_rows(
    tagger: Tagger, gold: Sequence[Document], bare: Sequence[Document], tagged: Sequence[Document]
) -> list[Row]:
    """The tagger alone, with and without its features: behind the oracle gate, or none where no post is noADE."""
    gate = "oracle" if any(document.label == NO_ADE for document in gold) else "none"
    passed = [gate == "none" or _is_ade(document) for document in gold]
    off = iter(without_features(tagger)(d for d, passes in zip(bare, passed, strict=True) if passes))
    untagged = [next(off) if passes else d for d, passes in zip(bare, passed, strict=True)]

    def figures(predicted: Sequence[Document]) -> Figures:
        strict = weighted_sum(span_counts(gold, predicted))
        relaxed = weighted_sum(span_counts(gold, predicted, relaxed=True))
        return lambda weights: {"strict_f1": strict(weights).f1, "relaxed_f1": relaxed(weights).f1}

    variants = {
        f"on_gate_{gate}": figures(gated(tagged, passed)),
        f"off_gate_{gate}": figures(untagged),
    }
    return variant_rows("features", variants, f"on_gate_{gate}", gold, {"n": len(gold)})


def _arms(pipeline: Pipeline, gold: Sequence[Document]) -> list[list[Arms]]:
    """What the linker's arms say of each document's ADE mentions."""
    surfaces = [m.surface(d.text) for d in gold for m in d.labelled(ADE)]
    found = iter(pipeline.linker.arms(surfaces))
    return [[next(found) for _ in document.labelled(ADE)] for document in gold]


def _is_ade(document: Document) -> bool:
    if document.label is not None:
        return document.label != NO_ADE
    return any(mention.assertion == "present" for mention in document.labelled(ADE))
