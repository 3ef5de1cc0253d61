"""Layers for series, computed on images of one column: Deeplearning4j takes the wrong axis of a series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

    from zoo.exporters.formats.dl4j.builder import Call


def on_image(call: Call) -> Any:
    """Return the output of a layer for series, of one of the classes in `_LAYERS`."""
    from keras import layers

    builder, layer, x = call
    _, steps, channels = x.shape
    image = builder.add(layers.Reshape((steps, 1, channels), name=f"{layer.name}_image"), x)
    of_image, weights = _LAYERS[type(layer).__name__](layer, channels)
    image = builder.add(of_image, image, weights)
    shape = (image.shape[1], image.shape[3])
    return builder.add(layers.Reshape(shape, name=f"{layer.name}_series"), image)


def enlargement(name: str, factors: tuple[int, int], channels: int) -> tuple[keras.Layer, Any]:
    """Return the layer that repeats each pixel, and its weights: a transposed convolution by ones.

    Args:
        name: of the layer.
        factors: how often each pixel is repeated along both axes.
        channels: of the image.
    """
    from keras import layers

    layer = layers.Conv2DTranspose(channels, factors, factors, use_bias=False, name=name)
    return layer, [np.ones((*factors, 1, 1), np.float32) * np.eye(channels, dtype=np.float32)]


def _average_pooling(layer: keras.Layer, channels: int) -> tuple[keras.Layer, Any]:
    from keras import layers

    size, strides = (*layer.pool_size, 1), (*layer.strides, 1)
    return layers.AveragePooling2D(size, strides, layer.padding, name=layer.name), None


def _cropping(layer: keras.Layer, channels: int) -> tuple[keras.Layer, Any]:
    from keras import layers

    return layers.Cropping2D((layer.cropping, (0, 0)), name=layer.name), None


def _transposed_convolution(layer: keras.Layer, channels: int) -> tuple[keras.Layer, Any]:
    from keras import layers

    kernel, *bias = layer.get_weights()
    transposed = layers.Conv2DTranspose(
        layer.filters,
        (*layer.kernel_size, 1),
        (*layer.strides, 1),
        layer.padding,
        use_bias=layer.use_bias,
        name=layer.name,
    )
    return transposed, [kernel[:, None], *bias]


def _up_sampling(layer: keras.Layer, channels: int) -> tuple[keras.Layer, Any]:
    return enlargement(layer.name, (layer.size, 1), channels)


def _zero_padding(layer: keras.Layer, channels: int) -> tuple[keras.Layer, Any]:
    from keras import layers

    return layers.ZeroPadding2D((layer.padding, (0, 0)), name=layer.name), None


_LAYERS = {
    "AveragePooling1D": _average_pooling,
    "Conv1DTranspose": _transposed_convolution,
    "Cropping1D": _cropping,
    "UpSampling1D": _up_sampling,
    "ZeroPadding1D": _zero_padding,
}
