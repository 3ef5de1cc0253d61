"""A run file: what `zoo train` is asked for, in TOML.

    model = "cnn"                 # a model of the catalog, or an architecture
    data = "photos/"              # the options of `zoo train`, without --
    seed = 1
    export = ["onnx"]

    [settings]                    # what --set changes
    filters = [16, 32]

Paths are those of the working directory, as in the shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoo.errors import UnknownName, UsageError, brief
from zoo.io.foreign.toml_text import parse_toml
from zoo.io.text import read_bytes

__all__ = ["SUFFIX", "RunFile", "read_run_file"]

SUFFIX = ".toml"
_KINDS: Mapping[str, tuple[type, ...]] = {  # the options, and the types of their values
    "data": (str,),
    "out": (str,),
    "from": (str,),
    "seed": (int,),
    "seeds": (int,),
    "opset": (int,),
    "tensorboard": (bool,),
    "workers": (int,),
    "address": (str,),
    "export": (str, list),
}
_NAMES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}


@dataclass(frozen=True)
class RunFile:
    """The model, the options and the settings of a run file."""

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def read_run_file(path: Path) -> RunFile:
    """Read a run file.

    Raises:
        UsageError: it cannot be read, is no TOML, names no model, or an option is of the wrong type.
        UnknownName: there is no such option.
        UnsafeFile: it is too large or too deep.
    """
    try:
        table = parse_toml(read_bytes(path, "catalog_bytes", path.parent).decode("utf-8-sig"), path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be read: {reason}.") from error
    model, settings = table.pop("model", None), table.pop("settings", {})
    if not isinstance(model, str):
        raise UsageError(f'{path} names no model. Expected: model = "cnn.digits"')
    if not isinstance(settings, dict):
        raise UsageError(f"{path}: settings must be a table. Received: {brief(settings)}")
    for name, value in table.items():
        _check_option(path, name, value)
    return RunFile(model, {name: _option(value) for name, value in table.items()}, settings)


def _check_option(path: Path, name: str, value: Any) -> None:
    """Refuse an option that does not exist, or a value of another type.

    Raises:
        UnknownName: there is no such option.
        UsageError: the value is of another type.
    """
    if name not in _KINDS:
        raise UnknownName(
            "option", name, ["model", "settings", *_KINDS], f"{path}: settings go below [settings]."
        )
    if type(value) not in _KINDS[name]:
        expected = " or ".join(_NAMES[kind] for kind in _KINDS[name])
        raise UsageError(f"{path}: {name} must be {expected}. Received: {brief(value)}")
    if isinstance(value, str) and "\0" in value:
        raise UsageError(f"{path}: {name} must be a text without a zero. Received: {brief(value)}")


def _option(value: Any) -> Any:
    """Return an option as the shell has it: a list becomes words with commas between."""
    return ",".join(map(str, value)) if isinstance(value, list) else value
