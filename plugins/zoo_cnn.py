"""Convolutional network for series, images and volumes, from inputs to class probabilities.

Each block is n times (convolution, normalisation, ReLU), around which the input may be carried
(`residual`), then pooling by 2 and dropout; the rank, 1 to 3, follows from the input's shape. LeCun
et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998); blocks of
3 x 3 convolutions after Simonyan & Zisserman, "Very deep convolutional networks for large-scale image
recognition", arXiv:1409.1556; residual blocks after He et al., "Deep residual learning for image
recognition", arXiv:1512.03385.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import keras
from keras import layers
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.data import augmentation
from zoo.tasks import classification, normalization, optimizers

# Of batch statistics. With Keras' 0.99 half of the start is left after 69 steps, and a small training
# hardly takes more: 3 epochs of cnn.digits are then right for 8% of what is held out.
MEMORY = 0.9


class Config(classification.Config, augmentation.AugmentationConfig):
    """Settings of the convolutional network."""

    input_shape: FromData[tuple[PositiveInt | None, ...]] = FROM_DATA
    """Shape of one input, channels last; none for an axis of any size. None: the dataset's."""
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)
    """Filters of each block's convolutions."""
    convolutions: PositiveInt = 2
    """Convolutions in a block."""
    kernel_size: PositiveInt = 3
    """Side of each convolution's window."""
    residual: bool = False
    """Add each block's input to what its convolutions make of it (He et al. 2015)."""
    normalization: Literal["none", "batch", "group", "layer"] = "batch"
    """Normalisation between convolution and ReLU."""
    pooling: Literal["max", "average", "stride"] = "max"
    """How a block halves its size."""
    global_pooling: Literal["average", "max", "flatten"] = "average"
    """How the last block's maps become one vector; flatten needs a fixed size."""
    dropout: Fraction = 0.1
    """Share of a block's maps silenced in each step (Tompson et al. 2015)."""
    head_dropout: Fraction = 0.3
    """Share of the last vector silenced in each step."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """What the layers compute in; weights and exported parts are float32 (Micikevicius et al. 2018)."""
    optimizer: optimizers.Name = "adamw"
    schedule: optimizers.Schedule = "cosine"
    warmup: Fraction = 0.05
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


def convolved(x: Any, config: Config, filters: int, window: int, strides: int = 1) -> Any:
    """Convolve and normalise."""
    convolution = by_rank("Conv#", len(x.shape) - 2)(
        filters, window, strides=strides, padding="same", use_bias=config.normalization == "none"
    )
    return normalised(convolution(x), config.normalization)


def block(x: Any, config: Config, filters: int) -> Any:
    """Compute y = pool(relu(F(x))), or pool(relu(F(x) + W x)) where residual; F is n convolutions."""
    carried, rank, last = x, len(x.shape) - 2, config.convolutions - 1
    halve = 2 if config.pooling == "stride" else 1
    for at in range(config.convolutions):
        x = convolved(x, config, filters, config.kernel_size, halve if at == last else 1)
        if at < last or not config.residual:
            x = layers.Activation("relu")(x)
    if config.residual:
        if carried.shape[-1] != filters or halve > 1:
            carried = convolved(carried, config, filters, 1, halve)
        x = layers.Activation("relu")(layers.Add()([x, carried]))
    if config.pooling != "stride":
        # where any size may come, the smallest is padded rather than halved to nothing
        padding = "same" if None in config.input_shape else "valid"
        x = by_rank(f"{config.pooling.title()}Pooling#", rank)(2, padding=padding)(x)
    return by_rank("SpatialDropout#", rank)(config.dropout)(x) if config.dropout else x


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Let what is built inside compute in some precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


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
    augmentation.check_suits(config, len(config.input_shape) - 1)
    with computing_in(config.precision):
        return network(config)


def network(config: Config) -> keras.Model:
    """Make the graph in the current precision."""
    rank = len(config.input_shape) - 1
    inputs = x = keras.Input(config.input_shape, name="inputs")
    if rank == 1:  # images and volumes are in [0, 1], series are as they were measured
        x = normalization.normalization_layer()(x)
    for filters in config.filters:
        x = block(x, config, filters)
    if config.global_pooling == "flatten":
        x = layers.Flatten()(x)
    else:
        x = by_rank(f"Global{config.global_pooling.title()}Pooling#", rank)()(x)
    x = layers.Dropout(config.head_dropout)(x) if config.head_dropout else x
    x = layers.Dense(len(config.classes), name="logits")(x)
    x = layers.Activation("softmax", name="probabilities", dtype="float32")(x)
    return keras.Model(inputs, x, name="cnn")


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the cross-entropy of augmented examples."""
    augment = augmentation.augmentation(config, len(config.input_shape) - 1)
    with computing_in(config.precision):
        return classification.train(model, config, data, callbacks, augment)


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Ship the classifier in float32, whatever it was trained in."""
    if config.precision == "float32":
        return classification.export(model)
    whole = build(config.replace(precision="float32"))
    return classification.export(normalization.with_weights(whole, model.get_weights()))


evaluate = zoo.hookimpl(classification.evaluate)
preview = zoo.hookimpl(classification.preview)
apply = zoo.hookimpl(classification.apply)
