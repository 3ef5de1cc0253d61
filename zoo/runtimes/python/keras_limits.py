"""Limits of what a model file may ask for while Keras builds its model: variables, steps and tensors.

A config may ask for variables that the file has no values for. Keras allocates them, and finds out when it
reads the weights. So all variables that a file asks for are counted before they are allocated.

A small config may ask for many steps, too: models in models that are each called twice, layers whose order
is reversed, a layer that is unrolled over a long series, one with millions of outputs. So these are counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from math import prod
from pathlib import Path
from typing import Any

from zoo.errors import UnsafeFile
from zoo.io.foreign.limits import check_limit, limit
from zoo.io.foreign.model_file import check_declared

__all__ = ["limit_steps", "limit_variables", "replace"]

_BYTES = 4  # of a number, about
_MARK = "_keras_call_info_injected"  # as Keras marks errors that it has changed
_UNROLLED = 10  # steps that one step of an unrolled layer counts for, since it takes as long


@contextmanager
def limit_variables(path: Path) -> Iterator[None]:
    """Count the bytes of the variables that this thread makes, and compare them with the file's.

    A Normalization of given numbers has none, and repeats these to the size of its inputs. That counts, too.

    Raises:
        UnsafeFile: they are many more.
    """
    import keras

    original, build = keras.Variable.__init__, keras.layers.Normalization.build
    thread, size, declared = threading.get_ident(), path.stat().st_size, 0

    def count(sizes: Iterable[Any]) -> None:
        nonlocal declared
        if threading.get_ident() == thread:
            declared += _BYTES * prod(each for each in sizes if isinstance(each, int))
            with _unchanged_message():
                check_declared(path, declared, size)

    def make_variable(
        self: Any, initializer: Any, shape: Any = None, *rest: Any, **options: Any
    ) -> None:
        if shape is not None:
            count(shape if isinstance(shape, tuple | list) else (shape,))
        if isinstance(initializer, keras.initializers.Orthogonal):
            initializer = "zeros"  # the file has the values; a large decomposition takes minutes
        original(self, initializer, shape, *rest, **options)

    def build_normalization(self: Any, input_shape: Any) -> None:
        if input_shape and self.input_mean is not None:
            axes = {axis % len(input_shape) for axis in self.axis}
            count([2, *(input_shape[axis] for axis in axes)])
        build(self, input_shape)

    with (
        replace(keras.Variable, "__init__", make_variable),
        replace(keras.layers.Normalization, "build", build_normalization),
    ):
        yield


@contextmanager
def limit_steps(path: Path) -> Iterator[None]:
    """Count what this thread makes while it builds a model: calls of layers, tries to make one, and tensors.

    Raises:
        UnsafeFile: they are too many.
    """
    import keras
    from keras.src.backend import KerasTensor
    from keras.src.models import functional
    from keras.src.ops.function import Function

    count = _counter(path, "build_steps")
    with (
        replace(Function, "_run_through_graph", _counted_graph(Function, count)),
        replace(keras.layers.RNN, "call", _counted_recurrence(keras.layers.RNN, count)),
        replace(functional, "deserialize_node", _counted_tries(functional, count)),
        replace(KerasTensor, "__init__", _counted_tensors(KerasTensor, path)),
    ):
        yield


def _counter(path: Path, name: str) -> Callable[[int], None]:
    """Return a function that adds to a number of this thread, and refuses the file above a limit."""
    thread, most, found = threading.get_ident(), limit(name), 0

    def count(number: int) -> None:
        nonlocal found
        if threading.get_ident() == thread:
            found += number
            if found > most:
                with _unchanged_message():
                    check_limit(path, name, found, more=True)

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


def _counted_tensors(tensor_class: Any, path: Path) -> Any:
    """Return the method that makes a symbolic tensor, with its calls counted."""
    make, count = tensor_class.__init__, _counter(path, "build_tensors")

    @wraps(make)
    def make_tensor(self: Any, *arguments: Any, **options: Any) -> None:
        count(1)
        make(self, *arguments, **options)

    return make_tensor


@contextmanager
def _unchanged_message() -> Iterator[None]:
    """Mark an error so that Keras does not add the arguments of the layer that was called to its message."""
    try:
        yield
    except UnsafeFile as error:
        setattr(error, _MARK, True)
        raise


@contextmanager
def replace(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of a class or of a module, and set or delete it again at the end.

    Args:
        owner: the class or the module.
        name: of the attribute.
        value: the new one.
    """
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
