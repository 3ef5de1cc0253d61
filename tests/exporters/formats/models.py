"""Tiny models with random weights, which hold the layers that runtimes differ in."""

from typing import Any

import keras
import numpy as np
from keras import layers

from zoo.exporters.parts.part import Part, prepare_part


def part_of(inputs: Any, outputs: Any, origin: dict[str, str] | None = None) -> Part:
    """Return the part of a model whose weights all matter: none is 0 or 1."""
    model = keras.Model(inputs, outputs)
    generator = np.random.default_rng(0)
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if not isinstance(layer, keras.Model) and layer.weights:
            layer.set_weights([random_weight(each, generator) for each in layer.weights])
    return prepare_part("model", model, origin)


def random_weight(weight: Any, generator: np.random.Generator) -> Any:
    if "variance" in weight.name:
        return generator.uniform(0.5, 2.0, weight.shape)
    return generator.normal(0.05, 0.2, weight.shape)


def images(size: int | None = 8) -> Part:
    """Convolutions, both kinds of normalisation by groups, and a way down and up again."""
    inputs = keras.Input((size, size, 3), name="image")
    x = layers.Rescaling(2.0, -1.0)(inputs)
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.GroupNormalization(groups=2)(layers.Activation("relu")(x))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(6, 3, strides=2, padding="same")(x))
    x = layers.GroupNormalization(groups=-1)(layers.UpSampling2D(2)(x))
    x = layers.Conv2DTranspose(4, 3, padding="same", activation="relu")(x)
    return part_of(inputs, layers.Conv2D(2, 1, name="score")(x))


def classifier() -> Part:
    """A network of the layers that every runtime has."""
    inputs = keras.Input((8, 8, 1), name="image")
    x = layers.Rescaling(2.0, -1.0)(inputs)
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(x))
    x = layers.MaxPooling2D(2)(layers.Activation("relu")(x))
    x = layers.Dense(12, activation="silu")(layers.Flatten()(x))
    origin = {"zoo": "0.1.0", "license": "Apache-2.0"}
    return part_of(inputs, layers.Dense(3, activation="softmax", name="probabilities")(x), origin)


def volumes() -> Part:
    """Pooling of volumes in both ways, with sizes that no window divides."""
    inputs = keras.Input((7, 8, 6, 2), name="volume")
    x = layers.Conv3D(3, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling3D(2, padding="same")(x)
    x = layers.UpSampling3D((1, 2, 1))(layers.AveragePooling3D((2, 2, 1), padding="same")(x))
    return part_of(inputs, layers.Dense(2, name="score")(layers.GlobalAveragePooling3D()(x)))


def series() -> Part:
    """Recurrent layers in a row, and one in both directions."""
    inputs = keras.Input((3, 2), name="series")
    x = layers.LSTM(3, return_sequences=True)(layers.UpSampling1D(2)(inputs))
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    return part_of(inputs, layers.Dense(2, name="score")(layers.LSTM(4)(x)))
