"""Shapes that are known, written as constants.

tf2onnx computes the shape of a Reshape from that of a tensor before it, and tract, for one, cannot follow
that while the batch is free. A constant says the same where one size is free (-1), or where the other free
sizes are those of the input at the same places (0). A Reshape that changes nothing is left out: OpenCV 5.0
computes some of them wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Sizes = Sequence[int | str | None]


def write_static_shapes(model: Any) -> None:
    """Replace the shapes of Reshape nodes by constants where they are known, in place.

    A Reshape to the shape of its input becomes an Identity.

    Args:
        model: a ModelProto whose inputs have their shapes.
    """
    import numpy as np
    import onnx

    reshapes = [node for node in model.graph.node if node.op_type == "Reshape"]
    if not reshapes:
        return
    sizes = _sizes(onnx.shape_inference.infer_shapes(model, data_prop=True).graph)
    for node in reshapes:
        before, after = sizes.get(node.input[0]), sizes.get(node.output[0])
        if is_same_shape(before, after):
            node.op_type = "Identity"
            del node.input[1:], node.attribute[:]
        elif shape := constant_shape(before, after):
            name = f"{node.output[0]}/shape"
            array = np.array(shape, np.int64)
            model.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
            node.input[1] = name


def is_same_shape(before: Sizes | None, after: Sizes | None) -> bool:
    """Return whether a Reshape changes nothing: all sizes but one are known to be the same.

    Args:
        before: the sizes of the input; a free one has a name or is None. None where they are not known.
        after: those of the output.
    """
    if before is None or after is None or len(before) != len(after) or 0 in before:
        return False
    same = [one == other and one is not None for one, other in zip(before, after, strict=True)]
    return same.count(False) <= 1


def constant_shape(before: Sizes | None, after: Sizes | None) -> list[int] | None:
    """Return the constant of a Reshape; None where there is none.

    Args:
        before: the sizes of the input; a free one has a name or is None. None where they are not known.
        after: those of the output.

    Example:
        >>> constant_shape(["batch", 2, 2, 32], ["batch", 128])
        [-1, 128]
    """
    if after is None or 0 in after:
        return None
    free = [axis for axis, size in enumerate(after) if not isinstance(size, int)]
    same = {axis for axis in free if after[axis] and after[axis] in (before or ())[axis : axis + 1]}
    others = free if len(free) == 1 else [axis for axis in free if axis not in same]
    if len(others) > 1:
        return None
    return [
        size if isinstance(size, int) else -1 if axis in others else 0
        for axis, size in enumerate(after)
    ]


def _sizes(graph: Any) -> Mapping[str, Sizes]:
    """Return the sizes of all tensors whose rank is known."""
    values = [*graph.value_info, *graph.input, *graph.output]
    return {
        value.name: [
            size.dim_value if size.HasField("dim_value") else size.dim_param or None
            for size in value.type.tensor_type.shape.dim
        ]
        for value in values
        if value.type.tensor_type.HasField("shape")
    }
