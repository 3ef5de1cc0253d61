"""The registry of architectures: entry points find them, and pluggy calls their hooks.

pluggy alone would send a call to every plug-in, ignore the second plug-in of a name, and not report a
missing hook. Here each call goes to one architecture and to the extensions around it, and each plug-in
is checked when it is registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import ModuleType

import pluggy

from zoo.entry_points import ARCHITECTURES, EXTENSIONS, EntryPointGroup, package_of
from zoo.errors import PluginError, UnknownName
from zoo.registry import hookspecs
from zoo.registry.architecture import Architecture
from zoo.registry.extension import Extension
from zoo.registry.hook_checks import check_required_hooks, hooks_of, register_plugin
from zoo.registry.hookspecs import EVENTS

THIS_PROCESS = "this process"  # the package of a plug-in that is registered by hand


class Registry:
    """Architectures by name; each is loaded and checked when it is first used.

    Args:
        extensions: the names of the installed extensions to put around all hooks; None for all of them.
    """

    def __init__(self, extensions: Sequence[str] | None = None) -> None:
        self.group = EntryPointGroup(ARCHITECTURES)
        self._manager = pluggy.PluginManager("zoo")
        self._manager.add_hookspecs(hookspecs)
        self._architectures: dict[str, Architecture] = {}
        self._extensions: dict[str, Extension] = {}  # by the name of their module
        self._waiting = list(
            EntryPointGroup(EXTENSIONS).names() if extensions is None else extensions
        )

    def names(self) -> tuple[str, ...]:
        """Return the names of all architectures, installed or registered by hand; nothing is imported."""
        return tuple(sorted({*self.group.names(), *self._architectures}))

    def get(self, name: str) -> Architecture:
        """Return one architecture; the first call imports and checks it.

        Raises:
            UnknownName: there is no such architecture, or ZOO_DISABLE switches it off.
            PluginError: it cannot be imported, or breaks the contract.
        """
        if name in self._architectures:
            return self._architectures[name]
        if name not in self.group:
            raise UnknownName("architecture", name, self.names())
        package = package_of(self.group.entry(name))
        return self.register(self.group.load(name), name, package)

    def is_installed(self, name: str) -> bool:
        """Return whether an architecture and all extensions are those of installed packages.

        If not, something is registered or removed by hand, and other processes do not know of it.
        """
        known = self._architectures.get(name)
        extensions = self._extensions.values()
        return (
            name in self.group.names()
            and (known is None or known.package != THIS_PROCESS)
            and all(extension.installed for extension in extensions)
            and {*self._waiting, *(each.name for each in extensions)}
            == set(EntryPointGroup(EXTENSIONS).names())
        )

    def register(self, plugin: ModuleType, name: str, package: str = THIS_PROCESS) -> Architecture:
        """Check a plug-in's hooks and add it under a name.

        Args:
            plugin: the module with the hooks.
            name: the architecture's name.
            package: the name and version of its distribution, for messages.

        Raises:
            PluginError: a hook is missing, misspelt or asks for an unknown argument, or
                `defaults()` returns no config.
        """
        self._load_extensions()
        origin = f"The architecture {name!r} of {package}"
        if name in self._architectures:
            raise PluginError(f"{origin} is registered already.")
        key = f"{ARCHITECTURES}:{name}"
        register_plugin(self._manager, plugin, key, origin)
        try:
            check_required_hooks(self._manager, plugin, origin)
            architecture = Architecture(name, package, plugin, self._manager, self._extensions)
            architecture.defaults()
        except BaseException:
            self._manager.unregister(name=key)
            raise
        self._architectures[name] = architecture
        return architecture

    def unregister(self, name: str) -> None:
        """Remove an architecture that was registered by hand.

        Raises:
            UnknownName: it is not registered.
        """
        if name not in self._architectures:
            raise UnknownName("registered architecture", name, self._architectures)
        del self._architectures[name]
        self._manager.unregister(name=f"{ARCHITECTURES}:{name}")

    def add_extension(self, plugin: ModuleType, name: str, package: str = THIS_PROCESS) -> None:
        """Put an extension's wrappers around the hooks of every architecture.

        Args:
            plugin: the module with the wrappers.
            name: the extension's name.
            package: the name and version of its distribution, for messages.

        Raises:
            PluginError: a hook is misspelt, asks for an unknown argument, or is not a wrapper.
        """
        extension = Extension(name, package, installed=package != THIS_PROCESS)
        register_plugin(self._manager, plugin, f"{EXTENSIONS}:{name}", extension.origin)
        plain = hooks_of(self._manager, plugin, wrappers=False)
        if plain := [hook for hook in plain if hook not in EVENTS]:
            self._manager.unregister(plugin)
            raise PluginError(
                f"{extension.origin} implements {plain[0]}() itself. An extension may only wrap hooks: "
                "use @zoo.hookimpl(wrapper=True)."
            )
        self._extensions[plugin.__name__] = extension

    def remove_extension(self, plugin: ModuleType) -> None:
        """Remove an extension's wrappers."""
        self._manager.unregister(plugin)
        del self._extensions[plugin.__name__]

    def load_extension(self, name: str) -> ModuleType:
        """Import an installed extension, put it around all hooks, and return its module.

        Raises:
            PluginError: it cannot be imported, or breaks the contract.
        """
        group = EntryPointGroup(EXTENSIONS)
        module = group.load(name)
        self.add_extension(module, name, package_of(group.entry(name)))
        return module

    def _load_extensions(self) -> None:
        """Load the installed extensions; a broken one makes every call fail, until it is switched off."""
        while self._waiting:
            name = self._waiting[0]
            if name in EntryPointGroup(EXTENSIONS).names():
                try:
                    self.load_extension(name)
                except PluginError as error:
                    advice = Extension(name, "", installed=True).advice
                    raise PluginError(f"{str(error).rstrip('.')}.{advice}") from error
            self._waiting.pop(0)


@cache
def registry() -> Registry:
    """Return the one registry of this process."""
    return Registry()


def list_architectures() -> list[str]:
    """Return the names of all installed architectures; none of them is imported.

    Example:
        >>> zoo.list_architectures()
        ['autoencoder', 'cnn', 'cnn-vis', ...]
    """
    return list(registry().names())
