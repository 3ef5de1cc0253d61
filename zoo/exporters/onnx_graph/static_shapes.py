"""Shapes that are known, written as constants.

tf2onnx computes the shape of a Reshape from that of a tensor before it, and tract, for one, cannot follow
that while the batch is free. A constant says the same where one size is free (-1), or where the other free
sizes are those of the input at the same places (0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Sizes = Sequence[int | str | None]


def write_static_shapes(model: Any) -> None:
    """Replace the computed shapes of Reshape nodes by constants where they are known, in place.

    Args:
        model: a ModelProto whose inputs have their shapes.
    """
    import numpy as np
    import onnx

    constants = {tensor.name for tensor in model.graph.initializer}
    computed = [
        node
        for node in model.graph.node
        if node.op_type == "Reshape" and node.input[1] not in constants
    ]
    if not computed:
        return
    sizes = _sizes(onnx.shape_inference.infer_shapes(model, data_prop=True).graph)
    for node in computed:
        shape = constant_shape(sizes.get(node.input[0]), sizes.get(node.output[0]))
        if shape is not None:
            name = f"{node.output[0]}/shape"
            array = np.array(shape, np.int64)
            model.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
            node.input[1] = name


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
