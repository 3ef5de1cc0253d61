"""The range of pixels that the first layers of a network tell: a Rescaling, a Normalization, a division.

Such layers are linear: y = a x + b. Networks compute with numbers around 0 or from 0 to 1, so a small `a`, or
a zero far above 1, tells that x goes from 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

__all__ = ["LeadingRange", "leading_range"]

LINEAR = ("Rescaling", "Normalization", "TrueDivide", "Divide", "Multiply", "Subtract", "Add")
WITHOUT_EFFECT = ("ConvertToTensor", "Identity", "Cast", "ZeroPadding2D", "Resizing", "CenterCrop")
SIDE = 8  # of the images that measure, where a network takes any size
BYTES, UNIT = (0.0, 255.0), (0.0, 1.0)


@dataclass(frozen=True)
class LeadingRange:
    """The values of black and of white that a network takes, and the class of the layer that tells it."""

    ends: tuple[float, float]
    layer: str


def leading_range(network: keras.Model) -> LeadingRange | None:
    """Return the range of pixels that the first layers of a network tell; None where they tell none.

    Args:
        network: a flat model with one input of images.
    """
    import keras

    tensor, layer = _last_linear(network)
    if tensor is None:
        return None
    shape = [size or SIDE for size in network.inputs[0].shape[1:]]
    head = keras.Model(network.inputs[0], tensor)
    zero, one = (np.asarray(head(np.full((1, *shape), at, np.float32))) for at in (0, 1))
    offset, slope = float(zero.mean()), float((one - zero).mean())
    ends = _range_of(slope, offset)
    return None if ends is None else LeadingRange(ends, layer)


def _range_of(slope: float, offset: float) -> tuple[float, float] | None:
    """Return the range of x that brings slope x + offset near the usual numbers."""
    if slope <= 0 or (slope, offset) == (1.0, 0.0):
        return None
    zero = -offset / slope  # where the layers return 0
    if slope < 1 / 20 or zero > 2:
        return BYTES
    return UNIT if 0 <= zero <= 1 and slope > 1 / 2 else None


def _last_linear(network: keras.Model) -> tuple[Any, str]:
    """Return the output of the last of the linear layers at the start, and the class of the first of them."""
    nodes = [node for level in network._nodes_by_depth.values() for node in level]
    tensor, last, first = network.inputs[0], None, ""
    while True:
        takers = [
            node
            for node in nodes
            if not node.is_input and any(tensor is each for each in node.input_tensors)
        ]
        if len(takers) != 1 or len(takers[0].input_tensors) != 1:
            return last, first
        kind = type(takers[0].operation).__name__
        if kind not in (*LINEAR, *WITHOUT_EFFECT) and not kind.startswith("Random"):
            return last, first
        (tensor,) = takers[0].outputs
        if kind in LINEAR:
            last, first = tensor, first or kind
