"""The entry points of all installed distributions, with the name, version and contract of each distribution.

Python reads all metadata once. One broken file would hide every package, so then each is read by itself.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, EntryPoint, EntryPoints, distributions, entry_points
from typing import Any

from zoo.entry_points.contract_version import CONTRACT
from zoo.environment import visible_packages
from zoo.errors import format_error

ARCHITECTURES = "zoo.architectures"
FORMATS = "zoo.formats"
DATASETS = "zoo.datasets"
EXTENSIONS = "zoo.extensions"
PREDICTORS = "zoo.predictors"
RUNTIMES = "zoo.runtimes"
WEB = "zoo.web"
WEIGHTS = "zoo.weights"

_LONGEST = 100  # letters of a package's name or version that a message shows

KINDS = {
    ARCHITECTURES: "architecture",
    FORMATS: "format",
    DATASETS: "dataset",
    EXTENSIONS: "extension",
    PREDICTORS: "predictor",
    RUNTIMES: "runtime",
    WEB: "web assets",
    WEIGHTS: "weights",
}


@cache
def installed_entry_points() -> Any:
    """Return the entry points of every installed distribution."""
    visible = visible_packages()
    if visible is not None:
        entries = _readable_entry_points()
        return EntryPoints(e for e in entries if _name_and_version(e.dist)[0] in visible)
    try:
        return entry_points()
    except Exception:  # one broken entry_points.txt of any package, and Python reads none of them
        for where, reason in unreadable_packages():
            warnings.warn(f"The metadata of {where} cannot be read: {reason}", stacklevel=2)
        return EntryPoints(_readable_entry_points())


def forget_entry_points() -> None:
    """Forget what is installed, so that it is read again: after an installation in this process."""
    for function in (installed_entry_points, claims_by_name, _contracts):
        function.cache_clear()


@cache
def claims_by_name(group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
    """Return the entry points of a group, by their name."""
    claims: dict[str, list[EntryPoint]] = {}
    for entry in installed_entry_points().select(group=group):
        claims.setdefault(entry.name, []).append(entry)
    return {name: tuple(entries) for name, entries in claims.items()}


def unreadable_packages() -> list[tuple[str, str]]:
    """Return the place and the reason of each distribution whose entry points cannot be read."""
    found = []
    for distribution in distributions():
        try:
            _ = distribution.name, list(distribution.entry_points)
        except Exception as error:  # a broken file may raise anything
            place = f"a package in {distribution.locate_file('')}"
            found.append((place, format_error(error)))
    return found


def _readable_entry_points() -> Iterator[EntryPoint]:
    """Yield the entry points of each distribution that can be read; the first one of a name counts."""
    names: set[str] = set()
    for distribution in distributions():
        try:
            name, entries = str(distribution.name), list(distribution.entry_points)
        except Exception:  # `unreadable_packages` reports it
            continue
        if name not in names:  # the first on sys.path is the one that is imported
            yield from entries
        names.add(name)


@cache
def _name_and_version(distribution: Distribution | None) -> tuple[str, str]:
    """Return the name and the version in a distribution's metadata; empty where there are none.

    Only the two lines are read. The parser of the standard library takes longer than listing everything.
    """
    text = ""
    if distribution is not None:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    head = text.partition("\n\n")[0]
    fields = [re.search(rf"^{key}:(.*)", head, re.MULTILINE) for key in ("Name", "Version")]
    name, version = (match[1].strip() if match else "" for match in fields)
    return name, version


def package_of(entry: EntryPoint) -> str:
    """Return the name and version of the distribution that an entry point comes from, both cut."""
    name, version = _name_and_version(entry.dist)
    return f"{name[:_LONGEST]} {version[:_LONGEST]}" if name else "an unknown package"


@cache
def _contracts() -> dict[str, str]:
    """Return the contract that each package declares, by its name."""
    declared = installed_entry_points().select(group=CONTRACT)
    return {_name_and_version(entry.dist)[0]: entry.value for entry in declared}


def contract_of(entry: EntryPoint) -> str | None:
    """Return the version of the contract that the distribution of an entry point declares, or None."""
    return _contracts().get(_name_and_version(entry.dist)[0])
