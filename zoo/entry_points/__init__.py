"""Plug-ins as the metadata of installed packages names them: listed without importing, loaded by name."""

from fnmatch import fnmatchcase

from zoo.entry_points.contract_version import CONTRACT
from zoo.entry_points.group import EntryPointGroup
from zoo.entry_points.installed import (
    ARCHITECTURES,
    DATASETS,
    EXTENSIONS,
    FORMATS,
    PREDICTORS,
    RUNTIMES,
    WEB,
    WEIGHTS,
    contract_of,
    forget_entry_points,
    installed_entry_points,
    package_of,
    unreadable_packages,
)
from zoo.entry_points.switches import disabled_plugins, why_disabled

__all__ = [
    "ARCHITECTURES",
    "CONTRACT",
    "DATASETS",
    "EXTENSIONS",
    "FORMATS",
    "PREDICTORS",
    "RUNTIMES",
    "WEB",
    "WEIGHTS",
    "EntryPointGroup",
    "contract_of",
    "disabled_plugins",
    "forget_entry_points",
    "installed_entry_points",
    "list_datasets",
    "package_of",
    "unreadable_packages",
    "why_disabled",
]


def list_datasets(pattern: str = "*") -> list[str]:
    """Return the names of the installed data sets that match a glob, sorted. Nothing is imported.

    Example:
        >>> zoo.list_datasets("*mnist")
        ['fashion-mnist', 'mnist']
    """
    return sorted(name for name in EntryPointGroup(DATASETS).names() if fnmatchcase(name, pattern))
