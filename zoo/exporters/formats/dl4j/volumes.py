"""Layers for volumes, made of convolutions, poolings and enlargements, which Deeplearning4j computes rightly.

Its import refuses to flatten a volume, unless the volume is a single number. It crops and pads volumes along
the wrong axes, and mixes up the weights of Conv3DTranspose. So a volume becomes a vector number by number,
and a transposed convolution is a convolution over an enlarged volume with zeros between its values.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.formats.dl4j.refusal import refusal, require_channels_last

if TYPE_CHECKING:
    import keras

    from zoo.data.arrays import Array
    from zoo.exporters.formats.dl4j.builder import Call, LayerBuilder

LARGEST_VECTOR = 512  # numbers of a volume that become a vector; each of them needs a convolution


def global_pooling(call: Call) -> Any:
    """Return the mean or the maximum of each channel, by a pooling of the volume's size."""
    from keras import layers

    builder, layer, x = call
    require_channels_last(layer)
    pooling = layers.MaxPooling3D if "Max" in type(layer).__name__ else layers.AveragePooling3D
    if layer.keepdims:
        raise refusal(layer, "it does not keep the axes of a global pooling")
    pooled = builder.add(pooling(x.shape[1:-1], name=layer.name), x)
    return flatten(call._replace(x=pooled))


def flatten(call: Call) -> Any:
    """Return the numbers of a volume as a vector: each is picked by a convolution of the volume's size."""
    from keras import layers

    builder, layer, x = call
    count = prod(x.shape[1:])
    if count > LARGEST_VECTOR:
        raise refusal(layer, f"it cannot flatten volumes, and {count} numbers are too many to pick")
    numbers = []
    for kernel in np.eye(count, dtype=np.float32).reshape(count, *x.shape[1:], 1):
        pick = layers.Conv3D(1, x.shape[1:-1], use_bias=False, name=f"{layer.name}_pick")
        number = builder.add(pick, x, [kernel])
        numbers.append(builder.add(layers.Flatten(name=f"{layer.name}_number"), number))
    if count == 1:
        return numbers[0]
    return builder.add(layers.Concatenate(name=f"{layer.name}_vector"), numbers)


def cropping(call: Call) -> Any:
    """Return a part of a volume, by a convolution whose kernel is 1 at one place and 0 elsewhere."""
    from keras import layers

    builder, layer, x = call
    require_channels_last(layer)
    channels = x.shape[-1]
    sizes = [before + after + 1 for before, after in layer.cropping]
    kernel = np.zeros((*sizes, channels, channels), np.float32)
    kernel[tuple(before for before, _ in layer.cropping)] = np.eye(channels)
    return builder.add(layers.Conv3D(channels, sizes, use_bias=False, name=layer.name), x, [kernel])


def transposed_convolution(call: Call) -> Any:
    """Return the transposed convolution without its activation, for padding="same".

    With z, which has the value x[i] at i times the stride and zeros elsewhere, and the padding p before the
    first value, it is y[o] = sum over k of z[o + p - k] K[k].
    """
    from keras import layers

    builder, layer, x = call
    require_channels_last(layer)
    if layer.padding != "same" or layer.output_padding is not None or {*layer.dilation_rate} != {1}:
        raise refusal(
            layer, "of its transposed convolutions of volumes only padding='same' is proved"
        )
    if len({*layer.strides}) > 1:
        raise refusal(layer, "it enlarges all axes of a volume by one factor only")
    kernel, *bias = layer.get_weights()
    wide = _wide_kernel(kernel, layer.strides)
    convolution = layers.Conv3D(
        layer.filters, wide.shape[:3], padding="same", use_bias=layer.use_bias, name=layer.name
    )
    return builder.add(convolution, _with_zeros(builder, layer, x), [wide, *bias])


def up_sampling(call: Call) -> Any:
    """Return the volume enlarged by one factor; of several factors it would take the first for all axes."""
    builder, layer, x = call
    require_channels_last(layer)
    if len({*layer.size}) > 1:
        raise refusal(layer, "it enlarges all axes of a volume by one factor only")
    return builder.add(layer, x)


def _wide_kernel(kernel: Array, strides: tuple[int, ...]) -> Array:
    """Return the kernel of the convolution over z, of odd sizes, shape (depth, height, width, in, out)."""
    sizes = kernel.shape[:3]
    paddings = [max(size - stride, 0) // 2 for size, stride in zip(sizes, strides, strict=True)]
    centres = [
        max(size - 1 - padding, padding) for size, padding in zip(sizes, paddings, strict=True)
    ]
    wide = np.zeros(([2 * centre + 1 for centre in centres]) + [kernel.shape[4], kernel.shape[3]])
    places = tuple(
        slice(centre + padding - size + 1, centre + padding + 1)
        for centre, padding, size in zip(centres, paddings, sizes, strict=True)
    )
    wide[places] = kernel[::-1, ::-1, ::-1].swapaxes(3, 4)
    return wide.astype(np.float32)


def _with_zeros(builder: LayerBuilder, layer: keras.Layer, x: Any) -> Any:
    """Return z: the enlarged volume times a mask, which is 1 where z has a value of x."""
    from keras import layers

    if {*layer.strides} == {1}:
        return x
    large = builder.add(layers.UpSampling3D(layer.strides, name=f"{layer.name}_large"), x)
    mask = np.zeros(large.shape[1:], np.float32)
    mask[tuple(slice(None, None, stride) for stride in layer.strides)] = 1.0
    zero = layers.Conv3D(1, x.shape[1:-1], use_bias=False, name=f"{layer.name}_zero")
    number = builder.add(zero, x, [np.zeros((*x.shape[1:], 1), np.float32)])
    vector = builder.add(layers.Flatten(name=f"{layer.name}_flat"), number)
    # A dense layer of the number 0 returns its bias, which is the mask.
    flat = builder.mix(vector, np.zeros((1, mask.size)), mask.ravel(), f"{layer.name}_mask")
    volume = builder.add(layers.Reshape(mask.shape, name=f"{layer.name}_volume"), flat)
    return builder.add(layers.Multiply(name=f"{layer.name}_spread"), [large, volume])
