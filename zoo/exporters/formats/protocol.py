"""The protocol of a format: how one part is written to a file, and in which runtime the file is proved.

Each format is a module behind an entry point of the group `zoo.formats`. The first line of its docstring
says what the format is, and it has the members of `Format`.

A format names the runtimes that read its files in `RUNTIMES`; the first one is its own, in which every file
is proved. An empty `RUNTIMES` says that no runtime of this machine reads the files. A format whose runtime
nobody else needs leaves `RUNTIMES` out and brings the runtime itself: `WITHOUT`, `prepare` and `open` of
`OwnRuntime`.

A format that changes the numbers on purpose, such as one with weights of 8 bits, says so with
`APPROXIMATE = True`. Its files get the verdict "approximate" and are never called equal. It may also say how
far the numbers may be off, and why: `TOLERANCE = Tolerance(2e-3, 1e-2, "16-bit weights")`. The
report shows the reason, and a file that is further off is different.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from zoo.entry_points import FORMATS, EntryPointGroup, package_of
from zoo.errors import PluginError, format_error
from zoo.runtimes.group import failing_line
from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import sample_code

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Contract
    from zoo.exporters.parts.part import Part

__all__ = ["DATA_SUFFIX", "Format", "OwnRuntime", "Runner", "Tolerance", "sample_code"]

DATA_SUFFIX = ".data"
"""The end of the name of a second file, PATH.data, which a format may write beside its file.

A format with a `DATA_SUFFIX` of its own, such as ".bin", has it in place of the file's suffix: PART.bin.
"""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far the outputs of an approximate format may be off: |file - Keras| <= absolute + relative |Keras|.

    Attributes:
        absolute: the absolute part, from 0.
        relative: the relative part, from 0.
        reason: why the format changes the numbers, without a full stop; the report shows it.
    """

    absolute: float
    relative: float
    reason: str

    def __str__(self) -> str:
        """Return the tolerance and its reason in a line."""
        return f"within {self.absolute:g} + {self.relative:g} |x|: {self.reason}"


class Format(Protocol):
    """The members of a format's module."""

    SUFFIX: str
    """The end of the file's name; empty where the format is a folder."""
    RUNTIMES: tuple[str, ...]
    """Names of the runtimes that read the files, the format's own first."""

    def write(self, part: Part, path: Path, options: Mapping[str, Any]) -> None:
        """Write the part's clone, `part.model`, to a path.

        Args:
            part: the part, with the contract that the file must keep.
            path: of a new file or folder, in a temporary folder. What does not fit into it may lie in
                one more file, PATH.data.
            options: the options of the export: `opset`, an int or None; `parts`, all parts by role; and
                `examples`, a function that returns training examples of shape (n, ...), None where the
                source is no run with data.

        Raises:
            ExportError: the format cannot hold this part. The message names the layer, and what to do.
            SettingError: an option is out of range.
        """

    def example(self, contract: Contract, file: str) -> str:
        """Return the Python code, at most 25 lines, that runs a file without the zoo.

        A format whose RUNTIMES have such a function leaves it out.
        """


class OwnRuntime(Protocol):
    """The members of a format that brings its runtime; a file is opened in a process of its own."""

    WITHOUT: tuple[str, ...]
    """Modules that the runtime must do without; they cannot be imported while it opens and runs a file."""

    def prepare(self) -> str:
        """Import the runtime; return its name and version. It is called for each file, in a new process."""

    def open(self, path: Path) -> Runner:
        """Open a file in the runtime; return the function from inputs to outputs by name."""


_MEMBERS = ("SUFFIX", "write")
_OWN_RUNTIME = ("WITHOUT", "prepare", "open", "example")


def load_format(name: str) -> Format:
    """Load one format by name.

    Raises:
        UnknownName: there is no such format.
        PluginError: its module cannot be imported, or lacks a member.
    """
    module = EntryPointGroup(FORMATS).load(name)
    members = _MEMBERS if hasattr(module, "RUNTIMES") else (*_MEMBERS, *_OWN_RUNTIME)
    if missing := [member for member in members if not hasattr(module, member)]:
        raise PluginError(f"{describe_format(name)} lacks {', '.join(missing)}.")
    return cast(Format, module)


def is_approximate(name: str) -> bool:
    """Return whether the files of a format are not meant to compute the same numbers."""
    return bool(getattr(load_format(name), "APPROXIMATE", False))


def tolerance_of(name: str) -> Tolerance | None:
    """Return the tolerance that a format declares, or None.

    Raises:
        PluginError: it is no Tolerance, or the format does not say that it is approximate.
    """
    tolerance = getattr(load_format(name), "TOLERANCE", None)
    if tolerance is not None and not (isinstance(tolerance, Tolerance) and is_approximate(name)):
        raise PluginError(
            f"{describe_format(name)} has a TOLERANCE. It must be a Tolerance, beside APPROXIMATE = True."
        )
    return tolerance


def tolerance_pair(name: str) -> tuple[float, float] | None:
    """Return the absolute and the relative part of the tolerance that a format declares, or None."""
    tolerance = tolerance_of(name)
    return (tolerance.absolute, tolerance.relative) if tolerance else None


def file_name(role: str, name: str) -> str:
    """Return the name of the file of a part in a format."""
    return role + load_format(name).SUFFIX


def data_file(path: Path, name: str) -> Path:
    """Return where the second file of a file lies, if the format has written one.

    Args:
        path: of the file.
        name: the format's.
    """
    suffix = getattr(load_format(name), "DATA_SUFFIX", DATA_SUFFIX)
    if suffix == DATA_SUFFIX:
        return path.with_name(f"{path.name}{suffix}")
    return path.with_suffix(str(suffix))


def describe_format(name: str) -> str:
    """Return a format's name and package as the subject of a sentence."""
    return f"The format {name!r} of {package_of(EntryPointGroup(FORMATS).entry(name))}"


def describe_failure(name: str, error: BaseException) -> str:
    """Return the sentence that blames a format for an error: its package, the file and the line.

    The line is the last one in the format's own package; where there is none, the place is left out.
    """
    package = EntryPointGroup(FORMATS).entry(name).value.partition(".")[0]
    place = failing_line(package, error)
    return f"{describe_format(name)} failed{place}: {format_error(error)}"
