"""Where the files that travel with adetk lie: dictionaries and the default bundle.

An installed wheel holds them in `adetk/_data/`; a checkout holds them beside the package.
"""

from __future__ import annotations

from pathlib import Path

from adetk.errors import AdetkError

PACKAGE = Path(__file__).resolve().parent


def dictionaries_folder() -> Path:
    """Return the folder of the packaged dictionaries.

    Raises:
        AdetkError: neither the installed package nor the checkout has it.
    """
    return _shipped("dictionaries")


def default_bundle_folder() -> Path:
    """Return the folder of the default bundle.

    Raises:
        AdetkError: neither the installed package nor the checkout has it.
    """
    return _shipped("bundle")


def _shipped(name: str) -> Path:
    places = (PACKAGE / "_data" / name, PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    looked = " and ".join(str(place) for place in places)
    raise AdetkError(f"this installation has no {name} folder: looked for {looked}; install adetk again")
