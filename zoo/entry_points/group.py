"""The entry points of one group: list them from metadata, load one by name.

Listing imports nothing. Loading imports exactly one module, so a broken plug-in affects only its own
name. A name that two distributions claim is an error, and only that name. ZOO_DISABLE and registry.toml
switch names off: they are installed, but they are not listed and cannot be loaded. A distribution that is
written for another contract is not imported.
"""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from zoo.entry_points.contract_version import contract_problem
from zoo.entry_points.installed import KINDS, claims_by_name, contract_of, package_of
from zoo.entry_points.switches import disabled_plugins, why_disabled
from zoo.errors import DisabledName, PluginError, UnknownName, brief, format_error

__all__ = ["EntryPointGroup", "find_top_level_module", "top_level_module"]


def top_level_module(entry: EntryPoint) -> str | None:
    """Return the top-level module of an entry point; None if its value is not a module's name."""
    match = entry.pattern.match(entry.value)
    return match["module"].partition(".")[0] or None if match else None


class EntryPointGroup:
    """The named modules of one entry-point group.

    `name in group` is whether something of that name is installed, switched off or not.

    Example:
        >>> EntryPointGroup("zoo.formats").names()
        ('coreml', 'dl4j', 'h5', 'keras', ...)
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self.kind = KINDS.get(group, group)
        self._entries = claims_by_name(group)

    def names(self) -> tuple[str, ...]:
        """Return every name that is not switched off, sorted; names of two packages included."""
        return tuple(sorted(self._entries.keys() - disabled_plugins()))

    def installed_names(self) -> tuple[str, ...]:
        """Return every name, sorted; names that are switched off included."""
        return tuple(sorted(self._entries))

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def entry(self, name: str) -> EntryPoint:
        """Return the one entry point of a name.

        Raises:
            UnknownName: nothing has that name, or it is switched off.
            PluginError: more than one package claims it.
        """
        claims = self._entries.get(name)
        if not claims:
            raise UnknownName(self.kind, name, self.names())
        if name in disabled_plugins():
            raise DisabledName(self.kind, name, why_disabled(name))
        if len(claims) > 1:
            raise PluginError(
                f"The {self.kind} {name!r} is claimed by {self.packages(name)}. Uninstall one of them; "
                "every other name still works."
            )
        return claims[0]

    def claims(self, name: str) -> tuple[EntryPoint, ...]:
        """Return the entry point of each package that claims a name."""
        return self._entries.get(name, ())

    def packages(self, name: str) -> str:
        """Return the package, or the packages, that claim a name."""
        return " and ".join(sorted({package_of(claim) for claim in self._entries[name]}))

    def load(self, name: str) -> ModuleType:
        """Import the module of a name.

        Raises:
            UnknownName: nothing has that name, or it is switched off.
            PluginError: the package does not fit this zoo, or the module cannot be imported, or is not
                a module.
        """
        entry = self.entry(name)
        origin = f"The {self.kind} {name!r} of {package_of(entry)}"
        if top_level_module(entry) is None:
            raise PluginError(f"{origin} must name a module. Received: {brief(entry.value)}")
        if problem := contract_problem(contract_of(entry)):
            raise PluginError(f"{origin} is not imported: {problem}.")
        try:
            module = entry.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit and a panic of Rust, too
            raise PluginError(
                f"{origin} cannot be imported from {entry.value[:200]}: {format_error(error)}"
            ) from error
        if not isinstance(module, ModuleType):
            raise PluginError(
                f"{origin} must name a module, not something in it. Received: {entry.value}"
            )
        return module

    def modules(self) -> set[str]:
        """Return the top-level module of every claim."""
        roots = {top_level_module(claim) for claims in self._entries.values() for claim in claims}
        return {root for root in roots if root is not None}

    def specs(self, name: str) -> list[ModuleSpec]:
        """Return where the top-level module of each claim is, if there is one; nothing is imported."""
        specs = map(find_top_level_module, self._entries[name])
        return [spec for spec in specs if spec]

    def locations(self, name: str) -> list[Path]:
        """Return the file of the top-level module of each claim that has one; nothing is imported."""
        return [Path(spec.origin) for spec in self.specs(name) if spec.origin]

    def folders(self, name: str) -> list[Path]:
        """Return the folder that each claim names, `package` or `package.folder`; nothing is imported.

        A package of files alone, without __init__.py, has folders, too.
        """
        folders = []
        for claim in self._entries[name]:
            spec = find_top_level_module(claim)
            parts = claim.value.split(".")[1:]
            folders += [
                Path(each, *parts) for each in (spec and spec.submodule_search_locations) or ()
            ]
        return folders

    def has_module(self, name: str) -> bool:
        """Return whether the top-level module of a claim exists; nothing is imported."""
        return any(map(find_top_level_module, self._entries[name]))


def find_top_level_module(entry: EntryPoint) -> ModuleSpec | None:
    """Return where the top-level module of an entry point is; None if there is none. Nothing is imported."""
    try:
        return importlib.util.find_spec(top_level_module(entry) or "")
    except (ImportError, ValueError):
        return None
