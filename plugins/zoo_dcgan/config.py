"""The settings of the adversarial network, and which of them go together."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

import zoo
from zoo.config import FROM_DATA, ClassNames, Fraction, FromData
from zoo.tasks import gan

Filters = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class Config(gan.GANConfig):
    """Settings of the deep convolutional adversarial network."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of the images. None: the dataset's."""
    classes: FromData[ClassNames] = FROM_DATA
    """Names of the classes, or their number; for conditional only. None: the dataset's."""
    conditional: bool = False
    """Let the generator make, and the discriminator judge, images of a given class."""
    latent_dim: PositiveInt = 64
    """Random numbers that an image is made from."""
    prior: Literal["normal", "uniform"] = "normal"
    """What each latent is drawn from: N(0, 1), or evenly from -1 to 1."""
    generator_filters: Filters = (128, 64)
    """Filters of the small map that latents become, and of each convolution after it but the last."""
    generator_strides: Filters = (2, 2)
    """How much each of the generator's convolutions enlarges, the last one, which makes the image, too."""
    discriminator_filters: Filters = (64, 128)
    """Filters of each of the discriminator's convolutions."""
    discriminator_strides: Filters = (2, 2)
    """How much each of the discriminator's convolutions shrinks."""
    kernel_size: PositiveInt = 4
    """Side of each convolution's window; one that the strides divide leaves no checkerboard."""
    upsampling: Literal["transpose", "nearest"] = "transpose"
    """Enlarge by transposed convolution, or by repeating pixels before a convolution."""
    generator_normalization: Literal["none", "batch"] = "batch"
    """Normalisation before each ReLU of the generator."""
    discriminator_normalization: Literal["none", "batch", "layer"] = "none"
    """Normalisation before each leaky ReLU of the discriminator but the first."""
    generator_dropout: Fraction = 0.0
    """Share of the small map's values silenced in each step."""
    discriminator_dropout: Fraction = 0.0
    """Share of each of the discriminator's maps silenced in each step."""
    epochs: PositiveInt = 25
    batch_size: PositiveInt = 64
    evaluation_images: PositiveInt = 10_000
    """Images drawn to be measured; never more than there are test images."""
    feature_network: str | None = None
    """Run or .keras file of a classifier in whose last layer but one to measure. None: pixels alone."""


def check(config: Config) -> None:
    """Refuse networks that do not make or judge images of that shape.

    Raises:
        SettingError: says which setting, and what would do.
    """
    if config.input_shape is None or len(config.input_shape) != 3:
        raise zoo.SettingError(
            "dcgan makes images: input_shape is (height, width, channels). "
            f"Received: {config.input_shape}"
        )
    for network in ("generator", "discriminator"):
        filters = getattr(config, f"{network}_filters")
        strides = getattr(config, f"{network}_strides")
        if len(filters) != len(strides):
            raise zoo.SettingError(
                f"{network}_filters and {network}_strides go in pairs. "
                f"Received: {len(filters)} and {len(strides)} of them"
            )
    check_size(config)
    if config.conditional and config.classes is None:
        raise zoo.SettingError("conditional needs classes, and the dataset has none.")


def check_size(config: Config) -> None:
    """Refuse a size that the generator's strides do not multiply to."""
    times = enlargement(config)
    if any(size % times for size in config.input_shape[:2]):
        raise zoo.SettingError(
            f"The generator enlarges by {times} (generator_strides {config.generator_strides}), which "
            f"must divide height and width. Received: input_shape {config.input_shape}"
        )


def enlargement(config: Config) -> int:
    """Multiply the generator's strides."""
    times = 1
    for stride in config.generator_strides:
        times *= stride
    return times
