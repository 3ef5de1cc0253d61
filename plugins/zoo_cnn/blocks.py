"""The blocks of the convolutional network: convolutions, normalisation, pooling and residual sums."""

import math
from typing import Any

from keras import layers

from .config import Config

# With Keras' 0.99, half of the initial statistics is left after 69 steps, and a small training has few more:
# after 3 epochs of cnn.digits, the model is right for only 8% of the held-out examples.
BATCH_NORM_MOMENTUM = 0.9


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
    """Return s(x) x, with s = sigmoid(W2 relu(W1 mean(x))) for each channel; x itself if `squeeze` is 0.

    Hu et al., "Squeeze-and-excitation networks", arXiv:1709.01507.
    """
    if not config.squeeze:
        return x
    rank, filters = len(x.shape) - 2, x.shape[-1]
    means = layer_class("GlobalAveragePooling#", rank)()(x)
    hidden = layers.Dense(max(1, filters // config.squeeze), "relu")(means)
    scales = layers.Reshape((*[1] * rank, filters))(layers.Dense(filters, "sigmoid")(hidden))
    return layers.Multiply()([x, scales])
