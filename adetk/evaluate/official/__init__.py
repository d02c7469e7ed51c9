"""The shared tasks' own rules, bit for bit, beside rules that are not fooled; and submissions to them."""

from adetk.evaluate.official.rows import Dropped
from adetk.evaluate.official.smm4h2022 import check_smm4h2022, score_smm4h2022
from adetk.evaluate.official.smm4h2023 import check_smm4h2023, score_smm4h2023
from adetk.evaluate.official.smm4h2024 import check_smm4h2024, score_smm4h2024
from adetk.evaluate.official.smm4h2025 import check_smm4h2025, score_smm4h2025
from adetk.evaluate.official.submission import SUBMISSIONS, submission, write_submission
from adetk.evaluate.official.tasks import TASKS, check, official_text, score

__all__ = [
    "SUBMISSIONS",
    "TASKS",
    "Dropped",
    "check",
    "check_smm4h2022",
    "check_smm4h2023",
    "check_smm4h2024",
    "check_smm4h2025",
    "official_text",
    "score",
    "score_smm4h2022",
    "score_smm4h2023",
    "score_smm4h2024",
    "score_smm4h2025",
    "submission",
    "write_submission",
]
