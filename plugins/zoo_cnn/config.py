"""The settings of the convolutional network, and whether they fit the inputs."""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.data import augmentation
from zoo.tasks import classification, optimizers

DEEP = (16, 32, 64, 128)  # filters of the blocks for images of 32 pixels and more
FEW = 2000  # images, below which they are augmented


class Config(classification.ClassifierConfig, augmentation.AugmentationConfig):
    """Settings of the convolutional network."""

    input_shape: FromData[tuple[PositiveInt | None, ...]] = FROM_DATA
    """Shape of one input, channels last; none for an axis of any size. None: the dataset's."""
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)
    """Filters of each block's convolutions."""
    convolutions: Annotated[int, Field(ge=1, le=100)] = 2
    """Convolutions in a block."""
    kernel_size: PositiveInt = 3
    """Side of each convolution's window."""
    residual: bool = False
    """Add each block's input to the output of its convolutions (He et al. 2015)."""
    pre_activation: bool = False
    """Residual blocks in which normalisation and ReLU come before each convolution (He et al. 2016)."""
    blocks: Annotated[int, Field(ge=1, le=1000)] = 1
    """Residual blocks for each number in `filters`; for pre_activation only."""
    stem_filters: PositiveInt | None = None
    """Filters of the convolution before the first block; for pre_activation only. None: the first block's."""
    squeeze: Annotated[int, Field(ge=0)] = 0
    """Reduction ratio of squeeze-and-excitation in each residual block (Hu et al. 2018); 0: none. For
    pre_activation only."""
    normalization: Literal["none", "batch", "group", "layer"] = "batch"
    """Normalisation between convolution and ReLU."""
    pooling: Literal["max", "average", "stride"] = "max"
    """How a block halves its size: by pooling, or by the stride of its last convolution."""
    global_pooling: Literal["average", "max", "flatten"] = "average"
    """How the last block's feature maps become one vector; flatten needs a fixed size."""
    dropout: Fraction = 0.1
    """Rate of the spatial dropout after each block: of whole feature maps (Tompson et al. 2015)."""
    head_dropout: Fraction = 0.3
    """Dropout rate of the vector before the last layer."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """Keras' dtype policy in training; weights and exported parts are float32 (Micikevicius et al. 2018)."""
    optimizer: optimizers.Name = "adamw"
    schedule: optimizers.Schedule = "cosine"
    warmup: Fraction = 0.05
    weight_decay: NonNegativeFloat = 1e-4
    epochs: PositiveInt = 15
    batch_size: PositiveInt = 128
    learning_rate: PositiveFloat = 2e-3

    def suited_to(self, input_shape: tuple[int, ...], examples: int) -> dict[str, Any]:
        """Return more blocks for larger images, and augmentation that keeps the labels of few images."""
        if len(input_shape) != 3:
            return {}
        side = min(input_shape[:2])
        suited: dict[str, Any] = {}
        if side >= 32:  # a block halves the maps, and the last ones are to see most of an image
            suited["filters"] = DEEP if side >= 48 else DEEP[:3]
        if examples < FEW:
            suited |= {"shift": 0.1, "rotation": 10.0, "zoom": 0.1}
        return suited


def check_size(config: Config) -> None:
    """Check that the inputs are large enough for the blocks.

    Raises:
        SettingError: an axis is too small, or the number of axes does not fit.
    """
    *sizes, channels = config.input_shape or (None,)
    if len(config.input_shape or ()) == 1:
        raise zoo.SettingError(
            f"Each example is a row of {channels} numbers (input_shape {config.input_shape}); cnn takes "
            "series, images and volumes. mlp takes rows of numbers."
        )
    halvings = len(config.filters) - (1 if config.pre_activation else 0)
    least = 2**halvings if config.pooling != "stride" else 1
    too_small = [size for size in sizes if size is not None and size < least]
    if not 1 <= len(sizes) <= 3 or channels is None or too_small:
        raise zoo.SettingError(
            f"input_shape {config.input_shape} does not fit: {len(config.filters)} blocks need 1 to 3 "
            f"axes of at least {least} and then the channels. Give fewer filters, or larger inputs."
        )
    if config.global_pooling == "flatten" and None in sizes:
        raise zoo.SettingError(
            "global_pooling=flatten needs a fixed input_shape; average and max do not."
        )
