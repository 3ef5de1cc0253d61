"""The registry of architectures: a shelf that finds them, and pluggy that calls their hooks.

pluggy would broadcast a hook to every plug-in, skip a name that is taken, and say nothing about a
hook that is missing. Here each call goes to one architecture and to the extensions around it, and
each plug-in is checked when it is registered.
"""

from __future__ import annotations

import inspect
from functools import cache
from types import ModuleType

import pluggy

from zoo.entry_points import ARCHITECTURES, EXTENSIONS, EntryPointGroup, package_of
from zoo.errors import PluginError, UnknownName, brief, format_error, nearest
from zoo.registry import hookspecs
from zoo.registry.architecture import Architecture


class Registry:
    """Architectures by name, loaded and checked one at a time."""

    def __init__(self) -> None:
        self.shelf = EntryPointGroup(ARCHITECTURES)
        self._manager = pluggy.PluginManager("zoo")
        self._manager.add_hookspecs(hookspecs)
        self._architectures: dict[str, Architecture] = {}
        self._extensions: dict[str, str] = {}
        self._waiting = list(EntryPointGroup(EXTENSIONS).names())

    def names(self) -> tuple[str, ...]:
        """List the architectures, installed or registered by hand, without importing any."""
        return tuple(sorted({*self.shelf.names(), *self._architectures}))

    def get(self, name: str) -> Architecture:
        """Give one architecture, imported and checked on first use.

        Raises:
            UnknownName: there is no such architecture.
            PluginError: it cannot be imported, or breaks the contract.
        """
        if name in self._architectures:
            return self._architectures[name]
        if name not in self.shelf.names():
            raise UnknownName("architecture", name, self.names())
        entry = self.shelf.entry(name)
        return self.register(self.shelf.load(name), name, package_of(entry))

    def register(
        self, plugin: ModuleType, name: str, package: str = "this process"
    ) -> Architecture:
        """Check a plug-in's hooks and keep it under a name.

        Raises:
            PluginError: a hook is missing, misspelt or asks for an unknown argument, or
                `defaults()` gives no config.
        """
        self._load_extensions()
        origin = f"The architecture {name!r} of {package}"
        if name in self._architectures:
            raise PluginError(f"{origin} is registered already.")
        key = f"{ARCHITECTURES}:{name}"
        _register_checked(self._manager, plugin, key, origin)
        try:
            _check_required(self._manager, plugin, origin)
            architecture = Architecture(name, package, plugin, self._manager, self._extensions)
            architecture.defaults()
        except BaseException:
            self._manager.unregister(name=key)
            raise
        self._architectures[name] = architecture
        return architecture

    def unregister(self, name: str) -> None:
        """Forget an architecture that was registered by hand.

        Raises:
            UnknownName: it is not registered.
        """
        if name not in self._architectures:
            raise UnknownName("registered architecture", name, self._architectures)
        del self._architectures[name]
        self._manager.unregister(name=f"{ARCHITECTURES}:{name}")

    def add_extension(self, plugin: ModuleType, name: str, package: str = "this process") -> None:
        """Put an extension's wrappers around the hooks of every architecture.

        Raises:
            PluginError: a hook is misspelt or asks for an unknown argument, or is no wrapper.
        """
        origin = f"The extension {name!r} of {package}"
        _register_checked(self._manager, plugin, f"{EXTENSIONS}:{name}", origin)
        if plain := _own(self._manager, plugin, wrappers=False):
            self._manager.unregister(plugin)
            raise PluginError(
                f"{origin} implements {plain[0]}() itself. An extension may only wrap hooks: use "
                "@zoo.hookimpl(wrapper=True)."
            )
        self._extensions[plugin.__name__] = origin

    def remove_extension(self, plugin: ModuleType) -> None:
        """Take an extension's wrappers away again."""
        self._manager.unregister(plugin)
        del self._extensions[plugin.__name__]

    def _load_extensions(self) -> None:
        """Load the installed extensions; as long as one is broken, every call says so."""
        shelf = EntryPointGroup(EXTENSIONS)
        while self._waiting:
            name = self._waiting[0]
            self.add_extension(shelf.load(name), name, package_of(shelf.entry(name)))
            self._waiting.pop(0)


@cache
def registry() -> Registry:
    """Give the one registry of this process."""
    return Registry()


def list_architectures() -> list[str]:
    """List the names of all installed architectures, without importing any of them.

    Example:
        >>> zoo.list_architectures()
        ['cnn', 'mlp']
    """
    return list(registry().names())


def _register_checked(
    manager: pluggy.PluginManager, plugin: ModuleType, key: str, origin: str
) -> None:
    """Register a plug-in; leave nothing behind when it does not keep to the hooks."""
    if known := manager.get_name(plugin):
        raise PluginError(
            f"{origin} is the module {plugin.__name__}, which is {known.partition(':')[2]!r} already."
        )
    _check_functions(plugin, origin)
    try:
        manager.register(plugin, key)
        unknown = _unknown_hooks(manager, plugin)
    except pluggy.PluginValidationError as error:
        if manager.has_plugin(key):
            manager.unregister(name=key)
        raise PluginError(f"{origin} breaks the contract: {_offer(plugin, error)}") from error
    if unknown:
        manager.unregister(name=key)
        raise PluginError(
            f"{origin} implements a hook {unknown[0]!r} that does not exist. "
            f"{nearest(unknown[0], _hooks())}"
        )


def _check_functions(plugin: ModuleType, origin: str) -> None:
    """Refuse what pluggy would pass over in silence: marks on no function, hooks without a mark."""
    for name, value in vars(plugin).items():
        marked = inspect.getattr_static(value, "zoo_impl", None) is not None
        if marked and not inspect.isroutine(value):
            raise PluginError(
                f"{origin} breaks the contract: the hook {name} must be a function. "
                f"Received: {brief(value)}"
            )
        if name in _hooks() and not marked and inspect.isfunction(value):
            raise PluginError(
                f"{origin} has a function {name}() that is no hook yet: put @zoo.hookimpl above it, "
                "or give it another name."
            )


def _hooks() -> tuple[str, ...]:
    return hookspecs.REQUIRED + hookspecs.OPTIONAL


def _unknown_hooks(manager: pluggy.PluginManager, plugin: ModuleType) -> list[str]:
    return [
        hook.name for hook in manager.get_hookcallers(plugin) or [] if hook.name not in _hooks()
    ]


def _own(manager: pluggy.PluginManager, plugin: ModuleType, wrappers: bool) -> list[str]:
    """List the hooks that a plug-in wraps, or those that it implements."""
    return [
        hook.name
        for hook in manager.get_hookcallers(plugin) or []
        for implementation in hook.get_hookimpls()
        if implementation.plugin is plugin
        and (implementation.wrapper or implementation.hookwrapper) == wrappers
    ]


def _check_required(manager: pluggy.PluginManager, plugin: ModuleType, origin: str) -> None:
    if wrapped := _own(manager, plugin, wrappers=True):
        raise PluginError(
            f"{origin} wraps {wrapped[0]}(), which is what an extension does. An architecture "
            "implements it: leave wrapper=True out."
        )
    present = _own(manager, plugin, wrappers=False)
    for name in hookspecs.REQUIRED:
        if name not in present:
            raise PluginError(
                f"{origin} lacks the hook {name}(): add @zoo.hookimpl and "
                f"def {name}({', '.join(_arguments(name))})."
            )


def _arguments(hook: str) -> list[str]:
    return list(inspect.signature(getattr(hookspecs, hook)).parameters)


def _offer(plugin: ModuleType, error: pluggy.PluginValidationError) -> str:
    """Show the signature that a plug-in offers beside the arguments that the hook has."""
    for name in _hooks():
        function = getattr(plugin, name, None)
        if not inspect.isfunction(function):
            continue
        known, offered = _arguments(name), list(inspect.signature(function).parameters)
        if extra := [argument for argument in offered if argument not in known]:
            return (
                f"{name}({', '.join(offered)}) asks for {extra[0]!r}. {name}() may ask for "
                f"{', '.join(known) or 'nothing'}."
            )
    return format_error(error)
