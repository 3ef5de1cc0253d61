"""Generator and discriminator: a residual network from blurred to sharp, and scores for patches of an image.

    y = x + G(x)

G halves the image twice, has residual blocks there, and doubles it again by repeating pixels before a
convolution, which avoids checkerboard patterns (Odena et al. 2016). With block=naf it has the blocks of `naf`
instead. Its last convolution begins at 0, so training begins at y = x.
"""

from typing import Any

import keras
from keras import layers

from zoo.layers import CropLike, PadToMultiple

from .config import Config
from .convolution import BEFORE_RELU, convolve
from .naf import naf_network, naf_radius

SLOPE = 0.2  # of the discriminator's leaky ReLU below zero (Radford et al. 2016)


def generator(config: Config) -> keras.Model:
    """Return the network from a blurred image of any size to a restored one, not yet clipped to [0, 1]."""
    blurred = keras.Input((None, None, config.channels), name="blurred")
    padded = PadToMultiple(size_multiple(config))(blurred)
    x = layers.Rescaling(2.0, -1.0)(padded)
    x = naf_network(x, config) if config.block == "naf" else residual_network(x, config)
    residual = convolve(x, config.channels, config.outer_kernel_size, initializer="zeros")
    restored = layers.Add()([padded, residual])
    return keras.Model(blurred, CropLike(name="image")([restored, blurred]), name="generator")


def residual_network(x: Any, config: Config) -> Any:
    """Return the feature map, of the size of x, from which the last convolution computes the residual.

    Args:
        x: images in [-1, 1].
        config: the settings.
    """
    x = convolve(x, config.generator_filters[0], config.outer_kernel_size)
    x = normalize_and_relu(x, config)
    maps = []
    for filters in config.generator_filters[1:]:
        maps.append(x)
        x = normalize_and_relu(convolve(x, filters, strides=2), config)
    for _ in range(config.blocks):
        x = residual_block(x, config)
    for filters, skip in zip(config.generator_filters[-2::-1], maps[::-1], strict=True):
        x = normalize_and_relu(double_size(x, filters, config), config)
        x = layers.Add()([x, skip]) if config.skips else x
    return x


def residual_block(x: Any, config: Config) -> Any:
    """Add the output of two convolutions to their input (He et al. 2016); it begins as the identity."""
    filters, plain = config.generator_filters[-1], config.generator_normalization == "none"
    y = normalize_and_relu(convolve(x, filters), config)
    y = layers.Dropout(config.generator_dropout)(y) if config.generator_dropout else y
    y = convolve(y, filters, initializer="zeros" if plain else BEFORE_RELU)
    return layers.Add()([x, y if plain else instance_normalization(y, "zeros")])


def double_size(x: Any, filters: int, config: Config) -> Any:
    """Double height and width, and apply a convolution.

    Args:
        x: the feature map.
        filters: of the convolution.
        config: `upsampling` is read.
    """
    if config.upsampling == "transpose":
        return layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x)
    return convolve(layers.UpSampling2D(2)(x), filters)


def normalize_and_relu(x: Any, config: Config) -> Any:
    """Apply the generator's normalisation and a ReLU."""
    plain = config.generator_normalization == "none"
    return layers.Activation("relu")(x if plain else instance_normalization(x))


def instance_normalization(x: Any, scale: str = "ones") -> Any:
    """Normalise each channel of each image to mean 0 and variance 1, times a scale (Ulyanov et al. 2016)."""
    return layers.GroupNormalization(groups=-1, gamma_initializer=scale)(x)


def size_multiple(config: Config) -> int:
    """Return the number of which height and width must be multiples inside the network."""
    return int(2 ** (len(config.generator_filters) - 1))


def receptive_radius(config: Config) -> int:
    """Return how far away a pixel can be from one that it depends on, without means of the whole image."""
    if config.block == "naf":
        return naf_radius(config)
    depth = len(config.generator_filters) - 1
    down = sum(
        2**level for level in range(depth)
    )  # a convolution of 3 at each size on the way down
    up = sum(2 * 2**level for level in range(depth))  # and one after each doubling
    blocks = 2 * config.blocks * 2**depth
    return int(config.outer_kernel_size - 1 + down + blocks + up + 2**depth)


def discriminator(config: Config) -> keras.Model:
    """Return the network from an image of any size to a score for each patch: above 0 means sharp."""
    image = keras.Input((None, None, config.channels), name="image")
    x = layers.Rescaling(2.0, -1.0)(image)
    for filters in config.discriminator_filters:
        x = layers.Conv2D(filters, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(SLOPE)(x)
    score = layers.Conv2D(1, 4, padding="same", name="score")(x)
    return keras.Model(image, score, name="discriminator")


def clip_output(network: keras.Model) -> keras.Model:
    """Return a generator with its output clipped to [0, 1], which the output of every part must be."""
    restored = layers.ReLU(max_value=1.0, name="restored")(network.output)
    return keras.Model(network.input, restored, name="generator")
