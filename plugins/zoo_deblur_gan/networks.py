"""Generator and discriminator: a residual network from blurred to sharp, and scores for patches of an image.

    y = x + G(x)

G halves the image twice, has residual blocks there, and doubles it again by repeating pixels before a
convolution, which leaves no checkerboard (Odena et al. 2016). Its last convolution begins at 0, so that
training begins at y = x.
"""

from typing import Any

import keras
from keras import layers

from zoo.layers import CropLike, PadToMultiple

from .config import Config

START = "he_normal"  # before a ReLU, which halves the variance (He et al. 2015)
SLOPE = 0.2  # of the discriminator's leaky ReLU below zero (Radford et al. 2016)


def generator(config: Config) -> keras.Model:
    """Make the network from a blurred image of any size to a restored one, not yet kept within [0, 1]."""
    blurred = keras.Input((None, None, config.channels), name="blurred")
    padded = PadToMultiple(multiple(config))(blurred)
    x = layers.Rescaling(2.0, -1.0)(padded)
    x = rectified(
        layers.Conv2D(
            config.generator_filters[0],
            config.outer_kernel_size,
            padding="same",
            kernel_initializer=START,
        )(x),
        config,
    )
    maps = []
    for filters in config.generator_filters[1:]:
        maps.append(x)
        x = rectified(
            layers.Conv2D(filters, 3, strides=2, padding="same", kernel_initializer=START)(x),
            config,
        )
    for _ in range(config.blocks):
        x = block(x, config)
    for filters, before in zip(config.generator_filters[-2::-1], maps[::-1], strict=True):
        x = rectified(doubled(x, filters, config), config)
        x = layers.Add()([x, before]) if config.skips else x
    residual = layers.Conv2D(
        config.channels, config.outer_kernel_size, padding="same", kernel_initializer="zeros"
    )(x)
    made = layers.Add()([padded, residual])
    return keras.Model(blurred, CropLike(name="image")([made, blurred]), name="generator")


def block(x: Any, config: Config) -> Any:
    """Add what two convolutions find to their input (He et al. 2016); it begins as the identity."""
    filters, plain = config.generator_filters[-1], config.generator_normalization == "none"
    y = rectified(layers.Conv2D(filters, 3, padding="same", kernel_initializer=START)(x), config)
    y = layers.Dropout(config.generator_dropout)(y) if config.generator_dropout else y
    start = "zeros" if plain else START
    y = layers.Conv2D(filters, 3, padding="same", kernel_initializer=start)(y)
    return layers.Add()([x, y if plain else instances(y, "zeros")])


def doubled(x: Any, filters: int, config: Config) -> Any:
    """Double height and width, and convolve."""
    if config.upsampling == "transpose":
        return layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x)
    return layers.Conv2D(filters, 3, padding="same", kernel_initializer=START)(
        layers.UpSampling2D(2)(x)
    )


def rectified(x: Any, config: Config) -> Any:
    """Normalise, and cut off what is below zero."""
    return layers.Activation("relu")(
        x if config.generator_normalization == "none" else instances(x)
    )


def instances(x: Any, scale: str = "ones") -> Any:
    """Bring each channel of each image to mean 0 and deviation 1, times a scale (Ulyanov et al. 2016)."""
    return layers.GroupNormalization(groups=-1, gamma_initializer=scale)(x)


def multiple(config: Config) -> int:
    """Give what height and width must be multiples of inside the network."""
    return 2 ** (len(config.generator_filters) - 1)


def reach(config: Config) -> int:
    """Give how far a pixel can be from one that it depends on, normalisation aside."""
    depth = len(config.generator_filters) - 1
    down = sum(2**at for at in range(depth))  # a convolution of 3 at each size on the way down
    up = sum(2 * 2**at for at in range(depth))  # and after each doubling, from the pixels around
    return config.outer_kernel_size - 1 + down + 2 * config.blocks * 2**depth + up + 2**depth


def discriminator(config: Config) -> keras.Model:
    """Make the discriminator: from an image of any size to a score for each patch, above 0 for sharp ones."""
    image = keras.Input((None, None, config.channels), name="image")
    x = layers.Rescaling(2.0, -1.0)(image)
    for filters in config.discriminator_filters:
        x = layers.Conv2D(filters, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(SLOPE)(x)
    score = layers.Conv2D(1, 4, padding="same", name="score")(x)
    return keras.Model(image, score, name="discriminator")


def shipped(network: keras.Model) -> keras.Model:
    """Keep a generator's output within [0, 1], as what leaves a part must be."""
    restored = layers.ReLU(max_value=1.0, name="restored")(network.output)
    return keras.Model(network.input, restored, name="generator")
