"""Convolutional network for series, images and volumes, from inputs to class probabilities.

A block is n times (convolution, normalisation, ReLU), then pooling by 2 and dropout; `residual` adds the
block's input to the output of its convolutions. The number of spatial axes, 1 to 3, follows from the input's
shape. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998); blocks
of 3 x 3 convolutions after Simonyan & Zisserman, "Very deep convolutional networks for large-scale image
recognition", arXiv:1409.1556; residual blocks after He et al., "Deep residual learning for image
recognition", arXiv:1512.03385. `pre_activation` makes a wide residual network of it: stages of several blocks
of n times (normalisation, ReLU, convolution), and halving only between stages; He et al., "Identity mappings
in deep residual networks", arXiv:1603.05027; Zagoruyko & Komodakis, "Wide residual networks",
arXiv:1605.07146.
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
from zoo.inference import predictions
from zoo.tasks import classification, normalization, optimizers

# With Keras' 0.99, half of the initial statistics is left after 69 steps, and a small training has few more:
# after 3 epochs of cnn.digits, the model is right for only 8% of the held-out examples.
BATCH_NORM_MOMENTUM = 0.9


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
    """Factor by which the channels' means are squeezed to scale the channels of a residual block (Hu et al.
    2018); 0: no scaling. For pre_activation only."""
    normalization: Literal["none", "batch", "group", "layer"] = "batch"
    """Normalisation between convolution and ReLU."""
    pooling: Literal["max", "average", "stride"] = "max"
    """How a block halves its size: by pooling, or by the stride of its last convolution."""
    global_pooling: Literal["average", "max", "flatten"] = "average"
    """How the last block's maps become one vector; flatten needs a fixed size."""
    dropout: Fraction = 0.1
    """Dropout rate of each block's maps; whole maps are dropped (Tompson et al. 2015)."""
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


def layer_class(name: str, rank: int) -> Any:
    """Return Keras' layer for a number of spatial axes: Conv#, 2 -> Conv2D."""
    return getattr(layers, name.replace("#", f"{rank}D"))


def normalize(x: Any, kind: str) -> Any:
    """Return x after a normalisation layer; x itself if the kind is none."""
    if kind == "batch":
        return layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM)(x)
    if kind == "group":
        return layers.GroupNormalization(groups=math.gcd(8, x.shape[-1]))(x)
    return layers.LayerNormalization()(x) if kind == "layer" else x


def convolve(x: Any, config: Config, filters: int, kernel_size: int, strides: int = 1) -> Any:
    """Return x after a convolution and its normalisation.

    Args:
        x: a tensor of shape (batch, ..., channels).
        config: the settings; `normalization` is used.
        filters: the channels of the output.
        kernel_size: the side of the window.
        strides: the factor by which the size shrinks.
    """
    convolution = layer_class("Conv#", len(x.shape) - 2)(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=config.normalization == "none",
    )
    return normalize(convolution(x), config.normalization)


def apply_block(x: Any, config: Config, filters: int) -> Any:
    """Return y = pool(relu(F(x))), or pool(relu(F(x) + W x)) if residual; F is n convolutions.

    Args:
        x: a tensor of shape (batch, ..., channels).
        config: the settings.
        filters: the channels of the output.
    """
    shortcut, rank, last = x, len(x.shape) - 2, config.convolutions - 1
    strides = 2 if config.pooling == "stride" else 1
    for position in range(config.convolutions):
        x = convolve(x, config, filters, config.kernel_size, strides if position == last else 1)
        if position < last or not config.residual:
            x = layers.Activation("relu")(x)
    if config.residual:
        if shortcut.shape[-1] != filters or strides > 1:
            shortcut = convolve(shortcut, config, filters, 1, strides)
        x = layers.Activation("relu")(layers.Add()([x, shortcut]))
    if config.pooling != "stride":
        # an axis of any size may have size 1: padding keeps 1, where valid pooling leaves 0
        padding = "same" if None in config.input_shape else "valid"
        x = layer_class(f"{config.pooling.title()}Pooling#", rank)(2, padding=padding)(x)
    return layer_class("SpatialDropout#", rank)(config.dropout)(x) if config.dropout else x


def apply_stages(x: Any, config: Config) -> Any:
    """Return x after a convolution and the stages of a wide residual network, normalised at the end.

    A stage has `blocks` residual blocks. Each stage but the first begins with half the size: by a pooling
    before it, or by the stride of its first convolution.

    Args:
        x: a tensor of shape (batch, ..., channels).
        config: the settings.
    """
    rank = len(x.shape) - 2
    stem = config.stem_filters or config.filters[0]
    x = layer_class("Conv#", rank)(stem, config.kernel_size, padding="same", use_bias=False)(x)
    for stage, filters in enumerate(config.filters):
        halves = stage > 0
        if halves and config.pooling != "stride":
            padding = "same" if None in config.input_shape else "valid"
            x = layer_class(f"{config.pooling.title()}Pooling#", rank)(2, padding=padding)(x)
        for block in range(config.blocks):
            strides = 2 if halves and block == 0 and config.pooling == "stride" else 1
            x = apply_preactivation_block(x, config, filters, strides)
    return layers.Activation("relu")(normalize(x, config.normalization))


def apply_preactivation_block(x: Any, config: Config, filters: int, strides: int) -> Any:
    """Return x + F(x), or W x + F(x) if the shape changes; F is n times (normalisation, ReLU, convolution).

    Args:
        x: a tensor of shape (batch, ..., channels).
        config: the settings.
        filters: the channels of the output.
        strides: the factor by which the first convolution shrinks the size.
    """
    shortcut, rank = x, len(x.shape) - 2
    convolution = layer_class("Conv#", rank)
    for position in range(config.convolutions):
        x = layers.Activation("relu")(normalize(x, config.normalization))
        if position == 0 and (shortcut.shape[-1] != filters or strides > 1):
            shortcut = convolution(filters, 1, strides=strides, use_bias=False)(x)
        if position > 0 and config.dropout:
            x = layer_class("SpatialDropout#", rank)(config.dropout)(x)
        step = strides if position == 0 else 1
        x = convolution(filters, config.kernel_size, strides=step, padding="same", use_bias=False)(
            x
        )
    return layers.Add()([squeeze_and_excite(x, config), shortcut])


def squeeze_and_excite(x: Any, config: Config) -> Any:
    """Scale each channel by a function of the means of all channels; x itself if `squeeze` is 0.

    Hu et al., "Squeeze-and-excitation networks", arXiv:1709.01507.
    """
    if not config.squeeze:
        return x
    rank, filters = len(x.shape) - 2, x.shape[-1]
    means = layer_class("GlobalAveragePooling#", rank)()(x)
    hidden = layers.Dense(max(1, filters // config.squeeze), "relu")(means)
    scales = layers.Reshape((*[1] * rank, filters))(layers.Dense(filters, "sigmoid")(hidden))
    return layers.Multiply()([x, scales])


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Set Keras' dtype policy for the layers that are built inside."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def check_size(config: Config) -> None:
    """Check that the inputs are large enough for the blocks.

    Raises:
        SettingError: an axis is too small, or the number of axes does not fit.
    """
    *sizes, channels = config.input_shape or (None,)
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


def build_network(config: Config) -> keras.Model:
    """Return the model in the current dtype policy."""
    rank = len(config.input_shape) - 1
    inputs = x = keras.Input(config.input_shape, name="inputs")
    if rank == 1:  # images and volumes are in [0, 1]; series may have any unit
        x = normalization.normalization_layer()(x)
    if config.pre_activation:
        x = apply_stages(x, config)
    else:
        for filters in config.filters:
            x = apply_block(x, config, filters)
    if config.global_pooling == "flatten":
        x = layers.Flatten()(x)
    else:
        x = layer_class(f"Global{config.global_pooling.title()}Pooling#", rank)()(x)
    x = layers.Dropout(config.head_dropout)(x) if config.head_dropout else x
    x = layers.Dense(len(config.classes), name="logits")(x)
    x = layers.Activation("softmax", name="probabilities", dtype="float32")(x)
    return keras.Model(inputs, x, name="cnn")


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the model, from the inputs to class probabilities."""
    check_size(config)
    augmentation.check_augmentation(config, config.input_shape)
    with dtype_policy(config.precision):
        return build_network(config)


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the cross-entropy of augmented examples."""
    augment = augmentation.augmentation(config, config.input_shape)
    with dtype_policy(config.precision):
        return classification.train(model, config, data, callbacks, augment)


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the classifier in float32, also if the training had another precision."""
    if config.precision == "float32":
        return classification.export(model)
    whole = build(config.replace(precision="float32"))
    return classification.export(normalization.with_weights(whole, model.get_weights()))


evaluate = zoo.hookimpl(classification.evaluate_parts)
preview = zoo.hookimpl(classification.preview)
apply = zoo.hookimpl(predictions.apply)
