"""The suite of checks of each kind of plug-in, and which plug-in a name stands for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo.entry_points import DATASETS, EXTENSIONS, FORMATS, RUNTIMES, EntryPointGroup
from zoo.errors import UnknownName, UsageError
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.testing.outcome import Outcome
from zoo.testing.runner import Check, Runner

__all__ = ["KINDS", "Suite", "find_suite", "outcomes"]

KINDS = ("architecture", "dataset", "format", "runtime", "extension")
_GROUPS = {"dataset": DATASETS, "format": FORMATS, "runtime": RUNTIMES, "extension": EXTENSIONS}


@dataclass(frozen=True)
class Suite:
    """The checks of one plug-in.

    Attributes:
        kind: one of KINDS.
        name: of the plug-in, or of a model of the catalog.
        checks: by name, in their order.
        create_subject: returns what the checks look at; called with the name, an empty folder and formats.
    """

    kind: str
    name: str
    checks: Mapping[str, Check]
    create_subject: Callable[..., Any]

    @property
    def fast_checks(self) -> tuple[str, ...]:
        """The names of the checks that need no training and no export."""
        return tuple(name for name, check in self.checks.items() if check.fast)

    def check_names(self, names: Sequence[str]) -> None:
        """Refuse the name of a check that the suite does not have.

        Raises:
            UnknownName: with the nearest names.
        """
        for name in names:
            if name not in self.checks:
                raise UnknownName("check", name, self.checks)

    def runner(self, folder: Path, formats: Sequence[str] | None = None) -> Runner:
        """Return a runner of the checks.

        Args:
            folder: an empty one, for what the checks write.
            formats: the formats that the checks of an architecture write; all four if not given.
        """
        subject = (
            self.create_subject(self.name, folder, formats)
            if formats
            else self.create_subject(self.name, folder)
        )
        return Runner(subject, self.checks)


def find_suite(reference: str) -> Suite:
    """Return the suite of a plug-in.

    Args:
        reference: `kind:name`; or a name, which stands for an architecture or a model of the catalog if
            there is one of that name, else for the one plug-in that has it.

    Raises:
        UnknownName: there is no such kind or no such plug-in.
        UsageError: plug-ins of several kinds have the name.
    """
    kind, colon, name = reference.partition(":")
    if not colon:
        kind, name = _kind_of(reference), reference
    elif kind not in KINDS:
        raise UnknownName("kind of plug-in", kind, KINDS)
    if kind == "architecture":
        if name not in registry().names():
            catalog().get(name)
        module, create_subject = "zoo.testing.architecture.checks", "Subject"
        subject_module = "zoo.testing.architecture.subject"
    else:
        EntryPointGroup(_GROUPS[kind]).entry(name)
        module = subject_module = f"zoo.testing.kinds.{kind}s"
        create_subject = f"{kind.title()}Subject"
    checks = import_module(module).CHECKS
    return Suite(kind, name, checks, getattr(import_module(subject_module), create_subject))


def _kind_of(name: str) -> str:
    """Return the kind of the plug-in that a bare name stands for."""
    if name in registry().names() or name in catalog().names():
        return "architecture"
    kinds = [kind for kind, group in _GROUPS.items() if name in EntryPointGroup(group).names()]
    if len(kinds) > 1:
        choices = " or ".join(f"{kind}:{name}" for kind in kinds)
        raise UsageError(
            f"Plug-ins of several kinds are called {name!r}. Say which one: {choices}."
        )
    if not kinds:
        catalog().get(name)  # raises an error that names the package of a missing or disabled one
    return kinds[0] if kinds else "architecture"


def outcomes(
    reference: str,
    checks: Sequence[str] | None = None,
    formats: Sequence[str] | None = None,
) -> Iterator[Outcome]:
    """Run checks on one plug-in, one after the other.

    A check that another one needs is made too, and its outcome is yielded where it failed.

    Args:
        reference: as for `find_suite`.
        checks: names of the checks of its kind; all if not given.
        formats: the formats that the checks of an architecture write; all four if not given.

    Raises:
        UnknownName: there is no such plug-in, model or check.
        PluginError: the plug-in cannot be loaded.

    Example:
        >>> [outcome.check for outcome in outcomes("mlp") if outcome.verdict == "failed"]
        []
    """
    suite = find_suite(reference)
    names = tuple(suite.checks) if checks is None else tuple(checks)
    suite.check_names(names)
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as folder:
        yield from suite.runner(Path(folder), formats).run_checks(names)
