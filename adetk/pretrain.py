"""Masked-language-model steps on unlabelled posts, before a part is trained: `adetk pretrain`.

Recipe, collator, head and loop are transformers' own; what is ours is where the texts come from, that they are cleaned
as a part will see them, and the loss on held-out texts before and after.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from adetk.document import Document
from adetk.errors import AdetkError
from adetk.held_out import same_text_key
from adetk.io import read_documents
from adetk.language import language_of
from adetk.networks import ENCODERS_VARIABLE, resolve_encoder
from adetk.readers import read_corpus
from adetk.recipe import TrainingConfig
from adetk.text import clean
from adetk.toml import from_table, read_toml
from adetk.training import LogLine, training_arguments

logger = logging.getLogger(__name__)

Report = dict[str, float]
Rows = list[dict[str, list[int]]]
NOTE = "pretraining.json"
"""File of the encoder folder that says what it was trained on, how, and what came of it."""


@dataclass(frozen=True)
class PretrainConfig:
    """How to pretrain.

    Attributes:
        max_length: pieces a window; longer texts are cut into several.
        mask_share: share of the pieces to guess.
        held_out: share of the texts that the loss is measured on.
        training: see `TrainingConfig`; its `metric` plays no part.
    """

    max_length: int = 96
    mask_share: float = 0.15
    held_out: float = 0.02
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        for name, share in (("mask_share", self.mask_share), ("held_out", self.held_out)):
            if not 0 < share < 1:
                raise AdetkError(f"{name} is {share}; expected a share, above 0 and below 1")


@dataclass(frozen=True)
class TextSource:
    """Where unlabelled posts come from.

    Attributes:
        corpus: name of a corpus, or empty when `path` is given.
        split: the corpus's split.
        path: a file of posts in any input format, relative to the recipe.
    """

    corpus: str = ""
    split: str = "train"
    path: str = ""


def pretrain(encoder: str, texts: Sequence[str], out: Path, config: PretrainConfig) -> Report:
    """Go on with an encoder's pretraining on `texts`, and write the encoder folder `out`.

    An encoder without a head for masked pieces (a sentence encoder) gets a new one, tied to its embeddings; the head
    is written too, so that pretraining can go on. A run that was cut off goes on from its last epoch.

    Args:
        encoder: folder, name under `$ADETK_ENCODERS`, or hub id.
        texts: cleaned; repeated ones count once.
        out: folder to write; must hold no encoder yet.
        config: how to train.

    Returns:
        `texts`, `held_out_texts`, and the loss of held-out texts, `loss_before` and `loss_after`, in nats a masked
        piece.

    Raises:
        AdetkError: no such encoder, or one that cannot guess masked pieces; fewer than two texts; `out` is taken.
    """
    if (out / "config.json").exists():
        raise AdetkError(f"{out}: holds an encoder already; remove it, or name another folder")
    set_seed(config.training.seed)  # a new head is random
    model, tokenizer = _load(encoder)
    learnt, held = _split(texts, config)
    folder = out / f"training-{_digest(encoder, learnt, config)}"  # another training resumes nothing here
    trainer = Trainer(
        model=model,
        args=replace(training_arguments(config.training, folder, scored=False), save_strategy="epoch"),
        train_dataset=_rows(tokenizer, learnt, config.max_length),
        eval_dataset=_rows(tokenizer, held, config.max_length),
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=config.mask_share),
        callbacks=[LogLine()],
    )
    trainer.remove_callback(PrinterCallback)  # stdout is for data
    before = _loss(trainer, config)
    folder.mkdir(parents=True, exist_ok=True)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))
    report = {
        "texts": len(learnt),
        "held_out_texts": len(held),
        "loss_before": before,
        "loss_after": _loss(trainer, config),
    }
    shutil.rmtree(folder)
    tokenizer.save_pretrained(out)
    _note(out, {"base": encoder, "settings": asdict(config), **report})
    model.save_pretrained(out)
    return report


def pretrain_by_recipe(path: Path, corpora: Path, out: Path) -> Report:
    """Pretrain by a recipe, a TOML file.

    Its keys: `encoder`; `[[data]]`, see `TextSource`; `[training]`, see `TrainingConfig`; those of `PretrainConfig`.

    Raises:
        AdetkError: a recipe that cannot be read, data that cannot, or see `pretrain`.
    """
    table = read_toml(path)
    encoder, tables = table.pop("encoder", None), table.pop("data", None)
    if not isinstance(encoder, str) or not isinstance(tables, list) or not tables:
        raise AdetkError(f"{path}: expected the name of an encoder, and [[data]] tables, one a source")
    sources = [from_table(TextSource, source, f"{path} [[data]]") for source in tables]
    training = from_table(TrainingConfig, table.pop("training", {}), f"{path} [training]")
    config = from_table(PretrainConfig, {**table, "training": training}, str(path))
    documents = [d for source in sources for d in _read(source, path, corpora)]
    texts = [clean(d.text, language_of(d)).text for d in documents]
    report = pretrain(encoder, texts, out, config)
    note = json.loads((out / NOTE).read_text(encoding="utf-8"))
    _note(out, {"recipe": path.name, "sources": [asdict(source) for source in sources], **note})
    return report


def _load(encoder: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    where = resolve_encoder(encoder)
    try:
        model = AutoModelForMaskedLM.from_pretrained(where, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError) as error:
        raise AdetkError(
            f"encoder {encoder!r}: not a folder with config.json here or under ${ENCODERS_VARIABLE}, and the hub did "
            f"not give it, or it is of a kind that cannot guess masked pieces ({str(error).splitlines()[0]})"
        ) from error
    if tokenizer.mask_token is None:
        raise AdetkError(
            f"encoder {encoder!r}: its tokenizer has no mask piece; name an encoder that was trained with one"
        )
    return model, tokenizer


def _split(texts: Sequence[str], config: PretrainConfig) -> tuple[list[str], list[str]]:
    """Distinct texts to learn from, and to measure the loss on."""
    key_to_text = {same_text_key(text): text for text in reversed(texts)}
    key_to_text.pop("", None)
    distinct = list(key_to_text.values())[::-1]
    if len(distinct) < 2:
        raise AdetkError(f"{len(distinct)} different texts; expected some thousands, and two at least")
    order = np.random.default_rng(config.training.seed).permutation(len(distinct))
    n_held = max(1, round(config.held_out * len(distinct)))
    return [distinct[i] for i in order[n_held:]], [distinct[i] for i in order[:n_held]]


def _rows(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int) -> Rows:
    """One row a window, without overlap."""
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_length,
        return_overflowing_tokens=True,
        return_special_tokens_mask=True,
    )
    names = ("input_ids", "special_tokens_mask")
    return [dict(zip(names, row, strict=True)) for row in zip(*(encoded[n] for n in names), strict=True)]


def _loss(trainer: Trainer, config: PretrainConfig) -> float:
    set_seed(config.training.seed)  # the same pieces are masked each time
    return float(trainer.evaluate()["eval_loss"])


def _read(source: TextSource, recipe: Path, corpora: Path) -> Iterator[Document]:
    if bool(source.corpus) == bool(source.path):
        raise AdetkError(f"{recipe} [[data]]: expected a corpus or a path in each, and not both")
    if source.corpus:
        yield from read_corpus(source.corpus, source.split, corpora)
    else:
        rows = read_documents(recipe.parent / source.path)
        yield from (row for row in rows if isinstance(row, Document))


def _digest(encoder: str, texts: Sequence[str], config: PretrainConfig) -> str:
    content = json.dumps([encoder, list(texts), asdict(config)])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _note(out: Path, content: dict[str, Any]) -> None:
    (out / NOTE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
