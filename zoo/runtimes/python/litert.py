"""LiteRT, formerly TensorFlow Lite, by the interpreter that phones have: built-in operators only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.runtimes.group import check_input_names, missing_package, package_version
from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import python_code

FORMATS = ("litert",)
WITHOUT = ("keras", "tensorflow")


def missing() -> str:
    """Return how to install LiteRT; empty where it is installed."""
    return missing_package("ai-edge-litert", "litert")


def version() -> str:
    """Return LiteRT's name and version."""
    return package_version("ai-edge-litert")


def open(path: Path) -> Runner:
    """Open the file; return the function that calls its one signature."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    (signature,) = interpreter.get_signature_list()
    runner = interpreter.get_signature_runner(signature)
    expected = list(runner.get_input_details())

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        check_input_names(expected, inputs)
        return {name: value.copy() for name, value in runner(**inputs).items()}

    return run


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the file with LiteRT alone."""
    return python_code(
        contract,
        "from ai_edge_litert.interpreter import Interpreter",
        f'interpreter = Interpreter("{file}")',
        'run = interpreter.get_signature_runner("serving_default")',
        "print(run(**inputs))",
    )
