"""Small parts for the checks of formats and runtimes: one for each kind of layer that we need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

__all__ = ["PARTS", "strange_part"]

SEED = 1
STRANGE = "erfinv"  # an operation that few formats know


def dense() -> keras.Model:
    """Return a part of dense layers on images of 4 x 4 pixels."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((4, 4, 1), name="image")
    hidden = layers.Dense(5, activation="relu")(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="probabilities")(hidden))


def convolution() -> keras.Model:
    """Return a part with convolution, normalisation, pooling and a skip connection."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((8, 8, 2), name="image")
    first = layers.Conv2D(4, 3, padding="same")(inputs)
    first = layers.Activation("relu")(layers.BatchNormalization()(first))
    second = layers.Add()([first, layers.Conv2D(4, 3, padding="same")(first)])
    pooled = layers.GlobalAveragePooling2D()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, layers.Dense(3, name="scores")(pooled))


def recurrent() -> keras.Model:
    """Return a part with an LSTM on series of 6 steps."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((6, 2), name="series")
    return keras.Model(inputs, layers.Dense(2, name="scores")(layers.LSTM(4)(inputs)))


def two_inputs() -> keras.Model:
    """Return a part with two inputs and two outputs."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)
    one, other = keras.Input((4,), name="one"), keras.Input((3,), name="other")
    joined = layers.Concatenate()([layers.Dense(4, activation="tanh")(one), other])
    outputs = [layers.Dense(2, name="mean")(joined), layers.Dense(1, name="spread")(joined)]
    return keras.Model([one, other], outputs)


PARTS: Mapping[str, Callable[[], keras.Model]] = {
    "dense": dense,
    "convolution": convolution,
    "recurrent": recurrent,
    "two-inputs": two_inputs,
}


def strange_part() -> keras.Model:
    """Return a part with an operation that few formats know: the inverse of the error function."""
    import keras
    from keras import layers, ops

    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((4,), name="numbers")
    hidden = ops.erfinv(layers.Activation("sigmoid")(inputs))
    return keras.Model(inputs, layers.Dense(2, name="scores")(hidden))
