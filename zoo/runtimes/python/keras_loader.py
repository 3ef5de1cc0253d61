"""Keras' loader of model files, with limits that Keras has not: on variables, rebuilding and compiling.

A config may ask for variables that the file has no values for. Keras allocates them, and finds out when it
reads the weights. So all variables that a file asks for are counted before they are allocated.

Keras builds a Sequential anew after each of its layers: n layers take n ** 2 steps. Here it is built once.

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

from zoo.io.foreign.model_file import check_declared

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

    with _lock, _limit_variables(path), _build_once(), _compile_never():
        return keras.saving.load_model(path, compile=False, safe_mode=True)


@contextmanager
def _limit_variables(path: Path) -> Iterator[None]:
    """Count the bytes of the variables that this thread makes, and compare them with the file's.

    Raises:
        UnsafeFile: they are many more.
    """
    import keras

    original, thread = keras.Variable.__init__, threading.get_ident()
    size, declared = path.stat().st_size, 0

    def make_variable(
        self: Any, initializer: Any, shape: Any = None, *rest: Any, **options: Any
    ) -> None:
        nonlocal declared
        if shape is not None and threading.get_ident() == thread:
            sizes = shape if isinstance(shape, tuple | list) else (shape,)
            declared += _BYTES * prod(each for each in sizes if isinstance(each, int))
            check_declared(path, declared, size)
        original(self, initializer, shape, *rest, **options)

    with _replace(keras.Variable, "__init__", make_variable):
        yield


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
        _replace(keras.Sequential, "add", add_layer),
        _replace(keras.Sequential, "from_config", classmethod(make_model)),
    ):
        yield


@contextmanager
def _compile_never() -> Iterator[None]:
    """Leave out the losses, metrics and optimizers of models inside the model."""
    import keras

    with _replace(keras.Model, "compile_from_config", lambda self, config: None):
        yield


@contextmanager
def _replace(owner: type, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of a class, and set or delete it again at the end."""
    missing = object()
    before = vars(owner).get(name, missing)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
