"""A sweep in a TOML file: the arguments of `zoo.sweep` by name, and the tables `space` and `settings`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zoo.errors import UnknownName, UsageError, brief
from zoo.io.foreign.toml_text import parse_toml
from zoo.io.text import read_bytes
from zoo.sweeps.search import VALIDATION, Search
from zoo.sweeps.space import Parameter, Range, parse_space

__all__ = ["OPTIONS", "check_unchanged", "entry_names", "read_toml"]

log = logging.getLogger("zoo.sweeps")

_KINDS: dict[str, type] = {
    "name": str, "space": dict, "settings": dict, "trials": int, "metric": str, "direction": str,
    "data": str, "out": str, "seed": int, "workers": int, "address": str, "window": int,
    "pruner": str, "grace": int,
}  # fmt: skip
OPTIONS = frozenset(_KINDS) - {"settings"}
_DECIDE = ("metric", "direction", "seed", "window", "pruner", "grace")  # with the space, all trials
_TABLES = ("space", "settings")
_ADDED = {"validation": VALIDATION, "threads": 1}  # by a sweep, where its settings have none
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


def entry_names(entries: Mapping[str, Any]) -> list[str]:
    """Return the names of the entries of a file that decide its trials, such as settings.epochs.

    Args:
        entries: of the file, as `read_toml` returns them.
    """
    names = [name for name in (*_DECIDE, "data") if name in entries]
    return names + [f"{table}.{name}" for table in _TABLES for name in entries.get(table, {})]


def check_unchanged(path: Path, entries: Mapping[str, Any], search: Search, folder: Path) -> None:
    """Refuse to go on with a sweep whose file has changed since: its trials would not fit together.

    The workers, their address and a larger number of trials may change. If the sweep has settings that the
    file lacks, as after `--set`, or more trials, that is said.

    Args:
        path: of the file, for messages.
        entries: of the file, as `read_toml` returns them.
        search: what the sweep searches.
        folder: of the sweep.

    Raises:
        UsageError: names the entries that differ.
    """
    found = [*_space_differences(entries, search), *_differences(entries, search)]
    if found := [*found, *_removals(entries, search)]:
        raise UsageError(
            f"{path} is not what the sweep in {folder} began with: {'; '.join(found)}. Begin another sweep, "
            f"with a new out, or go on with this one as it began: zoo sweep --resume --out {folder}"
        )
    settings = entries.get("settings", {})
    more = [
        f"{name}={brief(value)}"
        for name, value in search.settings.items()
        if name not in settings and _ADDED.get(name) != value
    ]
    if entries.get("trials", search.trials) < search.trials:
        more.append(f"trials={search.trials} instead of {entries['trials']}")
    if more:
        log.warning(
            "The sweep in %s goes on as it began, with what %s does not say: %s",
            folder, path, ", ".join(more),
        )  # fmt: skip


def _space_differences(entries: Mapping[str, Any], search: Search) -> Iterator[str]:
    """Yield each difference of the space in words; a file without one leaves it to the shell."""
    if "space" not in entries:
        return
    before, now = search.space, parse_space(entries["space"])
    for name in {**before, **now}:
        old, new = (_text(space[name]) if name in space else "absent" for space in (before, now))
        if old != new:
            yield f"{name} of the space was {old} and is {new}"


def _differences(entries: Mapping[str, Any], search: Search) -> Iterator[str]:
    """Yield each other difference in words."""
    for name, value in entries.get("settings", {}).items():
        before = brief(search.settings[name]) if name in search.settings else "absent"
        if search.settings.get(name) != value:
            yield f"the setting {name} was {before} and is {brief(value)}"
    given = {name: entries[name] for name in _DECIDE if name in entries}
    if "data" in entries:
        from zoo.data.load import absolute_source  # imports NumPy

        given["data"] = absolute_source(entries["data"])
    for name, value in given.items():
        if value != getattr(search, name):
            yield f"{name} was {brief(getattr(search, name))} and is {brief(value)}"


def _removals(entries: Mapping[str, Any], search: Search) -> Iterator[str]:
    """Yield in words each entry that the file had at first, and which it lacks now."""
    now = entry_names(entries)
    for table, _, name in (each.rpartition(".") for each in search.file if each not in now):
        if table == "settings":
            yield f"the setting {name} was {brief(search.settings.get(name))} and is absent"
        elif not table and name in (*_DECIDE, "data"):
            yield f"{name} was {brief(getattr(search, name))} and is absent"
        elif table not in entries and name in search.space:
            yield f"{name} of the space was {_text(search.space[name])} and is absent"


def _text(parameter: Parameter) -> str:
    """Return a parameter as a file has it: whether a range is of whole numbers follows from the setting."""
    if not isinstance(parameter, Range):
        return json.dumps(parameter.choices)
    numbers = [parameter.low, parameter.high, *([parameter.step] if parameter.step else [])]
    ends = ", ".join(f"{number:.12g}" for number in numbers)
    return f"log({ends})" if parameter.log else f"uniform({ends})"
