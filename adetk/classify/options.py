"""What a gate recipe's `[options]` may say."""

from __future__ import annotations

from dataclasses import dataclass, field

from adetk.classify.chemistry import StructureOptions
from adetk.classify.losses import LossConfig
from adetk.errors import AdetkError
from adetk.recipe import Recipe
from adetk.toml import from_table

FITTED_AFTER = frozenset({"ngrams", "platt", "target_prior", "strength", "quantization"})
"""Options that the network does not depend on."""
QUANTIZATIONS = ("dynamic", "static")


@dataclass(frozen=True)
class ClassifyOptions:
    """A gate recipe's `[options]`.

    Attributes:
        loss: see `LossConfig`.
        dropout: before each layer of the head.
        inner_width: size of the head's hidden layer; 0 = a head of one layer.
        structure: see `StructureOptions`.
        ade_share: over-sampling: ADE windows are repeated until they are this share of the training windows; 0 =
            as they are. 0.5 gives balanced batches.
        span_weight: weight of a second task in training: is each piece inside an ADE mention, one neither negated nor
            hypothetical? For corpora with spans; an ADE post without any teaches nothing there. 0 = posts alone.
        soft_labels: distillation: of a training document that carries a score, e.g. a larger gate's (see
            `scripts/make_variants.py`), the score is this share of what the network learns, the label the rest.
            For cross-entropy.
        ngrams: fit a linear model over n-grams on the training documents, and join it to the network by a logistic
            regression on the development documents; the joint margin stands for their share of ADE. Posts that the
            n-grams alone can tell are no ADE posts never reach the network.
        platt: fit Platt scaling on the development documents. Its probabilities then stand for the development
            documents' share of ADE, and that is the prior that posterior calibration starts from; without
            it, the prior is the one that sampling and weights made (so nothing is corrected twice).
        target_prior: share of ADE in the stream that the gate is for; 0 = the development documents' own.
        strength: lambda of posterior calibration.
        quantization: of the served graph's activations: `dynamic`, row by row at run time, or `static`, by the ranges
            that they took over training windows: faster, and farther from torch's logits (see `adetk.quantization`).
    """

    loss: LossConfig = field(default_factory=LossConfig)
    dropout: float = 0.1
    inner_width: int = 0
    structure: StructureOptions = field(default_factory=StructureOptions)
    ade_share: float = 0.0
    span_weight: float = 0.0
    soft_labels: float = 0.0
    ngrams: bool = False
    platt: bool = True
    target_prior: float = 0.0
    strength: float = 1.0
    quantization: str = "dynamic"

    def __post_init__(self) -> None:
        if not 0 <= self.ade_share < 1:
            raise AdetkError(f"ade_share is {self.ade_share}; expected a share, from 0 to below 1")
        if not 0 <= self.target_prior < 1:
            raise AdetkError(f"target_prior is {self.target_prior}; expected a share below 1, or 0 for none")
        if not 0 <= self.soft_labels <= 1:
            raise AdetkError(f"soft_labels is {self.soft_labels}; expected a share, from 0 to 1")
        if self.soft_labels > 0 and self.loss.name != "cross_entropy":
            raise AdetkError(f"soft_labels with the loss {self.loss.name}; expected cross_entropy")
        if self.quantization not in QUANTIZATIONS:
            raise AdetkError(
                f"quantization is {self.quantization!r}; expected one of {', '.join(QUANTIZATIONS)}"
            )
        if self.inner_width < 0:
            raise AdetkError(f"inner_width is {self.inner_width}; expected a size, or 0 for none")


def read_options(recipe: Recipe) -> ClassifyOptions:
    """The options of a gate recipe.

    Raises:
        AdetkError: an unknown key, a value that is none of the known ones, or options that do not go together.
    """
    table = dict(recipe.options)
    for name, inner in (("loss", LossConfig), ("structure", StructureOptions)):
        table[name] = from_table(inner, table.get(name, {}), f"{recipe.path} [options.{name}]")
    options = from_table(ClassifyOptions, table, f"{recipe.path} [options]")
    if (
        options.loss.reweight == "deferred"
        and recipe.training.metric
        and not (options.platt or options.ngrams)
    ):
        raise AdetkError(
            f"{recipe.path}: a metric may keep an epoch that ended before deferred weights set in: without platt the "
            "prior that training made is then not known; expected no metric, or platt"
        )
    return options
