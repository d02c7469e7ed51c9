"""The shared tasks by name: score a submission, check it, and say the score in the organizers' words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from adetk.errors import AdetkError
from adetk.evaluate.official.figures import Ratios
from adetk.evaluate.official.rows import Dropped
from adetk.evaluate.official.smm4h2022 import check_smm4h2022, score_smm4h2022
from adetk.evaluate.official.smm4h2023 import check_smm4h2023, score_smm4h2023
from adetk.evaluate.official.smm4h2024 import check_smm4h2024, score_smm4h2024
from adetk.evaluate.official.smm4h2025 import check_smm4h2025, score_smm4h2025

_TASK_TO_SCORE: Mapping[str, Callable[..., dict[str, float]]] = {
    "smm4h2022-1a": partial(score_smm4h2022, "1a"),
    "smm4h2022-1b": partial(score_smm4h2022, "1b"),
    "smm4h2022-1c": partial(score_smm4h2022, "1c"),
    "smm4h2023": score_smm4h2023,
    "smm4h2024": score_smm4h2024,
    "smm4h2025": score_smm4h2025,
}
_TASK_TO_CHECK: Mapping[str, Callable[..., list[Dropped]]] = {
    "smm4h2022-1a": partial(check_smm4h2022, "1a"),
    "smm4h2022-1b": partial(check_smm4h2022, "1b"),
    "smm4h2022-1c": partial(check_smm4h2022, "1c"),
    "smm4h2023": check_smm4h2023,
    "smm4h2024": check_smm4h2024,
    "smm4h2025": check_smm4h2025,
}
TASKS = tuple(_TASK_TO_SCORE)
_WITHOUT_CODES = frozenset({"smm4h2025"})

# Name and key of each line, as the organizers' scorers print them, their slips included.
_TASK_TO_LINES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "smm4h2022-1a": (("Task1aF:", "f1"), ("Task1aP:", "precision"), ("Task1aR:", "recall")),
    **{
        f"smm4h2022-{subtask}": tuple(
            (f"Task{subtask}{match}{letter}:", f"{match.lower()}_{figure}")
            for match in ("Relaxed", "Strict")
            for letter, figure in (("F", "f1"), ("P", "precision"), ("R", "recall"))
        )
        for subtask in ("1b", "1c")
    },
    "smm4h2023": (
        ("Task5OverallF:", "f1"),
        ("Task5OverallP:", "precision"),
        ("Task5OverallR:", "recall"),
        ("Task5UnseenF:", "unseen_f1"),
        ("Task5UnseenR:", "unseen_precision"),
        ("Task5UnseenR:", "unseen_recall"),
    ),
    "smm4h2024": (
        ("Task1: ADE Extraction F1:", "extraction_f1"),
        ("Task1: ADE Extraction Precision:", "extraction_precision"),
        ("Task1: ADE Extraction Recall:", "extraction_recall"),
        ("Task1: ADE Normalization F1:", "normalization_f1"),
        ("Task1: ADE Normalization Precision:", "normalization_precision"),
        ("Task1: ADE Normalization Recall:", "normalization_recall"),
        ("Task1: ADE Normalization on Unseen MedDRA IDs F1:", "unseen_f1"),
        ("Task1: ADE Normalization on Unseen MedDRA IDs Precision::", "unseen_precision"),
        ("Task1: ADE Normalization on Unseen MedDRA IDs Recall::", "unseen_recall"),
    ),
}


def score(task: str, gold: Path, pred: Path, llt: Path | None = None) -> dict[str, float]:
    """Score a submission by a task's own rules and by ours; see `score_smm4h2022` and its siblings.

    Args:
        task: one of `TASKS`.
        gold: the gold file with the task's other files beside it, or their folder.
        pred: the submission.
        llt: MedDRA's `llt.asc` or its folder, for tasks with codes; None = beside the gold.

    Raises:
        AdetkError: the task is unknown, or as the task's own function says.
    """
    _check_task(task)
    return _TASK_TO_SCORE[task](gold, pred, *_llt(task, llt))


def check(task: str, gold: Path, pred: Path, llt: Path | None = None) -> list[Dropped]:
    """The lines of a submission that the task's scorer drops, misreads or stops at, in order.

    Arguments are those of `score`.

    Raises:
        AdetkError: the task is unknown, or a file is missing or unreadable.
    """
    _check_task(task)
    return _TASK_TO_CHECK[task](gold, pred, *_llt(task, llt))


def official_text(task: str, scores: Mapping[str, float]) -> str:
    """The official figures as the task's scorer prints them, in its words and its rounding.

    Raises:
        AdetkError: the task is unknown.
    """
    _check_task(task)
    if task == "smm4h2025":
        return "\n".join(_blocks(scores))
    keyed = ((label, f"official_{key}") for label, key in _TASK_TO_LINES[task])
    return "".join(f"{label}{scores[key]:.3f}\n" for label, key in keyed if key in scores)


def _blocks(scores: Mapping[str, float]) -> list[str]:
    """One block a language, in alphabetical order, and one of all posts."""
    start, end = "official_", "_f1"
    names = (key[len(start) : -len(end)] for key in scores if key.startswith(start) and key.endswith(end))
    blocks = []
    for name in sorted(name for name in names if name):
        lines = (f"{figure}-{name}: {scores[f'{start}{name}_{key}']:.4f}\n" for figure, key in _FIGURE_TO_KEY)
        blocks.append("".join(lines))
    return [*blocks, "\n".join(f"{figure}: {scores[start + key]:.4f}" for figure, key in _FIGURE_TO_KEY)]


_FIGURE_TO_KEY = tuple(zip(("Precision", "Recall", "F1"), Ratios._fields, strict=True))


def _llt(task: str, llt: Path | None) -> tuple[Path | None, ...]:
    return () if task in _WITHOUT_CODES else (llt,)


def _check_task(task: str) -> None:
    if task not in TASKS:
        raise AdetkError(f"task {task!r}: unknown; expected one of {', '.join(TASKS)}")
