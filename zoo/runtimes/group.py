"""The installed runtimes: find one by name, and those that read a format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from zoo.entry_points import FORMATS, RUNTIMES, EntryPointGroup, package_of
from zoo.errors import PluginError, UnknownName, format_error
from zoo.runtimes.protocol import PythonRuntime, Runner, Runtime

_OWN = "format:"  # begins the name of a runtime that is a format's own module
_MEMBERS = ("FORMATS", "missing", "version")


@dataclass(frozen=True)
class RuntimeState:
    """One installed runtime: whether it can be used here, and what to install where it cannot.

    `kind` is "python" or "program".
    """

    name: str
    kind: str
    formats: tuple[str, ...]
    version: str
    missing: str
    package: str

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return asdict(self) | {"formats": list(self.formats)}


def load_runtime(name: str) -> Runtime:
    """Load one runtime by name.

    Raises:
        UnknownName: there is no such runtime.
        PluginError: its module cannot be imported, or lacks a member.
    """
    if name.startswith(_OWN):
        return _FormatRuntime(name.removeprefix(_OWN))
    module = EntryPointGroup(RUNTIMES).load(name)
    missing = [member for member in _MEMBERS if not hasattr(module, member)]
    if hasattr(module, "open") and not hasattr(module, "WITHOUT"):
        missing.append("WITHOUT")
    if not (hasattr(module, "open") or hasattr(module, "command")):
        missing.append("open or command")
    if missing:
        raise PluginError(f"{describe_runtime(name)} lacks {', '.join(missing)}.")
    return cast(Runtime, module)


def load_python_runtime(name: str) -> PythonRuntime:
    """Load a runtime that is a Python package.

    Raises:
        UnknownName: there is no such runtime.
        PluginError: its module cannot be imported, lacks a member, or is of a program.
    """
    runtime = load_runtime(name)
    if not hasattr(runtime, "open"):
        raise PluginError(f"{describe_runtime(name)} is a program, and has no function `open`.")
    return cast(PythonRuntime, runtime)


def is_program(name: str) -> bool:
    """Return whether a runtime is a program, and not a Python package."""
    return not hasattr(load_runtime(name), "open")


def own_runtime(format_name: str) -> str:
    """Return the name of the runtime that a format is proved in unless another one is asked for.

    It is the first of the format's RUNTIMES. A format without these brings its own `open`, and
    stands for itself as "format:NAME". Empty where the format has an empty RUNTIMES.
    """
    module = EntryPointGroup(FORMATS).load(format_name)
    names = getattr(module, "RUNTIMES", None)
    if names is None:
        return _OWN + format_name
    return str(names[0]) if names else ""


def reads(runtime: str, format_name: str) -> bool:
    """Return whether a runtime reads the files of a format: one of the two names the other."""
    if runtime.startswith(_OWN):
        return runtime == _OWN + format_name
    module = EntryPointGroup(FORMATS).load(format_name)
    return format_name in load_runtime(runtime).FORMATS or runtime in getattr(
        module, "RUNTIMES", ()
    )


def runtimes_of(format_name: str) -> list[str]:
    """Return the names of the installed runtimes that read a format, its own first.

    One whose module cannot be loaded is left out, unless it is the format's own.
    """
    others = []
    for name in EntryPointGroup(RUNTIMES).names():
        with suppress(PluginError):
            others += [name] if reads(name, format_name) else []
    return list(dict.fromkeys([*filter(None, [own_runtime(format_name)]), *others]))


def missing_parts(name: str) -> str:
    """Return what a runtime lacks on this machine, in one line; empty where it can be used.

    Where the module of a plug-in cannot be loaded, or raises, the line says so.
    """
    try:
        return " ".join(str(load_runtime(name).missing()).split())
    except UnknownName:
        raise
    except PluginError as error:
        return str(error)
    except Exception as error:  # a plug-in may raise anything
        return describe_failure(name, error)


def runtime_version(name: str) -> str:
    """Return a runtime's name and version; its bare name where it cannot tell."""
    try:
        return str(load_runtime(name).version())
    except Exception:  # a plug-in may raise anything
        return name.removeprefix(_OWN)


def example_code(name: str, contract: Any, file: str) -> tuple[str, str]:
    """Return the code that runs a file in a runtime, and its language; empty where it has none.

    Args:
        name: the runtime's.
        contract: of the part, with its inputs and outputs.
        file: the file's name.

    Raises:
        PluginError: the runtime's module raises.
    """
    runtime = load_runtime(name)
    example = getattr(runtime, "example", None)
    if example is None:
        return "", ""
    try:
        return str(example(contract, file)), str(getattr(runtime, "LANGUAGE", "python"))
    except Exception as error:  # a plug-in may raise anything
        raise PluginError(describe_failure(name, error)) from error


def list_runtimes() -> list[RuntimeState]:
    """Return the state of every installed runtime, in the order of their names."""
    return [_state(name) for name in EntryPointGroup(RUNTIMES).names()]


def _state(name: str) -> RuntimeState:
    missing = missing_parts(name)
    packages = EntryPointGroup(RUNTIMES).packages(name)
    try:
        runtime, program = load_runtime(name), is_program(name)
    except PluginError:
        return RuntimeState(name, "unknown", (), "", missing, packages)
    kind, number = "program" if program else "python", "" if missing else runtime_version(name)
    return RuntimeState(name, kind, tuple(runtime.FORMATS), number, missing, packages)


def describe_runtime(name: str) -> str:
    """Return a runtime's name and package as the subject of a sentence."""
    if name.startswith(_OWN):
        name = name.removeprefix(_OWN)
        return f"The format {name!r} of {package_of(EntryPointGroup(FORMATS).entry(name))}"
    return f"The runtime {name!r} of {package_of(EntryPointGroup(RUNTIMES).entry(name))}"


def describe_failure(name: str, error: BaseException) -> str:
    """Return the sentence that blames a runtime for an error: its package, the file and the line."""
    group = FORMATS if name.startswith(_OWN) else RUNTIMES
    entry = EntryPointGroup(group).entry(name.removeprefix(_OWN))
    place = failing_line(entry.value.partition(".")[0], error)
    return f"{describe_runtime(name)} failed{place}: {format_error(error)}"


def failing_line(package: str, error: BaseException) -> str:
    """Return " at FILE:LINE", the last line of a package in an error's traceback; empty where none is."""
    place, traceback = "", error.__traceback__
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] == package:
            place = f" at {Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def package_version(package: str) -> str:
    """Return "PACKAGE VERSION" of an installed distribution."""
    return f"{package} {version(package)}"


def missing_package(package: str, extra: str = "") -> str:
    """Return the line that says how to install a package; empty where it is installed.

    Args:
        package: the distribution's name, such as openvino. Its module has the same name, with _ for -;
            another distribution may bring that module, as onnxruntime-gpu does.
        extra: the extra of keras-zoo that installs it too, if there is one.
    """
    if find_spec(package.replace("-", "_")) is not None:
        return ""
    other = f", or keras-zoo[{extra}]" if extra else ""
    return f"{package} is not installed: pip install {package}{other}"


def check_input_names(expected: Iterable[str], inputs: Mapping[str, Any]) -> None:
    """Refuse inputs whose names are not those of a file.

    Raises:
        ValueError: it has both lists of names.
    """
    if set(expected) != set(inputs):
        raise ValueError(f"its inputs are {sorted(expected)}, expected {sorted(inputs)}")


class _FormatRuntime:
    """The runtime of a format that has its own `prepare`, `open` and `WITHOUT`."""

    def __init__(self, name: str) -> None:
        self._module: ModuleType = EntryPointGroup(FORMATS).load(name)
        self.FORMATS: tuple[str, ...] = (name,)
        self.WITHOUT: tuple[str, ...] = tuple(getattr(self._module, "WITHOUT", ()))

    def missing(self) -> str:
        """Return nothing: what the format lacks is known when it is prepared."""
        return ""

    def version(self) -> str:
        """Import the format's runtime, and return its name and version."""
        return str(self._module.prepare())

    def open(self, path: Path) -> Runner:
        """Open a file with the format's own `open`."""
        return cast(Runner, self._module.open(path))
