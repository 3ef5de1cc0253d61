"""Names of new plug-ins: what is allowed, and what is taken already."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping

from zoo.entry_points import (
    ARCHITECTURES,
    DATASETS,
    EXTENSIONS,
    FORMATS,
    RUNTIMES,
    EntryPointGroup,
)
from zoo.errors import UnknownName, UsageError, brief

__all__ = ["GROUPS", "check_kind", "check_name", "module_name", "project_name"]

GROUPS: Mapping[str, str] = {
    "architecture": ARCHITECTURES,
    "dataset": DATASETS,
    "format": FORMATS,
    "runtime": RUNTIMES,
    "extension": EXTENSIONS,
}
LONGEST = 40  # characters


def project_name(name: str) -> str:
    """Return the name of the distribution: zoo-NAME."""
    return f"zoo-{name}"


def module_name(name: str) -> str:
    """Return the name of the module: zoo_NAME."""
    return f"zoo_{name.replace('-', '_')}"


def check_kind(kind: str) -> None:
    """Refuse a kind that has no template.

    Raises:
        UnknownName: with the kinds that have one.
    """
    if kind not in GROUPS:
        raise UnknownName("kind of plug-in", kind, GROUPS)


def check_name(kind: str, name: str) -> None:
    """Refuse a name that is no name, or that is taken.

    Raises:
        UsageError: says what a name looks like, or which package has it.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > LONGEST:
        raise UsageError(
            f"A name has small letters, digits and single hyphens, begins with a letter, and has at "
            f"most {LONGEST} characters, such as my-net. Received: {brief(name)}"
        )
    group = EntryPointGroup(GROUPS[kind])
    if name in group:
        raise UsageError(
            f"The {kind} {name!r} is taken by {group.packages(name)}. Choose another name."
        )
    if importlib.util.find_spec(module_name(name)):
        raise UsageError(
            f"A module {module_name(name)} is installed already, so the project of {name!r} would hide "
            "it. Choose another name."
        )
