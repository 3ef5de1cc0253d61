"""Standardising inside a model: x -> (x - m) / s, with the mean and deviation of the training examples.

Public: whoever uses a trained model, here or in another runtime, gives it values as they were measured.

    x = standardising.layer()(inputs)          # in build: one m and s for each channel, the last axis
    standardising.learn(model, data.train)     # in train, before fit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.split import Split

if TYPE_CHECKING:
    import keras

NAME = "standardised"


def normalization_layer(name: str = NAME, invert: bool = False) -> keras.layers.Layer:
    """Make the layer, which computes in float32 whatever its neighbours do.

    Args:
        name: how it is found again.
        invert: compute s x + m instead.
    """
    import keras

    return keras.layers.Normalization(name=name, invert=invert, dtype="float32")


def mean_and_std(split: Split) -> tuple[Array, Array]:
    """Give each channel's mean and deviation over a split, as float32; 1 where it never changes."""
    values = np.asarray(split.inputs, np.float64)
    axes = tuple(range(values.ndim - 1))
    spread = values.std(axes)
    # what is smaller than the rounding of float32 is no change
    spread = np.where(spread > 1e-6 * np.abs(values).max(axes), spread, 1.0)
    return values.mean(axes).astype(np.float32), spread.astype(np.float32)


def adapt(model: keras.Model, split: Split, *names: str) -> None:
    """Let the layers of those names, or the one called `standardised`, learn a split's figures.

    A model without such a layer is left as it is.
    """
    found = [each for each in model.layers if each.name in (names or (NAME,))]
    if not found:
        return
    mean, spread = mean_and_std(split)
    for each in found:
        each.adapt_mean.assign(mean)
        each.adapt_variance.assign(spread**2)
        each.finalize_state()


def with_weights(model: keras.Model, weights: Any) -> keras.Model:
    """Set a model's weights and let its layers know, which `set_weights` alone does not."""
    model.set_weights(weights)
    for each in model.layers:
        if hasattr(each, "finalize_state"):
            each.finalize_state()
    return model
