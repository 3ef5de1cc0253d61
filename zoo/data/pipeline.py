"""Batches: a stream that is a function of the seed and the global step alone.

With n examples and batches of b,

    step s belongs to epoch e = s // (n // b); it takes positions (s mod n // b) b ... + b - 1
    of the permutation that the seed and e give

without any state (tf.random.experimental.index_shuffle, a format-preserving cipher on 0 ... n-1).
The n mod b examples that are left over differ from epoch to epoch. tf.data feeds every backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.readers.lazy_images import LazyImages
from zoo.data.split import Split

Example = Callable[[Any, Any], Any]
Augment = Callable[[Any, Any], Any]


def pair(inputs: Any, targets: Any) -> Any:
    """Give inputs and targets as they are."""
    return inputs, targets


def shuffled_batches(
    split: Split,
    positions: Array,
    batch: int,
    steps: int,
    *,
    seed: int,
    first_epoch: int,
    example: Example,
    augment: Augment | None,
) -> Any:
    """Stream batches from the first step of the first epoch on, without an end.

    Args:
        split: the examples.
        positions: of the examples to learn from, shape (n,).
        batch: examples in a batch, at most n.
        steps: batches in an epoch, n // batch.
        seed: of the order of examples and of the augmentation.
        first_epoch: the epoch that the stream begins with, from 0.
        example: what a batch of inputs and targets becomes.
        augment: changes a batch of inputs, given a stateless seed of shape (2,).

    Returns:
        A tf.data.Dataset.
    """
    import tensorflow as tf

    gather = _gatherer(split)
    chosen = tf.constant(positions, tf.int64)
    last = np.int64(len(positions) - 1)

    def one_batch(step: Any) -> Any:
        epoch, place = step // steps, step % steps
        ordered = place * batch + tf.range(batch, dtype=tf.int64)
        order_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        places = tf.random.experimental.index_shuffle(ordered, order_seed, last)
        inputs, targets = gather(tf.gather(chosen, places))
        if augment is not None:
            shape = inputs.shape
            inputs = augment(inputs, tf.stack([tf.constant(seed, tf.int64), step]))
            inputs = tf.ensure_shape(inputs, shape)
        return example(inputs, targets)

    first = first_epoch * steps
    stream = tf.data.Dataset.range(first, np.iinfo(np.int64).max)
    return stream.map(one_batch, tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def step_numbers(first: int) -> Any:
    """Stream the numbers of the steps, each as a batch of one, from some step on without an end."""
    import tensorflow as tf

    steps = tf.data.Dataset.range(first, np.iinfo(np.int32).max, output_type=tf.int32)
    return steps.batch(1).prefetch(tf.data.AUTOTUNE)


def ordered_batches(split: Split, batch: int, example: Example) -> Any:
    """Stream a split once, in order, the last batch as long as it is."""
    import tensorflow as tf

    gather = _gatherer(split)
    positions = tf.data.Dataset.range(len(split)).batch(batch)
    return positions.map(lambda chosen: example(*gather(chosen))).prefetch(tf.data.AUTOTUNE)


def _gatherer(split: Split) -> Callable[[Any], tuple[Any, Any]]:
    """Make the function from positions to a batch of float32 inputs and of targets."""
    import tensorflow as tf

    take = _taker(split.stored)
    with tf.device("CPU"):
        targets = tf.constant(np.zeros(len(split)) if split.targets is None else split.targets)

    def gather(chosen: Any) -> tuple[Any, Any]:
        inputs = tf.cast(take(chosen), tf.float32)
        if split.stored.dtype == np.uint8:
            inputs = inputs / np.float32(255)
        return inputs, tf.gather(targets, chosen)

    return gather


def _taker(stored: Array | LazyImages) -> Callable[[Any], Any]:
    """Make the function from positions to stored inputs; files are decoded by threads beside the step."""
    import tensorflow as tf

    if isinstance(stored, LazyImages):

        def decode(chosen: Any) -> Any:
            pixels = tf.numpy_function(stored.__getitem__, [chosen], tf.uint8, stateful=False)
            return tf.ensure_shape(pixels, [*chosen.shape, *stored.shape[1:]])

        return decode
    with tf.device("CPU"):
        held = tf.constant(stored)
    return lambda chosen: tf.gather(held, chosen)
