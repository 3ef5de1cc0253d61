"""The entry points of one group: list them from metadata, load one by name.

Listing imports nothing. Loading imports exactly one module, so a broken plug-in hurts only
whoever asks for it. A name that two distributions claim is refused, and only that name.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, distributions, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from zoo.errors import PluginError, UnknownName, brief, format_error

ARCHITECTURES = "zoo.architectures"
FORMATS = "zoo.formats"
DATASETS = "zoo.datasets"
EXTENSIONS = "zoo.extensions"

_KINDS = {
    ARCHITECTURES: "architecture",
    FORMATS: "format",
    DATASETS: "dataset",
    EXTENSIONS: "extension",
}


@cache
def installed_entry_points() -> Any:
    """Read the metadata of every installed distribution, once a process; `cache_clear()` forgets it."""
    try:
        return entry_points()
    except Exception:  # one broken entry_points.txt, of any package at all, and none can be read
        return EntryPoints(_readable_entry_points())


def _readable_entry_points() -> Iterator[EntryPoint]:
    """Read one distribution after the other, and warn of those that cannot be read."""
    seen: set[str] = set()
    for distribution in distributions():
        try:
            name, entries = str(distribution.name), list(distribution.entry_points)
        except Exception as error:  # whatever the reader of a broken file meets
            where = distribution.locate_file("")
            warnings.warn(
                f"The metadata of a package in {where} cannot be read: {format_error(error)}",
                stacklevel=2,
            )
            continue
        if name not in seen:  # the first on sys.path is the one that is imported
            yield from entries
        seen.add(name)


def package_of(entry: EntryPoint) -> str:
    """Name the distribution that an entry point comes from, with its version."""
    if entry.dist is None or not entry.dist.name:
        return "an unknown package"
    return f"{entry.dist.name} {entry.dist.version}"


def _top_level_module(entry: EntryPoint) -> str | None:
    """Name the top-level module that an entry point leads to; None where it is no module's name."""
    match = entry.pattern.match(entry.value)
    return match["module"].partition(".")[0] or None if match else None


class EntryPointGroup:
    """The named modules of one entry-point group.

    Example:
        >>> Shelf("zoo.formats").names()
        ('h5', 'keras', 'onnx', 'saved-model')
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self.kind = _KINDS.get(group, group)
        self._entries: dict[str, list[EntryPoint]] = {}
        for entry in installed_entry_points().select(group=group):
            self._entries.setdefault(entry.name, []).append(entry)

    def names(self) -> tuple[str, ...]:
        """List every name, sorted, those that two packages claim included."""
        return tuple(sorted(self._entries))

    def entry(self, name: str) -> EntryPoint:
        """Find the one entry point of that name.

        Raises:
            UnknownName: nothing has that name.
            PluginError: more than one package claims it.
        """
        claims = self._entries.get(name)
        if not claims:
            raise UnknownName(self.kind, name, self._entries)
        if len(claims) > 1:
            raise PluginError(
                f"The {self.kind} {name!r} is claimed by {self.packages(name)}. Uninstall one of them; "
                "every other name still works."
            )
        return claims[0]

    def rows(self) -> list[dict[str, str]]:
        """Give kind, name, package and module of every claim, nothing imported."""
        return [
            {"kind": self.kind, "name": name, "package": package_of(claim), "module": claim.value}
            for name in self.names()
            for claim in self._entries[name]
        ]

    def packages(self, name: str) -> str:
        """Name the package, or the packages, that claim a name."""
        return " and ".join(sorted(package_of(claim) for claim in self._entries[name]))

    def load(self, name: str) -> ModuleType:
        """Import the one module behind a name.

        Raises:
            PluginError: the module cannot be imported, or is no module.
        """
        entry = self.entry(name)
        origin = f"The {self.kind} {name!r} of {package_of(entry)}"
        if _top_level_module(entry) is None:
            raise PluginError(f"{origin} must name a module. Received: {brief(entry.value)}")
        try:
            module = entry.load()
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{origin} cannot be imported from {entry.value}: {format_error(error)}"
            ) from error
        if not isinstance(module, ModuleType):
            raise PluginError(
                f"{origin} must name a module, not something in it. Received: {entry.value}"
            )
        return module

    def modules(self) -> set[str]:
        """Name the top-level module of every claim."""
        roots = {_top_level_module(claim) for claims in self._entries.values() for claim in claims}
        return {root for root in roots if root is not None}

    def locations(self, name: str) -> list[Path]:
        """Find the file of each claim's top-level module or package without importing it."""
        found = []
        for claim in self._entries[name]:
            try:
                spec = importlib.util.find_spec(_top_level_module(claim) or "")
            except (ImportError, ValueError):
                continue
            if spec and spec.origin:
                found.append(Path(spec.origin))
        return found
