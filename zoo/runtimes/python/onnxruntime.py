"""ONNX Runtime in Python, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.runtimes.group import check_input_names, missing_package, package_version
from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import python_code

FORMATS = ("onnx", "onnx-fp16", "onnx-int8")
WITHOUT = ("keras", "tensorflow")
_threads = 0  # of one operation; 0: as many as ONNX Runtime chooses


def missing() -> str:
    """Return how to install ONNX Runtime; empty where it is installed."""
    return missing_package("onnxruntime")


def version() -> str:
    """Return ONNX Runtime's name and version."""
    return package_version("onnxruntime")


def use_threads(threads: int) -> None:
    """Set the threads of one operation, in the files that this process opens from now on."""
    global _threads
    _threads = threads


def open(path: Path) -> Runner:
    """Open the file on the CPU, without warnings; return the function that runs it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = _threads
    # a thread that waits sleeps: if it spins, it takes a core from the thread that reads the next files
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    expected = [value.name for value in session.get_inputs()]

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        check_input_names(expected, inputs)
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    return run


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the file with ONNX Runtime alone."""
    return python_code(
        contract,
        "import onnxruntime",
        f'session = onnxruntime.InferenceSession("{file}", providers=["CPUExecutionProvider"])',
        "names = [output.name for output in session.get_outputs()]",
        "print(dict(zip(names, session.run(names, inputs))))",
    )
