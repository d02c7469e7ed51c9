"""Refit a linker's thresholds for another terminology, on mentions that somebody coded in it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adetk.bundle import CARD, Manifest, read_manifest, write_manifest
from adetk.card import bundle_card
from adetk.document import Document
from adetk.errors import AdetkError
from adetk.normalize.gold import codable_mentions
from adetk.normalize.lessons import development_mentions
from adetk.normalize.part import load_linker, opened
from adetk.normalize.terminology import Terminology
from adetk.normalize.tuning import chosen_settings, tune
from adetk.recipe import CODES

PART = "normalize"


def calibrate(
    bundle: Path, terminology: str | Path | Terminology, documents: Sequence[Document], out: Path
) -> dict[str, float]:
    """Write a copy of a bundle, or of a `normalize` part, whose linker is tuned for a terminology.

    tau, whether both arms are fused, each method's line, abstention, the score from which an answer is sure, and the
    conformal quantile are fitted anew; encoder, index rows and classifier stay as they are. The documents must be
    others than those that the linker learnt from, or all will look better than it is.

    Args:
        bundle: the folder to copy.
        terminology: to tune for.
        documents: their ADE mentions' `gold` holds codes of this terminology.
        out: folder to write; must not exist or be empty.

    Returns:
        The scores on those mentions; see `adetk.normalize.tuning.Tuned`.

    Raises:
        AdetkError: a damaged folder, too few coded mentions, or none that the terminology can code.
    """
    if out.exists() and any(out.iterdir()):
        raise AdetkError(
            f"{out}: is not empty; a bundle is written into a new folder, remove it or name another"
        )
    manifest, part = _opened(bundle)
    settings = manifest.settings if part == bundle else manifest.settings[PART]
    terms = opened(terminology, settings)
    linker = load_linker(part, settings, terms)
    own = [replace(d, meta={**d.meta, CODES: terms.codes}) for d in documents]
    mentions = development_mentions(own, terms, [])
    if not any(codable_mentions(mentions, terms)):
        raise AdetkError(
            f"{terms.label}: offers none of the codes of the {len(mentions)} mentions; name the right one"
        )
    tuned = chosen_settings(tune(linker, mentions))
    _write(bundle, manifest, {**settings, **tuned, "calibrated_for": terms.label}, out)
    scores: dict[str, float] = tuned["development"]
    return scores


def _opened(bundle: Path) -> tuple[Manifest, Path]:
    """The manifest, and where the linker lies: in a bundle, or in the part itself."""
    if (bundle / PART).is_dir():
        return read_manifest(bundle, "bundle"), bundle / PART
    return read_manifest(bundle, PART), bundle


def _write(bundle: Path, manifest: Manifest, settings: dict[str, Any], out: Path) -> None:
    for name in manifest.files:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundle / name, out / name)
    if manifest.kind == PART:
        write_manifest(out, PART, settings)
        return
    whole = {**manifest.settings, PART: settings}
    (out / CARD).write_text(bundle_card(out.name, whole), encoding="utf-8")
    write_manifest(out, "bundle", whole)
