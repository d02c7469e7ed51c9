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
from adetk.evaluate.runner import questions, scored
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
    one is ADE if it holds a present ADE mention; behind it the tagger is told so (see `adetk.extract.tagger`).

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
    is_ade = [_is_ade(document) for document in gold]
    told = [replace(d, label=ADE) if ade else d for d, ade in zip(bare, is_ade, strict=True)]
    linked = list(pipeline.linker(_extracted(pipeline, pipeline.tagger, bare)))
    empty = [
        i for i, d in enumerate(linked) if is_ade[i] and not d.labelled(ADE)
    ]  # only there being told matters
    again = pipeline.linker(_extracted(pipeline, pipeline.tagger, [told[i] for i in empty]))
    number_to_told = dict(zip(empty, again, strict=True))
    linked_told = [number_to_told.get(i, d) for i, d in enumerate(linked)]
    passed = [document.label != NO_ADE for document in scored(pipeline, bare)]
    gate_to_predicted = {
        "none": linked,
        "model": gated(linked, passed),
        "oracle": gated(linked_told, is_ade),
    }
    rows = gate_rows(gold, gate_to_predicted, pipeline.terminology.pt_of)
    if any(conjuncts(mention) for document in gold for mention in document.labelled(ADE)):
        rows += ablate_linker(pipeline, gold)
    if pipeline.tagger.features.lexicons:
        with_oracle = any(document.label == NO_ADE for document in gold)
        rows += _feature_rows(pipeline, gold, *((told, linked_told) if with_oracle else (bare, linked)))
    return rows


def ablate_linker(pipeline: Pipeline, gold: Sequence[Document]) -> list[Row]:
    """The ablations `linking` and `tau` alone, on gold spans; no gate and no tagger runs.

    Args:
        pipeline: whose linker is looked at.
        gold: documents whose ADE mentions have codes.
    """
    given = gold, _arms(pipeline, gold), pipeline.linker.settings.tau, pipeline.terminology
    served = list(pipeline.linker(questions("normalize", gold)))
    return [*linking_rows(*given, served), *tau_rows(*given)]


def gate_rows(
    gold: Sequence[Document],
    gate_to_predicted: Mapping[str, Sequence[Document]],
    code_to_pt: CodeToPt,
) -> list[Row]:
    """Spans and end to end behind each gate; `model` is the full system.

    Args:
        gold: the right answers.
        gate_to_predicted: the same documents in the same order, tagged and linked behind each gate.
        code_to_pt: see `adetk.evaluate.coded.pts`.
    """

    def figures(predicted: Sequence[Document]) -> Figures:
        name_to_total = {
            "strict_f1": weighted_sum(span_counts(gold, predicted)),
            "relaxed_f1": weighted_sum(span_counts(gold, predicted, relaxed=True)),
            "end_to_end_strict_f1": weighted_sum(end_to_end_counts(gold, predicted, code_to_pt)),
            "end_to_end_relaxed_f1": weighted_sum(
                end_to_end_counts(gold, predicted, code_to_pt, relaxed=True)
            ),
        }
        return lambda weights: {name: total(weights).f1 for name, total in name_to_total.items()}

    variants = {gate: figures(predicted) for gate, predicted in gate_to_predicted.items()}
    return variant_rows("gate", variants, "model", gold, {"n": len(gold)})


def gated(documents: Sequence[Document], passed: Sequence[bool]) -> list[Document]:
    """The documents, less the mentions of those that a gate turns down."""
    return [d if passes else replace(d, mentions=()) for d, passes in zip(documents, passed, strict=True)]


def without_features(tagger: Tagger) -> Tagger:
    """The same tagger with every dictionary emptied: all features are "O", as in the published system by a bug."""
    silent = DictionaryFeatures([Lexicon(lexicon.name, []) for lexicon in tagger.features.lexicons])
    return Tagger(tagger.tokenizer, tagger.network, silent, tagger.scheme)


def _feature_rows(
    pipeline: Pipeline, gold: Sequence[Document], given: Sequence[Document], tagged: Sequence[Document]
) -> list[Row]:
    """The tagger alone, with and without its features: behind the oracle gate, or none where no post is noADE."""
    gate = "oracle" if any(document.label == NO_ADE for document in gold) else "none"
    passed = [gate == "none" or _is_ade(document) for document in gold]
    silent = without_features(pipeline.tagger)
    off = iter(_extracted(pipeline, silent, [d for d, passes in zip(given, passed, strict=True) if passes]))
    untagged = [next(off) if passes else d for d, passes in zip(given, passed, strict=True)]

    def figures(predicted: Sequence[Document]) -> Figures:
        strict = weighted_sum(span_counts(gold, predicted))
        relaxed = weighted_sum(span_counts(gold, predicted, relaxed=True))
        return lambda weights: {"strict_f1": strict(weights).f1, "relaxed_f1": relaxed(weights).f1}

    variants = {
        f"on_gate_{gate}": figures(gated(tagged, passed)),
        f"off_gate_{gate}": figures(untagged),
    }
    return variant_rows("features", variants, f"on_gate_{gate}", gold, {"n": len(gold)})


def _extracted(pipeline: Pipeline, tagger: Tagger, documents: Sequence[Document]) -> list[Document]:
    """As `Pipeline.extract` does it, all documents with this tagger."""
    return list(pipeline.assertions(pipeline.drugs(tagger(documents))))


def _arms(pipeline: Pipeline, gold: Sequence[Document]) -> list[list[Arms]]:
    """What the linker's arms say of each document's ADE mentions."""
    surfaces = [m.surface(d.text) for d in gold for m in d.labelled(ADE)]
    found = iter(pipeline.linker.arms(surfaces))
    return [[next(found) for _ in document.labelled(ADE)] for document in gold]


def _is_ade(document: Document) -> bool:
    if document.label is not None:
        return document.label != NO_ADE
    return any(mention.assertion == "present" for mention in document.labelled(ADE))
