"""A gate's part folder: what is fitted around a trained network, and the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from adetk.bundle import TOKENIZER, write_manifest
from adetk.classify.calibration import prior_weights
from adetk.classify.classifier import Classifier
from adetk.classify.fitting import fit, labels_of, scores_of
from adetk.classify.options import read_options
from adetk.evaluate.ranking import ece
from adetk.language import languages_of
from adetk.recipe import Recipe, TrainingData, sources_of


@dataclass(frozen=True)
class Exported:
    """A trained network.

    Attributes:
        gate: the network as it is served, nothing around it.
        prior: share of ADE that its logits stand for.
        scores: before export, on the development documents.
        table_size: of its drug structures, where it takes them.
    """

    gate: Classifier
    prior: float
    scores: Mapping[str, float]
    table_size: Mapping[str, int] | None


def write_part(recipe: Recipe, data: TrainingData, exported: Exported, out: Path) -> dict[str, float]:
    """Fit what stands around a network; write all but the network into its part folder.

    Args:
        recipe: by which it was trained.
        data: n-grams learn from the training documents, the rest is fitted on the development documents.
        exported: the network, whose file is there already.
        out: the part folder.

    Returns:
        Its `scores`, and those of what is served (`int8_`).
    """
    exported.gate.tokenizer.save(out / TOKENIZER)
    if exported.gate.structures is not None:
        exported.gate.structures.save(out)
    labels, options = labels_of(data.development), read_options(recipe)
    fitted = fit(exported.gate, data, exported.prior, options)
    if fitted.ngrams is not None:
        fitted.ngrams.model.save(out)
    probabilities = fitted.calibration.of_margins(fitted.margins)
    weights = prior_weights(labels, fitted.calibration.target_prior)
    scores = {
        **exported.scores,
        **{f"int8_{k}": v for k, v in scores_of(probabilities, labels).items()},
        "int8_ece": ece(labels, probabilities, weights),
    }
    settings = {
        "max_length": recipe.max_length,
        "structure": exported.table_size,
        "ngrams": None if fitted.ngrams is None else fitted.ngrams.as_dict(),
        "calibration": fitted.calibration.as_dict(),
        "positives": fitted.margins[labels].round(4).tolist(),
        "others": fitted.margins[~labels].round(4).tolist(),
        "development": {"n": len(labels), "ade": int(labels.sum()), **scores},
        "recipe": recipe.path.name,
        "base": recipe.encoder,
        "sources": sources_of(recipe, data),
        "languages": languages_of(data.train),
        "options": asdict(options),
    }
    write_manifest(out, "classify", settings)
    return scores
