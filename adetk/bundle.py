"""What a model folder is, declared once: parts (`classify`, `extract`, `normalize`) and the bundle of the three.

A folder is complete when its `manifest.json` is there: it is written last and names every file with its
sha256. A file that is missing or differs from its sum is refused. Nothing in a folder is pickled.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adetk import __version__
from adetk.errors import AdetkError

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
CARD = "README.md"
TORCH = "torch"
"""Folder of a part with its float weights: for further training, not served, not bundled."""

KINDS = ("classify", "extract", "normalize")


@dataclass(frozen=True)
class Manifest:
    """The manifest of a part or a bundle.

    Attributes:
        kind: `classify`, `extract`, `normalize` or `bundle`.
        settings: what the part needs beside its files, by the part's own names; of a bundle, by kind.
        files: path relative to the folder -> sha256.
        created: ISO date of writing.
        adetk_version: version that wrote it.
    """

    kind: str
    settings: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    adetk_version: str = ""

    @property
    def fingerprint(self) -> str:
        """One sum over files and settings: two folders with the same one do the same."""
        return _sha256_of_json({"files": self.files, "settings": self.settings})

    @property
    def model_fingerprint(self) -> str:
        """The same without the card: it stays when the card tells more of the bundle, its scores for one."""
        files = {name: total for name, total in self.files.items() if name != CARD}
        return _sha256_of_json({"files": files, "settings": self.settings})

    def fingerprint_of(self, *kinds: str) -> str:
        """One sum over these parts of a bundle: it stays when another part changes, or the card."""
        files = {name: total for name, total in self.files.items() if name.partition("/")[0] in kinds}
        return _sha256_of_json({"files": files, "settings": {kind: self.settings[kind] for kind in kinds}})


def write_manifest(folder: Path, kind: str, settings: Mapping[str, Any]) -> Manifest:
    """Sum up every file of `folder` and write its manifest, last of all."""
    target = folder / MANIFEST
    target.unlink(missing_ok=True)
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    files = {p.relative_to(folder).as_posix(): _sha256(p) for p in paths}
    manifest = Manifest(kind, settings, files, datetime.now(UTC).date().isoformat(), __version__)
    content = {
        "format_version": FORMAT_VERSION,
        "kind": kind,
        "adetk_version": manifest.adetk_version,
        "created": manifest.created,
        "settings": settings,
        "files": files,
        "fingerprint": manifest.fingerprint,
    }
    target.write_text(
        json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return manifest


def read_manifest(folder: Path, kind: str, verify: bool = True) -> Manifest:
    """Read a folder's manifest and check every file that it names.

    Raises:
        AdetkError: no manifest, another kind, an unknown format version, a missing or a changed file.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise AdetkError(
            f"{folder}: no {MANIFEST} there; expected a complete {kind} folder, as adetk writes it"
        )
    manifest = _parsed(path)
    if manifest.kind != kind:
        raise AdetkError(f"{folder}: holds {manifest.kind!r}, expected {kind!r}; name the right folder")
    if verify:
        _verify(folder, manifest.files)
    return manifest


def read_part(folder: Path, kind: str, verify: bool = True) -> tuple[Path, Manifest]:
    """A part: of its own folder, or that of a bundle, which so lends it to another bundle.

    Returns:
        The folder that the part's files lie in, and its manifest.

    Raises:
        AdetkError: see `read_manifest`.
    """
    if not (folder / MANIFEST).is_file() or _parsed(folder / MANIFEST).kind != "bundle":
        return folder, read_manifest(folder, kind, verify)
    whole = read_manifest(folder, "bundle", verify)
    own = f"{kind}/"
    files = {name.removeprefix(own): sums for name, sums in whole.files.items() if name.startswith(own)}
    manifest = Manifest(kind, whole.settings[kind], files, whole.created, whole.adetk_version)
    return folder / kind, manifest


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A folder to write a part into, which becomes `out` at the end; where that is not reached, nothing is left.

    Raises:
        AdetkError: `out` holds something.
    """
    _refuse_full(out, "a part")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        new = Path(folder) / out.name
        new.mkdir()
        yield new
        new.replace(out)


def _refuse_full(out: Path, what: str) -> None:
    if out.exists() and any(out.iterdir()):
        raise AdetkError(
            f"{out}: is not empty; {what} is written into a new folder, remove it or name another"
        )


def write_bundle(parts: Mapping[str, Path], out: Path, card: str) -> Manifest:
    """Make three parts into one bundle; the float weights stay behind.

    Args:
        parts: kind -> part folder, or a bundle whose part of that kind is taken; all three kinds.
        out: folder to write; must not exist or be empty.
        card: the model card, Markdown.
    """
    _refuse_full(out, "a bundle")
    settings = {}
    for kind in KINDS:
        folder, manifest = read_part(parts[kind], kind)
        settings[kind] = dict(manifest.settings)
        for name in manifest.files:
            if not name.startswith((f"{TORCH}/", "training/")):
                target = out / kind / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, target)
    (out / CARD).write_text(card, encoding="utf-8")
    return write_manifest(out, "bundle", settings)


def _parsed(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content.pop("format_version")
        if version == FORMAT_VERSION:
            expected = content.pop("fingerprint", None)
            manifest = Manifest(**content)
            if expected not in (None, manifest.fingerprint):
                raise ValueError("its settings are not those that were written")
            return manifest
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AdetkError(f"{path}: not a manifest; the folder is damaged, write or copy it again") from None
    raise AdetkError(
        f"{path}: format version {version}, this adetk reads {FORMAT_VERSION}; use the adetk that wrote it "
        "or train again"
    )


def _verify(folder: Path, files: Mapping[str, str]) -> None:
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise AdetkError(f"{path}: missing, but {MANIFEST} names it; copy or write the folder again")
        found = _sha256(path)
        if found != expected:
            raise AdetkError(
                f"{path}: damaged (sha256 {found[:12]}…, expected {expected[:12]}…); copy or write the folder again"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_of_json(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
