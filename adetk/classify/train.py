"""Train the gate by a recipe: network, export, calibration on the served path, part folder."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from transformers import set_seed

from adetk.bundle import MODEL, TOKENIZER, TORCH, read_part, written_whole
from adetk.classify.calibration import Calibration
from adetk.classify.chemistry import Structures, packaged_smiles
from adetk.classify.classifier import Classifier
from adetk.classify.fitting import labels_of, margins_of, scores_of
from adetk.classify.losses import ClassificationLoss, WithSpans
from adetk.classify.network import PostClassifier, open_network
from adetk.classify.options import FITTED_AFTER, ClassifyOptions, read_options
from adetk.classify.part import Exported, write_part
from adetk.classify.structure import build_structure
from adetk.dictionaries import drug_lexicon
from adetk.document import ADE, Document, Span
from adetk.encoder import Batch, Tokenizer, Window, pad
from adetk.errors import AdetkError
from adetk.language import language_of
from adetk.networks import TorchNetwork, export_onnx, load_pretrained, save_network
from adetk.quantization import quantize_static, restore_floats
from adetk.recipe import Recipe, TrainingData, read_training_data, sources_of
from adetk.runtime import open_graph
from adetk.text import clean
from adetk.training import Row, prepare_encoder, train

logger = logging.getLogger(__name__)

EXAMPLES = 300
"""Training posts over which the ranges of activations are taken, where quantisation is static."""
COLLAPSED = 1e-2
"""Standard deviation of the logit difference below which a network gives every post the same answer."""


def train_classifier(recipe: Recipe, corpora: Path, out: Path) -> dict[str, float]:
    """Train a gate and write its part folder.

    Returns:
        Development scores: `average_precision` and `f1` of the torch network and (`int8_`) of the export.
    """
    options = read_options(recipe)
    data = read_training_data(recipe, corpora)
    network, served = _untrained(recipe, options)
    rows, counts = _windows(data, served, options)
    chosen_by = int(labels_of(data.development).sum())
    if 0 in (*counts, chosen_by, len(data.development) - chosen_by):
        raise AdetkError(
            f"{recipe.path}: {counts[1]} ADE and {counts[0]} other training windows, {chosen_by} ADE and "
            f"{len(data.development) - chosen_by} other development posts; all four are needed"
        )
    logger.info(
        "%d training windows (%d ADE), %d development posts", len(rows), counts[1], len(data.development)
    )
    loss = ClassificationLoss(options.loss, counts)

    def score() -> dict[str, float]:
        return scores_of(served.scores(data.development), labels_of(data.development))

    train(
        network,
        WithSpans(loss, options.span_weight) if options.span_weight > 0 else loss,
        rows,
        served.tokenizer.pad_id,
        recipe.training,
        out / "training",
        score,
    )
    if network.structure is not None:
        network.structure.freeze()
    _warn_of_collapse(served, data.development)
    return _write_part(recipe, data, network, served, loss.effective_prior(counts), out)


def refit_classifier(recipe: Recipe, corpora: Path, part: Path, out: Path) -> dict[str, float]:
    """Write a gate's part folder anew around the network of one that this recipe made: a minute or two.

    N-grams, cascade, calibration and threshold are made as `train_classifier` makes them; so options that the network
    does not depend on may have changed since.

    Args:
        recipe: with the sources and the development shares that the network was trained by.
        corpora: folder of the corpora.
        part: whose network is taken; or a bundle, whose gate's.
        out: folder to write; must not exist or be empty.

    Returns:
        As `train_classifier`; scores of the torch network are those of its training.

    Raises:
        AdetkError: a damaged part, one of another recipe or other documents, or a folder that holds something. Nothing
            is left in `out` then.
    """
    folder, manifest = read_part(part, "classify")
    settings, options = manifest.settings, read_options(recipe)
    data = read_training_data(recipe, corpora)
    _check_made_by(recipe, data, part, settings)
    structures = Structures.load(folder) if settings["structure"] else None
    tokenizer = Tokenizer.from_file(folder / TOKENIZER, recipe.max_length)
    gate = Classifier(tokenizer, open_graph(folder / MODEL), Calibration(), structures)
    _, counts = _windows(data, gate, options)
    prior = ClassificationLoss(options.loss, counts).effective_prior(counts)
    before = {name: settings["development"][name] for name in ("average_precision", "f1")}
    with written_whole(out) as new:
        if (folder / TORCH).is_dir():  # a bundle has none
            shutil.copytree(folder / TORCH, new / TORCH)
        if options.quantization == settings["options"].get("quantization", "dynamic"):
            shutil.copyfile(folder / MODEL, new / MODEL)
        elif (folder / TORCH).is_dir():
            _export(open_network(folder, settings), gate, data.train, options, new / MODEL)
        else:
            restore_floats(folder / MODEL, new / "float.onnx")
            quantize_static(new / "float.onnx", new / MODEL, _examples(data.train, gate))
            (new / "float.onnx").unlink()
        again = Classifier(tokenizer, open_graph(new / MODEL), Calibration(), structures)
        return write_part(recipe, data, Exported(again, prior, before, settings["structure"]), new)


def _check_made_by(recipe: Recipe, data: TrainingData, part: Path, settings: Mapping[str, Any]) -> None:
    asked = {"recipe": recipe.path.name, "base": recipe.encoder, "max_length": recipe.max_length}
    for name, value in asked.items():
        if settings.get(name) != value:
            raise AdetkError(
                f"{part}: its gate was trained with {name} {settings.get(name)!r}, {recipe.path} is one with "
                f"{value!r}; name the recipe that made it"
            )
    made, wanted = settings["options"], json.loads(json.dumps(asdict(read_options(recipe))))
    for name in sorted(made.keys() & wanted.keys() - FITTED_AFTER):  # an earlier adetk had not all of them
        if made[name] != wanted[name]:
            raise AdetkError(
                f"{part}: its gate was trained with {name} {made[name]!r}, {recipe.path} says {wanted[name]!r}; train "
                "it anew"
            )
    if settings.get("sources") != sources_of(recipe, data):
        raise AdetkError(
            f"{part}: its gate learnt from other documents than {recipe.path} has now; train it anew"
        )


def _windows(data: TrainingData, cutter: Classifier, options: ClassifyOptions) -> tuple[list[Row], list[int]]:
    """Training windows as the network takes them, and how many of them are noADE and ADE."""
    rows = oversampled(_rows(data.train, cutter, options), options.ade_share)
    ade = sum(_is_ade(row) for row in rows)
    return rows, [len(rows) - ade, ade]


def _untrained(recipe: Recipe, options: ClassifyOptions) -> tuple[PostClassifier, Classifier]:
    """A network to train, and the gate that it is served by."""
    set_seed(recipe.training.seed)  # the head is random too
    encoder, backend = load_pretrained(recipe.encoder)
    prepare_encoder(encoder, recipe.training)
    structures, join = None, None
    if options.structure.kind != "none":
        lexicon, _ = drug_lexicon()
        width = int(encoder.config.hidden_size)
        structures, join = build_structure(options.structure, width, lexicon, packaged_smiles())
    network = PostClassifier(
        encoder,
        options.loss.cosine_scale,
        options.dropout,
        options.inner_width,
        join,
        options.span_weight > 0,
    )
    tokenizer = Tokenizer(backend, recipe.max_length)
    return network, Classifier(tokenizer, TorchNetwork(network), Calibration(), structures)


def oversampled(rows: Sequence[Row], ade_share: float) -> list[Row]:
    """The rows with those of class 1 repeated, each as often as any other or once more, until they have `ade_share`.

    Where they have it already, or there are none, the rows stay as they are.
    """
    positive = [row for row in rows if _is_ade(row)]
    wanted = round(ade_share / (1 - ade_share) * (len(rows) - len(positive)))
    if not positive or wanted <= len(positive):
        return list(rows)
    return [*rows, *islice(cycle(positive), wanted - len(positive))]


def _warn_of_collapse(classifier: Classifier, documents: Sequence[Document]) -> None:
    """Say so when the network tells no development post from another: too high a learning rate does that."""
    spread = float(np.std(margins_of(classifier, documents)))
    if spread < COLLAPSED:
        logger.warning(
            "the network has collapsed: its logits differ by %.2g over the development posts; "
            "expected more than %g, try a lower learning rate or a longer warm-up",
            spread,
            COLLAPSED,
        )


def _rows(
    documents: Sequence[Document], cutter: Tokenizer | Classifier, options: ClassifyOptions
) -> list[Row]:
    """A row a window; of a long ADE post only the windows that hold a present ADE mention are positive."""
    rows = []
    cleaned = [clean(d.text, language_of(d)) for d in documents]
    for document, text, windows in zip(
        documents, cleaned, cutter.windows([c.text for c in cleaned]), strict=True
    ):
        felt = [m for m in document.labelled(ADE) if m.assertion == "present"]
        spans = [text.to_clean(*span) for m in felt for span in m.spans]
        for window in windows:
            post = float(document.label == ADE)
            if post and len(windows) > 1 and spans:
                low, high = _extent(window.offsets)
                post = float(any(start < high and end > low for start, end in spans))
            if options.soft_labels and document.score is not None and len(windows) == 1:
                post += options.soft_labels * (document.score - post)
            label = post if options.soft_labels else int(post)
            is_marked = bool(spans) or (document.label != ADE and document.score is None)
            marks = _marks(window, spans, is_marked) if options.span_weight > 0 else None
            rows.append(Row(window, label if marks is None else [label, *marks]))
    return rows


def _marks(window: Window, spans: Sequence[Span], is_marked: bool) -> list[int]:
    """Per piece 1 inside an ADE mention, else 0; -100 for special pieces, and in posts whose mentions are not known."""
    return [
        int(any(s < end and e > start for s, e in spans)) if is_marked and end > start else -100
        for start, end in window.offsets
    ]


def _is_ade(row: Row) -> bool:
    return bool(np.ravel(row.labels)[0] >= 0.5)


def _extent(offsets: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return min(s for s, e in offsets if e > s), max(e for _, e in offsets)


def _write_part(
    recipe: Recipe, data: TrainingData, network: PostClassifier, served: Classifier, prior: float, out: Path
) -> dict[str, float]:
    options = read_options(recipe)
    scores = scores_of(served.scores(data.development), labels_of(data.development))
    save_network(network, out / TORCH)
    _export(network, served, data.train, options, out / MODEL)
    exported = Classifier(served.tokenizer, open_graph(out / MODEL), Calibration(), served.structures)
    table_size = None if network.structure is None else network.structure.table_size
    return write_part(recipe, data, Exported(exported, prior, scores, table_size), out)


def _export(
    network: PostClassifier,
    gate: Classifier,
    documents: Sequence[Document],
    options: ClassifyOptions,
    path: Path,
) -> None:
    """Write a network's graph; `gate` cuts the training documents as it will be served."""
    sample = [w for ws in gate.windows([clean(d.text).text for d in documents[:4]]) for w in ws]
    examples = _examples(documents, gate) if options.quantization == "static" else ()
    export_onnx(network, pad(sample, gate.tokenizer.pad_id), path, ("batch",), examples)


def _examples(documents: Sequence[Document], gate: Classifier) -> list[Batch]:
    """The first windows of some of the training documents, each a batch of its own."""
    drawn = np.random.default_rng(0).permutation(len(documents))[:EXAMPLES]
    texts = [clean(documents[row].text, language_of(documents[row])).text for row in drawn]
    return [pad(windows[:1], gate.tokenizer.pad_id) for windows in gate.windows(texts)]
