"""Convolutional network: blocks of convolutions and pooling, global pooling, class probabilities.

Each block is n times (convolution, normalisation, ReLU), then pooling by 2 and dropout; the number
of spatial axes follows from the input's shape. LeCun et al., "Gradient-based learning applied to
document recognition", Proc. IEEE 86 (1998); blocks of 3 x 3 convolutions after Simonyan & Zisserman,
"Very deep convolutional networks for large-scale image recognition", arXiv:1409.1556.
"""

import math
from typing import Annotated, Any, Literal

import keras
from keras import layers
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo import classification, optimizing
from zoo.settings import Share

# Of batch statistics. With Keras' 0.99 half of the start is left after 69 steps, and a small training
# hardly takes more: 3 epochs of cnn.digits are then right for 8% of what is held out.
MEMORY = 0.9


class Config(classification.Config):
    """Settings of the convolutional network."""

    input_shape: tuple[PositiveInt | None, ...] | None = None
    """Shape of one input, channels last; none for an axis of any size. None: the dataset's."""
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)
    """Filters of each block's convolutions."""
    convolutions: PositiveInt = 2
    """Convolutions in a block."""
    kernel: PositiveInt = 3
    """Side of each convolution's window."""
    normalisation: Literal["none", "batch", "group", "layer"] = "batch"
    """Normalisation between convolution and ReLU."""
    pooling: Literal["max", "average", "stride"] = "max"
    """How a block halves its size."""
    global_pooling: Literal["average", "max", "flatten"] = "average"
    """How the last block's maps become one vector; flatten needs a fixed size."""
    dropout: Share = 0.1
    """Share of a block's maps silenced in each step (Tompson et al. 2015)."""
    head_dropout: Share = 0.3
    """Share of the last vector silenced in each step."""
    optimizer: optimizing.Name = "adamw"
    schedule: optimizing.Schedule = "cosine"
    warmup: Share = 0.05
    weight_decay: NonNegativeFloat = 1e-4
    epochs: PositiveInt = 15
    batch_size: PositiveInt = 128
    learning_rate: PositiveFloat = 2e-3


def by_rank(name: str, rank: int) -> Any:
    """Find a layer of Keras' by the number of spatial axes: Conv, 2 -> Conv2D."""
    return getattr(layers, name.replace("#", f"{rank}D"))


def normalised(x: Any, kind: str) -> Any:
    """Normalise the channels of x."""
    if kind == "batch":
        return layers.BatchNormalization(momentum=MEMORY)(x)
    if kind == "group":
        return layers.GroupNormalization(groups=math.gcd(8, x.shape[-1]))(x)
    return layers.LayerNormalization()(x) if kind == "layer" else x


def block(x: Any, config: Config, filters: int, rank: int) -> Any:
    """Convolve n times, then halve the size."""
    for at in range(config.convolutions):
        halve = config.pooling == "stride" and at == config.convolutions - 1
        x = by_rank("Conv#", rank)(
            filters, config.kernel, strides=2 if halve else 1, padding="same",
            use_bias=config.normalisation == "none",
        )(x)  # fmt: skip
        x = layers.Activation("relu")(normalised(x, config.normalisation))
    if config.pooling != "stride":
        # where any size may come, the smallest is padded rather than halved to nothing
        padding = "same" if None in config.input_shape else "valid"
        x = by_rank(f"{config.pooling.title()}Pooling#", rank)(2, padding=padding)(x)
    return by_rank("SpatialDropout#", rank)(config.dropout)(x) if config.dropout else x


def check_size(config: Config) -> None:
    """Refuse inputs that the blocks would halve to nothing."""
    *sizes, channels = config.input_shape or (None,)
    needed = 2 ** len(config.filters) if config.pooling != "stride" else 1
    too_small = [size for size in sizes if size is not None and size < needed]
    if not 1 <= len(sizes) <= 3 or channels is None or too_small:
        raise zoo.SettingError(
            f"input_shape {config.input_shape} does not fit: {len(config.filters)} blocks need 1 to 3 "
            f"axes of at least {needed} and then the channels. Give fewer filters, or larger inputs."
        )
    if config.global_pooling == "flatten" and None in sizes:
        raise zoo.SettingError(
            "global_pooling=flatten needs a fixed input_shape; average does not."
        )


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Chain the blocks, from inputs to class probabilities."""
    check_size(config)
    rank = len(config.input_shape) - 1
    inputs = x = keras.Input(config.input_shape, name="inputs")
    for filters in config.filters:
        x = block(x, config, filters, rank)
    if config.global_pooling == "flatten":
        x = layers.Flatten()(x)
    else:
        x = by_rank(f"Global{config.global_pooling.title()}Pooling#", rank)()(x)
    x = layers.Dropout(config.head_dropout)(x) if config.head_dropout else x
    x = layers.Dense(len(config.classes), name="logits")(x)
    x = layers.Activation("softmax", name="probabilities", dtype="float32")(x)
    return keras.Model(inputs, x, name="cnn")


train = zoo.hookimpl(classification.train)
export = zoo.hookimpl(classification.export)
evaluate = zoo.hookimpl(classification.evaluate)
preview = zoo.hookimpl(classification.preview)
apply = zoo.hookimpl(classification.apply)
