"""The settings of the deblurring network, and which of them go together."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.tasks import gan
from zoo.tasks.gan import Betas
from zoo.tasks.optimizers import Schedule

PAIRED = (2, 6)  # channels of a blurred and a sharp image, one behind the other
Filters = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class Config(gan.GANConfig):
    """Settings of the deblurring adversarial network."""

    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Height, width and channels of the sharp images; 2 or 6 channels are a blurred and a sharp image, one
    behind the other. None: the dataset's."""
    crop: PositiveInt | None = 96
    """Side of the squares that are learnt from, cut anew in each step. None: whole images."""
    blur_kernel_size: PositiveInt = 21
    """Side of the square in which a kernel of camera shake lies, in pixels; odd."""
    shake: tuple[PositiveFloat, PositiveFloat] = (2.5, 3.5)
    """How severe blur is: root mean square distance of the camera's path from its middle in pixels, the
    least and the largest. A straight path is 3.5 times as long."""
    blur_kernels: PositiveInt = 4096
    """How many kernels there are to learn from."""
    noise: NonNegativeFloat = 0.01
    """Standard deviation of the noise that is added to blurred pixels, of which white is 1."""
    generator_filters: Filters = (16, 32, 64)
    """Filters of the first convolution, and of each that halves the image after it."""
    outer_kernel_size: PositiveInt = 3
    """Side of the generator's first and last convolution; odd."""
    blocks: PositiveInt = 9
    """Residual blocks on the smallest map."""
    generator_normalization: Literal["none", "instance"] = "instance"
    """Normalisation in the generator: of each channel over each image, or none."""
    generator_dropout: Fraction = 0.0
    """Share of values silenced within each residual block in each step."""
    upsampling: Literal["nearest", "transpose"] = "nearest"
    """Enlarge by repeating pixels before a convolution, or by transposed convolution."""
    skips: bool = True
    """Add the maps on the way down to those of the same size on the way up (Ronneberger et al. 2015)."""
    discriminator_filters: Filters = (32, 64, 128)
    """Filters of each of the discriminator's convolutions, which halve the image."""
    pixel_loss: Literal["l1", "l2", "psnr"] = "psnr"
    """How pixels are compared: mean of |d|, mean of d^2, or each image's log10 of its mean of d^2."""
    pixel_weight: NonNegativeFloat = 1.0
    """Weight of the difference of pixels."""
    perceptual_network: str | None = None
    """Network whose features are compared: a run, a .keras file or a name of keras.applications."""
    perceptual_layer: str | None = None
    """Layer of that network to compare by. None: the last whose map is a quarter of the image or larger."""
    perceptual_weight: NonNegativeFloat = 0.01
    """Weight of the squared difference of features, as a share of the sharp image's squared features."""
    adversarial_weight: NonNegativeFloat = 1e-3
    """Weight of the adversarial term in what the generator lowers."""
    loss: gan.Loss = "hinge"
    spectral_norm: bool = True
    learning_rate: PositiveFloat = 2e-4
    generator_learning_rate: PositiveFloat | None = 1e-3
    generator_betas: Betas | None = (0.9, 0.999)
    schedule: Schedule = "cosine"
    epochs: PositiveInt = 40
    batch_size: PositiveInt = 8
    evaluation_images: PositiveInt = 200
    """Test images that are measured, spread evenly over the split; never more than there are."""

    @property
    def paired(self) -> bool:
        """Whether the data holds blurred images beside the sharp ones."""
        return self.input_shape[-1] in PAIRED

    @property
    def channels(self) -> int:
        """Channels of one image."""
        return self.input_shape[-1] // 2 if self.paired else self.input_shape[-1]

    @property
    def margin(self) -> int:
        """Pixels that blurring takes away from each side: what lies beyond the edge is not known."""
        return 0 if self.paired else self.blur_kernel_size // 2

    @property
    def side(self) -> tuple[int, int]:
        """Height and width of the blurred images that are learnt from."""
        whole = [size - 2 * self.margin for size in self.input_shape[:2]]
        return tuple(size if self.crop is None else min(self.crop, size) for size in whole)


def check(config: Config) -> None:
    """Refuse networks that the images do not suit.

    Raises:
        SettingError: says which setting, and what would do.
    """
    shape = config.input_shape
    if shape is None or len(shape) != 3 or shape[-1] not in (1, 3, *PAIRED):
        raise zoo.SettingError(
            "deblur-gan restores images: input_shape is (height, width, 1 or 3), or 2 or 6 channels for "
            f"a blurred and a sharp image. Received: {shape}"
        )
    if config.blur_kernel_size % 2 == 0 or (
        not config.paired and config.blur_kernel_size > min(shape[:2]) // 2
    ):
        raise zoo.SettingError(
            f"blur_kernel_size must be odd, and at most half of the images' smaller side "
            f"({min(shape[:2]) // 2}). Received: {config.blur_kernel_size}"
        )
    if config.outer_kernel_size % 2 == 0:
        raise zoo.SettingError(
            f"outer_kernel_size must be odd. Received: {config.outer_kernel_size}"
        )
    if config.shake[0] > config.shake[1]:
        raise zoo.SettingError(
            f"shake is (least, largest). Received: {config.shake[0]} and {config.shake[1]}"
        )
