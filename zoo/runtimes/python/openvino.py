"""OpenVINO on the CPU, with float32 asked for; it reads its own IR, and ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.runtimes.group import check_input_names, missing_package, package_version
from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import python_code

FORMATS = ("openvino", "onnx")
# its telemetry writes a file, and reports to its maker
WITHOUT = ("keras", "tensorflow", "openvino_telemetry")


def missing() -> str:
    """Return how to install OpenVINO; empty where it is installed."""
    return missing_package("openvino", "openvino")


def version() -> str:
    """Return OpenVINO's name and version."""
    return package_version("openvino")


def open(path: Path) -> Runner:
    """Compile the file for the CPU; return the function that runs it.

    Without the hint, OpenVINO computes in bfloat16 on some processors.
    """
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32", "CACHE_DIR": ""}
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    expected = [port.get_any_name() for port in compiled.inputs]
    names = [port.get_any_name() for port in compiled.outputs]

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        check_input_names(expected, inputs)
        values = compiled(dict(inputs), share_inputs=False, share_outputs=False)
        return {name: values[position] for position, name in enumerate(names)}

    return run


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the file with OpenVINO alone."""
    return python_code(
        contract,
        "import openvino",
        'settings = {"INFERENCE_PRECISION_HINT": "f32"}',
        f'compiled = openvino.Core().compile_model("{file}", "CPU", settings)',
        "print(compiled(inputs).to_dict())",
    )
