"""Try a training step on random batches, and leave the model as if the step had never been made.

The random batches have the shapes and types of the training's own ones, which are not touched: the stream
of batches stays where it is.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

TrainFunction = Callable[[Any], Any]  # Keras' function from an iterator of batches to the logs
LEAST_SECONDS = 0.3  # one timing lasts about so long: it repeats a fast step
MOST_REPEATS = 20


def random_batches(batches: Any) -> Any:
    """Return an endless iterator of one random batch, of the same type as the iterator of the training.

    Args:
        batches: the iterator that `fit` gives to the train function.

    Returns:
        A tf.data.Iterator, so that a function that is traced for it is not traced again; None if the
        batches are no tensors of numbers, or their shapes are not fixed.
    """
    import tensorflow as tf

    spec = getattr(batches, "element_spec", None)
    if not isinstance(batches, tf.data.Iterator) or not all(map(_is_fixed, tf.nest.flatten(spec))):
        return None
    generator = np.random.default_rng(0)
    batch = tf.nest.map_structure(lambda tensor: _random_tensor(tensor, generator), spec)
    iterator = iter(tf.data.Dataset.from_tensors(batch).repeat())
    return iterator if iterator.element_spec == spec else None


def _is_fixed(spec: Any) -> bool:
    """Return whether a spec is that of numbers of one shape."""
    import tensorflow as tf

    if not isinstance(spec, tf.TensorSpec) or not spec.shape.is_fully_defined():
        return False
    return bool(spec.dtype.is_floating or spec.dtype.is_integer)


def _random_tensor(spec: Any, generator: np.random.Generator) -> Any:
    """Return floats in [0, 1), or zeros for integers: 0 is always a valid label, position and step."""
    import tensorflow as tf

    if spec.dtype.is_floating:
        return tf.cast(generator.random(spec.shape, np.float32), spec.dtype)
    return tf.zeros(spec.shape, spec.dtype)


@contextmanager
def restore_variables(model: keras.Model) -> Iterator[None]:
    """Restore all variables of a model and of its optimizer at the end, seeds included, bit for bit.

    The metrics start again: enter this at the first step of an epoch.
    """
    variables = [*model.variables, *model.optimizer.variables]
    values = [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        model.reset_metrics()


def call_seconds(function: TrainFunction, batches: Any, calls: int = 1) -> float:
    """Return the seconds of one call, the mean of some calls in a row.

    Args:
        function: a train function.
        batches: the iterator that it takes.
        calls: at least 1.
    """
    start = time.perf_counter()
    for _ in range(calls):
        logs = function(batches)
    for value in keras.tree.flatten(logs):
        keras.ops.convert_to_numpy(value)  # waits for the device
    return (time.perf_counter() - start) / calls


def repeats(seconds: float) -> int:
    """Return how often a call of so many seconds is repeated in one timing."""
    return max(1, min(MOST_REPEATS, math.ceil(LEAST_SECONDS / max(seconds, 1e-9))))


def compare_seconds(
    first: TrainFunction, second: TrainFunction, batches: Any, calls: int, rounds: int = 3
) -> tuple[float, float]:
    """Return the median seconds of a call of two functions, which run in turns.

    Args:
        first: a train function that has been called before.
        second: another one.
        batches: the iterator that both take.
        calls: in one timing.
        rounds: timings of each.
    """
    times = [
        (call_seconds(first, batches, calls), call_seconds(second, batches, calls))
        for _ in range(rounds)
    ]
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    return one, other
