"""Keras itself, which opens .keras and .h5 files in safe mode."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from zoo.entry_points import ARCHITECTURES, EntryPointGroup
from zoo.io.foreign.keras_objects import check_objects
from zoo.io.foreign.model_file import inspect_model_file
from zoo.runtimes.group import missing_package, package_version
from zoo.runtimes.protocol import Runner

FORMATS = ("keras", "h5")
WITHOUT: tuple[str, ...] = ()

_LARGE = 64 * 2**20  # bytes of a file for which the collector's time is worth its memory


def missing() -> str:
    """Return how to install Keras; empty where it is installed."""
    return missing_package("keras")


def version() -> str:
    """Return Keras' name and version."""
    return package_version("keras")


def open(path: Path) -> Runner:
    """Load the file in safe mode, in which no code in it is run; return the function that runs it."""
    return keras_runner(open_model_file(path))


def open_model_file(path: Path) -> Any:
    """Load a .keras or .h5 file of any origin in safe mode, after checks of its sizes and of its names.

    Raises:
        UnsafeFile: it declares more than it holds, or names what no model needs.
        Exception: whatever Keras raises on its content.
    """
    names = inspect_model_file(path)
    import keras

    check_objects(names, path, {"zoo", *EntryPointGroup(ARCHITECTURES).modules()})

    def load() -> Any:
        return keras.saving.load_model(path, compile=False, safe_mode=True)

    def rehearse() -> None:
        # Variables have shapes but no values in such a scope, so a config that asks for more than
        # the file holds fails before anything of that size is allocated.
        with keras.StatelessScope(initialize_variables=False):
            load()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(rehearse).result()
    if path.stat().st_size > _LARGE:
        gc.collect()  # the rehearsal's weights, before there are others
    return load()


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
