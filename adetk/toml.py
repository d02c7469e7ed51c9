"""Dataclasses filled from TOML tables, with errors that say what is known."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from adetk.errors import AdetkError

T = TypeVar("T")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a recipe's file.

    Raises:
        AdetkError: it is missing, or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AdetkError(f"{path}: no such recipe; expected a TOML file, see recipes/") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AdetkError(f"{path}: not TOML ({error}); correct the recipe") from None


def from_table(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Build a dataclass from a TOML table.

    Raises:
        AdetkError: an unknown or missing key, or a value of another type than the default's.
    """
    if not isinstance(table, Mapping):
        raise AdetkError(f"{where}: is {table!r}; expected a table of {', '.join(_names(cls))}")
    unknown = sorted(set(table) - set(_names(cls)))
    if unknown:
        raise AdetkError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(_names(cls))}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    try:
        built = cls(**values)
    except TypeError as error:
        raise AdetkError(f"{where}: {error}; known keys are {', '.join(_names(cls))}") from None
    for f in fields(cls):  # type: ignore[arg-type]
        default = (
            f.default_factory() if f.default is MISSING and f.default_factory is not MISSING else f.default
        )
        value = getattr(built, f.name)
        if default is not MISSING and not _is_like(value, default):
            raise AdetkError(f"{where}: {f.name} is {value!r}; expected a value like {default!r}")
    return built


def _names(cls: type) -> list[str]:
    return [f.name for f in fields(cls)]


def _is_like(value: Any, default: Any) -> bool:
    """Whether a value is of a default's type; a whole number may stand for a number."""
    if isinstance(default, Mapping):
        return isinstance(value, Mapping)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, type(default)) and isinstance(value, bool) == isinstance(default, bool)
