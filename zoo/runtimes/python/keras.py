"""Keras itself, which opens .keras and .h5 files in safe mode."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo.entry_points import ARCHITECTURES, EntryPointGroup
from zoo.io.foreign.keras_objects import check_objects
from zoo.io.foreign.model_file import inspect_model_file
from zoo.runtimes.group import missing_package, package_version
from zoo.runtimes.protocol import Runner
from zoo.runtimes.python.keras_loader import load_keras_file
from zoo.runtimes.sample_code import python_code

FORMATS = ("keras", "h5")
WITHOUT: tuple[str, ...] = ()


def missing() -> str:
    """Return how to install Keras; empty where it is installed."""
    return missing_package("keras")


def version() -> str:
    """Return Keras' name and version."""
    return package_version("keras")


def open(path: Path) -> Runner:
    """Load the file in safe mode, in which no code in it is run; return the function that runs it."""
    return keras_runner(open_model_file(path))


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the file with Keras alone."""
    names = [tensor.name for tensor in contract.inputs]
    arguments = (
        f'inputs["{names[0]}"]' if len(names) == 1 else f"[inputs[name] for name in {names}]"
    )
    return python_code(
        contract,
        "import keras",
        f'model = keras.saving.load_model("{file}", compile=False)',
        f"outputs = model.predict({arguments}, verbose=0)",
        "print(outputs)",
    )


def open_model_file(path: Path) -> Any:
    """Load a .keras or .h5 file of any origin in safe mode, after checks of its sizes and of its names.

    Raises:
        UnsafeFile: it declares more than it holds, or names what no model needs.
        Exception: whatever Keras raises on its content.
    """
    names = inspect_model_file(path)
    check_objects(names, path, {"zoo", *EntryPointGroup(ARCHITECTURES).modules()})

    return load_keras_file(path)


def keras_runner(model: Any) -> Runner:
    """Return a Keras model as a function from inputs by name to outputs by name."""
    from keras import tree

    names = [tensor.name for tensor in model.inputs]

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        arguments = tree.pack_sequence_as(model.input, [inputs[name] for name in names])
        values = model(arguments, training=False)
        if not isinstance(values, dict):
            flat = values if isinstance(values, list | tuple) else [values]
            values = dict(zip(model.output_names, flat, strict=True))
        return {name: np.asarray(value) for name, value in values.items()}

    return run
