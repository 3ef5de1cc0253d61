"""Generator and discriminator: strided convolutions, from latents to an image, and from it to a score."""

import math
from typing import Any

import keras
from keras import layers

from .config import Config, enlargement

MEMORY = 0.9  # of batch statistics, as in the source: Keras' 0.99 takes hundreds of steps to forget
SLOPE = 0.2  # of the leaky ReLU below zero (Radford et al. 2016)


def generator(config: Config) -> keras.Model:
    """Make the network from latents, and a class where conditional, to an image in [0, 1]."""
    inputs = [keras.Input((config.latents,), name="latents"), *asked(config)]
    x = layers.Concatenate()(inputs) if config.conditional else inputs[0]
    x = small_map(x, config)
    for filters, stride in zip(
        config.generator_filters[1:], config.generator_strides[:-1], strict=True
    ):
        x = rectified(enlarged(x, config, filters, stride), config)
    x = enlarged(x, config, config.input_shape[-1], config.generator_strides[-1])
    image = layers.Activation("sigmoid", name="image")(x)
    return keras.Model(inputs if config.conditional else inputs[0], image, name="generator")


def small_map(x: Any, config: Config) -> Any:
    """Make the map that convolutions then enlarge."""
    height, width, _ = config.input_shape
    times = enlargement(config)
    shape = (height // times, width // times, config.generator_filters[0])
    x = layers.Dense(math.prod(shape), use_bias=config.generator_normalisation == "none")(x)
    x = layers.Reshape(shape)(rectified(x, config))
    return layers.Dropout(config.generator_dropout)(x) if config.generator_dropout else x


def rectified(x: Any, config: Config) -> Any:
    """Normalise, and cut off what is below zero."""
    if config.generator_normalisation == "batch":
        x = layers.BatchNormalization(momentum=MEMORY)(x)
    return layers.Activation("relu")(x)


def enlarged(x: Any, config: Config, filters: int, stride: int) -> Any:
    """Enlarge a map and convolve it."""
    if config.upsampling == "transpose" and stride > 1:
        return layers.Conv2DTranspose(filters, config.kernel, strides=stride, padding="same")(x)
    if stride > 1:
        x = layers.UpSampling2D(stride, interpolation="nearest")(x)
    return layers.Conv2D(filters, config.kernel, padding="same")(x)


def discriminator(config: Config) -> keras.Model:
    """Make the network from an image, and a class where conditional, to a score: above 0 for real ones."""
    image = keras.Input(config.input_shape, name="image")
    x = layers.Rescaling(2.0, -1.0)(image)
    for at, (filters, stride) in enumerate(
        zip(config.discriminator_filters, config.discriminator_strides, strict=True)
    ):
        x = layers.Conv2D(filters, config.kernel, strides=stride, padding="same")(x)
        if at:
            x = normalised(x, config.discriminator_normalisation)
        x = layers.LeakyReLU(SLOPE)(x)
        if config.discriminator_dropout:
            x = layers.Dropout(config.discriminator_dropout)(x)
    given = asked(config)
    inputs = [image, *given] if given else image
    return keras.Model(inputs, score(layers.Flatten()(x), given), name="discriminator")


def score(x: Any, given: list[Any]) -> Any:
    """Compute w h + b of the features h, and h V y of the class y (Miyato & Koyama 2018)."""
    if not given:
        return layers.Dense(1, name="score")(x)
    suits = layers.Dot(1)([x, layers.Dense(x.shape[-1], use_bias=False)(given[0])])
    return layers.Add(name="score")([layers.Dense(1)(x), suits])


def normalised(x: Any, kind: str) -> Any:
    """Normalise the channels of x."""
    if kind == "batch":
        return layers.BatchNormalization(momentum=MEMORY)(x)
    return layers.LayerNormalization()(x) if kind == "layer" else x


def asked(config: Config) -> list[Any]:
    """Make the input for the class, one-hot, where there is one."""
    if not config.conditional:
        return []
    return [keras.Input((len(config.classes),), name="label")]
