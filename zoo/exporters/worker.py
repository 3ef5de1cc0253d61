"""The one process in which exported files are opened in their own runtimes and compared.

    python -m zoo.exporters.worker onnx saved-model keras h5

imports the runtimes, those that must do without Keras first and with Keras blocked, and then reads
one request from its standard input:

    {"folder": ..., "answer": FILE,
     "files": [{"part": ..., "format": ..., "path": ..., "requires": [MODULE, ...]}]}

A process that imports Keras costs seconds, so the gate starts this one before it begins to write.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from zoo import errors
from zoo.errors import format_error
from zoo.exporters.formats import protocol

BROKE_DOWN = "its runtime broke down"
_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Worker:
    """The parent's side: start the process early, ask it once."""

    def __init__(self, names: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "zoo.exporters.worker", *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                **_ENVIRONMENT,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(
        self, folder: Path, files: Sequence[Mapping[str, Any]], answer: Path
    ) -> list[dict[str, Any]]:
        """Have files compared with the folder's probe.npz: one answer for each file.

        A runtime that brings the process down is an answer too: the file that it was at is blamed.
        """
        request = {"folder": str(folder), "files": list(files), "answer": str(answer)}
        _, errors = self._process.communicate(json.dumps(request))
        answers = (
            [json.loads(line) for line in answer.read_text().splitlines()]
            if answer.exists()
            else []
        )
        if len(answers) < len(files):
            last = " ".join(errors.split())[-300:]
            problem = f"{BROKE_DOWN} (exit code {self._process.returncode}): {last}"
            answers.append({"difference": None, "problem": problem, "runtime": ""})
        while len(answers) < len(files):
            answers.append({"difference": None, "problem": "it was not reached", "runtime": ""})
        return answers


def check(
    folder: Path, files: Sequence[Mapping[str, Any]], runtimes: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Compare each file with the probes of its part."""
    from zoo.exporters.parts.probes import load_probes
    from zoo.io.safe_load import read_arrays

    arrays = read_arrays(folder / "probe.npz")
    for file in files:
        try:
            _import_all(file.get("requires", ()))
            runner = protocol.load_format(file["format"]).open(folder / file["path"])
            difference, problem = compare(runner, load_probes(arrays, file["part"]))
        except Exception as error:  # each runtime has errors of its own; any of them is the verdict
            difference, problem = None, f"its runtime refuses it: {errors.format_cause(error)}"
        yield {"difference": difference, "problem": problem, "runtime": runtimes[file["format"]]}


def _import_all(modules: Sequence[str]) -> None:
    """Import the modules that a file's layers come from, as whoever opens it must."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # a module runs whatever it likes
            raise ImportError(
                f"its layers come from the module {module!r}, which a new process cannot import: "
                f"{format_error(error)}"
            ) from error


def compare(runner: protocol.Runner, items: Sequence[Any]) -> tuple[float | None, str]:
    """Compare names, then shapes, then values; give the largest difference and what is wrong."""
    largest = 0.0
    if not items:
        return None, "there is no probe for it"
    for probe in items:
        outputs = runner(probe.inputs)
        if set(outputs) != set(probe.outputs):
            return None, f"its outputs are {sorted(outputs)}, expected {sorted(probe.outputs)}"
        for name, expected in probe.outputs.items():
            difference, problem = compare_one(name, outputs[name], expected)
            if problem:
                sizes = ", ".join(f"{key} {value.shape}" for key, value in probe.inputs.items())
                return difference, f"{problem} (inputs: {sizes})"
            largest = max(largest, difference or 0.0)
    return largest, ""


def compare_one(name: str, received: Any, expected: Any) -> tuple[float | None, str]:
    """Compare one output: its shape, then its dtype, then its values."""
    import numpy as np

    from zoo.exporters.report import ABSOLUTE, RELATIVE

    received, expected = np.asarray(received), np.asarray(expected)
    if received.shape != expected.shape:
        return None, f"{name!r} has the shape {received.shape}, expected {expected.shape}"
    if received.dtype != expected.dtype:
        return None, f"{name!r} is {received.dtype}, expected {expected.dtype}"
    a, b = received.astype(np.float64), expected.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if not np.isfinite(np.where(same, 0.0, [a, b])).all():
        return None, f"{name!r} holds NaN or infinity where the other does not"
    apart = np.abs(a - b, out=np.zeros_like(a), where=~same)
    worst = float(apart.max(initial=0.0))
    if (apart > ABSOLUTE + RELATIVE * np.abs(b)).any():
        return worst, f"{name!r} is off by up to {worst:.3g}"
    return worst, ""


def main(names: Sequence[str]) -> None:
    """Import the runtimes, then answer the one request."""
    found = {name: protocol.load_format(name) for name in names}
    runtimes = {}
    for name in sorted(names, key=lambda name: -len(found[name].WITHOUT)):
        with blocked(found[name].WITHOUT):
            runtimes[name] = found[name].prepare()
    request = json.loads(sys.stdin.readline() or sys.stdin.read())
    with Path(request["answer"]).open("w") as answers:
        for answer in check(Path(request["folder"]), request["files"], runtimes):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    gc.freeze()  # collecting what TensorFlow leaves would take a second at exit


@contextmanager
def blocked(modules: Sequence[str]) -> Iterator[None]:
    """Make imports of some modules fail, as they would where they are not installed."""
    loaded = cast("dict[str, Any]", sys.modules)
    hidden = [module for module in modules if module not in loaded]
    loaded.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for module in hidden:
            del loaded[module]


if __name__ == "__main__":
    main(sys.argv[1:])
