"""Which multiples the free sizes of a graph are, and explicit padding where that decides it.

With padding "same", a convolution of stride 2 adds k - 2 or k - 1 zeros, as the size is even or odd. Where
the size is free, tf2onnx writes `auto_pad`, and OpenCV 5.0 adds an odd number of zeros on the wrong side. A
size that is a multiple of the stride, as behind `zoo.layers.PadToMultiple`, needs no `auto_pad`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SAME_SIZE = [
    "Activation",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dropout",
    "ELU",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "PReLU",
    "ReLU",
    "Rescaling",
    "SpatialDropout2D",
    "Subtract",
    "UnitNormalization",
]


def strided_convolutions(model: Any) -> Mapping[Any, tuple[tuple[int, int], ...]]:
    """Return the convolutions whose padding is known though the size is free.

    Args:
        model: a Functional model; layers of nested models are left out.

    Returns:
        For each layer, the zeros before and behind each of height and width.
    """
    multiples: dict[int, int] = {}
    padding: dict[Any, tuple[tuple[int, int], ...]] = {}
    depths = sorted(model._nodes_by_depth, reverse=True)
    for node in [node for depth in depths for node in model._nodes_by_depth[depth]]:
        layer = node.operation
        multiple = max([multiples.get(id(each), 1) for each in node.input_tensors], default=1)
        if _is_strided(layer) and all(multiple % stride == 0 for stride in layer.strides):
            pairs = zip(layer.kernel_size, layer.strides, strict=True)
            padding[layer] = tuple(_halves(max(size - stride, 0)) for size, stride in pairs)
        for tensor in node.outputs:
            multiples[id(tensor)] = _multiple_after(layer, multiple)
    return padding


def _is_strided(layer: Any) -> bool:
    """Return whether a layer is a convolution with padding "same", a stride, and free height and width."""
    if type(layer).__name__ not in ("Conv2D", "DepthwiseConv2D"):
        return False
    is_plain = layer.padding == "same" and set(layer.dilation_rate) == {1}
    free = layer.data_format == "channels_last" and layer.input.shape[1:3] == (None, None)
    return is_plain and free and max(layer.strides) > 1


def _halves(total: int) -> tuple[int, int]:
    """Return the zeros before and behind, as TensorFlow adds them."""
    return total // 2, total - total // 2


def _multiple_after(layer: Any, multiple: int) -> int:
    """Return a number of which height and width behind a layer are multiples.

    Args:
        layer: the layer.
        multiple: the number for its inputs.
    """
    kind = type(layer).__name__
    if kind == "PadToMultiple":
        return int(layer.multiple)
    if kind in _SAME_SIZE:
        return multiple
    if kind == "UpSampling2D":
        return multiple * min(layer.size) if len(set(layer.size)) == 1 else 1
    if kind not in ("Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"):
        return 1
    stride = layer.strides[0]
    is_same = layer.padding == "same" and len(set(layer.strides)) == 1
    if not is_same:
        return 1
    if kind == "Conv2DTranspose":
        return multiple * int(stride)
    return multiple // int(stride) if multiple % stride == 0 else 1
