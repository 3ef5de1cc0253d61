"""TensorFlow in Java: a SavedModel by its signature serving_default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.runtimes.programs.example_code import Words, example_code
from zoo.runtimes.programs.java_program import JavaProgram

FORMATS = ("saved-model",)
LANGUAGE = "java"
_WORDS: Words = {
    "float32": ("TFloat32", "ofFloats", "getFloat"),
    "float64": ("TFloat64", "ofDoubles", "getDouble"),
    "int32": ("TInt32", "ofInts", "getInt"),
    "int64": ("TInt64", "ofLongs", "getLong"),
    "bool": ("TBool", "ofBooleans", "getBoolean"),
}
JAVA = JavaProgram("tensorflow-java", "saved-model", "RunSavedModel", "about a minute and 500 MB")
PROGRAM = JAVA.program


def missing() -> str:
    """Return which tools to install; empty where the program can be built and run."""
    return PROGRAM.missing_tools()


def version() -> str:
    """Return the name and version of TensorFlow's Java library."""
    return f"tensorflow-core-api {JAVA.library_version('tensorflow-core-api')} (Java)"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    return JAVA.command()


def example(contract: Any, file: str) -> str:
    """Return the lines of Java that run a file; empty where a dtype has no type there."""
    path = PROGRAM.source / "examples" / "ExampleSavedModel.java"
    return example_code(path, contract, file, _WORDS)
