"""The model card of a bundle, written from the manifests of its parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from adetk import __version__
from adetk.language import ENGLISH
from adetk.normalize.settings import COVERAGE
from adetk.recipe import OWN_TERMS

_INTRODUCTION = """\
# {name}

Adverse drug events in patient text ({languages}): a gate (does the post report one?), a tagger (where?), a linker
(which {terminology} term?). Written by adetk {version} on {date}.

## Use

For finding and pre-coding reports in posts that name a drug (tweets, forum posts, reviews), each checked by a person.
Not for decisions about a patient. Its counts are no rates: a report is no proof of cause, and who posts is not who
takes a drug.
"""

_LANGUAGE_TO_NAME = {"en": "English", "ru": "Russian"}
_ENCODER_TO_TERMS = {"minilm": "all-MiniLM-L6-v2, Apache-2.0", "mpnet": "all-mpnet-base-v2, Apache-2.0"}
_EVERY, _BAR = 5, 20

_LEARNT = (
    "Development mentions that were carved out of a source have been learnt since; figures, thresholds and candidate "
    "sets are those of the linker that lacked them."
)
_LIMITS = """\
## Limits

- Languages: {languages}. What it says of posts in another one means little; a run warns of them.
- Probabilities stand for the share of ADE posts named above: in a stream with another share they are off, until
  `--prior` names it. `--min-recall` and `--candidates conformal` promise for posts and mentions like those that they
  were calibrated on.
- Scores above are on development documents: some that were carved out of the sources named, or one whole
  source of them, as the recipe says. They choose, they do not promise.{own}
- A mention whose meaning {terminology} has no term for stays without a code, or gets a near one.
- Weights are int8; the lines `int8_…` are the served model, the lines without are the float one before export.

## Terms

Each source's stands beside it; its rights holder and publication stand in adetk's `corpora/README.md`, the terms of the
dictionaries in its `dictionaries/LICENSES.md`. MedDRA® is a registered trademark of ICH; CTCAE incorporates elements
of MedDRA, and nothing of a MedDRA release is in a bundle fitted for CTCAE.
"""

_OWN = """ Posts written for this project are
  easier than a stream's: expect less there."""


def bundle_card(name: str, kind_to_settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The card, Markdown: use, how each part was made and what it scored before and after export, limits, terms."""
    terminology = kind_to_settings["normalize"]["terminology"]
    is_own = any(OWN_TERMS in line for part in kind_to_settings.values() for line in part.get("sources", ()))
    facts = {
        "name": name,
        "version": __version__,
        "date": datetime.now(UTC).date().isoformat(),
        "terminology": "CTCAE" if terminology == "ctcae" else terminology,
        "languages": _named(_languages(kind_to_settings)),
        "own": _OWN if is_own else "",
    }
    parts = [_part(kind, settings) for kind, settings in kind_to_settings.items()]
    return "\n".join([_INTRODUCTION.format(**facts), *parts, _LIMITS.format(**facts)])


def _languages(kind_to_settings: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What gate and tagger both learnt; a part that does not say so learnt English, as all did before they said."""
    parts = [settings for kind, settings in kind_to_settings.items() if kind != "normalize"]
    learnt = [set(settings.get("languages", (ENGLISH,))) for settings in parts]
    return set.intersection(*learnt) if learnt else {ENGLISH}


def _named(languages: Collection[str]) -> str:
    names = [_LANGUAGE_TO_NAME.get(code, code) for code in sorted(languages)]
    return " and ".join(names) if names else "gate and tagger share no language"


def _part(kind: str, settings: Mapping[str, Any]) -> str:
    base = settings["base"]
    encoder = f"`{base}` ({_ENCODER_TO_TERMS[base]})" if base in _ENCODER_TO_TERMS else f"`{base}`"
    dictionaries = ", ".join(settings.get("dictionaries", ()))
    with_them = f", with the dictionaries {dictionaries}" if dictionaries else ""
    sources = [f"- {source}" for source in settings.get("sources", ())]
    rows = [f"| {name} | {_shown(value)} |" for name, value in _figures(settings).items()]
    table = ["| on development documents | |", "|---|---|", *rows]
    if "calibrated_for" in settings:
        table += [
            "",
            f"Thresholds and scores were calibrated for {settings['calibrated_for']}, on other mentions.",
        ]
    elif settings.get("options", {}).get("learn_development", False):
        table += ["", _LEARNT]
    if "tau_sweep" in settings:
        table += ["", *_sweep(settings["tau_sweep"], settings["linker"]["tau"])]
    made = f"Recipe `{settings['recipe']}`, from the encoder {encoder}{with_them}. Trained on:"
    return "\n".join([f"## {kind}", "", made, "", *sources, "", *table, ""])


def _figures(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Development scores, and what was fitted on those documents."""
    found = dict(settings["development"])
    if "calibration" in settings:
        found["share of ADE posts that the probabilities stand for"] = settings["calibration"]["target_prior"]
        found["threshold on the probability"] = settings["calibration"]["threshold"]
    if "positives" in settings:
        found["ADE posts that `--min-recall` is calibrated on"] = len(settings["positives"])
    if settings.get("linker", {}).get("is_fused"):
        found["answers"] = "by nearest term and classifier fused, in place of tau"
    if "quantile" in settings.get("linker", {}):
        quantile = settings["linker"]["quantile"]
        fitted = "not fitted" if quantile is None else f"hold the right term {COVERAGE:.0%} of the time"
        found["sets of `--candidates conformal`"] = fitted
    return found


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


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
