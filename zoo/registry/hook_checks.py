"""Check the hooks of a plug-in when it is registered: pluggy itself ignores most mistakes."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pluggy

from zoo.errors import PluginError, brief, format_error, nearest
from zoo.registry import hookspecs


def register_plugin(
    manager: pluggy.PluginManager, plugin: ModuleType, key: str, origin: str
) -> None:
    """Register a plug-in; if its hooks are wrong, the manager stays as it was.

    Args:
        manager: pluggy's manager of the contract's hooks.
        plugin: the module to register.
        key: the name for pluggy, `group:name`.
        origin: words for error messages, such as "The architecture 'net' of zoo-net 1.0".

    Raises:
        PluginError: the module is registered already, or a hook is misspelt, asks for an unknown
            argument, is not a function or is not marked.
    """
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
        raise PluginError(f"{origin} breaks the contract: {_explain(plugin, error)}") from error
    if unknown:
        manager.unregister(name=key)
        raise PluginError(
            f"{origin} implements a hook {unknown[0]!r} that does not exist. "
            f"{nearest(unknown[0], _hooks())}"
        )


def check_required_hooks(manager: pluggy.PluginManager, plugin: ModuleType, origin: str) -> None:
    """Check that a registered architecture implements every required hook and wraps none.

    Args:
        manager: the plug-in manager that the architecture is registered with.
        plugin: the architecture's module.
        origin: its name and package, for the message.

    Raises:
        PluginError: a hook is missing or is a wrapper.
    """
    if wrappers := hooks_of(manager, plugin, wrappers=True):
        raise PluginError(
            f"{origin} wraps {wrappers[0]}(), which is what an extension does. An architecture "
            "implements it: leave wrapper=True out."
        )
    present = hooks_of(manager, plugin, wrappers=False)
    if events := [name for name in present if name in hookspecs.EVENTS]:
        raise PluginError(
            f"{origin} implements {events[0]}(), which is for extensions: entry points of the group "
            "zoo.extensions."
        )
    for name in hookspecs.REQUIRED:
        if name not in present:
            raise PluginError(
                f"{origin} lacks the hook {name}(): add @zoo.hookimpl and "
                f"def {name}({', '.join(_arguments(name))})."
            )


def as_number(value: Any) -> float:
    """Return a measure of `evaluate` as a float; a `zoo.Measure` as it is.

    Raises:
        TypeError, ValueError: it is no number.
    """
    return value if isinstance(value, hookspecs.Measure) else float(value)


def hooks_of(manager: pluggy.PluginManager, plugin: ModuleType, *, wrappers: bool) -> list[str]:
    """Return the names of the hooks that a plug-in wraps, or of those that it implements.

    Args:
        manager: the plug-in manager that the plug-in is registered with.
        plugin: its module.
        wrappers: the hooks that it wraps, instead of those that it implements.
    """
    return [
        hook.name
        for hook in manager.get_hookcallers(plugin) or []
        for implementation in hook.get_hookimpls()
        if implementation.plugin is plugin
        and (implementation.wrapper or implementation.hookwrapper) == wrappers
    ]


def _check_functions(plugin: ModuleType, origin: str) -> None:
    """Refuse two mistakes that pluggy ignores: a mark on no function, and a hook without a mark.

    `read_item` may be a function of the plug-in's own: it is younger than many plug-ins.
    """
    for name, value in vars(plugin).items():
        marked = inspect.getattr_static(value, "zoo_impl", None) is not None
        if marked and not inspect.isroutine(value):
            raise PluginError(
                f"{origin} breaks the contract: the hook {name} must be a function. "
                f"Received: {brief(value)}"
            )
        if name in _hooks() and not marked and inspect.isfunction(value) and name != "read_item":
            raise PluginError(
                f"{origin} has a function {name}() that is not a hook yet: put @zoo.hookimpl above it, "
                "or give it another name."
            )


def _hooks() -> tuple[str, ...]:
    return hookspecs.REQUIRED + hookspecs.OPTIONAL + hookspecs.EVENTS


def _unknown_hooks(manager: pluggy.PluginManager, plugin: ModuleType) -> list[str]:
    return [
        hook.name for hook in manager.get_hookcallers(plugin) or [] if hook.name not in _hooks()
    ]


def _arguments(hook: str) -> list[str]:
    return list(inspect.signature(getattr(hookspecs, hook)).parameters)


def _explain(plugin: ModuleType, error: pluggy.PluginValidationError) -> str:
    """Return a sentence about the first hook with an unknown argument, or else pluggy's message."""
    for name in _hooks():
        function = getattr(plugin, name, None)
        if not inspect.isfunction(function):
            continue
        known, own = _arguments(name), list(inspect.signature(function).parameters)
        if unknown := [argument for argument in own if argument not in known]:
            return (
                f"{name}({', '.join(own)}) asks for {unknown[0]!r}. {name}() may ask for "
                f"{', '.join(known) or 'nothing'}."
            )
    return format_error(error)
