"""tract, an engine in Rust; it reads ONNX, and takes concrete shapes when a file is opened.

It returns outputs in the order of the file, named after nodes. So their names are read from the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.runtimes.group import check_input_names, missing_package, package_version
from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import python_code, sample_shape

FORMATS = ("onnx",)
WITHOUT = ("keras", "tensorflow")

_DTYPES = {"float16": "f16", "float32": "f32", "float64": "f64", "bool": "bool"}


def missing() -> str:
    """Return how to install tract; empty where it is installed."""
    return missing_package("tract", "tract")


def version() -> str:
    """Return tract's name and version."""
    return package_version("tract")


def open(path: Path) -> Runner:
    """Return the function that runs the file; it opens the file again for each new shape of the inputs.

    With symbolic sizes tract 0.23 refuses a Reshape or an Expand whose shape is computed from the batch,
    and an LSTM ends the process. With concrete ones it fails on some products of matrices where the batch
    is 1. So the sizes are those of the inputs, and symbolic where tract refuses that.
    """
    names = _output_names(path)
    runnables: dict[tuple[Any, ...], Callable[[Mapping[str, Any]], dict[str, Any]]] = {}

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        key = tuple((name, array.shape, array.dtype.name) for name, array in inputs.items())
        if key not in runnables:
            runnables[key] = _runnable(path, names, inputs)
        return runnables[key](inputs)

    return run


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the file with tract alone."""
    facts = [_fact(sample_shape(tensor), tensor.dtype) for tensor in contract.inputs]
    return python_code(
        contract,
        "import tract",
        f'model = tract.onnx().load("{file}")',
        f"for number, fact in enumerate({json.dumps(facts)}):  # the shapes and dtypes of the inputs",
        "    model.set_input_fact(number, fact)",
        "outputs = model.into_model().into_runnable().run(list(inputs.values()))",
        f"names = {json.dumps([tensor.name for tensor in contract.outputs])}",
        "print({name: value.to_numpy() for name, value in zip(names, outputs)})",
    )


def _runnable(path: Path, names: list[str], inputs: Mapping[str, Any]) -> Runner:
    """Open the file for inputs of some shapes; return the function that runs it."""
    import tract

    model = tract.onnx().load(path)
    expected = [model.input_name(number) for number in range(model.input_count())]
    check_input_names(expected, inputs)
    for number, name in enumerate(expected):
        model.set_input_fact(number, _fact(inputs[name].shape, inputs[name].dtype.name))
    try:
        runnable = model.into_model().into_runnable()
    except tract.TractError:
        runnable = tract.onnx().load(path).into_model().into_runnable()

    def run(arrays: Mapping[str, Any]) -> dict[str, Any]:
        values = runnable.run([np.ascontiguousarray(arrays[name]) for name in expected])
        return {name: value.to_numpy() for name, value in zip(names, values, strict=True)}

    return run


def _output_names(path: Path) -> list[str]:
    import onnx

    return [output.name for output in onnx.load(path, load_external_data=False).graph.output]


def _fact(shape: Sequence[int], dtype: str) -> str:
    """Return the shape and the dtype of an array as tract writes them: "3,28,28,1,f32"."""
    kind = _DTYPES.get(dtype) or dtype.replace("uint", "u").replace("int", "i")
    return ",".join([*map(str, shape), kind])
