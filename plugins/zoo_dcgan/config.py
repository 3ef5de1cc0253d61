"""The settings of the GAN of images, and the check of which settings go together."""

import math
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

import zoo
from zoo.config import FROM_DATA, ClassNames, Fraction, FromData, Resize
from zoo.tasks import gan

Filters = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class Config(gan.GANConfig):
    """Settings of the deep convolutional GAN."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of the images. None: the dataset's."""
    classes: FromData[ClassNames] = FROM_DATA
    """Names of the classes, or their number; for conditional models only. None: the dataset's."""
    conditional: bool = False
    """Whether generator and discriminator also get the class of an image."""
    latent_dim: PositiveInt = 64
    """Dimensions of the latent space."""
    prior: Literal["normal", "uniform"] = "normal"
    """Distribution of each latent: N(0, 1), or uniform from -1 to 1."""
    generator_filters: Filters = (128, 64)
    """Channels of the first feature map, and filters of each convolution except the last one."""
    generator_strides: Filters = (2, 2)
    """Factors by which the generator's convolutions upsample; the last one makes the image."""
    discriminator_filters: Filters = (64, 128)
    """Filters of each convolution of the discriminator."""
    discriminator_strides: Filters = (2, 2)
    """Stride of each convolution of the discriminator."""
    kernel_size: PositiveInt = 4
    """Side of each convolution's window; a multiple of the strides avoids checkerboard patterns."""
    upsampling: Literal["transpose", "nearest"] = "transpose"
    """Upsampling by a transposed convolution, or to the nearest neighbour before a convolution."""
    generator_normalization: Literal["none", "batch"] = "batch"
    """Normalisation before each ReLU of the generator."""
    discriminator_normalization: Literal["none", "batch", "layer"] = "none"
    """Normalisation before each leaky ReLU of the discriminator except the first one."""
    generator_dropout: Fraction = 0.0
    """Dropout rate of the generator's first feature map."""
    discriminator_dropout: Fraction = 0.0
    """Dropout rate after each convolution of the discriminator."""
    epochs: PositiveInt = 25
    batch_size: PositiveInt = 64
    resize: Resize = "crop"  # padding would be learnt as a part of the images
    evaluation_images: PositiveInt = 10_000
    """Generated images for the metrics; at most the number of test images."""
    feature_network: str | None = None
    """Run or .keras file of a classifier in whose features the metrics are computed. None: pixels only."""


def check(config: Config) -> None:
    """Check that the networks fit the images.

    Raises:
        SettingError: they do not; the message names the setting and what was expected.
    """
    if len(config.input_shape or ()) != 3:
        raise zoo.SettingError(
            "dcgan makes images: input_shape must be (height, width, channels). "
            f"Received: {config.input_shape}"
        )
    for network in ("generator", "discriminator"):
        filters = getattr(config, f"{network}_filters")
        strides = getattr(config, f"{network}_strides")
        if len(filters) != len(strides):
            raise zoo.SettingError(
                f"{network}_filters and {network}_strides must have equally many numbers. "
                f"Received: {len(filters)} and {len(strides)}"
            )
    factor = enlargement(config)
    if any(size % factor for size in config.input_shape[:2]):
        raise zoo.SettingError(
            f"The generator enlarges by {factor} (generator_strides {config.generator_strides}), which "
            f"must divide height and width. Received: input_shape {config.input_shape}"
        )
    if config.conditional and not config.classes:
        raise zoo.SettingError(
            "conditional=true needs classes. Received: a dataset without classes"
        )


def enlargement(config: Config) -> int:
    """Return the factor by which the generator enlarges its small map."""
    return math.prod(config.generator_strides)
