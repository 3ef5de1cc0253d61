"""The protocol of a runtime: which formats it reads, whether it is installed, and how it runs a file.

Each runtime is a module behind an entry point of the group `zoo.runtimes`. The first line of its docstring
says what the runtime is. It has the members of `Runtime`, and either `WITHOUT` and `open` (a Python
package) or `command` (a program in any language). It may have two more members, for the README beside
exported files: `LANGUAGE`, the name of the language as Markdown knows it ("python" if not given), and
`example(contract, file)`, which returns about ten lines of code that run a file without the zoo.

A runtime never judges a file. The exporters compare its outputs with the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = [
    "FileResult",
    "FileToRun",
    "ProgramRuntime",
    "PythonRuntime",
    "Runner",
    "Runtime",
    "SetResult",
]

Runner = Callable[[Mapping[str, Any]], dict[str, Any]]
"""A function from inputs by name to outputs by name."""


class Runtime(Protocol):
    """The members of every runtime's module."""

    FORMATS: tuple[str, ...]
    """Names of the formats that it reads. A format may also name the runtime, in its `RUNTIMES`."""

    def missing(self) -> str:
        """Return one line that says what to install and how; empty where nothing is missing.

        It is fast and imports nothing heavy: `zoo runtimes` calls it for every runtime.
        """

    def version(self) -> str:
        """Return the name and the version, such as "openvino 2026.4.1", without importing the runtime.

        It is called only where nothing is missing.
        """


class PythonRuntime(Runtime, Protocol):
    """A runtime that is a Python package. Each file is opened in a process of its own."""

    WITHOUT: tuple[str, ...]
    """Modules that it must do without; they cannot be imported while it opens and runs a file."""

    def open(self, path: Path) -> Runner:
        """Open a file; return the function from inputs to outputs by name.

        The function returns names, shapes and dtypes as the runtime has them, and hides no difference.
        It is called with several batches and sizes. A runtime that is bound to one shape opens the file
        again for another one.

        Raises:
            Exception: whatever the runtime raises. The verdict is then "refused", with the message.
        """


class ProgramRuntime(Runtime, Protocol):
    """A runtime in another language: a program that runs many files in one process."""

    def command(self) -> Sequence[str]:
        """Return the command. The folder with manifest.json is added behind it.

        `zoo.runtimes.command` describes manifest.json and results.json, and runs the command:
        `run_files(command, files)` of FileToRun returns a FileResult for each, in order, whatever the
        program does. What must be compiled or fetched is compiled or fetched here, once, into
        `zoo.environment.cache_folder()`.

        Raises:
            ZooError: it cannot be compiled or fetched. The verdict is then "not available".
        """


@dataclass(frozen=True)
class FileToRun:
    """One file for a program.

    `key` is unique in one call of the program. `inputs` are the test sets, each from names to arrays.
    `outputs` are the names of the outputs that are expected. `data` is a second file, beside the first, which
    that one reads its weights from; None where there is none.
    """

    key: str
    path: Path
    format: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[str, ...]
    data: Path | None = None


@dataclass(frozen=True)
class SetResult:
    """What a program computed from one test set: the outputs by name; or, in one line, what went wrong."""

    outputs: Mapping[str, Any]
    problem: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class FileResult:
    """What a program did with one file: a result for each test set; or, in one line, why it refused it.

    `runtime` is the program's own name and version.
    """

    key: str
    sets: tuple[SetResult, ...] = ()
    problem: str = ""
    load_seconds: float | None = None
    runtime: str = ""
