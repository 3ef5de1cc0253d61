"""Standardisation inside a model: x -> (x - m) / s, with the mean m and deviation s of the training split.

So a trained model takes values in their own units, here and in every other runtime.

    x = normalization.normalization_layer()(inputs)   # in build; m and s of each channel, the last axis
    normalization.adapt(model, data.train)            # in train, before fit
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.compute.distribution import host_value
from zoo.data.arrays import Array
from zoo.data.on_demand.examples import OnDemand
from zoo.data.split import Split

if TYPE_CHECKING:
    import keras

__all__ = ["NAME", "adapt", "mean_and_std", "normalization_layer", "with_weights"]

CHUNK = 4096  # examples in memory at a time, where they are read on demand
NAME = "standardised"  # of the layer, unless it has a name of its own


def normalization_layer(name: str = NAME, invert: bool = False) -> keras.layers.Layer:
    """Return the layer; it computes in float32, whatever the dtype of the other layers is.

    Args:
        name: the name by which `adapt` finds it.
        invert: compute s x + m instead.
    """
    import keras

    return keras.layers.Normalization(name=name, invert=invert, dtype="float32")


def mean_and_std(split: Split) -> tuple[Array, Array]:
    """Return each channel's mean and standard deviation over a split, as float32.

    The deviation of a constant channel is 1.
    """
    if isinstance(split.stored, OnDemand):
        mean, deviation, largest = _streamed_statistics(split)
    else:
        values = np.asarray(split.inputs, np.float64)
        axes = tuple(range(values.ndim - 1))
        mean, deviation, largest = values.mean(axes), values.std(axes), np.abs(values).max(axes)
    # a smaller deviation is the rounding of float32
    deviation = np.where(deviation > 1e-6 * largest, deviation, 1.0)
    return mean.astype(np.float32), deviation.astype(np.float32)


def _streamed_statistics(split: Split) -> tuple[Array, Array, Array]:
    """Return each channel's mean, standard deviation and largest absolute value, read twice in chunks."""
    axes = tuple(range(split.stored.ndim - 1))

    def chunks() -> Iterator[Array]:
        return (np.asarray(chunk, np.float64) for chunk in split.batches(CHUNK))

    count = len(split) * int(np.prod(split.stored.shape[1:-1]))
    mean, squares, largest = np.zeros((3, split.stored.shape[-1]))
    for chunk in chunks():
        mean += chunk.sum(axes) / count
    for chunk in chunks():
        squares += ((chunk - mean) ** 2).sum(axes)
        largest = np.maximum(largest, np.abs(chunk).max(axes))
    return mean, np.sqrt(squares / count), largest


def adapt(model: keras.Model, split: Split, *names: str) -> None:
    """Set mean and deviation of a model's normalisation layers to those of a split.

    Args:
        model: it stays as it is if it has no such layer.
        split: the training split.
        *names: the names of the layers; `standardised` if none is given.
    """
    found = [layer for layer in model.layers if layer.name in (names or (NAME,))]
    if not found:
        return
    mean, deviation = mean_and_std(split)
    for layer in found:
        layer.adapt_mean.assign(mean)
        layer.adapt_variance.assign(deviation**2)
        layer.finalize_state()
        layer.mean, layer.variance = map(host_value, (layer.mean, layer.variance))


def with_weights(model: keras.Model, weights: Any) -> keras.Model:
    """Return the model with its weights set; `set_weights` alone does not update normalisation layers."""
    model.set_weights(weights)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model
