"""Generator and discriminator: strided convolutions, from latents to images and from images to scores."""

import math
from typing import Any

import keras
from keras import layers

from .config import Config, enlargement

MOMENTUM = 0.9  # of batch statistics, as in the paper's code: Keras' 0.99 needs hundreds of steps
SLOPE = 0.2  # of the leaky ReLU below zero (Radford et al. 2016)


def generator(config: Config) -> keras.Model:
    """Return the network from latents, and a class if conditional, to an image in [0, 1]."""
    inputs = [keras.Input((config.latent_dim,), name="latents"), *class_inputs(config)]
    x = layers.Concatenate()(inputs) if config.conditional else inputs[0]
    x = project_latents(x, config)
    for filters, stride in zip(
        config.generator_filters[1:], config.generator_strides[:-1], strict=True
    ):
        x = normalize_and_relu(upsample(x, config, filters, stride), config)
    x = upsample(x, config, config.input_shape[-1], config.generator_strides[-1])
    image = layers.Activation("sigmoid", name="image")(x)
    return keras.Model(inputs if config.conditional else inputs[0], image, name="generator")


def project_latents(x: Any, config: Config) -> Any:
    """Return the first feature map, a projection of the latents; convolutions then upsample it."""
    height, width, _ = config.input_shape
    factor = enlargement(config)
    shape = (height // factor, width // factor, config.generator_filters[0])
    x = layers.Dense(math.prod(shape), use_bias=config.generator_normalization == "none")(x)
    x = layers.Reshape(shape)(normalize_and_relu(x, config))
    return layers.Dropout(config.generator_dropout)(x) if config.generator_dropout else x


def normalize_and_relu(x: Any, config: Config) -> Any:
    """Apply the generator's normalisation and a ReLU."""
    if config.generator_normalization == "batch":
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    return layers.Activation("relu")(x)


def upsample(x: Any, config: Config, filters: int, stride: int) -> Any:
    """Upsample a feature map by a stride and apply a convolution.

    Args:
        x: the feature map.
        config: `upsampling` and `kernel_size` are read.
        filters: of the convolution.
        stride: the factor.
    """
    if config.upsampling == "transpose" and stride > 1:
        convolution = layers.Conv2DTranspose(
            filters, config.kernel_size, strides=stride, padding="same"
        )
        return convolution(x)
    if stride > 1:
        x = layers.UpSampling2D(stride, interpolation="nearest")(x)
    return layers.Conv2D(filters, config.kernel_size, padding="same")(x)


def discriminator(config: Config) -> keras.Model:
    """Return the network from an image, and a class if conditional, to a score: above 0 means real."""
    image = keras.Input(config.input_shape, name="image")
    x = layers.Rescaling(2.0, -1.0)(image)
    for number, (filters, stride) in enumerate(
        zip(config.discriminator_filters, config.discriminator_strides, strict=True)
    ):
        x = layers.Conv2D(filters, config.kernel_size, strides=stride, padding="same")(x)
        if number:
            x = normalize(x, config.discriminator_normalization)
        x = layers.LeakyReLU(SLOPE)(x)
        if config.discriminator_dropout:
            x = layers.Dropout(config.discriminator_dropout)(x)
    classes = class_inputs(config)
    inputs = [image, *classes] if classes else image
    return keras.Model(inputs, score(layers.Flatten()(x), classes), name="discriminator")


def score(x: Any, classes: list[Any]) -> Any:
    """Return w h + b of the features h, plus h V y if there is a class y (Miyato & Koyama 2018)."""
    if not classes:
        return layers.Dense(1, name="score")(x)
    projection = layers.Dot(1)([x, layers.Dense(x.shape[-1], use_bias=False)(classes[0])])
    return layers.Add(name="score")([layers.Dense(1)(x), projection])


def normalize(x: Any, kind: str) -> Any:
    """Apply the discriminator's normalisation."""
    if kind == "batch":
        return layers.BatchNormalization(momentum=MOMENTUM)(x)
    return layers.LayerNormalization()(x) if kind == "layer" else x


def class_inputs(config: Config) -> list[Any]:
    """Return the input of the one-hot class if the model is conditional, else no input."""
    if not config.conditional:
        return []
    return [keras.Input((len(config.classes),), name="label")]
