"""The only door to `transformers.Trainer`: a config, rows, a loss, and a score to stop by."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from adetk.encoder import Window, pad
from adetk.errors import AdetkError
from adetk.recipe import TrainingConfig

logger = logging.getLogger(__name__)

CLAIM = "training.sha256"
"""File that says which training a folder's checkpoints are of."""

Score = Callable[[], dict[str, float]]
"""Scores the network as it stands on development data, by the same code that serves it."""


Labels = float | Sequence[float] | NDArray[np.integer[Any]]


class Loss(Protocol):
    """A loss over a network's output; `set_progress` tells it the share of training done, in [0, 1].

    Attributes:
        settings: all that it was made with; a checkpoint is of one training with one loss.
    """

    settings: str

    def __call__(self, output: Tensor, labels: Tensor) -> Tensor:
        """The batch's loss, a scalar."""
        ...

    def set_progress(self, progress: float) -> None:
        """Called before each step."""
        ...


@dataclass(frozen=True)
class Row:
    """A training window with its labels: one, or one a piece or a pair of pieces (-100 = not counted).

    A label is a class index, or, as a float, the probability of class 1.
    """

    window: Window
    labels: Labels


def train(
    network: nn.Module,
    loss: Loss,
    rows: Sequence[Row],
    pad_id: int,
    config: TrainingConfig,
    folder: Path,
    score: Score | None = None,
) -> dict[str, Any]:
    """Train `network` in place; a run that was cut off goes on from its last checkpoint in `folder`.

    Args:
        network: takes `Batch.feeds()` by name, gives one tensor.
        loss: over that tensor and the labels.
        rows: training windows.
        pad_id: padding piece.
        config: how to train.
        folder: gets checkpoints and `results.json`.
        score: development score, called after each epoch.

    Returns:
        What `results.json` holds: settings, seconds, and the log with the score after each epoch.
    """
    set_seed(config.seed)
    started = time.monotonic()
    trainer = _Trainer(
        model=_WithLoss(network, loss),
        args=training_arguments(config, folder, score is not None),
        train_dataset=[_features(row) for row in rows],
        eval_dataset=None if score is None else [],  # `score` brings its own; the Trainer wants to see one
        data_collator=_Collator(pad_id),
        callbacks=_callbacks(loss, config, score is not None),
    )
    trainer.remove_callback(PrinterCallback)  # `LogLine` logs the same
    trainer.score = score
    trainer.head_learning_rate = config.head_learning_rate
    _claim(folder, config, loss, rows, network)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))
    results = {
        "training": asdict(config),
        "bf16": trainer.args.bf16,
        "rows": len(rows),
        "seconds": round(time.monotonic() - started, 1),
        "log": trainer.state.log_history,
        "best": trainer.state.best_metric,
    }
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    (folder / CLAIM).unlink()
    (folder / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


def prepare_encoder(encoder: PreTrainedModel, config: TrainingConfig) -> None:
    """Leave out the encoder's last layers, set its dropout, and freeze its word vectors, as `config` says.

    Raises:
        AdetkError: it has fewer layers than are asked for.
    """
    if config.layers > 0:
        _keep_layers(encoder, config.layers)
    if config.encoder_dropout >= 0:
        for module in encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = config.encoder_dropout
    if config.frozen_embeddings:
        encoder.get_input_embeddings().requires_grad_(False)


def computes_bf16() -> bool:
    """Whether the GPU, or else the CPU, has bfloat16: where it is only imitated, a step takes ten times as long."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return any(has for name, has in torch.cpu.get_capabilities().items() if "bf16" in name)


def _keep_layers(encoder: PreTrainedModel, number: int) -> None:
    """Leave out all layers but the first so many."""
    all_layers = encoder.config.num_hidden_layers
    if number > all_layers:
        raise AdetkError(f"layers is {number}; the encoder has {all_layers}, expected no more")
    stacks = (m for m in encoder.modules() if isinstance(m, nn.ModuleList) and len(m) == all_layers)
    del next(stacks)[number:]
    encoder.config.num_hidden_layers = number


def _claim(folder: Path, config: TrainingConfig, loss: Loss, rows: Sequence[Row], network: nn.Module) -> None:
    """Note which training `folder` is for; checkpoints of another one are refused."""
    digest = hashlib.sha256(json.dumps([asdict(config), loss.settings]).encode())
    for row in rows:
        digest.update(repr(row.window.ids).encode())
        digest.update(np.asarray(row.labels).tobytes())
        if row.window.tags is not None:
            digest.update(row.window.tags.tobytes())
        if row.window.structure is not None:
            digest.update(repr(row.window.structure).encode())
    for (
        name,
        tensor,
    ) in network.state_dict().items():  # untrained: the encoder's weights, and a head by its seed
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    note = folder / CLAIM
    is_own = note.is_file() and note.read_text(encoding="utf-8") == digest.hexdigest()
    if not is_own and any(folder.glob("checkpoint-*")):
        raise AdetkError(
            f"{folder}: holds a checkpoint of another training (recipe or data differ); remove it, or name another part"
        )
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(digest.hexdigest(), encoding="utf-8")


class _WithLoss(nn.Module):
    def __init__(self, network: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self._loss = loss

    # named one by one: with **kwargs the Trainer would add arguments of its own
    def forward(
        self,
        labels: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor,
        tags: Tensor | None = None,
        structure: Tensor | None = None,
    ) -> dict[str, Tensor]:
        feeds = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "tags": tags,
            "structure": structure,
        }
        output = self.network(**{name: values for name, values in feeds.items() if values is not None})
        return {"loss": self._loss(output.float(), labels)}


class _Trainer(Trainer):
    """Trainer whose evaluation is a call of `score`, and whose head may have a rate of its own."""

    score: Score | None = None
    head_learning_rate: float = 0.0

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        optimizer = super().create_optimizer(*args, **kwargs)  # releases differ in what they pass
        if self.head_learning_rate > 0:
            network = cast(nn.Module, self.model)
            heads = {id(p) for name, p in network.named_parameters() if ".encoder." not in f".{name}"}
            for group in list(optimizer.param_groups):
                own = [p for p in group["params"] if id(p) in heads]
                group["params"] = [p for p in group["params"] if id(p) not in heads]
                if own:
                    optimizer.add_param_group({**group, "params": own, "lr": self.head_learning_rate})
        return optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        metrics = {} if self.score is None else {f"eval_{k}": v for k, v in self.score().items()}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class LogLine(TrainerCallback):
    """One line a logged step."""

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Log the numbers of the step."""
        logs = {k: v for k, v in kwargs["logs"].items() if isinstance(v, int | float)}
        logger.info(
            "step %d/%d  %s",
            state.global_step,
            state.max_steps,
            "  ".join(f"{k} {v:.4g}" for k, v in logs.items()),
        )


class _Progress(TrainerCallback):
    def __init__(self, loss: Loss) -> None:
        self._loss = loss

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._loss.set_progress(state.global_step / max(1, state.max_steps))


class _Collator:
    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, features: list[dict[str, Any]]) -> dict[str, Tensor]:
        batch = pad([f["window"] for f in features], self._pad_id)
        rows = [np.asarray(f["labels"]) for f in features]
        shape = np.max([labels.shape for labels in rows], axis=0)
        target = np.full((len(rows), *shape.astype(int)), -100, np.result_type(*rows))
        for row, labels in enumerate(rows):
            where: tuple[Any, ...] = (row, *map(slice, labels.shape))
            target[where] = labels
        return {
            **{k: torch.from_numpy(v) for k, v in batch.feeds().items()},
            "labels": torch.from_numpy(target),
        }


def _features(row: Row) -> dict[str, Any]:
    # `input_ids` is what the length-grouping sampler measures
    return {"input_ids": row.window.ids, "window": row.window, "labels": row.labels}


def _callbacks(loss: Loss, config: TrainingConfig, scored: bool) -> list[TrainerCallback]:
    callbacks: list[TrainerCallback] = [LogLine(), _Progress(loss)]
    if scored and config.metric and config.patience > 0:
        callbacks.append(EarlyStoppingCallback(config.patience))
    return callbacks


def training_arguments(config: TrainingConfig, folder: Path, scored: bool) -> TrainingArguments:
    """A config as the Trainer takes it; `scored` = the network is scored after each epoch."""
    picks_best = scored and bool(config.metric)
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        learning_rate=config.learning_rate,
        per_device_train_batch_size=config.batch_size,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,  # below 1: a share of all steps
        seed=config.seed,
        bf16=config.bf16 and computes_bf16(),
        use_cpu=not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        eval_strategy="epoch" if scored else "no",
        save_strategy="epoch" if picks_best else "no",
        save_total_limit=1,
        load_best_model_at_end=picks_best,
        metric_for_best_model=f"eval_{config.metric}" if picks_best else None,
        greater_is_better=True if picks_best else None,
        logging_steps=config.log_every,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
