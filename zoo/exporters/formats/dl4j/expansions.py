"""What each class of layers becomes in a model for Deeplearning4j.

An expansion takes a call of a layer, and returns the output of new layers. A
class that is not in `EXPANSIONS` is refused: Deeplearning4j reads some layers and computes them wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.formats.dl4j import convolutions, merges, series, volumes
from zoo.exporters.formats.dl4j.activations import activate
from zoo.exporters.formats.dl4j.builder import Call
from zoo.exporters.formats.dl4j.refusal import refusal, require_channels_last

if TYPE_CHECKING:
    pass

Expansion = Callable[..., Any]

_WHY = {
    "CropLike": "it has no cropping to a size that an input decides",
    "GRU": "it has no GRU",
    "GroupNormalization": "it has no layer that divides by a deviation which depends on the input",
    "LayerNormalization": "it has no layer that divides by a deviation which depends on the input",
    "PadToMultiple": "it has no padding by reflection",
    "UnitNormalization": "it has no layer that divides by a norm which depends on the input",
    "ZeroPadding3D": "it pads volumes along the wrong axes",
}


def refuse(call: Call) -> Any:
    """Refuse a layer.

    Raises:
        ExportError: always; the message has the layer's name, the reason, and what to do.
    """
    kind = type(call.layer).__name__
    raise refusal(call.layer, _WHY.get(kind, f"it has no {kind}"))


def _keep(call: Call) -> Any:
    """Return the output of a copy."""
    return call.builder.add(call.layer, call.x)


def _identity(call: Call) -> Any:
    """Return the input: the layer does nothing after training."""
    return call.x


def _series(call: Call) -> Any:
    """Return the output of a layer for series, computed on an image of one column."""
    require_channels_last(call.layer)
    return series.on_image(call)


def _flatten(call: Call) -> Any:
    """Return the numbers of each example as a vector."""
    builder, layer, x = call
    require_channels_last(layer)
    return volumes.flatten(call) if len(x.shape) == 5 else builder.add(layer, x)


def _reshape(call: Call) -> Any:
    """Return the numbers of each example in another shape."""
    builder, layer, x = call
    if len(x.shape) != 5 or len(layer.target_shape) == 4:
        return builder.add(layer, x)
    if len(layer.target_shape) == 1:
        return volumes.flatten(call)
    raise refusal(layer, "it cannot make an image or a series of a volume")


def _advanced_activation(call: Call) -> Any:
    """Return the output of an activation that is a layer of its own."""
    builder, layer, x = call
    return builder.add(layer, builder.own_copy(x))


def _activation(call: Call) -> Any:
    builder, layer, x = call
    return activate(builder, layer, layer.activation, x, layer.name)


def _rescaling(call: Call) -> Any:
    """Return scale * x + offset."""
    builder, layer, x = call
    return builder.scale(x, layer.scale, layer.offset, layer.name)


def _normalization(call: Call) -> Any:
    """Return (x - mean) / deviation for each channel, or the inverse."""
    import keras

    builder, layer, x = call
    mean, variance = (np.asarray(value, np.float64) for value in (layer.mean, layer.variance))
    if mean.size not in (1, x.shape[-1]):
        raise refusal(layer, "it has no numbers for each place of a map, only for each channel")
    deviation = np.maximum(np.sqrt(variance), keras.backend.epsilon())
    if layer.invert:
        return builder.scale(x, deviation, mean, layer.name)
    return builder.scale(x, 1 / deviation, -mean / deviation, layer.name)


def _without_kept_axes(call: Call) -> Any:
    """Return the output of a global pooling, whose axes vanish."""
    builder, layer, x = call
    require_channels_last(layer)
    if layer.keepdims:
        raise refusal(layer, "it does not keep the axes of a global pooling")
    return builder.add(layer, x)


def _spatial(call: Call) -> Any:
    """Return the output of a layer that pools, pads, crops or enlarges, with the channels last."""
    builder, layer, x = call
    require_channels_last(layer)
    return builder.add(layer, x)


def _batch_normalization(call: Call) -> Any:
    """Return the output of a batch normalisation over the last axis."""
    builder, layer, x = call
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if list(axes) not in ([-1], [len(x.shape) - 1]):
        raise refusal(layer, "it normalises the channels only")
    values = iter(np.asarray(weight, np.float64) for weight in layer.get_weights())
    gamma = next(values) if layer.scale else 1.0
    beta = next(values) if layer.center else 0.0
    mean, variance = values
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return builder.scale(x, factor, beta - mean * factor, layer.name)


def _lstm(call: Call) -> Any:
    """Return the output of an LSTM as Keras builds it by default."""
    import keras

    builder, layer, x = call
    usual = {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
    for name, value in usual.items():
        actual = getattr(layer, name)
        actual = keras.activations.serialize(actual) if callable(actual) else actual
        if actual != value:
            raise refusal(layer, f"{name}={value} is all that was proved. Received: {actual}")
    if layer.go_backwards or layer.stateful or layer.return_state:
        raise refusal(layer, "go_backwards, stateful and return_state are lost")
    config = layer.get_config() | {"unroll": False}
    return builder.add(type(layer).from_config(config), x, layer.get_weights())


def _softmax(call: Call) -> Any:
    import keras

    builder, layer, x = call
    if layer.axis not in (-1, len(x.shape) - 1):
        raise refusal(layer, "it has the softmax of channels only")
    return activate(builder, layer, keras.activations.softmax, x, layer.name)


EXPANSIONS: dict[str, Expansion] = {
    "Activation": _activation,
    "ActivityRegularization": _identity,
    "Add": merges.elementwise,
    "AlphaDropout": _identity,
    "Average": merges.elementwise,
    "AveragePooling1D": _series,
    "AveragePooling2D": _spatial,
    "AveragePooling3D": _spatial,
    "BatchNormalization": _batch_normalization,
    "Concatenate": merges.concatenate,
    "Conv1D": convolutions.convolution,
    "Conv1DTranspose": convolutions.transposed_1d,
    "Conv2D": convolutions.convolution,
    "Conv2DTranspose": convolutions.convolution,
    "Conv3D": convolutions.convolution,
    "Conv3DTranspose": convolutions.transposed_3d,
    "Cropping1D": _series,
    "Cropping2D": _spatial,
    "Cropping3D": volumes.cropping,
    "Dense": convolutions.dense,
    "DepthwiseConv2D": convolutions.depthwise,
    "Dot": merges.dot,
    "Dropout": _identity,
    "ELU": _advanced_activation,
    "Flatten": _flatten,
    "GaussianDropout": _identity,
    "GaussianNoise": _identity,
    "GlobalAveragePooling1D": _without_kept_axes,
    "GlobalAveragePooling2D": _without_kept_axes,
    "GlobalAveragePooling3D": volumes.global_pooling,
    "GlobalMaxPooling1D": _without_kept_axes,
    "GlobalMaxPooling2D": _without_kept_axes,
    "GlobalMaxPooling3D": volumes.global_pooling,
    "Identity": _identity,
    "LSTM": _lstm,
    "LeakyReLU": _advanced_activation,
    "MaxPooling1D": _spatial,
    "MaxPooling2D": _spatial,
    "MaxPooling3D": _spatial,
    "Maximum": merges.elementwise,
    "Multiply": merges.elementwise,
    "Normalization": _normalization,
    "PReLU": _advanced_activation,
    "ReLU": _advanced_activation,
    "RepeatVector": _keep,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Softmax": _softmax,
    "SpatialDropout1D": _identity,
    "SpatialDropout2D": _identity,
    "SpatialDropout3D": _identity,
    "Subtract": merges.elementwise,
    "UpSampling1D": _series,
    "UpSampling2D": convolutions.up_sampling_2d,
    "UpSampling3D": volumes.up_sampling,
    "ZeroPadding1D": _series,
    "ZeroPadding2D": _spatial,
}
