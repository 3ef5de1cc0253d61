"""The entries of a JSON object from elsewhere: each is of the type that its reader expects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from zoo.errors import brief

__all__ = [
    "ANYTHING",
    "COUNTS",
    "NUMBER",
    "OBJECT",
    "OBJECTS",
    "OPTIONAL_FLAG",
    "OPTIONAL_SIZES",
    "OPTIONAL_TEXT",
    "OPTIONAL_TEXTS",
    "SEED",
    "SIZES",
    "STEPS",
    "TEXT",
    "TEXTS",
    "THREADS",
    "WHOLE_NUMBER",
    "Kind",
    "check_entries",
    "is_number",
    "numbers_by_name",
]

Kind = tuple[Callable[[Any], bool], str]
"""Whether a value is of a kind, and what the kind is called in messages."""


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and not true, false or an integer beyond every float."""
    if type(value) is int:
        return value.bit_length() < 1000
    return type(value) is float


def _is_whole(value: Any) -> bool:
    return type(value) is int and abs(value) < 2**63


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_size(value: Any) -> bool:
    return value is None or (_is_whole(value) and value >= 0)


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 32 and all(map(_is_size, value))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


TEXT: Kind = (_is_text, "a text")
TEXTS: Kind = (_are_texts, "a list of texts")
NUMBER: Kind = (is_number, "a number")
WHOLE_NUMBER: Kind = (_is_whole, "a whole number of at most 64 bits")
SEED: Kind = (
    lambda value: _is_whole(value) and 0 <= value < 2**32,
    "a whole number from 0 to 4294967295",
)
THREADS: Kind = (
    lambda value: value is None or (_is_whole(value) and 0 <= value <= 4096),
    "a whole number from 0 to 4096, or null",
)
STEPS: Kind = (
    lambda value: value is None or (_is_whole(value) and 1 <= value <= 4096),
    "a whole number from 1 to 4096, or null",
)
OBJECT: Kind = (_is_object, "an object")
COUNTS: Kind = (
    lambda value: (
        isinstance(value, dict) and all(_is_whole(count) and count >= 0 for count in value.values())
    ),
    "an object of whole numbers",
)
OBJECTS: Kind = (
    lambda value: isinstance(value, list) and all(map(_is_object, value)),
    "a list of objects",
)
SIZES: Kind = (
    lambda value: (
        isinstance(value, list)
        and len(value) <= 32
        and all(isinstance(size, str) or _is_size(size) for size in value)
    ),
    "a list of sizes, or of their names",
)
OPTIONAL_FLAG: Kind = (
    lambda value: value is None or isinstance(value, bool),
    "true, false or null",
)
OPTIONAL_TEXT: Kind = (lambda value: value is None or _is_text(value), "a text or null")
OPTIONAL_TEXTS: Kind = (lambda value: value is None or _are_texts(value), "a list of texts or null")
OPTIONAL_SIZES: Kind = (lambda value: value is None or _are_sizes(value), "a list of sizes or null")
ANYTHING: Kind = (lambda value: True, "anything")


def check_entries(
    where: str,
    value: Any,
    kinds: Mapping[str, Kind],
    required: Mapping[str, Any] | tuple[str, ...] = (),
) -> None:
    """Check that a value is a JSON object whose entries are of their kinds; other entries are left alone.

    Args:
        where: the file, and the entry in it, for messages.
        value: what JSON holds there.
        kinds: the kind of each entry that is read.
        required: the names of those that must be there.

    Raises:
        ValueError: the value is no object, or an entry is missing or of another type.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object. Received: {brief(value)}")
    for name in required:
        if name not in value:
            raise ValueError(f"{where}: {name!r} is missing")
    for name, (accepts, expected) in kinds.items():
        if name in value and not accepts(value[name]):
            raise ValueError(
                f"{where}: {name!r} must be {expected}. Received: {brief(value[name])}"
            )


def numbers_by_name(where: str, value: Any) -> dict[str, float]:
    """Return an object of finite numbers by name.

    Args:
        where: the file, for messages.
        value: what JSON holds there.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object of numbers. Received: {brief(value)}")
    for name, number in value.items():
        if not is_number(number) or not math.isfinite(number):
            raise ValueError(f"{where}: {name!r} must be a number. Received: {brief(number)}")
    return value
