"""The settings of the deblurring GAN, and the check of which settings go together."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Compile, Fraction, FromData
from zoo.tasks import gan
from zoo.tasks.gan import Betas
from zoo.tasks.gan_losses import Loss
from zoo.tasks.optimizers import Schedule

PAIR_CHANNELS = (2, 6)  # of a blurred and a sharp image, one behind the other
Filters = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class Config(gan.GANConfig):
    """Settings of the deblurring GAN."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of sharp images; 2 or 6 channels are a blurred and a sharp image, one
    behind the other. None: the dataset's."""
    crop: PositiveInt | None = 96
    """Side of the squares that training uses, cut anew in each step. None: whole images."""
    blur_kernel_size: Annotated[int, Field(ge=1, le=255)] = 21
    """Side of the square of a kernel of camera shake, in pixels; odd."""
    shake: tuple[PositiveFloat, PositiveFloat] = (2.5, 3.5)
    """Strength of the blur: least and largest root mean square distance of the camera's path from its
    centre, in pixels. A straight path is 3.5 times as long."""
    blur_kernels: Annotated[int, Field(ge=1, le=65536)] = 4096
    """Number of different kernels for the training images."""
    weak_kernels: Fraction = 0.15
    """Share of these kernels with a weaker shake, from 0 to the least one, so that the network leaves an
    image sharp that is sharp already. The test images have none."""
    noise: NonNegativeFloat = 0.01
    """Standard deviation of the noise that is added to blurred pixels; white is 1."""
    generator_filters: Filters = (16, 32, 64)
    """Filters of the first convolution, and of each convolution after it that halves the image."""
    outer_kernel_size: PositiveInt = 3
    """Kernel size of the generator's first and last convolution; odd."""
    block: Literal["residual", "naf"] = "residual"
    """Blocks of two convolutions with normalisation and ReLU, or of depthwise convolutions with gates and
    channel attention (Chen et al. 2022); naf does not read generator_normalization, generator_dropout and
    upsampling."""
    blocks: Annotated[int, Field(ge=1, le=1000)] = 9
    """Blocks at the lowest resolution."""
    outer_blocks: Annotated[int, Field(ge=0, le=1000)] = 0
    """Blocks at each resolution between the first and the lowest, in encoder and decoder; naf only."""
    generator_normalization: Literal["none", "instance"] = "instance"
    """Normalisation in the generator: instance normalisation (Ulyanov et al. 2016), or none."""
    generator_dropout: Fraction = 0.0
    """Dropout rate in each residual block."""
    upsampling: Literal["nearest", "transpose"] = "nearest"
    """Upsampling to the nearest neighbour before a convolution, or by a transposed convolution."""
    skips: bool = True
    """Add each feature map of the encoder to the decoder's of the same size (Ronneberger et al. 2015)."""
    discriminator_filters: Filters = (32, 64, 128)
    """Filters of each convolution of the discriminator; each halves the image."""
    pixel_loss: Literal["l1", "l2", "psnr"] = "psnr"
    """Loss of the pixels: mean of |d|, mean of d^2, or log10 of each image's mean of d^2."""
    pixel_weight: NonNegativeFloat = 1.0
    """Weight of the pixel loss."""
    perceptual_network: str | None = None
    """Network whose features are compared: a run, a .keras file or a name of keras.applications."""
    perceptual_layer: str | None = None
    """Layer of that network. None: the last one whose feature map is at least a quarter as high as
    the image."""
    perceptual_weight: NonNegativeFloat = 0.01
    """Weight of the squared difference of features, relative to the sharp image's squared features."""
    adversarial_weight: NonNegativeFloat = 1e-3
    """Weight of the adversarial term in the generator's loss."""
    loss: Loss = "hinge"
    spectral_norm: bool = True
    learning_rate: PositiveFloat = 2e-4
    generator_learning_rate: PositiveFloat | None = 1e-3
    generator_betas: Betas | None = (0.9, 0.999)
    schedule: Schedule = "cosine"
    compile: Compile = "none"  # TensorFlow's own convolutions are faster on a CPU
    epochs: PositiveInt = 40
    batch_size: PositiveInt = 8
    evaluation_images: PositiveInt = 200
    """Test images for the metrics, evenly spread over the split; at most all of them."""

    @property
    def has_pairs(self) -> bool:
        """Whether the data has blurred images beside the sharp ones."""
        return self.input_shape[-1] in PAIR_CHANNELS

    @property
    def channels(self) -> int:
        """The number of channels of one image."""
        return self.input_shape[-1] // 2 if self.has_pairs else self.input_shape[-1]

    @property
    def margin(self) -> int:
        """The pixels that blurring takes away from each side, because it needs those beyond the edge."""
        return 0 if self.has_pairs else self.blur_kernel_size // 2

    @property
    def crop_size(self) -> tuple[int, int]:
        """Height and width of the blurred images that training uses."""
        height, width = (size - 2 * self.margin for size in self.input_shape[:2])
        if self.crop is None:
            return height, width
        return min(self.crop, height), min(self.crop, width)


def check(config: Config) -> None:
    """Check that the settings fit the images.

    Raises:
        SettingError: they do not; the message names the setting and what was expected.
    """
    shape = config.input_shape or ()
    if len(shape) != 3 or shape[-1] not in (1, 3, *PAIR_CHANNELS):
        raise zoo.SettingError(
            "deblur-gan restores images: input_shape must be (height, width, 1 or 3), or have 2 or 6 "
            f"channels for a blurred and a sharp image. Received: {config.input_shape}"
        )
    size, most = config.blur_kernel_size, min(shape[:2]) // 2
    if size % 2 == 0 or (not config.has_pairs and size > most):
        raise zoo.SettingError(
            f"blur_kernel_size must be odd, and at most half of the images' smaller side ({most}). "
            f"Received: {size}"
        )
    if config.outer_kernel_size % 2 == 0:
        raise zoo.SettingError(
            f"outer_kernel_size must be odd. Received: {config.outer_kernel_size}"
        )
    if config.shake[0] > config.shake[1]:
        raise zoo.SettingError(
            f"shake must be (least, largest). Received: {config.shake[0]} and {config.shake[1]}"
        )
