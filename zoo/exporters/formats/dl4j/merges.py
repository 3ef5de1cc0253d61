"""Layers that make one tensor of several, as Deeplearning4j computes them rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.formats.dl4j import series
from zoo.exporters.formats.dl4j.builder import Call, LayerBuilder
from zoo.exporters.formats.dl4j.refusal import refusal

if TYPE_CHECKING:
    import keras


def elementwise(call: Call) -> Any:
    """Return the sum, the product or the like; a map of one place is repeated to the size of the others."""
    builder, layer, tensors = call
    shapes = [tensor.shape[1:] for tensor in tensors]
    whole = max(shapes, key=np.prod)
    if any(shape != whole and shape != (*[1] * (len(whole) - 1), whole[-1]) for shape in shapes):
        raise refusal(layer, f"it cannot repeat values to make one of the shapes {shapes}")
    return builder.add(
        layer, [_repeat_to_shape(builder, layer, tensor, whole) for tensor in tensors]
    )


def _repeat_to_shape(
    builder: LayerBuilder, layer: keras.Layer, x: Any, shape: tuple[int, ...]
) -> Any:
    """Return a map of one place repeated to a shape; a map of this shape as it is."""
    from keras import layers

    if x.shape[1:] == shape:
        return x
    name, sizes = f"{layer.name}_spread", shape[:-1]
    if len(sizes) == 1:
        return series.on_image(Call(builder, layers.UpSampling1D(sizes[0], name=name), x))
    if len(sizes) == 3 and len({*sizes}) == 1:
        return builder.add(layers.UpSampling3D(sizes, name=name), x)
    if len(sizes) == 2:
        enlargement, weights = series.enlargement(name, sizes, shape[-1])
        return builder.add(enlargement, x, weights)
    raise refusal(layer, f"it cannot repeat numbers to make the shape {shape}")


def concatenate(call: Call) -> Any:
    """Return the tensors side by side along the channels."""
    builder, layer, tensors = call
    if layer.axis not in (-1, len(tensors[0].shape) - 1):
        raise refusal(layer, "it joins tensors along the channels only")
    return builder.add(layer, tensors)


def dot(call: Call) -> Any:
    """Return the products of vectors as the sum of the products of their numbers."""
    from keras import layers

    builder, layer, tensors = call
    axes = layer.axes if isinstance(layer.axes, list | tuple) else [layer.axes]
    if layer.normalize or any(len(tensor.shape) != 2 for tensor in tensors) or {*axes} - {1, -1}:
        raise refusal(layer, "it has no product of tensors, only of vectors")
    product = builder.add(layers.Multiply(name=f"{layer.name}_products"), tensors)
    return builder.mix(product, np.ones((product.shape[-1], 1)), name=layer.name)
