"""The plan of an export: in which runtimes the files of each format are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zoo.entry_points import RUNTIMES, EntryPointGroup
from zoo.errors import UsageError
from zoo.runtimes.group import is_program, load_runtime, missing_parts, own_runtime, reads

EVERY = "all"
"""The name that stands for every runtime that reads one of the formats."""


@dataclass(frozen=True)
class Plan:
    """The runtimes of each format, its own first, and what those lack that are not available.

    Example:
        >>> plan_runtimes(["onnx"], ["tract"]).runtimes
        {'onnx': ('onnxruntime', 'tract')}
    """

    runtimes: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, str]

    @property
    def python(self) -> list[str]:
        """The runtimes that are Python packages and available."""
        return [name for name in self._available() if not is_program(name)]

    @property
    def programs(self) -> list[str]:
        """The runtimes that are programs and available."""
        return [name for name in self._available() if is_program(name)]

    def _available(self) -> list[str]:
        names = dict.fromkeys(name for each in self.runtimes.values() for name in each)
        return [name for name in names if name not in self.missing]


def plan_runtimes(
    formats: Sequence[str], requested: Sequence[str] = (), *, own: bool = True
) -> Plan:
    """Return in which runtimes the files of some formats are run.

    Args:
        formats: names of formats.
        requested: names of runtimes; "all" stands for every one that reads a format.
        own: whether each format's own runtime is one of them.

    Raises:
        UnknownName: there is no such runtime.
        UsageError: a runtime reads none of the formats.
        PluginError: a format or a runtime cannot be imported, or lacks a member.
    """
    names = _runtime_names(formats, requested)
    runtimes = {}
    for each in formats:
        first = [own_runtime(each)] if own else []
        runtimes[each] = tuple(
            dict.fromkeys([*filter(None, first), *(name for name in names if reads(name, each))])
        )
    used = dict.fromkeys(name for each in runtimes.values() for name in each)
    missing = {name: missing_parts(name) for name in used}
    return Plan(runtimes, {name: line for name, line in missing.items() if line})


def _runtime_names(formats: Sequence[str], requested: Sequence[str]) -> list[str]:
    """Return the requested names, each once; each reads one of the formats at least."""
    group = EntryPointGroup(RUNTIMES)
    names = [name for name in dict.fromkeys(requested) if name != EVERY]
    for name in names:
        load_runtime(name)
        if not any(reads(name, each) for each in formats):
            read = ", ".join(sorted(load_runtime(name).FORMATS))
            raise UsageError(
                f"The runtime {name} reads {read}. Received the formats: {', '.join(formats)}."
            )
    if EVERY in requested:
        names += [
            name
            for name in group.names()
            if not missing_parts(name) and any(reads(name, each) for each in formats)
        ]
    return list(dict.fromkeys(names))
