"""DL4J in Java: Keras-2 HDF5 files through KerasModelImport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.runtimes.programs.example_code import Words, example_code
from zoo.runtimes.programs.java_program import JavaProgram

FORMATS = ("dl4j",)
LANGUAGE = "java"
_WORDS: Words = {"float32": ()}
JAVA = JavaProgram("dl4j", "dl4j", "RunDl4j", "about a minute and 300 MB")
PROGRAM = JAVA.program


def missing() -> str:
    """Return which tools to install; empty where the program can be built and run."""
    return PROGRAM.missing_tools()


def version() -> str:
    """Return the name and version of DL4J's library."""
    return f"deeplearning4j {JAVA.library_version('deeplearning4j-modelimport')}"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    return JAVA.command()


def example(contract: Any, file: str) -> str:
    """Return the lines of Java that run a file; empty where an input is not float32."""
    path = PROGRAM.source / "examples" / "ExampleDl4j.java"
    return example_code(path, contract, file, _WORDS)
