"""Encoder, decoder and sampler of a variational autoencoder."""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import keras
from keras import layers

from .config import Config


def build_encoder(config: Config) -> keras.Model:
    """Return the network from images to the mean and the log-variance of their latents."""
    inputs = x = keras.Input(config.input_shape, name="inputs")
    for filters in config.filters if config.kind == "conv" else ():
        x = strided_layer(layers.Conv2D, config, filters)(x)
    x = apply_dense_layers(layers.Flatten()(x), config, config.units)
    mean, log_var = (layers.Dense(config.latent_dim, name=name)(x) for name in ("mean", "log_var"))
    return keras.Model(inputs, [mean, log_var], name="encoder")


def build_decoder(config: Config) -> keras.Model:
    """Return the network from latents to the logits of images."""
    latents = keras.Input((config.latent_dim,), name="latents")
    x = apply_dense_layers(latents, config, config.units[::-1])
    logits = conv_logits(x, config) if config.kind == "conv" else dense_logits(x, config)
    return keras.Model(latents, logits, name="decoder")


def build_sampler(latent_dim: int) -> keras.Model:
    """Return z = m + exp(log_var / 2) e as a graph of Keras' own layers, with the noise e as an input."""
    names = ("mean", "log_var", "noise")
    mean, log_var, noise = (keras.Input((latent_dim,), name=name) for name in names)
    sigma = layers.Activation("exponential")(layers.Rescaling(0.5)(log_var))
    z = layers.Add(name="latents")([mean, layers.Multiply()([sigma, noise])])
    return keras.Model([mean, log_var, noise], z)


def apply_dense_layers(x: Any, config: Config, units: Sequence[int]) -> Any:
    """Return the output of one dense layer for each number of units."""
    return reduce(lambda x, count: layers.Dense(count, config.activation)(x), units, x)


def strided_layer(layer: type[keras.Layer], config: Config, filters: int) -> keras.Layer:
    """Return a convolution that halves its input, or a transposed one that doubles it."""
    return layer(
        filters, config.kernel_size, strides=2, padding="same", activation=config.activation
    )


def dense_logits(x: Any, config: Config) -> Any:
    """Return the logits of all pixels from one dense layer."""
    x = layers.Dense(math.prod(config.input_shape))(x)
    return layers.Reshape(config.input_shape, name="logits")(x)


def conv_logits(x: Any, config: Config) -> Any:
    """Return logits from small feature maps, which transposed convolutions upsample; borders are cropped."""
    height, width, channels = config.input_shape
    factor = 2 ** len(config.filters)
    small = (-(-height // factor), -(-width // factor))
    x = layers.Dense(math.prod(small) * config.filters[-1], config.activation)(x)
    x = layers.Reshape((*small, config.filters[-1]))(x)
    for filters in config.filters[::-1]:
        x = strided_layer(layers.Conv2DTranspose, config, filters)(x)
    x = layers.Conv2D(channels, config.kernel_size, padding="same")(x)
    excess = (small[0] * factor - height, small[1] * factor - width)
    borders = tuple((pixels // 2, pixels - pixels // 2) for pixels in excess)
    return layers.Cropping2D(borders, name="logits")(x)
