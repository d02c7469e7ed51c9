"""Contrastive training of the linker's encoder: wordings of one concept together, of two concepts apart.

sentence-transformers' trainer with its losses: multiple-negatives ranking, where the other pairs of a batch are the
negatives and a batch holds no wording twice, with a hard negative a pair beside them where asked; or the triplet
loss of DILBERT (Miftahutdinov et al. 2021), which knows the hard negative alone.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss, TripletLoss
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from sentence_transformers.training_args import BatchSamplers
from tokenizers import Tokenizer as Backend
from torch import nn
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from adetk.networks import load_pretrained, resolve_encoder
from adetk.normalize.index import Vectors
from adetk.normalize.mining import HardNegatives, Pair
from adetk.normalize.options import ONLY_HARD
from adetk.recipe import TrainingConfig
from adetk.training import computes_bf16

NAME_TO_LOSS: Mapping[str, Callable[[SentenceTransformer], nn.Module]] = {
    "multiple_negatives": MultipleNegativesRankingLoss,
    "triplet": TripletLoss,  # Euclidean, margin 5, as DILBERT's
}


def pairs_of(surfaces: Iterable[tuple[str, str]], names: Iterable[tuple[str, str]], seed: int) -> list[Pair]:
    """Training pairs from wordings of concepts.

    Args:
        surfaces: `(wording, concept)` from mentions; each is paired with another wording of its concept and
            with a name of it, where there are any.
        names: `(wording, concept)` from terminologies: names and synonyms; paired with one another too.
        seed: of the choice of partners.
    """
    draw = random.Random(seed)
    concept_to_names: defaultdict[str, list[str]] = defaultdict(list)
    concept_to_all: defaultdict[str, list[str]] = defaultdict(list)
    for wording, concept in dict.fromkeys(names):
        concept_to_names[concept].append(wording)
        concept_to_all[concept].append(wording)
    mentions = [pair for pair in dict.fromkeys(surfaces)]
    for wording, concept in mentions:
        concept_to_all[concept].append(wording)
    pairs: dict[Pair, None] = {}
    for wording, concept in mentions:
        for pool in (concept_to_names[concept], concept_to_all[concept]):
            _add(pairs, wording, pool, draw)
    for concept, pool in concept_to_names.items():
        for wording in pool[1:]:
            pairs[(wording, pool[0])] = None
        if len(pool) > 1:
            _add(pairs, pool[0], concept_to_all[concept], draw)
    return list(pairs)


def train_biencoder(
    encoder: str,
    pairs: Sequence[Pair],
    max_length: int,
    config: TrainingConfig,
    folder: Path,
    loss: str = "multiple_negatives",
    negatives: HardNegatives | None = None,
) -> tuple[PreTrainedModel, Backend]:
    """Train an encoder on pairs of wordings.

    Args:
        encoder: where it is (see `resolve_encoder`).
        pairs: wordings of one concept.
        max_length: pieces of a wording.
        config: how to train.
        folder: for the trainer.
        loss: a key of `NAME_TO_LOSS`.
        negatives: gives each pair a hard negative, sought anew each epoch; None = there are none.

    Returns:
        The trained encoder and its tokenizer.
    """
    plain, backend = load_pretrained(encoder)
    transformer = Transformer(resolve_encoder(encoder), max_seq_length=max_length)
    modules: list[nn.Module] = [transformer, Pooling(int(plain.config.hidden_size), "mean")]
    if loss not in ONLY_HARD:  # DILBERT's margin is for vectors as they are pooled
        modules.append(Normalize())
    model = SentenceTransformer(modules=modules, device=_device())
    columns = {"anchor": [a for a, _ in pairs], "positive": [p for _, p in pairs]}
    mined = None if negatives is None else _Mined(model, pairs, negatives, config.batch_size)
    if mined is not None:
        columns["negative"] = columns["anchor"]  # filled in as rows are read
    dataset = Dataset.from_dict(columns)
    if mined is not None:
        dataset.set_transform(mined.filled_in)
    trainer = SentenceTransformerTrainer(
        model=model,
        args=_arguments(config, folder),
        train_dataset=dataset,
        loss=NAME_TO_LOSS[loss](model),
        callbacks=[] if mined is None else [mined],
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout
    trainer.train()
    plain.load_state_dict(transformer.auto_model.state_dict())
    return plain, backend


class _Mined(TrainerCallback):
    """Keeps each pair's negative, by the encoder as it stood when the epoch began."""

    def __init__(
        self, model: SentenceTransformer, pairs: Sequence[Pair], negatives: HardNegatives, batch_size: int
    ) -> None:
        self._model = model
        self._pairs = pairs
        self._negatives = negatives
        self._batch_size = batch_size
        self._pair_to_negative: dict[Pair, str] = {}

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Seek negatives anew."""
        found = self._negatives.mine(self._pairs, self._embedded)
        self._pair_to_negative = dict(zip(self._pairs, found, strict=True))

    def filled_in(self, rows: dict[str, list[str]]) -> dict[str, list[str]]:
        """Rows as they are trained on."""
        pairs = zip(rows["anchor"], rows["positive"], strict=True)
        return {**rows, "negative": [self._pair_to_negative.get(pair, pair[0]) for pair in pairs]}

    def _embedded(self, wordings: Sequence[str]) -> Vectors:
        vectors = self._model.encode(
            list(wordings), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        self._model.train()
        return np.asarray(vectors, np.float32)


def _arguments(config: TrainingConfig, folder: Path) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        seed=config.seed,
        bf16=config.bf16 and computes_bf16(),
        use_cpu=not torch.cuda.is_available(),
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_strategy="no",
        logging_steps=config.log_every,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


def _add(pairs: dict[Pair, None], wording: str, pool: Sequence[str], draw: random.Random) -> None:
    others = [other for other in pool if other.casefold() != wording.casefold()]
    if others:
        pairs[(wording, draw.choice(others))] = None


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
