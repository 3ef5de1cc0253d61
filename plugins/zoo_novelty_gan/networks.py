"""Refiner and discriminator: strided convolutions to a code and back, and to a score.

Both take images in [0, 1], or standardised series.
"""

import math
from typing import Any

import keras
from keras import layers

from .config import Config

SLOPE = 0.2  # of the leaky ReLU below zero (Radford et al. 2016)
LARGEST_KERNEL = 3  # after an enlargement, because repeated values make the window larger already


def layer_class(name: str, rank: int) -> Any:
    """Return Keras' layer of a rank: `Conv#` is Conv2D for rank 2."""
    return getattr(layers, name.replace("#", f"{rank}D"))


def map_sizes(config: Config) -> list[tuple[int, ...]]:
    """Return the spatial sizes before each halving and after the last one: 28, 14, 7, 4."""
    sizes = [tuple(config.input_shape[:-1])]
    for _ in config.generator_filters:
        sizes.append(tuple(-(-size // 2) for size in sizes[-1]))
    return sizes


def refiner(config: Config, name: str = "refiner") -> keras.Model:
    """Return the network from a noisy example, through a layer named `code`, to a restored one."""
    inputs = keras.Input(config.input_shape, name="inputs")
    x = inputs
    for filters in config.generator_filters:
        x = halve(x, filters, config)
    code = layers.Dense(config.latent_dim, name="code")(layers.Flatten()(x))
    return keras.Model(inputs, decode(code, config), name=name)


def halve(x: Any, filters: int, config: Config) -> Any:
    """Apply a convolution with stride 2; odd sizes are rounded up.

    Args:
        x: the feature map.
        filters: of the convolution.
        config: the settings.
    """
    convolution = layer_class("Conv#", config.rank)
    x = convolution(filters, config.kernel_size, strides=2, padding="same")(x)
    return layers.LeakyReLU(SLOPE)(x)


def decode(code: Any, config: Config) -> Any:
    """Project the code to a small feature map, and upsample it to the size of an example."""
    *larger, smallest = map_sizes(config)
    filters = config.generator_filters
    x = layers.Dense(math.prod(smallest) * filters[-1])(code)
    x = layers.LeakyReLU(SLOPE)(layers.Reshape((*smallest, filters[-1]))(x))
    convolution = layer_class("Conv#", config.rank)
    kernel_size = min(LARGEST_KERNEL, config.kernel_size)
    for count, size in zip((*filters[-2::-1], None), reversed(larger), strict=True):
        x = double(x, size, config.rank)
        if count is not None:
            x = layers.LeakyReLU(SLOPE)(convolution(count, kernel_size, padding="same")(x))
    x = convolution(config.input_shape[-1], config.kernel_size, padding="same")(x)
    activation = "linear" if config.standardises else "sigmoid"
    return layers.Activation(activation, name="refined")(x)


def double(x: Any, size: tuple[int, ...], rank: int) -> Any:
    """Repeat each value along every axis, and crop to a size.

    Args:
        x: the feature map.
        size: at most twice the feature map's size.
        rank: the number of its axes.
    """
    excess = tuple((0, 2 * now - new) for now, new in zip(x.shape[1:-1], size, strict=True))
    x = layer_class("UpSampling#", rank)(2)(x)
    if any(more for _, more in excess):
        # a series is cropped by (left, right), an image by a pair for each axis
        x = layer_class("Cropping#", rank)(excess[0] if rank == 1 else excess)(x)
    return x


def discriminator(config: Config) -> keras.Model:
    """Return the network from an example, through the layer `features`, to a score: above 0 means real."""
    inputs = keras.Input(config.input_shape, name="inputs")
    x = inputs
    for filters in config.discriminator_filters:
        x = halve(x, filters, config)
    features = layers.Flatten(name="features")(x)
    return keras.Model(inputs, layers.Dense(1, name="score")(features), name="discriminator")
