"""Contrastive training of the linker's encoder: wordings of one concept together, of two concepts apart.

sentence-transformers' trainer with its multiple-negatives ranking loss: the other pairs of a batch are the
negatives, and a batch holds no wording twice.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from sentence_transformers.training_args import BatchSamplers
from tokenizers import Tokenizer as Backend
from transformers import PreTrainedModel, PrinterCallback

from adetk.networks import load_pretrained, resolve_encoder
from adetk.recipe import TrainingConfig

Pair = tuple[str, str]


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
    encoder: str, pairs: Sequence[Pair], max_length: int, config: TrainingConfig, folder: Path
) -> tuple[PreTrainedModel, Backend]:
    """Train an encoder on pairs of wordings.

    Returns:
        The trained encoder and its tokenizer.
    """
    plain, backend = load_pretrained(encoder)
    transformer = Transformer(resolve_encoder(encoder), max_seq_length=max_length)
    pooling = Pooling(int(plain.config.hidden_size), "mean")
    model = SentenceTransformer(modules=[transformer, pooling, Normalize()], device=_device())
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        seed=config.seed,
        bf16=config.bf16,
        use_cpu=not torch.cuda.is_available(),
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_strategy="no",
        logging_steps=config.log_every,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict({"anchor": [a for a, _ in pairs], "positive": [p for _, p in pairs]}),
        loss=MultipleNegativesRankingLoss(model),
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout
    trainer.train()
    plain.load_state_dict(transformer.auto_model.state_dict())
    return plain, backend


def _add(pairs: dict[Pair, None], wording: str, pool: Sequence[str], draw: random.Random) -> None:
    others = [other for other in pool if other.casefold() != wording.casefold()]
    if others:
        pairs[(wording, draw.choice(others))] = None


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
