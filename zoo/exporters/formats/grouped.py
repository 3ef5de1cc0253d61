"""Grouped convolutions by operators that every converter knows.

On TensorFlow, Keras computes a convolution with groups, and one of volumes with the channels first, by a
function that XLA compiles. Neither ONNX, nor TensorFlow Java, nor the check of a SavedModel knows such a
call. Each group is a convolution of its own channels (Krizhevsky et al. 2012):

    y[..., g] = x[..., g] * kernel[..., g]

Where each channel is a group, as in ConvNeXt (arXiv:2201.03545), this is a depthwise convolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from zoo.exporters.formats.unrolled import layer_attribute
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    import keras

Convolve = Callable[[Any, Any], Any]
"""A function from an input and a kernel to the output of a convolution."""


@contextmanager
def convolutions_without_xla(model: keras.Model, split: bool = True) -> Iterator[None]:
    """Compute the convolutions that Keras compiles with XLA by other operators, while the context lasts.

    Args:
        model: whose layers are changed, those of nested models and wrappers included.
        split: whether each group is a convolution of its own; else one operator of TensorFlow has all
            groups, which its processor kernels do not have for volumes, and ONNX has.
    """
    with ExitStack() as stack:
        for layer in layers_of(model):
            if needs_xla(layer):
                convolve = _convolution(layer, layer.convolution_op, split)
                stack.enter_context(layer_attribute(layer, "convolution_op", convolve))
        yield


def needs_xla(layer: keras.Layer) -> bool:
    """Return whether Keras compiles the convolution of a layer with XLA."""
    if not hasattr(layer, "convolution_op") or not hasattr(layer, "kernel_size"):
        return False
    is_volume = len(layer.kernel_size) == 3 and layer.data_format == "channels_first"
    return layer.groups > 1 or is_volume


def _convolution(layer: Any, original: Convolve, split: bool) -> Convolve:
    """Return the function that computes the convolution of a layer."""
    if layer.data_format == "channels_first":
        return partial(_channels_first, layer, original)
    if not split and layer.padding != "causal":
        return partial(_in_one_operator, layer)
    if _is_depthwise(layer):
        return partial(_depthwise, layer)
    return partial(_by_group, layer, original)


def _is_depthwise(layer: Any) -> bool:
    """Return whether each channel is a group, and TensorFlow has the depthwise convolution."""
    plain = len(layer.kernel_size) < 3 and layer.padding != "causal"
    return plain and layer.kernel.shape[-2] == 1 and len(set(layer.strides)) == 1


def _channels_first(layer: Any, original: Convolve, x: Any, kernel: Any) -> Any:
    """Return the convolution of a tensor with its channels first."""
    from keras import ops

    with layer_attribute(layer, "data_format", "channels_last"):
        x = ops.moveaxis(x, 1, -1)
        y = _by_group(layer, original, x, kernel)
    return ops.moveaxis(y, -1, 1)


def _by_group(layer: Any, original: Convolve, x: Any, kernel: Any) -> Any:
    """Return the outputs of the groups, side by side."""
    from keras import ops

    xs, kernels = ops.split(x, layer.groups, -1), ops.split(kernel, layer.groups, -1)
    return ops.concatenate([original(*each) for each in zip(xs, kernels, strict=True)], -1)


def _depthwise(layer: Any, x: Any, kernel: Any) -> Any:
    """Return the depthwise convolution; the kernel (..., 1, channels * m) becomes (..., channels, m)."""
    from keras import ops

    kernel = ops.reshape(kernel, (*layer.kernel_size, layer.groups, -1))
    return ops.depthwise_conv(
        x, kernel, layer.strides, layer.padding, layer.data_format, layer.dilation_rate
    )


def _in_one_operator(layer: Any, x: Any, kernel: Any) -> Any:
    """Return the convolution by TensorFlow's operator, which infers the groups from the kernel's shape."""
    import tensorflow as tf

    return tf.nn.convolution(
        x, kernel, layer.strides, layer.padding.upper(), dilations=layer.dilation_rate
    )
