"""The model card of a bundle, written from the manifests of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adetk import __version__

_INTRODUCTION = """\
# {name}

Adverse drug events in English patient text: a gate (does the post report one?), a tagger (where?), a linker
(which {terminology} term?). Written by adetk {version} on {date}.
"""

_EVERY, _BAR = 5, 20

_LIMITS = """\
## Use and limits

For finding and pre-coding reports that a person will check; not for decisions about a patient. It was trained
on English. Probabilities stand for the prior named above: in a stream with another share of ADE posts they
are off. Scores above are on development documents: some that were carved out of the sources named, or one whole
source of them, as the recipe says. They choose, they do not promise. Weights are int8; the lines `int8_…` are the
served model, the lines without are the float one before export.
"""


def bundle_card(name: str, kind_to_settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The card, Markdown: how each part was made and what it scored before and after export."""
    terminology = kind_to_settings["normalize"]["terminology"]
    head = _INTRODUCTION.format(
        name=name,
        version=__version__,
        date=datetime.now(UTC).date().isoformat(),
        terminology="CTCAE" if terminology == "ctcae" else terminology,
    )
    parts = [_part(kind, settings) for kind, settings in kind_to_settings.items()]
    return "\n".join([head, *parts, _LIMITS])


def _part(kind: str, settings: Mapping[str, Any]) -> str:
    rows = [
        f"| {key} | {value:.4g} |" if isinstance(value, float) else f"| {key} | {value} |"
        for key, value in settings["development"].items()
    ]
    sources = [f"- {source}" for source in settings.get("sources", ())]
    if "calibration" in settings:
        calibration = settings["calibration"]
        rows.append(
            f"| share of ADE posts that the probabilities stand for | {calibration['target_prior']:.3g} |"
        )
        rows.append(f"| threshold on the probability | {calibration['threshold']:.3g} |")
    table = ["| on development documents | |", "|---|---|", *rows]
    if "calibrated_for" in settings:
        table += [
            "",
            f"Thresholds and scores were calibrated for {settings['calibrated_for']}, on other mentions.",
        ]
    if "tau_sweep" in settings:
        table += ["", *_sweep(settings["tau_sweep"], settings["linker"]["tau"])]
    return "\n".join(
        [
            f"## {kind}",
            "",
            f"Recipe `{settings['recipe']}`, from the encoder `{settings['base']}`. Trained on:",
            "",
            *sources,
            "",
            *table,
            "",
        ]
    )


def _sweep(tau_to_accuracy: Mapping[str, float], chosen: float) -> list[str]:
    """The choice of tau as a table with bars, every fifth step and the chosen one."""
    taus = sorted(tau_to_accuracy, key=float)
    least, most = min(tau_to_accuracy.values()), max(tau_to_accuracy.values())
    rows = ["| tau (nearest term below it, classifier above) | accuracy at 1 | |", "|---|---|---|"]
    for number, tau in enumerate(taus):
        is_chosen = float(tau) == chosen
        if number % _EVERY and not is_chosen:
            continue
        accuracy = tau_to_accuracy[tau]
        length = round(_BAR * (accuracy - least) / (most - least)) if most > least else 0
        bar = "█" * (1 + length)
        rows.append(f"| {tau}{' (chosen)' if is_chosen else ''} | {accuracy:.4f} | {bar} |")
    return [*rows, "", f"A bar of one block is {least:.4f}, of {_BAR + 1} blocks {most:.4f}."]
