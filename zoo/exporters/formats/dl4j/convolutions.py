"""Dense layers and convolutions, made of those that Deeplearning4j computes rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.formats.dl4j import series, volumes
from zoo.exporters.formats.dl4j.activations import activate
from zoo.exporters.formats.dl4j.builder import Call
from zoo.exporters.formats.dl4j.refusal import refusal, require_channels_last

if TYPE_CHECKING:
    pass


def keep_and_activate(call: Call) -> Any:
    """Return the output of a copy without an activation, followed by the activation."""
    import keras

    builder, layer, x = call
    config = layer.get_config() | {"activation": "linear"}
    linear = builder.add(type(layer).from_config(config), x, layer.get_weights())
    name = f"{layer.name}_{keras.activations.serialize(layer.activation)}"
    return activate(builder, layer, layer.activation, linear, name)


def dense(call: Call) -> Any:
    """Return the dense layer's output; on more than one axis it is a convolution of size one."""
    builder, layer, x = call
    if len(x.shape) == 2:
        return keep_and_activate(call)
    kernel, *bias = layer.get_weights()
    linear = builder.mix(x, kernel, bias[0] if bias else None, layer.name)
    return activate(builder, layer, layer.activation, linear, layer.name)


def convolution(call: Call) -> Any:
    """Return the output of a convolution without groups and with the channels last."""
    require_channels_last(call.layer)
    if getattr(call.layer, "groups", 1) != 1:
        raise refusal(call.layer, "it has no groups of channels")
    if getattr(call.layer, "output_padding", None) is not None:
        raise refusal(call.layer, "it has no output_padding")
    return keep_and_activate(call)


def depthwise(call: Call) -> Any:
    """Return the output of a depthwise convolution, as a convolution that keeps the channels apart."""
    from keras import layers

    builder, layer, x = call
    require_channels_last(layer)
    kernel, *bias = layer.get_weights()
    height, width, channels, multiplier = kernel.shape
    dense = np.zeros((height, width, channels, channels, multiplier), np.float32)
    dense[:, :, range(channels), range(channels)] = kernel
    convolution = layers.Conv2D(
        channels * multiplier,
        (height, width),
        layer.strides,
        layer.padding,
        dilation_rate=layer.dilation_rate,
        use_bias=layer.use_bias,
        name=layer.name,
    )
    linear = builder.add(convolution, x, [dense.reshape(height, width, channels, -1), *bias])
    return activate(builder, layer, layer.activation, linear, layer.name)


def transposed_1d(call: Call) -> Any:
    """Return the output of a transposed convolution of a series."""
    builder, layer, _ = call
    require_channels_last(layer)
    if layer.output_padding is not None:
        raise refusal(layer, "it has no output_padding")
    linear = series.on_image(call)
    return activate(builder, layer, layer.activation, linear, layer.name)


def transposed_3d(call: Call) -> Any:
    """Return the output of a transposed convolution of a volume."""
    builder, layer, _ = call
    linear = volumes.transposed_convolution(call)
    return activate(builder, layer, layer.activation, linear, layer.name)


def up_sampling_2d(call: Call) -> Any:
    """Return each pixel repeated."""
    builder, layer, x = call
    require_channels_last(layer)
    if layer.interpolation != "nearest":
        raise refusal(layer, "it enlarges images by repeated pixels only")
    enlargement, weights = series.enlargement(layer.name, layer.size, x.shape[-1])
    return builder.add(enlargement, x, weights)
