"""The state of each installed plug-in, from metadata alone; `check` also imports it.

ok            the metadata shows no problem; with `check`: it is imported and keeps the contract
disabled      ZOO_DISABLE or a registry.toml switches it off
incompatible  its package is written for another version of the contract
broken        its module does not exist, or (with `check`) cannot be imported or breaks the contract
shadowed      another package claims the same name, or another module of that name lies before it on sys.path
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from zoo.entry_points import (
    ARCHITECTURES,
    DATASETS,
    EXTENSIONS,
    FORMATS,
    PREDICTORS,
    RUNTIMES,
    EntryPointGroup,
    contract_of,
    package_of,
    unreadable_packages,
    why_disabled,
)
from zoo.entry_points.contract_version import contract_problem
from zoo.entry_points.group import find_top_level_module, top_level_module
from zoo.errors import ZooError, brief, format_error

__all__ = ["STATES", "PluginState", "plugin_states"]

STATES = ("ok", "disabled", "incompatible", "broken", "shadowed")
GROUPS = (ARCHITECTURES, FORMATS, RUNTIMES, DATASETS, EXTENSIONS, PREDICTORS)


@dataclass(frozen=True, slots=True)
class PluginState:
    """One plug-in: what it is, where it comes from, and whether it can be used.

    `contract` is the version that its package declares, such as v1, or empty. `reason` is a sentence
    without a full stop; empty where the state is ok.
    """

    kind: str
    name: str
    package: str
    contract: str
    module: str
    state: str
    reason: str


def plugin_states(check: bool = False) -> list[PluginState]:
    """Return the state of every claim of every plug-in; packages whose metadata is broken come last.

    Args:
        check: import each plug-in that is ok otherwise, and check its contract. This takes seconds.
    """
    return [*_states(check), *_unreadable()]


def _states(check: bool) -> Iterator[PluginState]:
    for group in map(EntryPointGroup, GROUPS):
        for name in group.installed_names():
            for claim in sorted(group.claims(name), key=package_of):
                state, reason = _state(group, claim, check)
                yield PluginState(
                    group.kind,
                    name,
                    package_of(claim),
                    contract_of(claim) or "",
                    claim.value,
                    state,
                    reason,
                )


def _unreadable() -> Iterator[PluginState]:
    for place, reason in unreadable_packages():
        yield PluginState(
            "?", "?", place, "", "", "broken", f"its metadata cannot be read: {reason}"
        )


def _state(group: EntryPointGroup, claim: EntryPoint, check: bool) -> tuple[str, str]:
    """Return the state of a claim and the reason for it."""
    if where := why_disabled(claim.name):
        return "disabled", f"by {where}"
    if problem := contract_problem(contract_of(claim)):
        return "incompatible", problem
    if top_level_module(claim) is None:
        return "broken", f"its entry point must name a module. Received: {brief(claim.value)}"
    found = find_top_level_module(claim)
    if found is None:
        return "broken", f"its module {top_level_module(claim)} does not exist"
    if other := _other_module(claim, found.origin):
        return "shadowed", f"{found.origin} lies before {other} on sys.path; rename or remove it"
    others = [package_of(other) for other in group.claims(claim.name) if other is not claim]
    if others:
        return "shadowed", f"{' and '.join(others)} claims the name too; uninstall one of them"
    if check and (problem := _import_problem(group, claim.name)):
        return "broken", problem
    return "ok", ""


def _other_module(claim: EntryPoint, origin: str | None) -> str:
    """Return the module in the folder of a claim's package, if `origin` is another file; else nothing."""
    root = top_level_module(claim)
    if claim.dist is None or origin is None:
        return ""
    for own in (f"{root}/__init__.py", f"{root}.py"):
        path = str(claim.dist.locate_file(own))
        if os.path.exists(path):
            return "" if os.path.samefile(path, origin) else path
    return ""  # an editable install, whose modules lie elsewhere


def _import_problem(group: EntryPointGroup, name: str) -> str:
    """Import a plug-in as its kind is imported; return the reason why it cannot be used, or nothing."""
    load: Callable[[str], object] = _LOADERS.get(group.group, group.load)
    try:
        load(name)
    except ZooError as error:
        return " ".join(str(error).split()).rstrip(".")
    except Exception as error:  # what a module does where it is asked for a member
        return format_error(error)
    return ""


def _load_architecture(name: str) -> object:
    from zoo.registry.architectures import Registry

    return Registry(extensions=()).get(name)


def _load_dataset(name: str) -> object:
    from zoo.data.load import dataset_info

    return dataset_info(name)


def _load_format(name: str) -> object:
    from zoo.exporters.formats.protocol import load_format

    return load_format(name)


def _load_runtime(name: str) -> object:
    from zoo.runtimes.group import load_runtime

    return load_runtime(name)


def _load_extension(name: str) -> object:
    from zoo.registry.architectures import Registry

    return Registry(extensions=()).load_extension(name)


_LOADERS: dict[str, Callable[[str], object]] = {
    ARCHITECTURES: _load_architecture,
    DATASETS: _load_dataset,
    EXTENSIONS: _load_extension,
    FORMATS: _load_format,
    RUNTIMES: _load_runtime,
}
