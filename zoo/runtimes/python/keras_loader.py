"""Keras' loader of model files, with limits that Keras has not, and without repeated work.

What a small config can ask for is counted while the model is built (`zoo.runtimes.python.keras_limits`), and
its outputs are looked at before it computes.

Keras builds a Sequential again after each of its layers: n layers take n ** 2 steps. Here it is built once.

With compile=False Keras leaves out the loss, the metrics and the optimizer of the outermost model, but reads
those of models inside it, and fails where they are the user's own. Here they are left out, too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

from zoo.io.foreign.limits import check_limit
from zoo.runtimes.python.keras_limits import limit_steps, limit_variables, replace

__all__ = ["load_keras_file"]

_BYTES = 4  # of a number, about
_lock = threading.Lock()  # classes of Keras are changed while a file is loaded


def load_keras_file(path: Path) -> Any:
    """Load a .keras or .h5 file in safe mode, without its losses and metrics.

    Raises:
        UnsafeFile: its config asks for many more numbers than the file holds.
        Exception: whatever Keras raises on its content.
    """
    import keras

    with _lock, limit_variables(path), limit_steps(path), _build_once(), _compile_never():
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    _check_outputs(path, model)
    check_limit(path, "build_steps", _steps(model, {}))
    return model


def _steps(operation: Any, known: dict[int, int]) -> int:
    """Return how many operations a call takes; a model in a model counts as often as it is called.

    Args:
        operation: a model or an operation in it.
        known: the numbers that are known already, by the identity of the operation.
    """
    if (key := id(operation)) not in known:
        known[key] = 1
        for inner in getattr(operation, "operations", ()):
            known[key] += max(1, len(inner._inbound_nodes)) * _steps(inner, known)
    return known[key]


def _check_outputs(path: Path, model: Any) -> None:
    """Refuse a model whose layer has an absurd output, such as one that scales an image to terabytes.

    Raises:
        UnsafeFile: it has one, or unrolls a layer over very many steps.
    """
    waiting, seen = [model], set[int]()
    while waiting:
        operation = waiting.pop()
        if id(operation) in seen:
            continue
        seen.add(id(operation))
        waiting += getattr(operation, "operations", ())
        is_unrolled = _is_unrolled(operation)
        for node in getattr(operation, "_inbound_nodes", ()):
            if is_unrolled:
                steps = node.input_tensors[0].shape[1] or 0
                check_limit(f"{path} ({operation.name})", "unrolled_steps", steps)
            for tensor in node.output_tensors:
                sizes = [size for size in tensor.shape[1:] if size is not None]
                check_limit(f"{path} ({operation.name})", "output_bytes", _BYTES * prod(sizes))


def _is_unrolled(operation: Any) -> bool:
    """Return whether an operation is a recurrent layer that is unrolled, or has one in it."""
    layers = getattr(operation, "_flatten_layers", lambda: ())()
    is_model = hasattr(operation, "operations")  # its layers are looked at by themselves
    return not is_model and any(getattr(layer, "unroll", False) for layer in layers)


@contextmanager
def _build_once() -> Iterator[None]:
    """Build a Sequential when it has all of its layers, and not after each of them."""
    import keras

    add, from_config = keras.Sequential.add, keras.Sequential.from_config.__func__

    def add_layer(self: Any, layer: Any, rebuild: bool = False) -> None:
        add(self, layer, rebuild=False)

    def make_model(cls: Any, *arguments: Any, **options: Any) -> Any:
        model = from_config(cls, *arguments, **options)
        if not model.built and model.layers:
            model._maybe_rebuild()
        return model

    with (
        replace(keras.Sequential, "add", add_layer),
        replace(keras.Sequential, "from_config", classmethod(make_model)),
    ):
        yield


@contextmanager
def _compile_never() -> Iterator[None]:
    """Leave out the losses, metrics and optimizers of models inside the model."""
    import keras

    with replace(keras.Model, "compile_from_config", lambda self, config: None):
        yield
