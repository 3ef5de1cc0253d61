"""A sweep in a TOML file: the arguments of `zoo.sweep` by name, and the tables `space` and `settings`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.errors import UnknownName, UsageError, brief
from zoo.io.foreign.toml_text import parse_toml
from zoo.io.text import read_bytes

__all__ = ["OPTIONS", "read_toml"]

_KINDS: dict[str, type] = {
    "name": str, "space": dict, "settings": dict, "trials": int, "metric": str, "direction": str,
    "data": str, "out": str, "seed": int, "workers": int, "address": str, "window": int,
    "pruner": str, "grace": int,
}  # fmt: skip
OPTIONS = frozenset(_KINDS) - {"settings"}
_NAMES = {str: "a text", int: "a whole number", dict: "a table"}


def read_toml(path: Path) -> dict[str, Any]:
    """Return the arguments of a sweep in a file.

    Raises:
        UsageError: it cannot be read, or an entry is unknown or of another type.
        UnsafeFile: it is too large or too deep.
    """
    try:
        entries: Mapping[str, Any] = parse_toml(
            read_bytes(path, "catalog_bytes").decode("utf-8-sig"), path
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    for name, value in entries.items():
        if name not in _KINDS:
            raise UnknownName("entry of a sweep", name, _KINDS, f"In {path}.")
        if type(value) is not _KINDS[name]:
            raise UsageError(
                f"{path}: {name} must be {_NAMES[_KINDS[name]]}. Received: {brief(value)}"
            )
        if isinstance(value, str) and "\0" in value:
            raise UsageError(
                f"{path}: {name} must be a text without a zero. Received: {brief(value)}"
            )
    if "name" not in entries:
        raise UsageError(f'{path} names no model. Add a line such as: name = "cnn.digits"')
    return dict(entries)
