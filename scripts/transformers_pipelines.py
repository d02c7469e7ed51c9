"""A trained part in float32 as a pipeline of transformers, to compare speeds with: its head is not the trained one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedTokenizerFast,
    pipeline,
)

from adetk.bundle import TOKENIZER, TORCH, read_manifest
from adetk.errors import AdetkError

KIND_TO_TASK = {"classify": "text-classification", "extract": "token-classification"}
KIND_TO_MODEL = {"classify": AutoModelForSequenceClassification, "extract": AutoModelForTokenClassification}
_ENCODER = "encoder."


def opened(part: Path, kind: str) -> Any:
    """The pipeline of a part's encoder with a head of the same size.

    Raises:
        AdetkError: the part has no float weights.
    """
    weights = part / TORCH / "model.safetensors"
    if not weights.is_file():
        raise AdetkError(f"{weights}: not there; name the part folders that training left, with --parts")
    settings = read_manifest(part, kind).settings
    model = KIND_TO_MODEL[kind].from_config(AutoConfig.from_pretrained(part / TORCH, num_labels=3))
    own = {k.removeprefix(_ENCODER): v for k, v in load_file(str(weights)).items() if k.startswith(_ENCODER)}
    model.base_model.load_state_dict(own, strict=False)  # the poolers differ
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(part / TOKENIZER), pad_token="[PAD]", model_max_length=settings["max_length"]
    )
    task: Any = KIND_TO_TASK[kind]  # `pipeline` wants it as a literal
    return pipeline(task, model=model.eval(), tokenizer=tokenizer, device="cpu")
