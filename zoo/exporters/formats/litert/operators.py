"""Layers computed with operators that LiteRT has, in place of those that TensorFlow would choose.

LiteRT has no pooling of volumes, no repetition of values, and no loop over the steps of a sequence that
its converter takes from Keras. Each function here computes the same values as the layer's own `call`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from zoo.exporters.formats.unrolled import layer_attribute, unrolled_layers
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    import keras

Call = Callable[..., Any]


@contextmanager
def built_in_operators(model: keras.Model) -> Iterator[None]:
    """Compute the model's layers with LiteRT's built-in operators, while the context lasts.

    Args:
        model: whose layers are changed, those of nested models and wrappers included.

    Raises:
        ExportError: a recurrent layer has a free number of steps.
    """
    with unrolled_layers(model, "LiteRT"), ExitStack() as stack:
        for layer in layers_of(model):
            if call := _CALLS.get(type(layer).__name__):
                stack.enter_context(layer_attribute(layer, "call", partial(call, layer)))
        yield


def _group_normalization(layer: keras.Layer, inputs: Any) -> Any:
    """Return (x - mean) / sqrt(variance + epsilon) of each group of channels, without a tensor of rank 5."""
    from keras import ops

    if layer.axis not in (-1, len(inputs.shape) - 1):
        return type(layer).call(layer, inputs)
    groups = inputs.shape[-1] if layer.groups == -1 else layer.groups
    x = inputs - _group_mean(inputs, groups)
    x = x * ops.rsqrt(_group_mean(ops.square(x), groups) + layer.epsilon)
    x = x * layer.gamma if layer.scale else x
    return x + layer.beta if layer.center else x


def _group_mean(x: Any, groups: int) -> Any:
    """Return the mean of each group of channels, once for each channel: shape (batch, 1, ..., channels).

    LiteRT adds the values of a mean one after the other in float32. Means of rows, and then of columns,
    have a smaller error than one mean over all pixels.
    """
    from keras import ops

    space, channels = len(x.shape) - 2, x.shape[-1]
    for axis in range(space, 0, -1):
        x = ops.mean(x, axis)
    if groups < channels:
        x = ops.mean(ops.reshape(x, (-1, groups, channels // groups)), 2, keepdims=True)
        x = x * ops.ones((1, 1, channels // groups))
    return ops.reshape(x, (-1, *[1] * space, channels))


def _up_sampling_1d(layer: keras.Layer, inputs: Any) -> Any:
    """Return each step repeated, as an image of one column."""
    return _repeat(inputs[:, :, None], (layer.size, 1))[:, :, 0]


def _up_sampling_2d(layer: keras.Layer, inputs: Any) -> Any:
    """Return each pixel repeated."""
    if layer.interpolation != "nearest" or layer.data_format != "channels_last":
        return type(layer).call(layer, inputs)
    return _repeat(inputs, layer.size)


def _up_sampling_3d(layer: keras.Layer, inputs: Any) -> Any:
    """Return each voxel repeated: first within each plane of the volume, then the planes."""
    if layer.data_format != "channels_last":
        return type(layer).call(layer, inputs)
    depth, *sizes = layer.size
    return _over_planes(
        inputs,
        lambda planes: _repeat(planes, sizes),
        lambda columns: _repeat(columns, (depth, 1)),
    )


def pooling_3d(layer: keras.Layer, inputs: Any) -> Any:
    """Return the pooled volume: first each plane of the volume is pooled, then the planes.

    The largest of largest values is the largest. The mean of means is the mean, since the means of all
    planes at one place are over the same number of values.
    """
    import tensorflow as tf

    if layer.data_format != "channels_last":
        return type(layer).call(layer, inputs)
    pool = tf.nn.max_pool2d if "Max" in type(layer).__name__ else tf.nn.avg_pool2d
    (depth, *sizes), (step, *strides) = layer.pool_size, layer.strides
    padding = layer.padding.upper()
    return _over_planes(
        inputs,
        lambda planes: pool(planes, sizes, strides, padding),
        lambda columns: pool(columns, (depth, 1), (step, 1), padding),
    )


def _over_planes(
    volume: Any, on_planes: Callable[[Any], Any], on_columns: Callable[[Any], Any]
) -> Any:
    """Apply a function of images to each plane of a volume, and then one along its depth.

    Args:
        volume: shape (batch, depth, height, width, channels).
        on_planes: takes and returns images, shape (batch * depth, height, width, channels).
        on_columns: takes and returns images, shape (batch, depth, height * width, channels).
    """
    from keras import ops

    _, depth, height, width, channels = _sizes(volume)
    planes = on_planes(ops.reshape(volume, (-1, height, width, channels)))
    _, height, width, channels = _sizes(planes)
    columns = on_columns(ops.reshape(planes, (-1, depth, height * width, channels)))
    return ops.reshape(columns, (-1, _sizes(columns)[1], height, width, channels))


def _repeat(images: Any, factors: Sequence[int]) -> Any:
    """Return images enlarged by whole factors, with each pixel repeated."""
    import tensorflow as tf

    _, height, width, _ = _sizes(images)
    return tf.image.resize(images, (height * factors[0], width * factors[1]), "nearest")


def _sizes(x: Any) -> list[Any]:
    """Return the shape of a tensor: -1 for the first size, a tensor for each other size that is free."""
    import tensorflow as tf

    sizes = enumerate(x.shape[1:], 1)
    return [-1, *(tf.shape(x)[axis] if size is None else size for axis, size in sizes)]


_CALLS: dict[str, Call] = {
    "AveragePooling3D": pooling_3d,
    "GroupNormalization": _group_normalization,
    "MaxPooling3D": pooling_3d,
    "UpSampling1D": _up_sampling_1d,
    "UpSampling2D": _up_sampling_2d,
    "UpSampling3D": _up_sampling_3d,
}
