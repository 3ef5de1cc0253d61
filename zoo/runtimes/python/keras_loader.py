"""Keras' loader of model files, with limits that Keras has not: on variables, steps and repeated work.

A config may ask for variables that the file has no values for. Keras allocates them, and finds out when it
reads the weights. So all variables that a file asks for are counted before they are allocated.

A small config may ask for many steps, too: models in models that are each called twice, layers whose order
is reversed, a layer that is unrolled over a long series. So the steps are counted.

Keras builds a Sequential again after each of its layers: n layers take n ** 2 steps. Here it is built once.

With compile=False Keras leaves out the loss, the metrics and the optimizer of the outermost model, but reads
those of models inside it, and fails where they are the user's own. Here they are left out, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from math import prod
from pathlib import Path
from typing import Any

from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.model_file import check_declared

__all__ = ["load_keras_file"]

_BYTES = 4  # of a number, about
_UNROLLED = 10  # steps that one step of an unrolled layer counts for, since it takes as long
_lock = threading.Lock()  # classes of Keras are changed while a file is loaded


def load_keras_file(path: Path) -> Any:
    """Load a .keras or .h5 file in safe mode, without its losses and metrics.

    Raises:
        UnsafeFile: its config asks for many more numbers than the file holds.
        Exception: whatever Keras raises on its content.
    """
    import keras

    with _lock, _limit_variables(path), _limit_steps(path), _build_once(), _compile_never():
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
        if isinstance(initializer, keras.initializers.Orthogonal):
            initializer = "zeros"  # the file has the values; a large decomposition takes minutes
        original(self, initializer, shape, *rest, **options)

    with _replace(keras.Variable, "__init__", make_variable):
        yield


@contextmanager
def _limit_steps(path: Path) -> Iterator[None]:
    """Count the calls of layers that this thread makes while it builds a model, and its tries to make one.

    Raises:
        UnsafeFile: they are too many.
    """
    import keras
    from keras.src.models import functional
    from keras.src.ops.function import Function

    count = _step_counter(path)
    with (
        _replace(Function, "_run_through_graph", _counted_graph(Function, count)),
        _replace(keras.layers.RNN, "call", _counted_recurrence(keras.layers.RNN, count)),
        _replace(functional, "deserialize_node", _counted_tries(functional, count)),
    ):
        yield


def _step_counter(path: Path) -> Callable[[int], None]:
    """Return a function that adds to the steps of this thread, and refuses the file if they are too many."""
    thread, most, steps = threading.get_ident(), limit("build_steps"), 0

    def count(number: int) -> None:
        nonlocal steps
        if threading.get_ident() == thread:
            steps += number
            if steps > most:
                check_limit(path, "build_steps", steps, more=True)

    return count


def _counted_graph(function_class: Any, count: Callable[[int], None]) -> Any:
    """Return the method of a Function that runs its graph, with the operations counted.

    Where `call_fn` is given, it is called in place of the operations, and nothing is counted.
    """
    run = function_class._run_through_graph

    @wraps(run)
    def run_graph(self: Any, *arguments: Any, **options: Any) -> Any:
        if options.get("call_fn") is None:
            count(len(self._nodes))
        return run(self, *arguments, **options)

    return run_graph


def _counted_recurrence(layer_class: Any, count: Callable[[int], None]) -> Any:
    """Return the method `call` of a recurrent layer, with the steps counted that it unrolls."""
    unroll = layer_class.call

    @wraps(unroll)
    def call_recurrence(self: Any, sequences: Any, *rest: Any, **options: Any) -> Any:
        if self.unroll:
            cells = len(getattr(self.cell, "cells", "1"))
            count(_UNROLLED * cells * (sequences.shape[1] or 0))
        return unroll(self, sequences, *rest, **options)

    return call_recurrence


def _counted_tries(functional: Any, count: Callable[[int], None]) -> Any:
    """Return the function that finds the inputs of a layer in a config, with its calls counted."""
    find_inputs = functional.deserialize_node

    @wraps(find_inputs)
    def find_inputs_once(*arguments: Any) -> Any:
        count(1)
        return find_inputs(*arguments)

    return find_inputs_once


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
def _replace(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of a class or of a module, and set or delete it again at the end."""
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
