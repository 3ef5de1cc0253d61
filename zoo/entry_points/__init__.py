"""Plug-ins as the metadata of installed packages names them: listed without importing, loaded by name."""

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
    "package_of",
    "unreadable_packages",
    "why_disabled",
]
