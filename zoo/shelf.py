"""The entry points of one group: list them from metadata, load one by name.

Listing imports nothing. Loading imports exactly one module, so a broken plug-in hurts only
whoever asks for it. A name that two distributions claim is refused, and only that name.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from zoo.errors import PluginError, UnknownName

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
def _installed() -> Any:
    """Read the metadata of every installed distribution, once a process."""
    return entry_points()


def package_of(entry: EntryPoint) -> str:
    """Name the distribution that an entry point comes from, with its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"


class Shelf:
    """The named modules of one entry-point group.

    Example:
        >>> Shelf("zoo.formats").names()
        ('h5', 'keras', 'onnx', 'saved-model')
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self.kind = _KINDS.get(group, group)
        self._entries: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in _installed().select(group=group):
            self._entries[entry.name].append(entry)

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
        try:
            module = entry.load()
        except Exception as error:
            raise PluginError(
                f"The {self.kind} {name!r} of {package_of(entry)} cannot be imported from "
                f"{entry.value}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(module, ModuleType):
            raise PluginError(
                f"The entry point of the {self.kind} {name!r} of {package_of(entry)} must name a "
                f"module. Received: {entry.value}"
            )
        return module

    def location(self, name: str) -> Path | None:
        """Find the file of a name's top-level module or package without importing it."""
        root = self._entries[name][0].module.partition(".")[0]
        try:
            spec = importlib.util.find_spec(root)
        except (ImportError, ValueError):
            return None
        return Path(spec.origin) if spec and spec.origin else None
