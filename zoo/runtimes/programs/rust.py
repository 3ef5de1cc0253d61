"""ONNX Runtime in Rust: the crate ort, with the library of the Python package onnxruntime."""

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
LANGUAGE = "rust"
_WORDS: Words = {
    "float32": ("0f32", "<f32>"),
    "float64": ("0f64", "<f64>"),
    "int32": ("0i32", "<i32>"),
    "int64": ("0i64", "<i64>"),
    "uint8": ("0u8", "<u8>"),
    "bool": ("false", "<bool>"),
}
PROGRAM = Program(
    name="rust",
    sources=("rust",),
    builds_with={"cargo": "Rust 1.92 or newer: curl https://sh.rustup.rs -sSf | sh"},
    runs_with={},
    steps=(("cargo", "build", "--locked", "--quiet", "--target-dir", "target"),),
    cost="about 30 seconds",
)


def missing() -> str:
    """Return what to install; empty where the program can be built and run."""
    return PROGRAM.missing_tools() or missing_library()


def version() -> str:
    """Return the versions of the crate and of the library."""
    number = PROGRAM.pinned_version("Cargo.toml", r'ort = .*?"=([^"]+)"')
    return f"ort {number} with {library_version()}"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    return [str(PROGRAM.build() / "target" / "debug" / "zoo-onnxruntime"), library_path()]


def example(contract: Any, file: str) -> str:
    """Return the lines of Rust that run a file; empty where a dtype has no type there."""
    return example_code(PROGRAM.source / "example.rs", contract, file, _WORDS)
