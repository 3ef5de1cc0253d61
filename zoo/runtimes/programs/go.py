"""ONNX Runtime in Go: onnxruntime_go through cgo, with the library of the Python package onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.runtimes.programs.example_code import Words, example_code
from zoo.runtimes.programs.onnxruntime_library import (
    library_path,
    library_version,
    missing_library,
)
from zoo.runtimes.programs.program import Program

FORMATS = ("onnx", "onnx-fp16", "onnx-int8")
LANGUAGE = "go"
_DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")
_WORDS: Words = {dtype: (f"[]{dtype}", f"[{dtype}]") for dtype in _DTYPES}
PROGRAM = Program(
    name="go",
    sources=("go",),
    builds_with={
        "go": "Go 1.23 or newer: apt install golang, or go.dev/dl",
        "cc": "apt install gcc",
    },
    runs_with={},
    steps=(("go", "build", "-o", "zoo-onnxruntime", "."),),
    cost="about 30 seconds",
)


def missing() -> str:
    """Return what to install; empty where the program can be built and run."""
    return PROGRAM.missing_tools() or missing_library()


def version() -> str:
    """Return the versions of the module and of the library."""
    number = PROGRAM.pinned_version("go.mod", r"onnxruntime_go v(\S+)")
    return f"onnxruntime_go {number} with {library_version()}"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    return [str(PROGRAM.build() / "zoo-onnxruntime"), library_path()]


def example(contract: Any, file: str) -> str:
    """Return the lines of Go that run a file; empty where a dtype has no type there."""
    return example_code(PROGRAM.source / "example" / "main.go", contract, file, _WORDS)
