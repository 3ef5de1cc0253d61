"""ONNX Runtime in Node: the package onnxruntime-node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.runtimes.programs.example_code import Words, example_code
from zoo.runtimes.programs.program import Program

FORMATS = ("onnx", "onnx-fp16", "onnx-int8")
LANGUAGE = "javascript"
HOW_TO_INSTALL = "Node 20.11 or newer: nodejs.org, or apt install nodejs npm"
WORDS: Words = {
    "float32": ("float32", "Float32Array"),
    "float64": ("float64", "Float64Array"),
    "int32": ("int32", "Int32Array"),
    "int64": ("int64", "BigInt64Array"),
    "uint8": ("uint8", "Uint8Array"),
    "bool": ("bool", "Uint8Array"),
}
PROGRAM = Program(
    name="node",
    sources=("node",),
    builds_with={"npm": HOW_TO_INSTALL},
    runs_with={"node": HOW_TO_INSTALL},
    steps=(("npm", "ci", "--ignore-scripts"),),
    cost="about 10 seconds and 290 MB",
)


def missing() -> str:
    """Return which tools to install; empty where the program can be built and run."""
    return PROGRAM.missing_tools()


def version() -> str:
    """Return the name and version of ONNX Runtime's package."""
    number = PROGRAM.pinned_version("package.json", r'"onnxruntime-node": "([^"]+)"')
    return f"onnxruntime-node {number}"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    return ["node", str(PROGRAM.build() / "run.mjs")]


def example(contract: Any, file: str) -> str:
    """Return the lines of JavaScript that run a file; empty where a dtype has no array there."""
    return example_code(PROGRAM.source / "example.mjs", contract, file, WORDS)
