"""Reading one value out of a parsed JSON object, with an error that says what was expected where."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from adetk.errors import AdetkError

Kind = tuple[str, Callable[[Any], bool]]
"""What is expected, in words, and the test of it."""

_REQUIRED: Any = object()
_SURROGATE = re.compile("[\ud800-\udfff]")


def field(record: Mapping[str, Any], key: str, where: str, kind: Kind, default: Any = _REQUIRED) -> Any:
    """The value of a key; `default` when it is absent or null.

    Raises:
        AdetkError: the value is not of this kind, or is missing and there is no default; names `where`.
    """
    value = record.get(key)
    if value is None and default is not _REQUIRED:
        return default
    expected, accepts = kind
    if not accepts(value):
        found = "missing" if key not in record else ascii(value)[:80]
        raise AdetkError(f"{where}: {key} is {found}; expected {expected}")
    return value


def one_of(*allowed: str) -> Kind:
    """One of these strings."""
    return f"one of {', '.join(allowed)}", lambda value: isinstance(value, str) and value in allowed


def index_below(count: int) -> Kind:
    """A whole number from 0 to `count` - 1."""
    return f"an index of the {count} mentions", lambda value: _is_int(value) and 0 <= value < count


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    # The comparison turns down NaN, infinities and integers that no float can hold.
    return isinstance(value, float | int) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_text(value: object) -> bool:
    """Lone surrogates, which JSON can spell, are no text: tokenizers and UTF-8 files refuse them."""
    return isinstance(value, str) and not _SURROGATE.search(value)


def _is_list(value: object, accepts: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(accepts(item) for item in value)


def _is_pair(value: object) -> bool:
    return _is_list(value, _is_int) and len(value) == 2  # type: ignore[arg-type]


TEXT: Kind = ("a string of valid Unicode", _is_text)
IDENTIFIER: Kind = ("a string or a whole number", lambda value: _is_text(value) or _is_int(value))
NUMBER: Kind = ("a finite number", _is_number)
PROBABILITY: Kind = ("a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1)
COUNT: Kind = ("a whole number from 0", lambda value: _is_int(value) and value >= 0)
BOOLEAN: Kind = ("true or false", lambda value: isinstance(value, bool))
OBJECT: Kind = ("an object", lambda value: isinstance(value, dict))
OBJECTS: Kind = ("a list of objects", lambda value: _is_list(value, lambda item: isinstance(item, dict)))
PAIRS: Kind = (
    "a list of [start, end], at least one",
    lambda value: _is_list(value, _is_pair) and len(value) > 0,
)
CODES: Kind = (
    "a list of lists of strings",
    lambda value: _is_list(value, lambda codes: _is_list(codes, _is_text)),
)
