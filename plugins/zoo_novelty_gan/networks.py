"""Refiner and discriminator: strided convolutions to a code and back, and to a score.

Both see images in [0, 1], or series that are standardised already.
"""

import math
from typing import Any

import keras
from keras import layers

from .config import Config

SLOPE = 0.2  # of the leaky ReLU below zero (Radford et al. 2016)
SHARP = 3  # side of the windows after enlarging, which the repeated values have widened


def by_rank(name: str, rank: int) -> Any:
    """Find a layer of Keras' by the number of spatial axes: Conv#, 2 -> Conv2D."""
    return getattr(layers, name.replace("#", f"{rank}D"))


def sizes(config: Config) -> list[tuple[int, ...]]:
    """List the spatial sizes before each halving and after the last: 28, 14, 7, 4."""
    found = [tuple(config.input_shape[:-1])]
    for _ in config.generator_filters:
        found.append(tuple(-(-size // 2) for size in found[-1]))
    return found


def refiner(config: Config, name: str = "refiner") -> keras.Model:
    """Make the network from an example, by way of a layer called `code`, to an example without noise."""
    inputs = keras.Input(config.input_shape, name="inputs")
    x = inputs
    for filters in config.generator_filters:
        x = halved(x, filters, config)
    code = layers.Dense(config.latent_dim, name="code")(layers.Flatten()(x))
    return keras.Model(inputs, widened(code, config), name=name)


def halved(x: Any, filters: int, config: Config) -> Any:
    """Convolve by steps of two; an odd size is rounded up."""
    convolution = by_rank("Conv#", config.rank)
    x = convolution(filters, config.kernel_size, strides=2, padding="same")(x)
    return layers.LeakyReLU(SLOPE)(x)


def widened(code: Any, config: Config) -> Any:
    """Make a small map of the code, and double it until it is an example."""
    *larger, smallest = sizes(config)
    x = layers.Dense(math.prod(smallest) * config.generator_filters[-1])(code)
    x = layers.LeakyReLU(SLOPE)(layers.Reshape((*smallest, config.generator_filters[-1]))(x))
    convolution = by_rank("Conv#", config.rank)
    narrow = min(SHARP, config.kernel_size)
    for filters, size in zip(
        (*config.generator_filters[-2::-1], None), reversed(larger), strict=True
    ):
        x = doubled(x, size, config.rank)
        if filters is not None:
            x = layers.LeakyReLU(SLOPE)(convolution(filters, narrow, padding="same")(x))
    x = convolution(config.input_shape[-1], config.kernel_size, padding="same")(x)
    made = "linear" if config.standardises else "sigmoid"
    return layers.Activation(made, name="refined")(x)


def doubled(x: Any, size: tuple[int, ...], rank: int) -> Any:
    """Repeat each value in every direction, and cut off what is more than the size."""
    excess = tuple((0, 2 * now - wanted) for now, wanted in zip(x.shape[1:-1], size, strict=True))
    x = by_rank("UpSampling#", rank)(2)(x)
    if any(more for _, more in excess):
        # a series is cropped by (left, right), an image by a pair for each axis
        x = by_rank("Cropping#", rank)(excess[0] if rank == 1 else excess)(x)
    return x


def discriminator(config: Config) -> keras.Model:
    """Make the network from an example, by way of `features`, to a score: above 0 for real ones."""
    inputs = keras.Input(config.input_shape, name="inputs")
    x = inputs
    for filters in config.discriminator_filters:
        x = halved(x, filters, config)
    features = layers.Flatten(name="features")(x)
    return keras.Model(inputs, layers.Dense(1, name="score")(features), name="discriminator")
