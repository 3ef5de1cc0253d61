"""Streams of batches that are a function of the seed and the global step alone.

With n examples and batches of b,

    step s belongs to epoch e = s // (n // b), and takes the positions (s mod n // b) b ... + b - 1
    of the permutation of that seed and epoch

without any state (tf.random.experimental.index_shuffle, a format-preserving cipher on 0 ... n-1; or, where
examples lie in blocks that are read as a whole, zoo.data.on_demand.order).
The n mod b examples that are left over differ from epoch to epoch. On the JAX backend the streams are those
of `zoo.data.jax_stream.batches`, which need no TensorFlow; tf.data feeds every other backend.

Keras' own shuffling starts again when a training resumes, and PyDataset.on_epoch_begin runs at a different
moment on each backend: neither resumes with the same batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo.compute.kernels import thread_count
from zoo.data.arrays import Array
from zoo.data.jax_stream import batches as jax_batches
from zoo.data.on_demand.examples import OnDemand
from zoo.data.on_demand.order import epoch_orders
from zoo.data.on_demand.reads import read_in_progress
from zoo.data.random.stream import Augment, Example, TrainingStream
from zoo.data.split import Split

__all__ = [
    "Augment", "Example", "is_on_jax", "ordered_batches", "pair", "shuffled_batches", "step_numbers",
]  # fmt: skip


def is_on_jax() -> bool:
    """Return whether Keras computes on JAX, whose streams are those of `zoo.data.jax_stream`."""
    import keras

    return bool(keras.backend.backend() == "jax")


def pair(inputs: Any, targets: Any) -> Any:
    """Return inputs and targets as they are."""
    return inputs, targets


def shuffled_batches(stream: TrainingStream) -> Any:
    """Return shuffled batches without end, from the first step of the stream's first epoch on.

    Returns:
        A tf.data.Dataset; on the JAX backend, an iterator of tuples.
    """
    if is_on_jax():
        return jax_batches.shuffled_batches(stream)
    import tensorflow as tf

    seed, steps, batch = stream.seed, stream.steps, stream.batch
    gather = _gather_function(stream.split)
    shuffle = _shuffle_function(stream.split, stream.positions, seed)

    def one_batch(step: Any) -> Any:
        epoch, step_of_epoch = step // steps, step % steps
        ordered = step_of_epoch * batch + tf.range(batch, dtype=tf.int64)
        inputs, targets = gather(shuffle(ordered, epoch))
        if stream.augment is not None:
            shape = inputs.shape
            inputs = stream.augment(inputs, tf.stack([tf.constant(seed, tf.int64), step]))
            inputs = tf.ensure_shape(inputs, shape)
        return stream.example(inputs, targets)

    numbers = tf.data.Dataset.range(stream.first_step, np.iinfo(np.int64).max)
    return _read_ahead(numbers.map(one_batch, thread_count("tensorflow"), deterministic=True))


def _shuffle_function(split: Split, positions: Array, seed: int) -> Callable[[Any, Any], Any]:
    """Return the function from places in an epoch's order, and the epoch, to positions of examples."""
    import tensorflow as tf

    stored, position_tensor = split.stored, tf.constant(positions, tf.int64)
    if isinstance(stored, OnDemand) and stored.blocks() is not None:
        order = epoch_orders(stored, positions, seed)

        def shuffle_blocks(places: Any, epoch: Any) -> Any:
            shuffled = tf.numpy_function(
                lambda places, epoch: positions[order(int(epoch))[places]].astype(np.int64),
                [places, epoch],
                tf.int64,
                stateful=False,
            )
            return tf.ensure_shape(shuffled, places.shape)

        return shuffle_blocks
    last = np.int64(len(positions) - 1)

    def shuffle(places: Any, epoch: Any) -> Any:
        order_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        return tf.gather(
            position_tensor, tf.random.experimental.index_shuffle(places, order_seed, last)
        )

    return shuffle


def step_numbers(first: int) -> Any:
    """Return an endless stream of step numbers from `first` on, each a batch of shape (1,)."""
    if is_on_jax():
        return jax_batches.step_numbers(first)
    import tensorflow as tf

    steps = tf.data.Dataset.range(first, np.iinfo(np.int32).max, output_type=tf.int32)
    return _read_ahead(steps.batch(1, drop_remainder=True))  # of one fixed shape


def ordered_batches(split: Split, batch: int, example: Example) -> Any:
    """Return a stream of a split in order; the last batch may be shorter.

    Args:
        split: the examples.
        batch: examples in a batch.
        example: maps a batch of inputs and targets to what the model takes.

    Returns:
        A tf.data.Dataset; on the JAX backend, an iterator of tuples that begins again at its end.
    """
    if is_on_jax():
        return jax_batches.ordered_batches(split, batch, example)
    import tensorflow as tf

    gather = _gather_function(split)
    positions = tf.data.Dataset.range(len(split)).batch(batch)
    return _read_ahead(positions.map(lambda places: example(*gather(places))))


def _read_ahead(stream: Any) -> Any:
    """Return a stream that prepares two batches ahead, without the tuning thread of tf.data.

    That thread sleeps 10, 20, 40, ... ms, and an iterator that ends waits for it: a validation or an
    evaluation of a few seconds often ends 2.55 or 5.11 s after its start, with idle processors.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return stream.prefetch(2).with_options(options)


def _gather_function(split: Split) -> Callable[[Any], tuple[Any, Any]]:
    """Return the function from positions to a batch of float32 inputs and of targets."""
    import tensorflow as tf

    take = _take_function(split.stored)
    with tf.device("CPU"):
        targets = tf.constant(np.zeros(len(split)) if split.targets is None else split.targets)

    def gather(positions: Any) -> tuple[Any, Any]:
        inputs = tf.cast(take(positions), tf.float32)
        if split.stored.dtype == np.uint8:
            inputs = inputs / np.float32(255)
        return inputs, tf.gather(targets, positions)

    return gather


def _take_function(stored: Array | OnDemand) -> Callable[[Any], Any]:
    """Return the function from positions to stored inputs; threads read those on demand meanwhile."""
    import tensorflow as tf

    if isinstance(stored, OnDemand):
        dtype = tf.as_dtype(stored.dtype)

        def read_stored(positions: Array) -> Array:
            with read_in_progress():
                return stored[positions]

        def read(positions: Any) -> Any:
            values = tf.numpy_function(read_stored, [positions], dtype, stateful=False)
            return tf.ensure_shape(values, [*positions.shape, *stored.shape[1:]])

        return read
    with tf.device("CPU"):
        tensor = tf.constant(stored)
    return lambda positions: tf.gather(tensor, positions)
