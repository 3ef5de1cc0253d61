"""Formats: how one part is written to a file, and how that file is run in its own runtime.

Each is a module behind an entry point of the group `zoo.formats`; its first docstring line says what
it is, and it has the members of `Format`. The checker opens files in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from zoo.entry_points import FORMATS, EntryPointGroup, package_of
from zoo.errors import PluginError

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Contract
    from zoo.exporters.parts.part import Part

Runner = Callable[[Mapping[str, Any]], dict[str, Any]]


class Format(Protocol):
    """What a format's module offers."""

    SUFFIX: str
    """Ends the file's name; a directory has none."""
    WITHOUT: tuple[str, ...]
    """Modules that the runtime must do without; they are blocked while it is loaded."""

    def write(self, part: Part, path: Path, options: Mapping[str, Any]) -> None:
        """Write the part's clone to a path."""

    def prepare(self) -> str:
        """Import the runtime; give its name and version."""

    def open(self, path: Path) -> Runner:
        """Open a file in its runtime: the function from inputs to outputs, by name."""

    def example(self, contract: Contract, file: str) -> str:
        """Give the code that runs the file without the zoo."""


_MEMBERS = ("SUFFIX", "WITHOUT", "write", "prepare", "open", "example")


def load_format(name: str) -> Format:
    """Load one format by name.

    Raises:
        UnknownName: there is no such format.
        PluginError: its module lacks something.
    """
    shelf = EntryPointGroup(FORMATS)
    module = shelf.load(name)
    if missing := [member for member in _MEMBERS if not hasattr(module, member)]:
        package = package_of(shelf.entry(name))
        raise PluginError(f"The format {name!r} of {package} lacks {', '.join(missing)}.")
    return cast(Format, module)


def file_name(role: str, name: str) -> str:
    """Name the file of a part in a format."""
    return role + load_format(name).SUFFIX


def sample_code(contract: Contract) -> str:
    """Give the lines of code that make inputs of the right names, dtypes and shapes."""
    lines = ["import numpy as np", "", "inputs = {"]
    for tensor in contract.inputs:
        shape = tuple(size or (1 if axis == 0 else 64) for axis, size in enumerate(tensor.sizes))
        lines.append(f'    "{tensor.name}": np.zeros({shape}, "{tensor.dtype}"),')
    return "\n".join([*lines, "}"])
