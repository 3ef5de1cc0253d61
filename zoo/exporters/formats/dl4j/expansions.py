"""What each class of layers becomes in a model for Deeplearning4j.

An expansion takes the builder, the layer, and the layer's inputs, and returns the output of new layers. A
class that is not in `EXPANSIONS` is refused: Deeplearning4j reads some layers and computes them wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import ExportError
from zoo.exporters.formats.dl4j.activations import activate
from zoo.exporters.formats.dl4j.builder import LayerBuilder

if TYPE_CHECKING:
    import keras

Expansion = Callable[..., Any]

_WHY = {
    "CropLike": "it has no cropping to a size that an input decides",
    "GRU": "it has no GRU",
    "GroupNormalization": "it has no layer that divides by a deviation which depends on the input",
    "LayerNormalization": "it has no layer that divides by a deviation which depends on the input",
    "PadToMultiple": "it has no padding by reflection",
    "UnitNormalization": "it has no layer that divides by a norm which depends on the input",
}


def refuse(builder: LayerBuilder, layer: Any, *inputs: Any) -> Any:
    """Refuse a layer.

    Raises:
        ExportError: always; the message has the layer's name, the reason, and what to do.
    """
    kind = type(layer).__name__
    raise refusal(layer, _WHY.get(kind, f"it has no {kind}"))


def refusal(layer: Any, reason: str) -> ExportError:
    """Return the error for a layer that Deeplearning4j cannot compute.

    Args:
        layer: the layer or operation.
        reason: follows "because", without a full stop.
    """
    import keras

    noun = "layer" if isinstance(layer, keras.Layer) else "operation"
    return ExportError(
        f"The {noun} {layer.name!r} ({type(layer).__name__}) cannot be written for Deeplearning4j, because "
        f"{reason}. Build the part without it, or leave out this format."
    )


def _keep(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a copy."""
    return builder.add(layer, x)


def _pass(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the input: the layer does nothing after training."""
    return x


def _keep_and_activate(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a copy without an activation, followed by the activation."""
    import keras

    config = layer.get_config() | {"activation": "linear"}
    linear = builder.add(type(layer).from_config(config), x, layer.get_weights())
    name = f"{layer.name}_{keras.activations.serialize(layer.activation)}"
    return activate(builder, layer, layer.activation, linear, name)


def _dense(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the dense layer's output; on more than one axis it is a convolution of size one."""
    if len(x.shape) == 2:
        return _keep_and_activate(builder, layer, x)
    linear = builder.mix(x, *layer.get_weights(), name=layer.name)
    return activate(builder, layer, layer.activation, linear, layer.name)


def _convolution(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a convolution without groups and with the channels last."""
    _require_channels_last(layer)
    if getattr(layer, "groups", 1) != 1:
        raise refusal(layer, "it has no groups of channels")
    if getattr(layer, "output_padding", None) is not None:
        raise refusal(layer, "it has no output_padding")
    return _keep_and_activate(builder, layer, x)


def _transposed_1d(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a transposed convolution over images of one column."""
    from keras import layers

    _require_channels_last(layer)
    _, steps, channels = x.shape
    kernel, *bias = layer.get_weights()
    image = builder.add(layers.Reshape((steps, 1, channels), name=f"{layer.name}_image"), x)
    transposed = layers.Conv2DTranspose(
        layer.filters,
        (*layer.kernel_size, 1),
        (*layer.strides, 1),
        layer.padding,
        use_bias=layer.use_bias,
        name=layer.name,
    )
    image = builder.add(transposed, image, [kernel[:, None], *bias])
    shape = (image.shape[1], layer.filters)
    series = builder.add(layers.Reshape(shape, name=f"{layer.name}_series"), image)
    return activate(builder, layer, layer.activation, series, layer.name)


def _activation(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    return activate(builder, layer, layer.activation, x, layer.name)


def _rescaling(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return scale * x + offset."""
    return builder.scale(x, layer.scale, layer.offset, layer.name)


def _normalization(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return (x - mean) / deviation for each channel, or the inverse."""
    import keras

    mean, variance = (np.asarray(value, np.float64) for value in (layer.mean, layer.variance))
    if mean.size not in (1, x.shape[-1]):
        raise refusal(layer, "it has no numbers for each place of a map, only for each channel")
    deviation = np.maximum(np.sqrt(variance), keras.backend.epsilon())
    if layer.invert:
        return builder.scale(x, deviation, mean, layer.name)
    return builder.scale(x, 1 / deviation, -mean / deviation, layer.name)


def _elementwise(builder: LayerBuilder, layer: keras.Layer, tensors: list[Any]) -> Any:
    """Return the sum, the product or the like of tensors of one shape."""
    if len({tensor.shape[1:] for tensor in tensors}) > 1:
        raise refusal(layer, "it does not repeat values where two shapes differ")
    return builder.add(layer, tensors)


def _concatenate(builder: LayerBuilder, layer: keras.Layer, tensors: list[Any]) -> Any:
    """Return the tensors side by side along the channels."""
    if layer.axis not in (-1, len(tensors[0].shape) - 1):
        raise refusal(layer, "it joins tensors along the channels only")
    return builder.add(layer, tensors)


def _dot(builder: LayerBuilder, layer: keras.Layer, tensors: list[Any]) -> Any:
    """Return the products of vectors as the sum of the products of their numbers."""
    from keras import layers

    axes = layer.axes if isinstance(layer.axes, list | tuple) else [layer.axes]
    if layer.normalize or any(len(tensor.shape) != 2 for tensor in tensors) or {*axes} - {1, -1}:
        raise refusal(layer, "it has no product of tensors, only of vectors")
    product = builder.add(layers.Multiply(name=f"{layer.name}_products"), tensors)
    return builder.mix(product, np.ones((product.shape[-1], 1)), name=layer.name)


def _global_average_3d(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the mean of a volume by a pooling of the volume's size."""
    from keras import layers

    _require_channels_last(layer)
    pooled = builder.add(layers.AveragePooling3D(x.shape[1:-1], name=layer.name), x)
    return builder.add(layers.Flatten(name=f"{layer.name}_flat"), pooled)


def _without_kept_axes(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a global pooling, whose axes vanish."""
    _require_channels_last(layer)
    if layer.keepdims:
        raise refusal(layer, "it does not keep the axes of a global pooling")
    return builder.add(layer, x)


def _spatial(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a layer that pools, pads, crops or enlarges, with the channels last."""
    _require_channels_last(layer)
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise refusal(layer, "it enlarges images by repeated pixels only")
    return builder.add(layer, x)


def _batch_normalization(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of a batch normalisation over the last axis."""
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if list(axes) not in ([-1], [len(x.shape) - 1]):
        raise refusal(layer, "it normalises the channels only")
    values = iter(np.asarray(weight, np.float64) for weight in layer.get_weights())
    gamma = next(values) if layer.scale else 1.0
    beta = next(values) if layer.center else 0.0
    mean, variance = values
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return builder.scale(x, factor, beta - mean * factor, layer.name)


def _lstm(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return the output of an LSTM as Keras builds it by default."""
    import keras

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


def _softmax(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    import keras

    if layer.axis not in (-1, len(x.shape) - 1):
        raise refusal(layer, "it has the softmax of channels only")
    return activate(builder, layer, keras.activations.softmax, x, layer.name)


def _require_channels_last(layer: keras.Layer) -> None:
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise refusal(layer, "its channels come first. Build the part with channels_last")


EXPANSIONS: dict[str, Expansion] = {
    "Activation": _activation,
    "ActivityRegularization": _pass,
    "Add": _elementwise,
    "AlphaDropout": _pass,
    "Average": _elementwise,
    "AveragePooling1D": _spatial,
    "AveragePooling2D": _spatial,
    "AveragePooling3D": _spatial,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Conv1D": _convolution,
    "Conv1DTranspose": _transposed_1d,
    "Conv2D": _convolution,
    "Conv2DTranspose": _convolution,
    "Conv3D": _convolution,
    "Cropping1D": _spatial,
    "Cropping2D": _spatial,
    "Cropping3D": _spatial,
    "Dense": _dense,
    "DepthwiseConv2D": _convolution,
    "Dot": _dot,
    "Dropout": _pass,
    "ELU": _keep,
    "Flatten": _keep,
    "GaussianDropout": _pass,
    "GaussianNoise": _pass,
    "GlobalAveragePooling1D": _without_kept_axes,
    "GlobalAveragePooling2D": _without_kept_axes,
    "GlobalAveragePooling3D": _global_average_3d,
    "GlobalMaxPooling1D": _without_kept_axes,
    "GlobalMaxPooling2D": _without_kept_axes,
    "Identity": _pass,
    "LSTM": _lstm,
    "LeakyReLU": _keep,
    "MaxPooling1D": _spatial,
    "MaxPooling2D": _spatial,
    "MaxPooling3D": _spatial,
    "Maximum": _elementwise,
    "Multiply": _elementwise,
    "Normalization": _normalization,
    "PReLU": _keep,
    "ReLU": _keep,
    "RepeatVector": _keep,
    "Rescaling": _rescaling,
    "Reshape": _keep,
    "Softmax": _softmax,
    "SpatialDropout1D": _pass,
    "SpatialDropout2D": _pass,
    "SpatialDropout3D": _pass,
    "Subtract": _elementwise,
    "UpSampling1D": _spatial,
    "UpSampling2D": _spatial,
    "UpSampling3D": _spatial,
    "ZeroPadding1D": _spatial,
    "ZeroPadding2D": _spatial,
    "ZeroPadding3D": _spatial,
}
