"""ONNX Runtime in Java: com.microsoft.onnxruntime from Maven Central."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.runtimes.programs.example_code import Words, example_code
from zoo.runtimes.programs.java_program import JavaProgram

FORMATS = ("onnx", "onnx-fp16", "onnx-int8")
LANGUAGE = "java"
_WORDS: Words = {
    "float32": ("FloatBuffer",),
    "float64": ("DoubleBuffer",),
    "int32": ("IntBuffer",),
    "int64": ("LongBuffer",),
}
JAVA = JavaProgram("java", "onnx", "RunOnnx", "about 20 seconds and 150 MB")
PROGRAM = JAVA.program


def missing() -> str:
    """Return which tools to install; empty where the program can be built and run."""
    return PROGRAM.missing_tools()


def version() -> str:
    """Return the name and version of ONNX Runtime's library."""
    return f"com.microsoft.onnxruntime {JAVA.library_version('onnxruntime')}"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    return JAVA.command()


def example(contract: Any, file: str) -> str:
    """Return the lines of Java that run a file; empty where a dtype has no buffer there."""
    path = PROGRAM.source / "examples" / "ExampleOnnx.java"
    return example_code(path, contract, file, _WORDS)
