"""Parts that the exported, verified files of a run compute in their own runtime, without Keras.

A file is used only if report.json calls it equal to the model and has its digest. When a part is first
used, its file also computes the recorded probe (probe.npz: inputs, and the outputs that the model computed
from them), so that this machine's runtime is compared with the model too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import ExportError, UnsafeFile
from zoo.inference.known_exports import is_known_export
from zoo.inference.parts import PartFunction
from zoo.io.digest import file_digest
from zoo.io.foreign.entries import NUMBER, OBJECT, OBJECTS, SIZES, TEXT, Kind, check_entries
from zoo.io.foreign.plain_file import check_names, is_inside, is_plain
from zoo.io.safe_load import read_arrays
from zoo.io.text import read_json
from zoo.runtimes.group import load_python_runtime, own_runtime
from zoo.runtimes.protocol import Runner
from zoo.runtimes.zoo_command import run_zoo

_LARGEST_TOLERANCE = 1e-2
_REPORT: dict[str, Kind] = {
    "files": OBJECTS,
    "parts": OBJECT,
    "tolerance": OBJECT,
    "probe_sha256": TEXT,
}
_TOLERANCE: dict[str, Kind] = {"absolute": NUMBER, "relative": NUMBER}
_FILE: dict[str, Kind] = dict.fromkeys(
    ("part", "format", "path", "verdict", "sha256", "data", "data_sha256"), TEXT
)
_PART: dict[str, Kind] = {"inputs": OBJECTS, "outputs": OBJECTS}
_TENSOR: dict[str, Kind] = {"name": TEXT, "dtype": TEXT, "shape": SIZES}


class ExportedPart(PartFunction):
    """One part that the runtime of a format computes.

    Args:
        role: the part's name.
        contract: its inputs and outputs, as report.json has them.
        runner: the function of the opened file.
    """

    def __init__(self, role: str, contract: Mapping[str, Any], runner: Runner) -> None:
        inputs = {
            tensor["name"]: tuple(
                size if isinstance(size, int) else None for size in tensor["shape"][1:]
            )
            for tensor in contract["inputs"]
        }
        super().__init__(role, inputs, [tensor["name"] for tensor in contract["outputs"]])
        self._dtypes = [tensor["dtype"] for tensor in contract["inputs"]]
        self._runner = runner

    def compute(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Return the outputs for one batch."""
        named = {
            name: np.ascontiguousarray(array, dtype)
            for name, array, dtype in zip(self.inputs, arrays, self._dtypes, strict=True)
        }
        outputs = self._runner(named)
        return [outputs[name] for name in self.outputs]


class ExportedParts(Mapping[str, PartFunction]):
    """The parts of an export by role; a file is opened and compared when its part is first used.

    An export that was not made here is verified first, in another process: its operators are checked, and it
    runs in the cage.

    Args:
        folder: the export, with report.json and probe.npz.
        name: the format whose files are used.

    Raises:
        ExportError: the verification fails.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not is_known_export(folder):
            run_zoo("verify", str(folder), "--in", own_runtime(name))
        self.folder = folder
        self.format = name
        self._report = read_report(folder)
        self._paths = _paths(self._report, name)
        self._parts: dict[str, PartFunction] = {}

    @cached_property
    def _probes(self) -> dict[str, Array]:
        return read_arrays(self.folder / "probe.npz")

    def __getitem__(self, role: str) -> PartFunction:
        if role not in self._parts:
            self._parts[role] = self._open(role, self.folder / self._paths[role])
        return self._parts[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def _open(self, role: str, path: Path) -> PartFunction:
        """Open a file, and compare what it computes with the recorded outputs.

        Raises:
            ExportError: the runtime refuses the file, or computes something else than the model.
        """
        runtime = load_python_runtime(own_runtime(self.format))
        try:
            runner = runtime.open(path)
            problem = _difference(runner, self._probes, role, self._report["tolerance"])
        except Exception as error:  # each runtime has errors of its own
            raise ExportError(f"{path} cannot be run here: {error}.") from error
        if problem:
            raise ExportError(
                f"{path} computes something else than the model here: {problem}. "
                f"Compare all files: zoo verify {self.folder}"
            )
        return ExportedPart(role, self._report["parts"][role], runner)


def read_report(folder: Path) -> dict[str, Any]:
    """Return report.json of an export; empty where there is none or it is broken."""
    try:
        report = read_json(folder / "report.json", folder)
        _check_report(report)
    except (OSError, ValueError, RecursionError, UnsafeFile):
        return {}
    return dict(report)


def why_not_usable(folder: Path, name: str) -> str:
    """Return why the files of a format in an export cannot be used; empty where they can be."""
    report = read_report(folder)
    files = [file for file in report.get("files", ()) if file["format"] == name]
    if {file["part"] for file in files} != set(report.get("parts", ())) or not files:
        return f"{folder} has no {name} file of every part"
    for file in files:
        path = folder / file["path"]
        if file["verdict"] != "equal":
            return f"{path} was not found equal to the model"
        if not is_inside(path, folder):
            return f"{folder / 'report.json'} names a file outside its folder"
        if not (is_plain(path) or path.is_dir()) or file_digest(path) != file["sha256"]:
            return f"{path} is missing, or not the file that was verified"
        data = folder / str(file.get("data", ""))  # the weights of a file beyond 2 GiB
        if file.get("data") and not (
            is_inside(data, folder)
            and is_plain(data)
            and file_digest(data) == file.get("data_sha256")
        ):
            return f"{data} is missing, or not the file that was verified"
    probe = folder / "probe.npz"
    if not is_plain(probe) or not is_inside(probe, folder):
        return f"{folder} has no probe.npz"
    if report.get("probe_sha256") and file_digest(probe) != report["probe_sha256"]:
        return f"{probe} is not the file that was verified"
    return ""


def _check_report(report: Any) -> None:
    """Check the entries of a report that are read here.

    Raises:
        ValueError: an entry is missing, or is of another type.
    """
    check_entries("the report", report, _REPORT, ("files", "parts", "tolerance"))
    check_entries("tolerance", report["tolerance"], _TOLERANCE, _TOLERANCE)
    if not all(0 <= report["tolerance"][name] <= _LARGEST_TOLERANCE for name in _TOLERANCE):
        raise ValueError("the tolerance is out of range")
    for file in report["files"]:
        check_entries("a file", file, _FILE, ("part", "format", "path", "verdict", "sha256"))
        check_names([file["path"], file.get("data", "")])
    for role, part in report["parts"].items():
        check_entries(role, part, _PART)
        for tensor in part.get("inputs", []) + part.get("outputs", []):
            check_entries(role, tensor, _TENSOR, _TENSOR)


def _paths(report: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return the path of each part's file of a format, by role, in the order of the parts."""
    files = {file["part"]: file["path"] for file in report["files"] if file["format"] == name}
    return {role: files[role] for role in report["parts"] if role in files}


def _difference(
    runner: Runner, probes: Mapping[str, Array], role: str, tolerance: Mapping[str, float]
) -> str:
    """Return how the outputs of a file differ from those of the model; empty where they are equal.

    Args:
        runner: the function of the opened file.
        probes: the arrays of probe.npz: ROLE/NUMBER/in/NAME and ROLE/NUMBER/out/NAME.
        role: the part's name.
        tolerance: `absolute` and `relative`, as report.json has them.
    """
    numbers = sorted({key.split("/")[1] for key in probes if key.startswith(f"{role}/")})
    if not numbers:
        return "there is no probe for it"
    for number in numbers:
        inputs = _side(probes, f"{role}/{number}/in/")
        outputs = runner(inputs)
        for name, expected in _side(probes, f"{role}/{number}/out/").items():
            received = np.asarray(outputs[name])
            if received.shape != expected.shape:
                return f"{name!r} has the shape {received.shape}, expected {expected.shape}"
            if expected.dtype.kind in "fc" and expected.size and not np.isfinite(expected).any():
                return f"the recorded {name!r} has no number that could be compared"
            limits = {"atol": tolerance["absolute"], "rtol": tolerance["relative"]}
            if not np.allclose(received, expected, **limits, equal_nan=True):
                largest = np.abs(received.astype(np.float64) - expected).max()
                return f"{name!r} is off by up to {largest:.3g}"
    return ""


def _side(probes: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {key[len(prefix) :]: array for key, array in probes.items() if key.startswith(prefix)}
